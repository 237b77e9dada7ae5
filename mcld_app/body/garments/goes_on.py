"""Patterned cloth that goes on beyond its picture's rim: by cloth from farther inside, set in along a line where the
two differ least. Mirrored there, a pattern would show faces on a body's flanks.

The line is the cheapest way down through where both overlap, as in image quilting (A. A. Efros and W. T. Freeman, Image
Quilting for Texture Synthesis and Transfer, SIGGRAPH 2001).
"""

from __future__ import annotations

import numpy as np

from mcld_app.body.lengths import dot

_STEP = 3  # pixels between the places inside that are tried
_INSIDE = 0.85  # of the way from the rim to the middle: what lies in the middle is not repeated
_SOFT = 1.5  # pixels on either side of the line, over which one goes over in the other


def goes_on(
    picture: np.ndarray, ends: np.ndarray, wide: int, overlap: int, deep: np.ndarray | None = None
) -> np.ndarray:
    """A picture whose cloth goes on for so many pixels to either side.

    Args:
        picture: (H, W, 3) uint8 RGB.
        ends: (H, 2) float, the first and the last column of cloth in each row; NaN where there is none.
        wide: pixels that it goes on.
        overlap: pixels inside the rim, within which the line may lie.
        deep: (H, 2), pixels of cloth inwards from each end; None where it is whole from one to the other.

    Returns:
        (H, W, 3) uint8; the picture itself where it is too narrow.
    """
    rows = np.flatnonzero(np.isfinite(ends).all(1))
    if not len(rows) or wide < 1 or overlap < 2:
        return picture
    own = ends[rows]
    most = int(_INSIDE * float(np.median(np.ptp(own, axis=1))) / 2) - overlap
    shifts = np.arange(wide, most, _STEP)
    if not len(shifts):
        return picture
    out = picture.copy()
    lengths = np.repeat(np.ptp(own, axis=1)[:, None], 2, 1) if deep is None else deep[rows]
    for edge, length, inwards in zip(own.T, np.maximum(lengths, 1).T, (1, -1), strict=True):
        inside = np.arange(overlap)
        there = _read(picture, rows, edge, length, inwards, inside[None])
        tried = np.stack([_read(picture, rows, edge, length, inwards, inside[None] + shift) for shift in shifts])
        cost, line = _cheapest(dot(off := tried - there, off))
        shift, line = shifts[cost.argmin()], line[cost.argmin()]
        away = np.arange(-wide, overlap)
        new = _read(picture, rows, edge, length, inwards, away[None] + shift)
        column = np.round(edge[:, None] + inwards * away).astype(int)
        row = np.broadcast_to(rows[:, None], column.shape)
        fits = (column >= 0) & (column < picture.shape[1])
        share = np.clip(0.5 + (line[:, None] - away) / (2 * _SOFT), 0, 1)[..., None]
        share = np.where(away[:, None] < 0, 1.0, share)
        old = picture[row, np.clip(column, 0, picture.shape[1] - 1)]
        out[row[fits], column[fits]] = (new * share + old * (1 - share) + 0.5)[fits].astype(np.uint8)
    return out


def _read(
    picture: np.ndarray, rows: np.ndarray, edge: np.ndarray, length: np.ndarray, inwards: int, away: np.ndarray
) -> np.ndarray:
    """(N, K, 3) float32: what lies so many pixels, `away` (1, K), inwards of the edge; cloth that ends before that is
    mirrored at its end."""
    away = np.minimum(np.abs(away), np.maximum(2 * length[:, None] - np.abs(away), 0))
    column = np.clip(np.round(edge[:, None] + inwards * away).astype(int), 0, picture.shape[1] - 1)
    return picture[rows[:, None], column].astype(np.float32)


def _cheapest(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cheapest ways down through costs (P, N, K) that go one column aside a row at most: what each costs, (P,), and
    its columns, (P, N) int."""
    total = np.empty_like(cost)
    total[:, 0] = cost[:, 0]
    for k in range(1, cost.shape[1]):
        last = np.pad(total[:, k - 1], ((0, 0), (1, 1)), constant_values=np.inf)
        total[:, k] = cost[:, k] + np.minimum(np.minimum(last[:, :-2], last[:, 1:-1]), last[:, 2:])
    way = np.empty(cost.shape[:2], int)
    way[:, -1] = total[:, -1].argmin(1)
    for k in range(cost.shape[1] - 2, -1, -1):
        near = np.clip(way[:, k + 1, None] + np.array([0, -1, 1]), 0, cost.shape[2] - 1)
        way[:, k] = near[np.arange(len(near)), np.take_along_axis(total[:, k], near, 1).argmin(1)]
    return total[:, -1].min(1), way
