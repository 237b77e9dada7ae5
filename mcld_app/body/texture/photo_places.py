"""Where in a photo each texel of a person's texture map is seen: the way back from texel to photo.

A pixel of a pose shows a texel, and the texel a place in the photo, which is read there at the photo's own sharpness:
512 x 512 texels and maps of 8 bits would blur it. All that is wanted for that is the photo's IUV map. Its steps of U
and V (about one pixel) are averaged away: a place changes smoothly along the skin, so that within a part of the body a
plane plus a smooth remainder describes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.texture_map import texels_seen

_LEAST = 12  # pixels of a part, for a plane through them
_SMOOTH = 1.5  # texels: over these the remainder is averaged
_CLOSED = 5  # texels: gaps between seen ones that are no holes, nor is what one pixel leaves out
_MOST = 6.0  # texels that one pixel takes, at most, for that


@dataclass(frozen=True, eq=False)
class PhotoPlaces:
    """Where texels are seen in a photo; arrays are read-only.

    Attributes:
        xy: (512, 512, 2) float32, x (right) and y (down) in pixels of the photo, centres at whole numbers; means
            something where `seen`.
        seen: (512, 512) bool.
        go_on: whether `xy` goes on beside the map's islands, so that it may be read between two of them.
    """

    xy: np.ndarray
    seen: np.ndarray
    go_on: bool = False


def photo_places(iuv: np.ndarray) -> PhotoPlaces:
    """The places of all texels that an IUV map (H, W, 3) uint8 shows, in pixels of that map."""
    pixel, texel = texels_seen(iuv)
    at = np.stack([pixel % iuv.shape[1], pixel // iuv.shape[1]], 1).astype(np.float32)
    part = iuv[..., 0].ravel()[pixel]
    column, row = np.minimum(np.round(texel), TEXTURE - 1).astype(np.int64).T
    xy, seen = np.zeros((TEXTURE, TEXTURE, 2), np.float32), np.zeros((TEXTURE, TEXTURE), bool)
    for number in range(1, 25):
        mine = np.flatnonzero(part == number)
        if len(mine) < _LEAST:
            continue
        body = charts().part_map == number
        left, top, width, height = cv2.boundingRect(body.astype(np.uint8))
        x, y = column[mine] - left, row[mine] - top
        mine = mine[(x >= 0) & (x < width) & (y >= 0) & (y < height)]
        if len(mine) < _LEAST:
            continue
        box = slice(top, top + height), slice(left, left + width)
        found, there = _of_part(texel[mine] - (left, top), at[mine], (height, width))
        xy[box] = np.where(body[box][..., None], found, xy[box])
        seen[box] |= there & body[box]
    xy.setflags(write=False)
    seen.setflags(write=False)
    return PhotoPlaces(xy, seen)


def rim_of(iuv: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels of an IUV map (H, W, 3) uint8 that touch its background."""
    body = (iuv[..., 0] > 0).astype(np.uint8)
    return (body > 0) & (cv2.erode(body, np.ones((3, 3), np.uint8), borderValue=1) == 0)


def _of_part(texel: np.ndarray, at: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Places (h, w, 2) float32 over a part's rectangle, and (h, w) bool where it was seen, from N pixels' texels (N, 2)
    within it and their places (N, 2)."""
    height, width = size
    terms = np.concatenate([texel, np.ones((len(texel), 1), np.float32)], 1).astype(np.float64)
    plane, *_ = np.linalg.lstsq(terms, at, rcond=None)
    rest = at - terms @ plane
    column, row = np.clip(np.round(texel), 0, (width - 1, height - 1)).astype(np.int64).T
    # Around the plane little changes within a texel, so a pixel's remainder may stand for the whole of it.
    flat = row * width + column
    count = np.bincount(flat, minlength=height * width).astype(np.float32).reshape(size)
    sums = [np.bincount(flat, rest[:, k], height * width).reshape(size) for k in (0, 1)]
    mean = np.dstack([*(s / np.maximum(count, 1) for s in sums), np.zeros(size)]).astype(np.float32)
    weight = np.minimum(count, 1)
    filled = np.where(weight[..., None] > 0, mean, pull_push(mean, weight))[..., :2]
    # Known texels count more than what was filled in between them, so that no edge pulls.
    trust = weight + np.float32(0.02)
    blurred = cv2.GaussianBlur(np.dstack([filled * trust[..., None], trust]), (0, 0), _SMOOTH)
    smooth = blurred[..., :2] / blurred[..., 2:]
    y, x = np.mgrid[:height, :width]
    base = np.stack([x, y, np.ones(size)], -1) @ plane
    wide = max(_CLOSED, 2 * round(_texels_a_pixel(plane)) + 1)
    closed = cv2.morphologyEx((count > 0).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((wide, wide), np.uint8))
    return (base + smooth).astype(np.float32), closed > 0


def _texels_a_pixel(plane: np.ndarray) -> float:
    """Texels that a pixel is wide by the plane (3, 2) of places in the photo over texels."""
    return min(1 / max(float(np.sqrt(abs(np.linalg.det(plane[:2])))), 1 / _MOST), _MOST)
