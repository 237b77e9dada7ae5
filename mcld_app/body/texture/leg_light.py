"""The light and the fine texture of legs, carried on to where no picture shows them.

A leg is unrolled into a sheet: down it go the heights, across it the angles around the leg. On the sheet lies what was
seen less the colour that the leg has at that height: light, folds, weave. Light goes on down the leg as it was at the
limit of sight, and fades around it; what is finer is mirrored at the limit, as cloth goes on as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.pull_push import pull_push

_TOP, _STEP, _ROWS, _ROUND = 1.02, 0.005, 208, 72  # metres above the floor; metres and count of rows; columns
_OTHER = 55.0  # grey levels from a height's colour: another cloth, a hand
_LIGHT = 5.0  # cells: what changes over more than these is light, what over less, texture
_FADES, _FADES_DOWN = 10.0, 24.0  # cells, over which a difference at the limit of sight falls to a third
_LAST = 24  # rows above the limit, whose light goes on
_LEAST = 0.3  # of the columns in front that are seen in a row, where the row counts as seen
_MOST = 24.0  # grey levels of texture; more is a seam, a pocket, a print
_BEHIND = 0.6  # of it on the side that was not seen
_MARGIN = _ROUND // 2


def lit_legs(image: np.ndarray, known: np.ndarray, colours: np.ndarray, legs: np.ndarray) -> np.ndarray:
    """The colours of legs with the light and the texture that was seen of them.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.
        colours: (512, 512, 3) float32, what a guess says of each texel of the legs, known or not.
        legs: (512, 512) bool, the texels in question.

    Returns:
        (512, 512, 3) float32, RGB 0..255, that guess with light and texture; it means something on `legs`.
    """
    side, row, column = _places()
    out = colours.copy()
    for number in (0, 1):
        leg = legs & (side == number)
        told = leg & known
        if not told.any():
            continue
        light = _light_of(image[told] - colours[told], row[told], column[told])
        at = np.stack([column[leg] + _MARGIN, row[leg]], 1)[None]
        out[leg] += cv2.remap(light, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    return np.clip(out, 0, 255)


def form_light() -> np.ndarray:
    """(512, 512) float32, about 1: how bright legs are at each texel that are lit from the front as most photos are,
    the light of which is known from nothing else. Read-only."""
    return _form_light()


@lru_cache(maxsize=1)
def _form_light() -> np.ndarray:
    _, row, column = _places()
    angle = column * np.float32(2 * np.pi / _ROUND) - np.float32(np.pi)
    low = np.clip((row * _STEP - (_TOP - 0.30)) / 0.25, 0, 1)
    out = 1.03 - 0.20 * np.sin(angle) ** 2 - 0.05 * (1 - np.cos(angle)) - 0.06 * low
    out = (out / np.median(out[parts_mask(range(7, 15))])).astype(np.float32)
    out.setflags(write=False)
    return out


@lru_cache(maxsize=1)
def _places() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(512, 512) each: which leg (0 the left), and the row and column (float32) of its sheet. The middle column is in
    front, those beside it towards the leg's outer side come after it."""
    g = rest_surface()
    heights, *axis = np.array([BONES[f"left_{name}"][1] for name in ("ankle", "knee", "hip")])[:, [1, 0, 2]].T
    axis_x, axis_z = (np.interp(g.y, heights, places) for places in axis)
    angle = np.arctan2(np.abs(g.x) - axis_x, g.z - axis_z)
    row, column = (_TOP - g.y) / _STEP, (angle / (2 * np.pi) + 0.5) * _ROUND
    return (g.x < 0).astype(np.uint8), row.astype(np.float32), column.astype(np.float32)


@dataclass(frozen=True)
class _Sheet:
    """Sums over the cells of a sheet, (rows, columns, 3), and which cells were seen, (rows, columns)."""

    mean: np.ndarray
    seen: np.ndarray


