"""Cloth that goes around trunk and legs as a whole, as shells: skirts, the skirts of dresses and coats, loose tops."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mcld_app.body.garments.cloth_sheet import GOES_BACK, cloth_sheet, down_to_hem
from mcld_app.body.garments.fall import Fall
from mcld_app.body.garments.lap import on_lap
from mcld_app.body.garments.waistline import lowered
from mcld_app.body.mannequin.pose import BodyShape
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.girth import spanned, standing_off, tube_weights
from mcld_app.body.shells.shell import LINING, MASKED, PLAIN, Shell
from mcld_app.body.shells.tube import COLUMNS, tube, tube_faces

_WAIST = 1.035  # metres: above is the trunk's, below hangs from the hips
_BUST = 1.30  # metres: what covers the trunk hangs from below there
_SKIRTS = 0.90  # metres; what reaches below hangs, however close
_ROW = 0.06  # metres between two rows
_LOOSE = 0.012  # metres that cloth stands off on the mean of a row; less is as good as paint
_ENOUGH = 2  # rows that do
_BEGINS = 0.05  # metres from its upper edge, over which cloth leaves the body
_THIN = 0.002  # metres
_MEETS = 0.12  # metres from its upper edge, over which its picture leaves that of the paint
_LIES = (1.05, 0.08)  # metres: where cloth begins to follow a raised thigh, and over which
_HANGS = 0.75  # of what stands off at sides and back, gone on a sitting person
_AS_WIDE = 0.97  # of its picture's width, that a top has when worn
_LAP = 1.02  # metres; the hem of a top below lies on a lap
_FALLS_AGAIN, _BELOW_KNEE = 0.6, 0.40  # of what stands off at the sides, that does so again below the knees; metres
_KNEE = float(BONES["left_knee"][1][1])
_THIGHS = tuple(list(BONES).index(f"{side}_hip") for side in ("left", "right"))
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
    for start, end in pairwise(cuts):
        heights = np.linspace(start, end, max(3, round((start - end) / _ROW) + 1))
        on_hips = not top and start <= _WAIST + _ROW
        parts.append(("hips" if on_hips else "trunk", heights))
    found, begins = [], high
    for place, heights in parts:
        shell = _tube(around, girth, place, heights, begins, patterned, top)
        found.append(shell)
        begins = begins if shell is not None else float(heights[-1])  # what lies close is paint
    return tuple(shell for shell in found if shell is not None)


def _tube(
    around: Fall, girth: float, place: str, heights: np.ndarray, begins: float, patterned: bool, top: bool
) -> Shell | None:
    """Rows of cloth at `heights` (R,), which stands off the body from `begins` metres down."""
    highest, hem = float(around.heights[0]), float(heights[-1])
    ends = np.stack([np.interp(-heights, -around.heights, around.ends[:, k]) for k in (0, 1)], 1)
    rows = np.interp(-heights, -around.heights, around.rows)
    across = np.maximum(ends[:, 1] - ends[:, 0], 1) / around.metre * girth
    tight = tube(heights, BodyShape(), _WAIST if highest < _BUST - 0.2 else _BUST)
    off = standing_off(tight, 2 * across)
    if place == "hips":
        off = spanned(tight, off)
    elif top:  # seen from in front it is as wide as in its picture, and hangs straight
        half = _AS_WIDE * (ends[:, 1] - ends[:, 0]) / around.metre / 2
        more = np.maximum(half - np.abs(tight.rest[..., 0]).max(1), 0)
        off = np.maximum(off, more[:, None] * np.abs(tight.outwards[..., 0]))
    if highest > _WAIST + _ROW:  # it goes on upwards as paint
        leaves = np.clip((begins - heights) / _BEGINS, 0, 1)[:, None]
        off = off * leaves + _THIN * (1 - leaves)
    if heights[-1] > _SKIRTS and np.count_nonzero(off.mean(1) > _LOOSE) < _ENOUGH:
        return None
    grid = tight.rest + tight.outwards * off[..., None]
    if around.slant:
        grid[..., 1] -= down_to_hem(rows, around.rows)[:, None] * around.slant * grid[..., 0]
    if highest <= _WAIST + _ROW:  # it begins as its paint does
        grid[..., 1] -= lowered(grid[..., 1], grid[..., 2])
    grid = np.concatenate([grid, grid[:, :1]], 1)  # closed: its two seams are at the sides
    lies = _lies(heights)
    gathered = tight.outwards * ((_THIN - off) * lies)[..., None]
    gathered = np.concatenate([gathered, gathered[:, :1]], 1)
    weights = tube_weights(grid.reshape(-1, 3), hem).reshape(*grid.shape[:2], -1)
    if top and hem < _LAP:
        gathered = on_lap(grid, weights[..., list(_THIGHS)].sum(-1)) - grid
    sheet = cloth_sheet(around, rows, ends, patterned)
    parts = (slice(0, _HALF), ends), (slice(_HALF - 1, 2 * _HALF - 1), ends[:, ::-1])
    places = []
    for (part, own), behind in zip(parts, (False, True), strict=True):
        x = _across(grid[:, part], own, across, around.metre, GOES_BACK if patterned else 1.0)
        y = _level(around, rows, x)
        if highest > _WAIST + _ROW:  # it goes on where the paint above ends
            on_body = np.concatenate([tight.rest, tight.rest[:, :1]], 1)[:, part]
            turned = behind and sheet.turned
            above = around.painted((on_body * (-1 if turned else 1, 1, 1)).reshape(-1, 3)).reshape(*x.shape, 2)
            if turned:
                above[..., 0] = own.sum(1)[:, None] - above[..., 0]
            share = np.clip((begins - heights) / _MEETS, 0, 1)[:, None]
            x, y = x * share + above[..., 0] * (1 - share), y * share + above[..., 1] * (1 - share)
        places.append(sheet.at(x, y, behind=behind))
    front, back = (part for part, _ in parts)
    faces = [_sheet_faces(len(heights)), _sheet_faces(len(heights)) + len(heights) * _HALF]
    kinds = [np.full(len(faces[0]), MASKED if sheet.open else PLAIN, np.uint8), np.full(len(faces[1]), PLAIN, np.uint8)]
    inner = faces[1:] if sheet.open else faces
    lining = np.concatenate(inner)[:, ::-1]
    rest, moves, follows = (
        np.concatenate([values[:, part].reshape(-1, values.shape[-1]) for part in (front, back)])
        for values in (grid, gathered, weights)
    )
    return Shell(
        place, rest, moves, follows,
        np.concatenate([*faces, lining]), np.concatenate([*kinds, np.full(len(lining), LINING, np.uint8)]),
        np.concatenate(places), sheet.rgba,
    )  # fmt: skip


def _sheet_faces(rows: int) -> np.ndarray:
    """A sheet's triangles, as `tube_faces`, but not closed."""
    faces = tube_faces(rows, _HALF)
    column = faces % _HALF
    return faces[np.ptp(column, axis=1) <= 1]


