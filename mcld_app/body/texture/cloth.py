"""Cloth for any set of texels: one colour, or a picture repeated over the body, with the old folds' light if wanted.

A pattern is laid on by two lengths: along the cloth, as `RestSurface.along` has it, so that a stripe runs level round
the body and round a sleeve; and across, measured on the surface round each limb. Round a limb a pattern is stretched
to a whole number of repeats where that takes little, so that it closes; where it cannot close it is cut where a
tailor sews: at the middle of the back and at the inner side of arms and legs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE
from mcld_app.body.checks import is_picture
from mcld_app.body.mannequin.skeleton import COS, SHOULDER, SIN
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.errors import StudioError

SCALES_CM = (1.0, 200.0)
"""The narrowest and the widest repeat, in centimetres."""

_PITCH = 0.002  # metres; a texel of the trunk is about 2.7 mm
_MIDDLE = 0.23  # metres along the cloth down to the breastbone
_SLACK = 0.2  # a pattern may be stretched by this share of a limb's girth to close round it
_SLICES, _TURNS = 48, 96  # a limb's shape is known in this many slices and directions
_SHOULDER_SEAM = 0.08  # metres: how far down the trunk's cloth a sleeve is sewn on, in the mean round the seam
_LEG_X, _LEG_Z, _INSTEP_Z = 0.120, -0.028, 0.0  # metres: a leg's axis, and where the instep begins
_FAR = 40  # texels: no texel's light is told by one farther away
_FORK, _CHEST = 0.88, 1.36  # metres above the floor: below, each leg has its cloth; above, the trunk narrows


def colour_layer(
    mask: np.ndarray, colour: tuple[int, int, int], *, keep_shading: TextureMap | None = None
) -> np.ndarray:
    """A region in one colour.

    Args:
        mask: (512, 512) bool, the texels to colour.
        colour: RGB 0..255.
        keep_shading: whose folds and shade show through: the person's own texture map.

    Returns:
        (512, 512, 4) uint8 RGBA: alpha is 255 on the mask's texels of the body, else 0 (and black).

    Raises:
        StudioError: where the mask has another size or no texel of the body, or the colour is none.
    """
    worn = _worn(mask)
    rgb = np.asarray(colour, np.float32)
    if rgb.shape != (3,) or not ((rgb >= 0) & (rgb <= 255)).all():
        raise StudioError("A colour is three numbers from 0 to 255: red, green and blue.")
    every = np.broadcast_to(np.append(rgb, np.float32(255)), (np.count_nonzero(worn), 4))
    return _layer(every, worn, keep_shading)


def pattern_layer(
    mask: np.ndarray,
    pattern: np.ndarray,
    scale_cm: float,
    angle: float = 0.0,
    offset: tuple[float, float] = (0.0, 0.0),
    *,
    keep_shading: TextureMap | None = None,
) -> np.ndarray:
    """A region in a pattern, repeated along the cloth.

    Args:
        mask: (512, 512) bool, the texels to cover.
        pattern: (h, w, 3 or 4) uint8 RGB or RGBA, one repeat.
        scale_cm: width of one repeat on the body, in centimetres; round a limb it gives way a little, see above.
        angle: degrees the pattern is turned, anticlockwise for whoever looks at the cloth.
        offset: centimetres the pattern is moved (to the right, down); at (0, 0) the middle of one repeat lies on the
            breastbone.
        keep_shading: see `colour_layer`.

    Returns:
        (512, 512, 4) uint8 RGBA, not premultiplied: the pattern on the mask's texels of the body, else 0.

    Raises:
        StudioError: where the mask is unusable, the pattern is no picture, or a number is out of range.
    """
    worn = _worn(mask)
    if not is_picture(pattern, (3, 4)):
        raise StudioError("The pattern is no picture in colour. Choose a PNG or JPEG file.")
    if not SCALES_CM[0] <= scale_cm <= SCALES_CM[1]:
        raise StudioError(f"One repeat of a pattern may be {SCALES_CM[0]:g} to {SCALES_CM[1]:g} cm wide.")
    if not np.isfinite([angle, *offset]).all():
        raise StudioError("The pattern's angle and offset must be numbers.")
    width = scale_cm / 100
    height = width * pattern.shape[0] / pattern.shape[1]
    place = np.zeros((2, TEXTURE, TEXTURE), np.float32)  # in repeats, to the right and down
    for limb in _limbs():
        here = limb.mask & worn
        metres = limb.across[here] - offset[0] / 100, limb.along[here] - _MIDDLE - offset[1] / 100
        place[:, here] = _repeats(width, height, angle, limb.girth) @ np.stack(metres)
    tile = _tile(pattern, width, height)
    rows, columns = tile.shape[:2]
    around = cv2.copyMakeBorder(tile, 1, 1, 1, 1, cv2.BORDER_WRAP)
    # Pixel centres lie half a pixel inwards, and the border moves all by one.
    at = [((q + 0.5) % 1 * n + 0.5).astype(np.float32) for q, n in zip(place, (columns, rows), strict=True)]
    return _layer(cv2.remap(around, *at, cv2.INTER_LINEAR)[worn], worn, keep_shading)


@dataclass(frozen=True, eq=False)
class _Limb:
    """A piece of cloth: its texels (512, 512) bool, metres along and across it (512, 512) float32, and after how many
    of those metres across it meets itself again."""

    mask: np.ndarray
    along: np.ndarray
    across: np.ndarray
    girth: float


@lru_cache(maxsize=1)
def _limbs() -> tuple[_Limb, ...]:
    g = rest_surface()
    thighs = np.isin(g.part, range(7, 15)) & (g.y > _FORK)
    trunk, head = np.isin(g.part, (1, 2)) | thighs, np.isin(g.part, (23, 24))
    across, girth = _unrolled(trunk, g.y, g.x, g.z, cut=np.pi)
    across = _straight_above(trunk, across, girth)
    limbs = [_Limb(trunk, g.along, across, girth), _Limb(head, g.along, *_unrolled(head, g.y, g.x, g.z, cut=np.pi))]
    # Where on the trunk's cloth the middle of a leg's front and of its back go on with it.
    hips = trunk & (g.y < _FORK + 0.02) & (np.abs(np.abs(g.x) - _LEG_X) < 0.01)
    front, back = (float(np.abs(across[hips & side]).mean()) for side in (g.z > 0, g.z <= 0))
    outwards = (np.abs(g.x) - SHOULDER[0]) * COS + (g.y - SHOULDER[1]) * SIN  # off the arm's axis, from the trunk
    for side, arm, leg, foot in ((1, (4, 15, 17, 19, 21), (8, 10, 12, 14), 5),
                                 (-1, (3, 16, 18, 20, 22), (7, 9, 11, 13), 6)):  # fmt: skip
        inner, middle = -side * np.pi / 2, np.float32(side * _LEG_X)
        mask = np.isin(g.part, arm)
        sleeve = _unrolled(mask, g.arm, side * outwards, g.z - SHOULDER[2], cut=inner)
        limbs.append(_Limb(mask, g.arm + np.float32(_SHOULDER_SEAM), *sleeve))
        # A leg's cloth hangs from the hips; it has a seam on the inner side.
        mask = np.isin(g.part, leg) & ~trunk
        across, round_leg = _unrolled(mask, g.y, g.x - middle, g.z - _LEG_Z, cut=inner)
        across = side * np.float32(front) + across * np.float32(2 * (back - front) / round_leg)
        limbs.append(_Limb(mask, g.along, across, girth))
        # On a shoe, along goes on over the instep.
        over = g.along + np.maximum(g.z - _INSTEP_Z, 0)
        limbs.append(_Limb(g.part == foot, over, g.x - middle + np.float32(side * front), girth))
    return tuple(limbs)


def _straight_above(trunk: np.ndarray, across: np.ndarray, girth: float) -> np.ndarray:
    """Metres across the trunk, changed where it narrows to the neck: cloth is not gathered there but runs straight up
    from the chest, and front and back meet in a seam on the shoulder."""
    g = rest_surface()
    out, reach = across.copy(), np.abs(g.x)
    straight = np.clip((g.y - _CHEST) / 0.04 + 0.5, 0, 1)
    for side, middle in ((g.z > SHOULDER[2], 0.0), (g.z <= SHOULDER[2], girth / 2)):
        off = np.abs(np.abs(across) - middle)  # from the middle of the front or the back
        chest = trunk & side & (np.abs(g.y - _CHEST) < 0.02)
        slot = np.round(reach[chest] / 0.01).astype(int)
        count = np.bincount(slot)
        mean = np.bincount(slot, off[chest])[count > 0] / count[count > 0]
        known = np.flatnonzero(count) * 0.01
        wide = np.interp(reach, [*known, known[-1] + 0.1], [*mean, mean[-1] + 0.1])
        wide = np.where(middle > 0, girth / 2 - wide, wide) * np.sign(g.x)
        here = trunk & side & (straight > 0)
        out[here] += ((wide - across) * straight)[here]
    return out


def _unrolled(
    mask: np.ndarray, axis: np.ndarray, left: np.ndarray, front: np.ndarray, *, cut: float
) -> tuple[np.ndarray, float]:
    """A tube cut open and laid flat.

    Args:
        mask: (512, 512) bool, its texels.
        axis, left, front: (512, 512) metres along its axis, and off it to the person's left and to the front.
        cut: the direction it is cut in, radians from the front to the person's left.

    Returns:
        (512, 512) float32, metres across the cloth, to the right as seen from outside, 0 in front and half the girth in
        the back; and the girth. It is as wide everywhere as in the mean: the cloth tapers where the limb does.
    """
    t, turn = axis[mask], np.arctan2(left[mask], front[mask]) % (2 * np.pi)
    row, column = (t - t.min()) / np.ptp(t) * (_SLICES - 1), turn / (2 * np.pi) * _TURNS
    cell = np.round(row).astype(int) * _TURNS + np.minimum(column.astype(int), _TURNS - 1)
    radius = np.hypot(left[mask], front[mask])
    sums = [np.bincount(cell, weight, _SLICES * _TURNS) for weight in (radius, np.ones_like(radius))]
    sums = [np.tile(a.reshape(_SLICES, _TURNS), 3) for a in sums]
    # Means over neighbouring cells, and over far ones where those are empty: a limb's open ends and holes are bridged.
    total, count = (cv2.GaussianBlur(a, (0, 0), 1.5) + 1e-3 * cv2.GaussianBlur(a, (0, 0), 8) for a in sums)
    radius = total / np.maximum(count, 1e-9)
    step = np.hypot(radius * (2 * np.pi / _TURNS), np.gradient(radius, axis=1))[:, _TURNS : 2 * _TURNS]
    # Front and back are the middle of two halves of the same width.
    halves = [np.cumsum(half, 1) for half in (step[:, : _TURNS // 2], step[:, _TURNS // 2 :])]
    widths = np.stack([half[:, -1] for half in halves], 1)
    arc = np.concatenate([np.zeros((_SLICES, 1))] + [k + halves[k] / widths[:, k : k + 1] for k in (0, 1)], 1)
    where = np.zeros((2, *mask.shape), np.float32)
    where[:, mask] = column, row
    out = cv2.remap(arc.astype(np.float32), *where, cv2.INTER_LINEAR)
    out[mask] -= 2 * (turn > cut % (2 * np.pi))
    girth = float(widths.sum(1)[np.round(row).astype(int)].mean())
    return out * np.float32(girth / 2), girth


def _repeats(width: float, height: float, angle: float, girth: float) -> np.ndarray:
    """(2, 2) float32: from metres (across, along) to repeats of the pattern (right, down). Once round the limb is made
    a whole number of repeats where that takes little stretching."""
    a, size = np.radians(angle), np.array([width, height])
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) / size[:, None]
    once = turn[:, 0] * girth
    whole = np.round(once)
    if whole.any() and np.hypot(*((whole - once) * size)) <= _SLACK * girth:
        turn[:, 0] = whole / girth
    return turn.astype(np.float32)


def _tile(pattern: np.ndarray, width: float, height: float) -> np.ndarray:
    """One repeat, (h, w, 4) float32 RGBA 0..255, premultiplied, no finer than the texels."""
    opaque = np.full((*pattern.shape[:2], 1), 255, np.uint8)
    alpha = (pattern[..., 3:] if pattern.shape[2] == 4 else opaque).astype(np.uint16)
    tile = np.dstack([pattern[..., :3] * alpha, alpha * np.uint16(255)])
    rows, columns = (max(1, min(n, round(m / _PITCH))) for n, m in zip(tile.shape[:2], (height, width), strict=True))
    return cv2.resize(tile, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _layer(rgba: np.ndarray, worn: np.ndarray, keep_shading: TextureMap | None) -> np.ndarray:
    """Premultiplied (N, 4) float32, the texels that are `worn`, as an RGBA layer that ends where they do."""
    alpha = rgba[:, 3:]
    colour = rgba[:, :3] * (255 / np.maximum(alpha, 1e-3))
    if keep_shading is not None:
        box = _around(worn)
        seen = TextureMap(keep_shading.image[box], keep_shading.coverage[box])
        colour = colour * _shade(seen, worn[box])[worn[box]][:, None]
    layer = np.clip(np.hstack([colour, alpha]) + 0.5, 0, 255).astype(np.uint8)
    layer[layer[:, 3] == 0] = 0
    out = np.zeros(worn.shape, np.uint32)  # four bytes a texel
    out[worn] = layer.view(np.uint32)[:, 0]
    return out.view(np.uint8).reshape(*worn.shape, 4)


def _around(worn: np.ndarray) -> tuple[slice, slice]:
    """The part of the texture map that decides on a region's light: its box, and as far as light is looked for."""
    left, top, width, height = cv2.boundingRect(worn.astype(np.uint8))
    return slice(max(0, top - _FAR), top + height + _FAR), slice(max(0, left - _FAR), left + width + _FAR)


