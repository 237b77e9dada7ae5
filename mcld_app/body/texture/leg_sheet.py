"""A leg unrolled into a sheet: down it go the heights, across it the angles around the leg."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.surface import rest_surface

TOP, STEP, ROWS, ROUND = 1.02, 0.005, 208, 72
"""Metres above the floor of the first row, metres between rows; how many rows and columns a sheet has."""

MARGIN = ROUND // 2
"""Columns that a sheet made `wide` has more at either side."""

LIGHT = 5.0
"""Cells: what changes over more than these is light, what over less, texture."""

_OTHER = 80.0  # grey levels from a height's colour: another cloth, a hand
_CLOSED = 0.4  # of the cells around one, for it to count as seen with them


@dataclass(frozen=True)
class Sheet:
    """What was seen of a leg, less the colour that it has at each height.

    Attributes:
        mean: (rows, columns, 3) float32, grey levels, of each cell.
        seen: (rows, columns) bool, where that means something.
    """

    mean: np.ndarray
    seen: np.ndarray


@lru_cache(maxsize=1)
def places() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(512, 512) each: which leg (0 the left), and the row and column (float32) of its sheet. The middle column is in
    front, those beside it towards the leg's outer side come after it."""
    g = rest_surface()
    heights, *axis = np.array([BONES[f"left_{name}"][1] for name in ("ankle", "knee", "hip")])[:, [1, 0, 2]].T
    axis_x, axis_z = (np.interp(g.y, heights, along) for along in axis)
    angle = np.arctan2(np.abs(g.x) - axis_x, g.z - axis_z)
    row, column = (TOP - g.y) / STEP, (angle / (2 * np.pi) + 0.5) * ROUND
    return (g.x < 0).astype(np.uint8), row.astype(np.float32), column.astype(np.float32)


def laid(residual: np.ndarray, row: np.ndarray, column: np.ndarray) -> Sheet:
    """N differences (N, 3) from a height's colour on a sheet, at rows and columns (N,) as `places` has them."""
    usual = np.abs(residual).max(1) < _OTHER
    r = np.clip(np.round(row[usual]).astype(int), 0, ROWS - 1)
    cell = r * ROUND + np.floor(column[usual]).astype(int) % ROUND
    count = np.bincount(cell, minlength=ROWS * ROUND)
    sums = [np.bincount(cell, residual[usual, k], ROWS * ROUND) for k in range(3)]
    mean = (np.stack(sums, 1) / np.maximum(count, 1)[:, None]).astype(np.float32).reshape(ROWS, ROUND, 3)
    seen = (count > 0).reshape(ROWS, ROUND)
    # A cell is smaller than some texels, so that cells stay empty between those that were hit.
    counted = wide(np.dstack([mean, np.ones_like(seen)]) * seen[..., None]).astype(np.float32)
    around = narrow(cv2.blur(counted, (3, 3)))
    closed = ~seen & (around[..., 3] > _CLOSED)
    return Sheet(np.where(closed[..., None], around[..., :3] / np.maximum(around[..., 3:], 1e-3), mean), seen | closed)


def both(first: Sheet, second: Sheet) -> Sheet:
    """One sheet over another."""
    return Sheet(np.where(first.seen[..., None], first.mean, second.mean), first.seen | second.seen)


def wide(sheet: np.ndarray) -> np.ndarray:
    """A sheet with half of it again on both sides: around a leg there is no edge."""
    return np.concatenate([sheet[:, -MARGIN:], sheet, sheet[:, :MARGIN]], 1)


def narrow(sheet: np.ndarray) -> np.ndarray:
    """What `wide` was given."""
    return sheet[:, MARGIN:-MARGIN]


def blurred(sheet: Sheet) -> tuple[np.ndarray, np.ndarray]:
    """The light on a sheet, (rows, columns + 2 margins, 3), and how much was seen around each cell."""
    known, mean = wide(sheet.seen.astype(np.float32)), wide(sheet.mean)
    share = cv2.GaussianBlur(known, (0, 0), LIGHT)
    low = cv2.GaussianBlur(mean * known[..., None], (0, 0), LIGHT)
    return low / np.maximum(share, 1e-3)[..., None], share


def of_rows(colours: np.ndarray, row: np.ndarray) -> np.ndarray:
    """(rows, 3): the mean colour of N texels (N, 3) in each row, from their rows (N,); between those that have any, a
    mixture."""
    r = np.clip(np.round(row).astype(int), 0, ROWS - 1)
    sums = np.stack([np.bincount(r, colours[:, k], ROWS) for k in range(3)], 1)
    count = np.bincount(r, minlength=ROWS)
    there = np.flatnonzero(count)
    return np.stack([np.interp(np.arange(ROWS), there, sums[there, k] / count[there]) for k in range(3)], 1)
