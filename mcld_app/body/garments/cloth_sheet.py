"""The picture of a garment's shell: its front, and beside it, mirrored or plain, its back."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.garments.fall import Fall

_FINE = 360.0  # pixels of a shell's picture for a metre, at most
_SIDES = 0.3  # of a row's width to its middle: what a plain back has its colours from


@dataclass(frozen=True, eq=False)
class ClothSheet:
    """A shell's picture, and how a place of the garment's picture lies on it.

    Attributes:
        rgba: (h, 2 w, 4) uint8.
        start: (2,) x, y of its first pixel on the garment's picture.
        scale: its pixels for one of the garment's picture.
        open: whether the front has openings.
    """

    rgba: np.ndarray = field(repr=False)
    start: np.ndarray
    scale: float
    open: bool

    def at(self, x: np.ndarray, y: np.ndarray, *, behind: bool) -> np.ndarray:
        """(N, 2) float32: the places of x and y (N,) of the garment's picture; mirrored behind."""
        x, y = (x - self.start[0] + 0.5) * self.scale - 0.5, (y - self.start[1] + 0.5) * self.scale - 0.5
        x = self.rgba.shape[1] - 1 - x if behind else x
        return np.stack([x, y], -1).reshape(-1, 2).astype(np.float32)


def cloth_sheet(around: Fall, rows: np.ndarray, ends: np.ndarray, patterned: bool) -> ClothSheet:
    """The picture of a part of a garment.

    Args:
        around: the garment.
        rows: (R,) the rows of its picture.
        ends: (R, 2) the columns that they reach from and to.
        patterned: whether the back shows the front's pattern; else the colours at its sides only.
    """
    lowest = around.hem[int(ends.min()) : int(ends.max()) + 1].max(initial=rows[-1])
    top, bottom = int(np.floor(rows[0])), int(np.ceil(max(rows[-1], lowest))) + 1
    left, right = int(np.floor(ends.min())), int(np.ceil(ends.max())) + 1
    top, left = max(top - 1, 0), max(left - 1, 0)
    window = slice(top, max(bottom + 1, top + 4)), slice(left, max(right + 1, left + 4))
    colours, gap = around.picture[window], around.open[window]
    ends = np.stack([np.interp(np.arange(len(gap)) + top, around.rows, around.ends[:, k]) for k in (0, 1)], 1) - left
    scale = min(1.0, _FINE / around.metre)
    size = max(2, round(gap.shape[1] * scale)), max(2, round(gap.shape[0] * scale))
    alpha = np.where(gap, 0, 255).astype(np.uint8)
    front = cv2.resize(np.dstack([colours, alpha]), size, interpolation=cv2.INTER_AREA)
    back = front.copy() if patterned else _plain(front, ends * scale)
    back[..., 3] = 255
    return ClothSheet(np.hstack([front, back[:, ::-1]]), np.array([left, top]), scale, bool(gap.any()))


def _plain(front: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """A front in the colours that it has at its sides, row by row, between columns `ends` (R, 2)."""
    rows = np.linspace(0, len(ends) - 1, len(front)).round().astype(int)
    share = (np.arange(front.shape[1]) - ends[rows, :1]) / np.maximum(ends[rows, 1:] - ends[rows, :1], 1)
    beside = (share > 0) & (share < 1) & (np.abs(share - 0.5) > 0.5 - _SIDES)
    own = np.where(beside[..., None], front[..., :3].astype(np.float32), np.nan)
    lines = np.nanmedian(np.where(beside.any(1)[:, None, None], own, front[..., :3]), axis=1)
    lines = cv2.medianBlur(lines.astype(np.float32)[:, None], 5)
    return np.dstack([np.broadcast_to(lines + 0.5, (*front.shape[:2], 3)).astype(np.uint8), front[..., 3]])
