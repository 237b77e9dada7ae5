"""The picture of a garment's shell: its front, and beside it its back."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.garments.behind import picture_behind
from mcld_app.body.garments.fall import Fall
from mcld_app.body.garments.goes_on import goes_on
from mcld_app.body.garments.slices import MIDDLE, SLICE, Slices, striped

_FINE = 480.0  # pixels of a shell's picture for a metre, at most
GOES_BACK = 1.4
"""Of half a picture's width: as far as a pattern goes on beyond its rim."""

_RIM = 1.5  # pixels at the cloth's ends that are not repeated
_GOES_ON = 0.15  # metres
_OVERLAP = 0.05  # metres inside the rim, within which other cloth may begin


@dataclass(frozen=True, eq=False)
class ClothSheet:
    """A shell's picture, and how a place of the garment's picture lies on it.

    Attributes:
        rgba: (h, 2 w, 4) uint8.
        start: (2,) x, y of its first pixel on the garment's picture.
        scale: its pixels for one of the garment's picture.
        open: whether the front has openings.
        turned: whether the back's pattern runs as in front; else it is the front's, mirrored.
    """

    rgba: np.ndarray = field(repr=False)
    start: np.ndarray
    scale: float
    open: bool
    turned: bool

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
        patterned: whether its cloth is patterned all over.
    """
    lowest = around.hem[int(ends.min()) : int(ends.max()) + 1].max(initial=rows[-1])
    top, bottom = int(np.floor(rows[0])), int(np.ceil(max(rows[-1], lowest))) + 1
    left, right = int(np.floor(ends.min())), int(np.ceil(ends.max())) + 1
    around_it = round(_GOES_ON * around.metre)  # its back is told from what lies above and below it, too
    beyond = int(np.ceil((GOES_BACK - 1) * np.ptp(ends, axis=1).max() / 2)) if patterned else 0
    first, last = max(top - 1, 0), max(bottom + 1, top + 3)
    top, bottom = max(first - around_it, 0), max(min(last + around_it, len(around.mask)), last)
    row, column = np.arange(top, bottom), np.arange(left - 1 - beyond, right + 3 + beyond)
    ends = np.stack([np.interp(row, around.rows, around.ends[:, k]) for k in (0, 1)], 1)
    colours, gap = _window(around, row, column, ends)
    own, left, ends = slice(first - top, last - top), column[0], ends - column[0]
    scale = min(1.0, _FINE / around.metre)
    size = max(2, round(gap.shape[1] * scale)), max(2, round(gap.shape[0] * scale))
    alpha = np.where(gap, 0, 255).astype(np.uint8)
    front = cv2.resize(np.dstack([colours, alpha]), size, interpolation=cv2.INTER_AREA)
    lines = np.linspace(0, len(ends) - 1, len(front)).round().astype(int)
    ends, hem = ends[lines] * scale, (_hem_at(around, left, size[0], scale) - top) * scale
    slices = _slices(front.shape[:2], ends, around.metre * scale)
    shown = np.ascontiguousarray(front[..., :3])
    turned = patterned and not striped(shown, slices)
    if turned:
        rim = _RIM * scale
        wide = round(beyond * scale) + 2
        shown = goes_on(shown, ends + np.array([rim, -rim]), wide, round(_OVERLAP * around.metre * scale))
        front[..., :3] = shown
    behind = picture_behind(shown, slices, patterned=patterned)
    if not patterned:  # beyond its rim there is no print either
        beyond_rim = _mirrored(behind, ends, _RIM * scale)
        outside = slices.side > 1
        behind[outside], front[outside, :3] = beyond_rim[outside], beyond_rim[outside]
    if turned:
        behind = _turned(behind, ends, hem, down_to_hem(row[lines], around.rows))
    back = np.dstack([behind, np.full(front.shape[:2], 255, np.uint8)])
    kept = slice(int(own.start * scale), int(np.ceil(own.stop * scale)))
    rgba = np.hstack([front, back[:, ::-1]])[kept]
    return ClothSheet(rgba, np.array([left, top + kept.start / scale]), scale, bool(gap.any()), turned)


def down_to_hem(at: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(R,) how far cloth in rows `at` (R,) of a picture follows the hem, of cloth that has rows (N,): 0..1."""
    return np.clip((at - rows[0]) / max(rows[-1] - rows[0], 1.0), 0, 1) ** 2


def _hem_at(around: Fall, left: int, width: int, scale: float) -> np.ndarray:
    """(width,) the row in which each column of a sheet that begins at `left` ends."""
    return np.interp((np.arange(width) + 0.5) / scale - 0.5 + left, np.arange(len(around.hem)), around.hem)


def _turned(picture: np.ndarray, ends: np.ndarray, hem: np.ndarray, follows: np.ndarray) -> np.ndarray:
    """A picture (h, w, 3) uint8 left to right, each row about the middle between its `ends` (h, 2): seen from behind,
    its pattern runs as in front. Rows keep their share `follows` (h,) of the way to the hem (w,)."""
    column, row = np.arange(picture.shape[1], dtype=np.float32), np.arange(len(picture), dtype=np.float32)[:, None]
    source = np.clip(ends.sum(1)[:, None] - column, 0, len(column) - 1)
    lower = row + follows[:, None] * (np.interp(source, column, hem) - hem)
    maps = source.astype(np.float32), np.clip(lower, 0, len(picture) - 1).astype(np.float32)
    return cv2.remap(picture, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _window(
    around: Fall, row: np.ndarray, column: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(h, w, 3) uint8 the garment's picture in rows (h,) and columns (w,), mirrored at the cloth's ends (h, 2), and
    (h, w) bool its openings."""
    low, high = ends[:, :1] + _RIM, ends[:, 1:] - _RIM
    source = np.where(column < low, 2 * low - column, np.where(column > high, 2 * high - column, column))
    source = np.clip(source, 0, around.mask.shape[1] - 1).astype(np.float32)
    at_row = np.broadcast_to(np.minimum(row, len(around.mask) - 1)[:, None], source.shape).astype(np.float32)
    colours = cv2.remap(around.picture, source, at_row, cv2.INTER_LINEAR)
    gap = cv2.remap(around.open.astype(np.uint8), source, at_row, cv2.INTER_NEAREST) > 0
    return colours, gap & (column >= low) & (column <= high)


def _mirrored(picture: np.ndarray, ends: np.ndarray, rim: float) -> np.ndarray:
    """A picture (h, w, 3) uint8 whose rows go back, `rim` pixels before their `ends` (h, 2)."""
    low, high = ends[:, :1] + rim, ends[:, 1:] - rim
    column = np.arange(picture.shape[1])
    source = np.where(column < low, 2 * low - column, np.where(column > high, 2 * high - column, column))
    row = np.broadcast_to(np.arange(len(picture))[:, None], source.shape)
    return cv2.remap(picture, source.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR)


def _slices(shape: tuple[int, int], ends: np.ndarray, metre: float) -> Slices:
    """The slices of rows of cloth between columns `ends` (h, 2)."""
    row, column = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    middle, half = ends.mean(1)[:, None], np.maximum(np.ptp(ends, axis=1)[:, None] / 2, 1)
    side = np.abs(column - middle) / half
    number = np.where(side <= 1, row / (SLICE * metre), np.float32(-1))
    across, closed = (column - middle) / metre, np.full(shape, MIDDLE, np.float32)
    return Slices(number, side, across, closed, np.zeros(shape, bool), metre)