def _light_of(residual: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """(rows, columns + 2 margins, 3) float32: light and texture for all of a leg, from N seen differences (N, 3) at
    rows and columns (N,)."""
    sheet = _laid(residual, row, column)
    known, mean = _wide(sheet.seen.astype(np.float32)), _wide(sheet.mean)
    share = cv2.GaussianBlur(known, (0, 0), _LIGHT)
    low = cv2.GaussianBlur(mean * known[..., None], (0, 0), _LIGHT) / np.maximum(share, 1e-3)[..., None]
    limit = _limit(sheet.seen)
    goes_on = _goes_on(low, known, limit)
    gap = (low - goes_on) * (known[..., None] > 0)
    away = cv2.distanceTransform((known == 0).astype(np.uint8), cv2.DIST_L2, 5)
    fades = np.where(np.arange(_ROWS) > limit, _FADES_DOWN, _FADES)[:, None]
    light = goes_on + pull_push(gap, known) * np.exp(-away / fades)[..., None]
    return light + _texture((mean - low) * known[..., None], known > 0, limit)


def _laid(residual: np.ndarray, row: np.ndarray, column: np.ndarray) -> _Sheet:
    usual = np.abs(residual).max(1) < _OTHER
    r = np.clip(np.round(row[usual]).astype(int), 0, _ROWS - 1)
    cell = r * _ROUND + np.floor(column[usual]).astype(int) % _ROUND
    count = np.bincount(cell, minlength=_ROWS * _ROUND)
    sums = [np.bincount(cell, residual[usual, k], _ROWS * _ROUND) for k in range(3)]
    mean = np.stack(sums, 1) / np.maximum(count, 1)[:, None]
    seen = (count > 0).reshape(_ROWS, _ROUND)
    return _Sheet(mean.astype(np.float32).reshape(_ROWS, _ROUND, 3), seen)


def _wide(sheet: np.ndarray) -> np.ndarray:
    """A sheet with half of it again on both sides: around a leg there is no edge."""
    return np.concatenate([sheet[:, -_MARGIN:], sheet, sheet[:, :_MARGIN]], 1)


def _limit(seen: np.ndarray) -> int:
    """The lowest row that counts as seen."""
    front = seen[:, _ROUND // 4 : -_ROUND // 4].mean(1)
    rows = np.flatnonzero(front >= _LEAST)
    return int(rows[-1]) if len(rows) else int(np.flatnonzero(seen.any(1))[-1]) if seen.any() else 0


def _goes_on(low: np.ndarray, known: np.ndarray, limit: int) -> np.ndarray:
    """The light below the limit as it was just above it: across the leg, and the same at every height."""
    rows = slice(max(limit - _LAST, 0), limit + 1)
    weight = known[rows].sum(0)
    across = (low[rows] * known[rows][..., None]).sum(0)
    weight, across = (cv2.GaussianBlur(v[None], (0, 0), 2.0)[0] for v in (weight, across))
    across = across / np.maximum(weight, 1.0)[:, None]  # none where next to nothing was seen
    out = np.zeros_like(low)
    out[limit + 1 :] = across
    return out


def _texture(detail: np.ndarray, known: np.ndarray, limit: int) -> np.ndarray:
    """What is finer than light, (rows, columns, 3): mirrored at the limit, again and again, and from the front to the
    side that was not seen."""
    detail = np.clip(detail, -_MOST, _MOST)
    across = np.arange(detail.shape[1])
    other_side = (_ROUND + 2 * _MARGIN - 1 - across - _ROUND // 2) % _ROUND + _MARGIN
    behind = known | ~known[:, other_side]
    detail = np.where(behind[..., None], detail, detail[:, other_side] * _BEHIND)
    full = known[:, _MARGIN:-_MARGIN].mean(1) > 0.2
    span = 0  # rows above the limit that were seen without a gap
    while limit - span >= 0 and full[limit - span] and span < 100:
        span += 1
    out = detail.copy()
    if span > 6:
        below = np.arange(limit + 1, len(detail))
        away = (below - limit - 1) % (2 * span)
        source = limit - np.where(away < span, away, 2 * span - 1 - away)
        out[below] = np.where(known[below][..., None], detail[below], detail[source])
    return out
