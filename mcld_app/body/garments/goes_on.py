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
    picture: np.ndarray, ends: np.ndarray, wide: int, overlap: int, deep: np.ndarray | None = None,
    inside: float = _INSIDE,
) -> np.ndarray:  # fmt: skip
    """A picture whose cloth goes on for so many pixels to either side.

    Args:
        picture: (H, W, 3) uint8 RGB.
        ends: (H, 2) float, the first and the last column of cloth in each row; NaN where there is none.
        wide: pixels that it goes on.
        overlap: pixels inside the rim, within which the line may lie.
        deep: (H, 2), pixels of cloth inwards from each end; None where it is whole from one to the other.
        inside: of the way from the rim to the middle, from where on nothing is repeated.

    Returns:
        (H, W, 3) uint8; the picture itself where it is too narrow.
    """
    rows = np.flatnonzero(np.isfinite(ends).all(1))
    if not len(rows) or wide < 1 or overlap < 2:
        return picture
    own = ends[rows]
    most = int(inside * float(np.median(np.ptp(own, axis=1))) / 2) - overlap
    shifts = np.arange(wide, most, _STEP)
    if not len(shifts):
        return picture
    out = picture.copy()
    lengths = np.repeat(np.ptp(own, axis=1)[:, None], 2, 1) if deep is None else deep[rows]
    for edge, length, inwards in zip(own.T, np.maximum(lengths, 1).T, (1, -1), strict=True):
        within = np.arange(overlap)
        there = _read(picture, rows, edge, length, inwards, within[None])
        tried = np.stack([_read(picture, rows, edge, length, inwards, within[None] + shift) for shift in shifts])
        best, line = _cheapest(dot(off := tried - there, off))
        shift = shifts[best]
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


def closed_above(picture: np.ndarray, hole: np.ndarray, deepest: int, overlap: int) -> np.ndarray:
    """A picture whose hole shows cloth from farther down, as what goes on beyond a rim does.

    Args:
        picture: (H, W, 3) uint8 RGB.
        hole: (H, W) bool; what lies between its uppermost and its lowest pixel in a column is filled.
        deepest: pixels below it, from where at most cloth is taken.
        overlap: pixels below it, within which the line between the two may lie.

    Returns:
        (H, W, 3) uint8; the picture itself where there is no hole.
    """
    columns = np.flatnonzero(hole.any(0))
    if len(columns) < 2 or overlap < 2:
        return picture
    first, edge = hole[:, columns].argmax(0), len(hole) - hole[::-1, columns].argmax(0)
    high = int((edge - first).max())
    upright = np.ascontiguousarray(picture.transpose(1, 0, 2))
    room = np.maximum(len(picture) - edge, 1)
    inside, shifts = np.arange(overlap), np.arange(high, max(high + 1, deepest - overlap), _STEP)
    there = _read(upright, columns, edge, room, 1, inside[None])
    tried = np.stack([_read(upright, columns, edge, room, 1, inside[None] + shift) for shift in shifts])
    best, line = _cheapest(((tried - there) ** 2).sum(-1))
    shift = shifts[best]
    away = np.arange(-high, overlap)
    new = _read(upright, columns, edge, room, 1, away[None] + shift)
    row = edge[:, None] + away
    fits = (row >= first[:, None]) & (row < len(picture))
    share = np.where(away[:, None] < 0, 1.0, np.clip(0.5 + (line[:, None] - away) / (2 * _SOFT), 0, 1)[..., None])
    column = np.broadcast_to(columns[:, None], row.shape)
    old = picture[np.clip(row, 0, len(picture) - 1), column]
    out = picture.copy()
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


def _cheapest(cost: np.ndarray) -> tuple[int, np.ndarray]:
    """Which of several costs (P, N, K) has the cheapest way down that goes one column aside a row at most, and the
    columns of that, (N,) int."""
    total = np.full((cost.shape[1], len(cost), cost.shape[2] + 2), np.inf, np.float32)
    total[0, :, 1:-1] = cost[:, 0]
    for k in range(1, len(total)):
        last = total[k - 1]
        np.minimum(last[:, :-2], last[:, 1:-1], out=total[k, :, 1:-1])
        np.minimum(total[k, :, 1:-1], last[:, 2:], out=total[k, :, 1:-1])
        total[k, :, 1:-1] += cost[:, k]
    best = int(total[-1].min(1).argmin())
    own, way = total[:, best, 1:-1], np.empty(len(total), int)
    way[-1] = own[-1].argmin()
    for k in range(len(own) - 2, -1, -1):
        start = max(way[k + 1] - 1, 0)
        way[k] = start + own[k, start : way[k + 1] + 2].argmin()
    return best, way