def _level(around: Fall, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(R, C) float64: y on the garment's picture of cloth in its rows (R,) at x (R, C): the hem, which hangs down in
    the picture, is level when worn, or slants as it was cut, and what is above it follows."""
    hem = np.interp(x, np.arange(len(around.hem)), around.hem)
    return rows[:, None] + down_to_hem(rows, around.rows)[:, None] * (hem - around.rows[-1])


def _across(grid: np.ndarray, ends: np.ndarray, across: np.ndarray, metre: float, most: float) -> np.ndarray:
    """(R, C) float64: x on the garment's picture of rows of cloth (R, C, 3) that run from the end `ends[:, 1]` to
    `ends[:, 0]`. In the middle cloth keeps its true size, unless it is stretched; towards the sides a picture shows
    less and less of what turns away: there cloth is stretched, or goes back behind its rim, up to `most` of the way
    from its middle to there."""
    steps = np.linalg.norm(np.diff(grid, axis=1), axis=-1)
    along = np.concatenate([np.zeros((len(grid), 1)), np.cumsum(steps, 1)], 1)
    half = along[:, -1:] / 2
    from_middle = half - along
    reach = np.abs(ends[:, 1:] - ends[:, :1]) / 2
    stretched = np.maximum(2 * half / across[:, None], 1)
    slope = np.minimum(metre / stretched, 1.9 * reach / half)
    beyond = np.clip(slope * half, reach, most * reach)
    bend = (beyond - slope * half) / half**2
    away = slope * np.abs(from_middle) + bend * from_middle**2
    return ends.mean(1, keepdims=True) + np.sign(from_middle) * np.sign(ends[:, 1:] - ends[:, :1]) * away


def _lies(heights: np.ndarray) -> np.ndarray:
    """(R, COLUMNS) how much of what cloth at heights (R,) in metres stands off is gone where a thigh is raised: all of
    it in front. Below the knees it hangs down from them, as wide at its sides as it is cut."""
    turn = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    around = _HANGS + (1 - _HANGS) * np.clip(0.5 + np.sin(turn), 0, 1)
    begun = np.clip((_LIES[0] - heights) / _LIES[1], 0, 1)
    hangs = _FALLS_AGAIN * np.clip((_KNEE - heights) / _BELOW_KNEE, 0, 1)
    return begun[:, None] * (around - hangs[:, None] * np.cos(turn) ** 2)
