"""Where a flat garment ends on the texture map, between its texels: hems and sleeve ends at one height all around,
necklines and armholes as its picture shows them. A texel is as large as a rib; edges that run along texels are teeth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.garments.body_lines import along_arm, below_neck
from mcld_app.body.garments.edge_curves import FAR, armhole_off, neckline_off
from mcld_app.body.garments.waistline import lowered_texels
from mcld_app.body.parts import part_map, parts_mask
from mcld_app.body.shells.areas import nearest_value
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.edges import drawn_as_lines
from mcld_app.body.texture.garment_line import WIDTH
from mcld_app.body.texture.photo_places import PhotoPlaces
from mcld_app.body.texture.sleeveless import armhole_behind, has_sleeves
from mcld_app.body.texture.texture_map import texels_seen

_BODY, _ARMS = frozenset({1, 2, *range(7, 15)}), frozenset(range(15, 23))
_WINDOW, _RAGGED = 0.05, 0.02  # metres at an end: that are looked at, and of them those that may be uneven
_NEAR = 0.03  # metres from an end within which that alone says what is worn
_CLOSED = 6  # texels that an extent may be short of its end
_LEAST = 60  # pixels that tell an end
_IN, _OUT = 6, 1  # texels from an extent's edge, inside and outside, within which the picture tells where it is
_TURNED, _TORN = 0.5, 8.0  # pixels of the picture for a texel: with fewer the body turns away; more are no skin's
_TEETH = 3.0  # texels: about as long as teeth are
_CAP, _CAP_TEETH = (0.135, 1.33), 8.0  # metres aside and high, where a shoulder turns away; texels, teeth there
_FACING = 0.45  # of a texel's normal that looks to the front, at least
_REACHES = 0.008  # metres below a trunk's end at the neck, that a collar reaches
_PINHOLE = 30  # texels of a hole that is none
_EVEN = 1.5  # pixels over which an outline in the picture is evened out


@dataclass(frozen=True, eq=False)
class SharpExtent:
    """Which texels a garment has.

    Attributes:
        texels: (512, 512) bool.
        share: (512, 512) float32, 0..1, how far each belongs to it: a slope across its edges, one half on them; NaN
            where nothing tells more than `texels`.
    """

    texels: np.ndarray = field(repr=False)
    share: np.ndarray = field(repr=False)


def sharp_extent(iuv: np.ndarray, places: PhotoPlaces, extent: np.ndarray, *, waist: bool) -> SharpExtent:
    """The extent of a garment with its edges between texels.

    Args:
        iuv: (H, W, 3) uint8, the garment's pixels only, laid on the mannequin from in front.
        places: of its texels in that map.
        extent: (512, 512) bool, its texels, known to a hand's breadth of texels.
        waist: whether it begins at a waist; else its upper edge is what its picture shows.
    """
    off, near = _in_picture(iuv, places, extent)
    near &= not waist  # between its ends, what has a waist goes all around
    told = np.where(near, off > 0, extent)
    texels = drawn_as_lines(told, _TEETH)
    # Where the body turns away, a picture's outline is uneven on it.
    even = cv2.dilate(((texels != told) & (np.abs(off) > 1)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    texels = np.where(even, texels, told)
    surface = rest_surface()
    caps = (np.abs(surface.x) > _CAP[0]) & (surface.y > _CAP[1]) & parts_mask({1, 2})
    texels, even = np.where(caps, drawn_as_lines(told, _CAP_TEETH), texels), even | caps
    whole = cv2.morphologyEx(texels.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)) > 0
    _, hole, boxes, _ = cv2.connectedComponentsWithStats((extent & whole & ~texels).astype(np.uint8))
    pinhole = (boxes[:, cv2.CC_STAT_AREA] <= _PINHOLE)[hole]
    texels, even = texels | pinhole, even | pinhole
    share = np.where(near & ~even, _ramp(off), np.float32(np.nan))
    along = along_arm(np.stack([surface.x, surface.y, surface.z], -1).reshape(-1, 3)).reshape(extent.shape)
    _, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), 511).astype(int).T
    ends = [(_BODY, surface.y), (_ARMS, -along), *([(_BODY, -surface.y - lowered_texels())] if waist else [])]
    for parts, value in ends:
        mine = parts_mask(parts)
        seen = value[row, column][mine[row, column]]
        if len(seen) < _LEAST:
            continue
        inside = value - _end(seen)
        band = mine & (np.abs(inside) < _NEAR)
        closed = cv2.dilate((extent & mine).astype(np.uint8), np.ones((2 * _CLOSED + 1,) * 2, np.uint8)) > 0
        texels[band] = (inside > 0)[band] & closed[band]
        texels &= ~mine | (inside > -_NEAR)
        share[band] = np.where(closed, _ramp(inside / _step(value)), 0)[band]
    curves = () if waist else _curves(iuv, extent, texels)
    if curves:
        within = np.min([inside / _step(inside) for inside in curves], 0)
        band = np.min([np.abs(inside) for inside in curves], 0) < _NEAR
        texels = np.where(band, within > 0, texels & (within > 0))
        share = np.where(band, _ramp(within), np.where(within < 0, np.float32(0), share))
    return SharpExtent(texels, share.astype(np.float32))


def _curves(iuv: np.ndarray, extent: np.ndarray, texels: np.ndarray) -> list[np.ndarray]:
    """Metres by which each texel lies inside a garment's neckline and its armholes, (512, 512) float32 each, as far as
    its picture shows any."""
    out, collar = [neckline_off(iuv, extent)], below_neck()
    if out[0] is None:
        reaches = (extent & (collar <= _REACHES)).astype(np.uint8)
        near = cv2.dilate(reaches, np.ones((2 * _CLOSED + 1,) * 2, np.uint8)) > 0
        collar = np.where(near, collar, np.float32(FAR))
    out.append(collar)
    if not has_sleeves(extent):
        armholes = armhole_off(iuv)
        out.append(armhole_behind(texels) if armholes is None else armholes)
    return [curve for curve in out if curve is not None]


def _end(values: np.ndarray) -> float:
    """Where values (N,), evenly spread above it, begin: a few stragglers are below."""
    low = float(np.percentile(values, 0.2))
    there = np.count_nonzero((values > low - _WINDOW) & (values < low + _WINDOW))
    dense = np.count_nonzero((values > low + _RAGGED) & (values < low + _WINDOW)) / (_WINDOW - _RAGGED)
    return low + _WINDOW - there / dense if dense else low


def _in_picture(iuv: np.ndarray, places: PhotoPlaces, extent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many texels inside the picture's outline each texel lies, (512, 512) float32, below 0 outside, and (512, 512)
    bool, where the extent's edge is that outline."""
    shown = (iuv[..., 0] > 0).astype(np.uint8)
    inside = cv2.distanceTransform(shown, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - shown, cv2.DIST_L2, 5)
    inside = cv2.GaussianBlur(inside, (0, 0), _EVEN)
    x, y = (np.ascontiguousarray(places.xy[..., k]) for k in (0, 1))
    off = cv2.remap(inside, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    scale, body = _step(off), part_map() > 0
    reach = np.ones((2 * _IN + 1,) * 2, np.uint8)
    within = cv2.distanceTransform((extent | ~body).astype(np.uint8), cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform((~extent).astype(np.uint8), cv2.DIST_L2, 5)
    near = body & _faces_us() & (cv2.dilate(places.seen.astype(np.uint8), reach) > 0)
    near &= np.where(extent, within <= _IN, beyond <= _OUT)
    off, sure = off / np.maximum(scale, _TURNED), near & (scale > _TURNED) & (scale < _TORN)
    inner = extent & ~near
    # What the picture does not tell for sure is as what is beside it.
    off = np.where(inner, np.float32(_IN), off)
    return np.where(near & ~sure, nearest_value(off, sure | inner), off), near


@lru_cache(maxsize=1)
def _faces_us() -> np.ndarray:
    """(512, 512) bool: texels that look to the front at rest; on the others a picture's outline is the body's own, over
    which cloth goes on."""
    surface = rest_surface()
    place = np.stack([surface.x, surface.y, surface.z], -1)
    down, across = np.gradient(place, axis=(0, 1))
    normal = np.cross(across, down)
    normal = cv2.GaussianBlur(normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12), (0, 0), 1.0)
    out = np.abs(normal[..., 2]) > _FACING * np.maximum(np.linalg.norm(normal, axis=-1), 1e-6)
    out.setflags(write=False)
    return out


def _step(values: np.ndarray) -> np.ndarray:
    """How much values (512, 512) change from one texel to the next, (512, 512) float32: of two sides the smaller way,
    for islands end in jumps."""
    steps = []
    for axis in (0, 1):
        change = np.abs(np.diff(values.astype(np.float32), axis=axis))
        ends = [(0, 0), (0, 0)]
        ends[axis] = (1, 1)
        padded = np.pad(change, ends, mode="edge")
        size = values.shape[axis]
        steps.append(np.minimum(*(np.take(padded, np.arange(start, start + size), axis) for start in (0, 1))))
    return np.maximum(np.hypot(*steps), np.float32(1e-5))


def _ramp(texels: np.ndarray) -> np.ndarray:
    return np.clip(0.5 + texels / WIDTH, 0, 1).astype(np.float32)
