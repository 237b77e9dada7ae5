"""Brush strokes as a layer of the texture map: drawn on the map itself, or on a picture of the person.

A stroke on the person lands on the texels its pixels show. Neighbouring pixels of one surface span a small mesh on
the texture map, which is filled: so a stroke has no pinholes where a pixel shows many texels, and does not run over to
what lies beside it in the picture only.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts, touching_parts
from mcld_app.body.iuv import check_iuv
from mcld_app.body.raster import interpolate, rasterise
from mcld_app.body.texture.texture_map import TextureMap, texels_seen
from mcld_app.errors import StudioError

_OFF_BODY = "The stroke lies beside the body. Draw on the person."
_TORN = 24.0  # texels: neighbouring pixels further apart on the map show different surfaces
_FINEST = 9.0  # pixels to a texel that are still averaged
_RIM = 2.5  # texels around the mesh that a look-up at its edge still mixes in
_GAP = 7  # texels: slits narrower than this, which no pixel shows, are bridged


def map_strokes(picture: np.ndarray) -> np.ndarray:
    """Strokes drawn on the texture map as a paint layer.

    Args:
        picture: (512, 512, 4) uint8 RGBA, not premultiplied.

    Returns:
        The same, without what lies between the islands of the map.

    Raises:
        StudioError: where the picture has another size, or no stroke touches the body.
    """
    _check_strokes(picture, (TEXTURE, TEXTURE))
    return _clipped(picture)


def person_strokes(picture: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """Strokes drawn over a picture of the person as a paint layer of the texture map.

    Args:
        picture: (H, W, 4) uint8 RGBA, not premultiplied: the strokes alone.
        iuv: (H, W, 3) uint8, channels I, U, V: what the picture they were drawn over shows.

    Returns:
        (512, 512, 4) uint8 RGBA: each texel that the stroke's surroundings show has the stroke's colour there, all
        others are 0. What was drawn beside the body is left out.

    Raises:
        IUVError: where the map is unusable.
        StudioError: where the picture has another size than the map, or no stroke touches the body.
    """
    check_iuv(iuv)
    _check_strokes(picture, iuv.shape[:2])
    drawn = picture[..., 3] > 0
    if not (drawn & (iuv[..., 0] > 0)).any():
        raise StudioError(_OFF_BODY)
    # Two pixels more than the stroke: texels at its edge must learn that it ends there.
    around = cv2.dilate(drawn.astype(np.uint8), np.ones((5, 5), np.uint8))
    left, top, width, height = cv2.boundingRect(around)
    near = slice(top, top + height), slice(left, left + width)
    where, spacing = _pixel_of_texel(iuv[near] * around[near][..., None])
    ink = picture[near].astype(np.float32)
    ink[..., :3] *= ink[..., 3:] / 255
    if spacing < 0.75:  # several pixels to a texel: their mean, so that thin lines do not break
        side = round(min(1 / max(spacing, 1e-6), _FINEST)) | 1
        ink = cv2.blur(ink, (side, side), borderType=cv2.BORDER_CONSTANT)
    found = cv2.remap(ink, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    found[..., :3] *= 255 / np.maximum(found[..., 3:], 1e-3)
    return _clipped(np.clip(found + 0.5, 0, 255).astype(np.uint8))


def lay_paint(texture: TextureMap, layer: np.ndarray) -> TextureMap:
    """Paint over a texture map. Where there was nothing yet, paint that is at least half there counts, in full.

    Args:
        texture: stays as it is.
        layer: (512, 512, 4) uint8 RGBA, not premultiplied.

    Raises:
        StudioError: where the layer has another size.
    """
    _check_strokes(layer, (TEXTURE, TEXTURE))
    alpha = layer[..., 3]
    image, new = texture.image.copy(), ~texture.coverage & (alpha >= 128)
    whole = (alpha == 255) | new  # nearly all of most layers
    cv2.copyTo(cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB), whole.view(np.uint8), image)
    over = np.flatnonzero(texture.coverage & (alpha > 0) & ~whole)
    share = alpha.ravel()[over, None].astype(np.float32) / 255
    texels = image.reshape(-1, 3)
    texels[over] = texels[over] * (1 - share) + layer.reshape(-1, 4)[over, :3] * share + 0.5
    return TextureMap(image, texture.coverage | new)


def _pixel_of_texel(iuv: np.ndarray) -> tuple[np.ndarray, float]:
    """Which point of a picture shows each texel.

    Returns:
        (512, 512, 2) float32, x and y in pixels, -9 where none does; and the median distance of neighbouring pixels on
        the map, in texels.
    """
    height, width = iuv.shape[:2]
    pixel, xy = texels_seen(iuv)
    number = np.full(height * width, -1, np.int64)
    number[pixel] = np.arange(len(pixel))
    number = number.reshape(height, width)
    part = iuv[..., 0].ravel()[pixel]
    a, b, c, d = (n.ravel() for n in (number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]))
    halves = [np.stack(corners, 1) for corners in ((a, b, c), (b, d, c))]
    # At a border three of a square's pixels may show the body, and either may be the fourth.
    halves += [np.stack(corners, 1)[gap < 0] for corners, gap in (((a, b, d), c), ((a, d, c), b))]
    triangles = np.concatenate(halves)
    triangles = triangles[(triangles >= 0).all(1)]
    ends = xy[triangles]
    sides = np.linalg.norm(ends - np.roll(ends, 1, axis=1), axis=2)
    touching = touching_parts()
    one, two, three = part[triangles].T
    whole = (sides.max(1) < _TORN) & touching[one, two] & touching[two, three] & touching[three, one]
    spacing = float(np.median(sides[whole].mean(1))) if whole.any() else 1.0

    place = np.stack([pixel % width, pixel // width], 1).astype(np.float32)
    out = np.full((TEXTURE, TEXTURE, 2), -9, np.float32)
    column, row = np.minimum(np.round(xy), TEXTURE - 1).astype(np.int64).T
    out[row, column] = place
    corners = ends[whole]
    seen = rasterise(corners, (TEXTURE, TEXTURE))
    at, value = interpolate(corners, place[triangles[whole]], seen)
    out.reshape(-1, 2)[at] = value
    return _with_rim(out), spacing


def _with_rim(where: np.ndarray) -> np.ndarray:
    """Texels close to a known one, or in a gap between known ones, show what the nearest does, if it lies on the same
    part or one that touches it."""
    known = where[..., 0] >= 0
    distance, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros(int(label.max()) + 1, np.int64)
    nearest[label[known]] = np.flatnonzero(known)
    source = nearest[label]
    part = charts().part_map
    closed = cv2.morphologyEx(known.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((_GAP, _GAP), np.uint8)) > 0
    near = (closed | (distance <= _RIM)) & touching_parts()[part.ravel()[source], part]
    return np.where(near[..., None], where.reshape(-1, 2)[source], -9).astype(np.float32)


def _clipped(layer: np.ndarray) -> np.ndarray:
    out = np.where((charts().part_map > 0)[..., None] & (layer[..., 3:] > 0), layer, 0).astype(np.uint8)
    if not out.any():
        raise StudioError(_OFF_BODY)
    return out


def _check_strokes(picture: np.ndarray, size: tuple[int, int]) -> None:
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.shape != (*size, 4):
        raise StudioError(f"Strokes are a picture with transparency, here of {size[1]} x {size[0]} pixels.")
