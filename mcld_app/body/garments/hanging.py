"""Cloth that goes around trunk and legs as a whole, as shells: skirts, the skirts of dresses and coats, loose tops."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.garments.laying import Fall
from mcld_app.body.mannequin.pose import BodyShape
from mcld_app.body.shells.girth import standing_off, tube_weights
from mcld_app.body.shells.shell import LINING, MASKED, PLAIN, Shell
from mcld_app.body.shells.tube import COLUMNS, tube, tube_faces

_WAIST = 1.035  # metres: above is the trunk's, below hangs from the hips
_BUST = 1.30  # metres: what covers the trunk hangs from below there
_SKIRTS = 0.90  # metres; what reaches below hangs, however close
_ROW = 0.06  # metres between two rows
_LOOSE = 0.012  # metres that cloth stands off on the mean of a row; less is as good as paint
_ENOUGH = 2  # rows that do
_BEGINS = 0.10  # metres from its upper edge, over which cloth leaves the body
_THIN = 0.002  # metres
_LIES = (1.05, 0.08)  # metres: where cloth begins to follow a raised thigh, and over which
_HANGS = 0.75  # of what stands off at sides and back, gone on a sitting person
_FINE = 360.0  # pixels of a shell's picture for a metre, at most
_SIDES = 0.3  # of a row's width to its middle: what a plain back has its colours from
_HALF = COLUMNS // 2 + 1


def hanging_shells(around: Fall, girth: float, *, top: bool, patterned: bool) -> tuple[Shell, ...]:
    """The shells of what goes around trunk and legs; none where it lies close.

    Args:
        around: the cloth.
        girth: see `Fit.girth`.
        top: whether it is a top, which covers the hips at most: all of it follows the trunk.
        patterned: whether the back shows the front's pattern; else its colours only.
    """
    high, hem = float(around.heights[0]), float(around.heights[-1])
    cuts = [high, hem] if top or high - _WAIST < _ROW else [high, _WAIST, hem]
    parts = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        heights = np.linspace(start, end, max(3, round((start - end) / _ROW) + 1))
        on_hips = not top and start <= _WAIST + _ROW
        parts.append(("hips" if on_hips else "trunk", heights))
    found = (_tube(around, girth, place, heights, patterned) for place, heights in parts)
    return tuple(shell for shell in found if shell is not None)


@dataclass(frozen=True, eq=False)
class _Sheet:
    """A shell's picture, the front beside the back, and how a place of the garment's picture lies on it.

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


def _tube(
    around: Fall, girth: float, place: str, heights: np.ndarray, patterned: bool
) -> Shell | None:
    highest = float(around.heights[0])
    ends = np.stack([np.interp(-heights, -around.heights, around.ends[:, k]) for k in (0, 1)], 1)
    rows = np.interp(-heights, -around.heights, around.rows)
    across = np.maximum(ends[:, 1] - ends[:, 0], 1) / around.metre * girth
    tight = tube(heights, BodyShape(), _WAIST if highest < _BUST - 0.2 else _BUST)
    off = standing_off(tight, 2 * across)
    if highest > _WAIST + _ROW:  # it goes on upwards as paint
        leaves = np.clip((highest - heights) / _BEGINS, 0, 1)[:, None]
        off = off * leaves + _THIN * (1 - leaves)
    if heights[-1] > _SKIRTS and np.count_nonzero(off.mean(1) > _LOOSE) < _ENOUGH:
        return None
    grid = tight.rest + tight.outwards * off[..., None]
    grid = np.concatenate([grid, grid[:, :1]], 1)  # closed: its two seams are at the sides
    lies = _lies()[None] * np.clip((_LIES[0] - heights) / _LIES[1], 0, 1)[:, None]
    gathered = tight.outwards * ((_THIN - off) * lies)[..., None]
    gathered = np.concatenate([gathered, gathered[:, :1]], 1)
    sheet = _picture(around, rows, ends, patterned)
    front, back = slice(0, _HALF), slice(_HALF - 1, 2 * _HALF - 1)
    x, y = _across(grid[:, front], ends, across, around.metre), np.broadcast_to(rows[:, None], (len(rows), _HALF))
    places = [sheet.at(x, y, behind=False), sheet.at(_across(grid[:, back], ends[:, ::-1], across, around.metre), y,
                                                     behind=True)]  # fmt: skip
    faces = [_sheet_faces(len(heights)), _sheet_faces(len(heights)) + len(heights) * _HALF]
    kinds = [np.full(len(faces[0]), MASKED if sheet.open else PLAIN, np.uint8), np.full(len(faces[1]), PLAIN, np.uint8)]
    inner = faces[1:] if sheet.open else faces
    lining = np.concatenate(inner)[:, ::-1]
    rest = np.concatenate([grid[:, part].reshape(-1, 3) for part in (front, back)])
    return Shell(
        place, rest, np.concatenate([gathered[:, part].reshape(-1, 3) for part in (front, back)]), tube_weights(rest),
        np.concatenate([*faces, lining]), np.concatenate([*kinds, np.full(len(lining), LINING, np.uint8)]),
        np.concatenate(places), sheet.rgba,
    )  # fmt: skip