def _shade(texture: TextureMap, worn: np.ndarray) -> np.ndarray:
    """How much lighter or darker than its median the light makes each texel of a region: (h, w) float32 about 1.

    Light changes how bright a cloth is and keeps its hue. So only texels of the region's main hue, not too far from
    its brightness, tell of light; the others (stripes, prints, skin) take the light around them, and far from any
    there is none.
    """
    seen = worn & texture.coverage
    if not seen.any():
        return np.ones(worn.shape, np.float32)
    rgb = texture.image.reshape(-1, 3)[np.flatnonzero(seen)].astype(np.float32) + 4  # black has no hue worth the name
    grey = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    look = np.stack([rgb[:, 0] / grey, rgb[:, 2] / grey, np.log(grey)])
    steps = np.array([[0.2], [0.2], [0.5]], np.float32)
    kind = np.round(look / steps).astype(np.int32)
    kind = kind[0] + 100 * kind[1] + 10_000 * kind[2]
    commonest = np.bincount(kind - kind.min()).argmax() + kind.min()
    look -= np.median(look[:, kind == commonest], axis=1, keepdims=True)
    close = np.abs(look) < steps
    cloth = np.zeros(worn.shape, bool)
    cloth[seen] = close[0] & close[1] & close[2]
    # Texels beside another colour are mixed with it.
    mixed = cv2.dilate((seen & ~cloth).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    told = cloth & ~mixed
    if not told.any():
        return np.ones(worn.shape, np.float32)
    weight, light = told.astype(np.float32), np.zeros(worn.shape, np.float32)
    bright = look[2, told[seen]]
    light[told] = bright - np.median(bright)
    total, known = (_blur(a, 2) + 0.05 * _blurred_far(a, _FAR / 4) for a in (light, weight))
    return np.exp(np.clip(total / (known + 0.002), -0.45, 0.3))


def _blur(field: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(field, (0, 0), sigma)


def _blurred_far(field: np.ndarray, sigma: float) -> np.ndarray:
    """The same on a quarter of the field's pixels each way, in less time: what is so soft loses nothing."""
    height, width = field.shape
    small = cv2.resize(field, (max(width // 4, 1), max(height // 4, 1)), interpolation=cv2.INTER_AREA)
    return cv2.resize(_blur(small, sigma / 4), (width, height), interpolation=cv2.INTER_LINEAR)


def _worn(mask: np.ndarray) -> np.ndarray:
    if not isinstance(mask, np.ndarray) or mask.shape != (TEXTURE, TEXTURE):
        raise StudioError(f"A region is a mask of {TEXTURE} x {TEXTURE} texels. Choose a region or body parts.")
    worn = (mask > 0) & (rest_surface().part > 0)
    if not worn.any():
        raise StudioError("There is nothing to cover: choose a region, or at least one body part.")
    return worn
