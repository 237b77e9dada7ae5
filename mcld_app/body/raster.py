"""Triangles to pixels: a painter's rasteriser in plain NumPy.

Thousands of small triangles are drawn at once: each triangle is cut into its pixel rows, each row into its span of
pixels, and the spans are written back to front. No Python loop runs over triangles, so a whole body takes
milliseconds.
"""

from __future__ import annotations

import numpy as np

# Spans reach this far (in pixels) past their edges, so that two triangles that share an edge leave no gap.
_OVERLAP = 1e-3
# An edge that climbs less than this (in pixels) bounds no row: the triangle's own height does that, and dividing by
# such a climb would overflow.
_LEVEL = 1e-5


def rasterise(corners: np.ndarray, size: tuple[int, int], overlap: float = _OVERLAP) -> np.ndarray:
    """Draw triangles in the given order; later ones cover earlier ones.

    Args:
        corners: (N, 3, 2) float, x (right) and y (down) of each corner in pixels; pixel centres lie at whole numbers.
            Winding does not matter. Triangles without area draw nothing.
        size: (height, width) of the picture.
        overlap: how far spans reach past their edges, in pixels.

    Returns:
        (height, width) int32: the number of the triangle seen at each pixel, -1 where there is none.
    """
    out = np.full(size[0] * size[1], -1, np.int32)
    pixel, tri = fragments(corners, size, overlap)
    out[pixel] = tri  # NumPy keeps the last value of a repeated index
    return out.reshape(size)


def fragments(
    corners: np.ndarray, size: tuple[int, int], overlap: float = _OVERLAP
) -> tuple[np.ndarray, np.ndarray]:
    """Every pixel that each triangle covers, seen or not; arguments as `rasterise`'s.

    Returns:
        flat pixel numbers (T,) int32 and the triangles' numbers (T,) int32, triangle after triangle.
    """
    height, width = size
    none = np.zeros(0, np.int32), np.zeros(0, np.int32)
    if len(corners) == 0:
        return none
    # One array per coordinate and corner: long plain arrays are what NumPy is fast at.
    (x0, y0), (x1, y1), (x2, y2) = np.ascontiguousarray(np.asarray(corners, np.float32).transpose(1, 2, 0))
    top = np.maximum(np.ceil(np.minimum(np.minimum(y0, y1), y2) - overlap), 0).astype(np.int32)
    bottom = np.minimum(np.floor(np.maximum(np.maximum(y0, y1), y2) + overlap), height - 1).astype(np.int32)
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    rows = np.where(area != 0, np.maximum(bottom - top + 1, 0), 0)
    total_rows = int(rows.sum())
    if total_rows == 0:
        return none
    tri = np.repeat(np.arange(len(rows)), rows)
    row = np.arange(total_rows, dtype=np.int32) + (top - (np.cumsum(rows) - rows)).astype(np.int32)[tri]

    # Each edge is a*x + b*y + d >= 0 inside; on a row it bounds x from the left (a > 0) or from the right (a < 0).
    sign = np.sign(area)
    first = np.minimum(np.minimum(x0, x1), x2)[tri]
    last = np.maximum(np.maximum(x0, x1), x2)[tri]
    line = row.astype(np.float32)
    for ax, ay, bx, by in ((x0, y0, x1, y1), (x1, y1, x2, y2), (x2, y2, x0, y0)):
        a = (ay - by) * sign
        a[np.abs(a) < _LEVEL] = 0
        slope = (bx - ax) / np.where(a == 0, 1, by - ay)
        cross = ax[tri] + slope[tri] * (line - ay[tri])
        turn = a[tri]
        first = np.where(turn > 0, np.maximum(first, cross), first)
        last = np.where(turn < 0, np.minimum(last, cross), last)
    first = np.maximum(np.ceil(first - overlap), 0).astype(np.int32)
    last = np.minimum(np.floor(last + overlap), width - 1).astype(np.int32)

    count = np.maximum(last - first + 1, 0)
    ends = np.cumsum(count, dtype=np.int32)
    total = int(ends[-1])
    pixel = np.arange(total, dtype=np.int32) + np.repeat(row * width + first - (ends - count), count)
    return pixel, np.repeat(tri.astype(np.int32), count)


def interpolate(corners: np.ndarray, values: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Linear interpolation of per-corner values over the triangles that `rasterise` left visible.

    Args:
        corners: (N, 3, 2) as given to `rasterise`.
        values: (N, 3, C) float, one vector per corner.
        seen: (height, width) int32 as returned by `rasterise`.

    Returns:
        (flat pixel numbers (P,), values (P, C) float32), for the P pixels that show a triangle. Values stay within
        the range of their triangle's corners.
    """
    flat = seen.ravel()
    pixel = np.flatnonzero(flat >= 0)
    return pixel, interpolated(corners, values, pixel, flat[pixel], seen.shape[1])


def interpolated(
    corners: np.ndarray, values: np.ndarray, pixel: np.ndarray, tri: np.ndarray, width: int
) -> np.ndarray:
    """(P, C) float32: `interpolate` at flat pixel numbers (P,) of a picture of that width, each on a triangle (P,)."""
    (x0, y0), (x1, y1), (x2, y2) = np.ascontiguousarray(np.asarray(corners, np.float32).transpose(1, 2, 0))
    det = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
    det = np.where(np.abs(det) < 1e-12, np.float32(1e-12), det)
    tri, row = tri.astype(np.intp), pixel // width  # else each reading below would convert them once more
    # Barycentric weights from the corner nearest to 0: offsets stay small, so float32 is enough.
    dx = (pixel - row * width).astype(np.float32) - x0[tri]
    dy = row.astype(np.float32) - y0[tri]
    b1 = ((y2 - y0) / det)[tri] * dx + ((x0 - x2) / det)[tri] * dy
    b2 = ((y0 - y1) / det)[tri] * dx + ((x1 - x0) / det)[tri] * dy
    b1 = np.clip(b1, 0, 1)
    b2 = np.clip(b2, 0, 1 - b1)
    v = np.asarray(values, np.float32)
    out = np.empty((len(pixel), v.shape[2]), np.float32)
    for k in range(v.shape[2]):
        v0, v1, v2 = (np.ascontiguousarray(v[:, i, k]) for i in range(3))
        out[:, k] = v0[tri] + b1 * (v1 - v0)[tri] + b2 * (v2 - v0)[tri]
    return out