def _sheet_faces(rows: int) -> np.ndarray:
    """A sheet's triangles, as `tube_faces`, but not closed."""
    faces = tube_faces(rows, _HALF)
    column = faces % _HALF
    return faces[np.ptp(column, axis=1) <= 1]


def _across(grid: np.ndarray, ends: np.ndarray, across: np.ndarray, metre: float) -> np.ndarray:
    """(R, C) float64: x on the garment's picture of rows of cloth (R, C, 3) that run from the end `ends[:, 1]` to
    `ends[:, 0]`. In the middle cloth keeps its true size, unless it is stretched; towards the sides a picture shows
    less and less of what turns away."""
    steps = np.linalg.norm(np.diff(grid, axis=1), axis=-1)
    along = np.concatenate([np.zeros((len(grid), 1)), np.cumsum(steps, 1)], 1)
    half = along[:, -1:] / 2
    from_middle = half - along
    reach = np.abs(ends[:, 1:] - ends[:, :1]) / 2
    stretched = np.maximum(2 * half / across[:, None], 1)
    slope = np.minimum(metre / stretched, 1.9 * reach / half)
    bend = (reach - slope * half) / half**2
    away = slope * np.abs(from_middle) + bend * from_middle**2
    return ends.mean(1, keepdims=True) + np.sign(from_middle) * np.sign(ends[:, 1:] - ends[:, :1]) * away


def _lies() -> np.ndarray:
    """(COLUMNS,) how much of what cloth stands off is gone where a thigh is raised: all of it in front."""
    turn = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    return _HANGS + (1 - _HANGS) * np.clip(0.5 + np.sin(turn), 0, 1)


def _picture(around: Fall, rows: np.ndarray, ends: np.ndarray, patterned: bool) -> _Sheet:
    """The picture of the rows (R,) of a garment's, which reach from column to column (R, 2)."""
    top, bottom = int(np.floor(rows[0])), int(np.ceil(rows[-1])) + 1
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
    return _Sheet(np.hstack([front, back[:, ::-1]]), np.array([left, top]), scale, bool(gap.any()))


def _plain(front: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """A front in the colours that it has at its sides, row by row, between columns `ends` (R, 2)."""
    rows = np.linspace(0, len(ends) - 1, len(front)).round().astype(int)
    share = (np.arange(front.shape[1]) - ends[rows, :1]) / np.maximum(ends[rows, 1:] - ends[rows, :1], 1)
    beside = (share > 0) & (share < 1) & (np.abs(share - 0.5) > 0.5 - _SIDES)
    own = np.where(beside[..., None], front[..., :3].astype(np.float32), np.nan)
    lines = np.nanmedian(np.where(beside.any(1)[:, None, None], own, front[..., :3]), axis=1)
    lines = cv2.medianBlur(lines.astype(np.float32)[:, None], 5)
    return np.dstack([np.broadcast_to(lines + 0.5, (*front.shape[:2], 3)).astype(np.uint8), front[..., 3]])
