"""The light and the fine texture of legs, carried on to where no picture shows them.

On a leg's sheet (`leg_sheet`) lies what was seen less the colour that the leg has at that height: light, folds, weave.
Light goes on down the leg as it was at the limit of sight, and fades around it; what is finer is mirrored at the limit,
as cloth goes on as it was.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.texture.leg_sheet import (
    LIGHT,
    MARGIN,
    ROUND,
    ROWS,
    STEP,
    TOP,
    Sheet,
    blurred,
    both,
    laid,
    narrow,
    of_rows,
    places,
    wide,
)
from mcld_app.body.texture.pull_push import pull_push

_FADES, _FADES_DOWN, _FADES_HIDDEN = 4.0, 24.0, 60.0  # cells, over which a difference at the limit falls to a third
_HAND = 50  # rows that are hidden above what is seen, at most, and have its light
_BESIDE = 0.1  # of a cell's surroundings, where what was taken from the other leg is beside it
_LAST = 24  # rows above the limit, whose light goes on
_LEAST = 0.3  # of the columns in front that are seen in a row, where the row counts as seen
_MOST = 24.0  # grey levels of texture; more is a seam, a pocket, a print
_MOST_LIGHT = 40.0  # grey levels of light
_BEHIND = 0.8  # of it on the side that was not seen
_CLOTH = 60.0  # grey levels between the rows of one cloth
_TOLD, _TOLD_ACROSS = 20, 0.2  # rows of one cloth that tell its texture, and of the columns in each
_CURVED = 6  # rows above the limit's middle, in which it may lie


def lit_legs(
    image: np.ndarray, known: np.ndarray, own: np.ndarray, colours: np.ndarray, legs: np.ndarray
) -> np.ndarray:
    """Legs with the light and the texture that was seen of them.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.
        own: (512, 512) bool, those of them that have it from a photo; the others have it from the other leg, whose
            light is another.
        colours: (512, 512, 3) float32, what a guess says of each texel of the legs, known or not.
        legs: (512, 512) bool, the texels in question.

    Returns:
        (512, 512, 3) uint8, RGB: `own` texels of the legs as they are, other known ones brought to their light, the
        rest guessed; and all other texels as they are.
    """
    side, row, column = places()
    out = image.copy()
    for number in (0, 1):
        leg = legs & (side == number)
        if not (leg & known).any():
            continue
        taken, holes = leg & known & ~own, leg & ~known
        parts = leg & known & own, taken
        sheets = [laid(image[part] - colours[part], row[part], column[part]) for part in parts]
        step = _step(*sheets)
        sheet = both(sheets[0], replace(sheets[1], mean=sheets[1].mean + narrow(step)))
        light = _light_of(sheet, of_rows(colours[leg & known], row[leg & known]))
        for where, before, change in ((taken, image, step), (holes, colours, light)):
            at = np.stack([column[where] + MARGIN, row[where]], 1)[None]
            if at.size:
                changed = cv2.remap(change, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
                out[where] = np.clip(before[where] + changed + 0.5, 0, 255)
    return out


@lru_cache(maxsize=1)
def form_light() -> np.ndarray:
    """(512, 512) float32, about 1: how bright legs are at each texel, lit from the front as in most photos, where
    nothing tells of their light. Read-only."""
    _, row, column = places()
    angle = column * np.float32(2 * np.pi / ROUND) - np.float32(np.pi)
    low = np.clip((row * STEP - (TOP - 0.30)) / 0.25, 0, 1)
    out = 1.03 - 0.20 * np.sin(angle) ** 2 - 0.05 * (1 - np.cos(angle)) - 0.06 * low
    out = (out / np.median(out[parts_mask(range(7, 15))])).astype(np.float32)
    out.setflags(write=False)
    return out


def _step(own: Sheet, taken: Sheet) -> np.ndarray:
    """(rows, columns + 2 margins, 3) float32: how much brighter a leg is than what was taken from the other one, where
    the two meet, and fading from there."""
    known = wide(own.seen.astype(np.float32))
    if not own.seen.any() or not taken.seen.any():
        return np.zeros((*known.shape, 3), np.float32)
    (low, _), (other, beside) = blurred(own), blurred(taken)
    border = known * (beside > _BESIDE)
    away = cv2.distanceTransform((border == 0).astype(np.uint8), cv2.DIST_L2, 5)
    return pull_push((low - other) * border[..., None], border) * np.exp(-away / _FADES_DOWN)[..., None]


def _light_of(sheet: Sheet, rows: np.ndarray) -> np.ndarray:
    """(rows, columns + 2 margins, 3) float32: light and texture for all of a leg, whose rows have the colours `rows`
    (rows, 3)."""
    known, mean = wide(sheet.seen.astype(np.float32)), wide(sheet.mean)
    low, _ = blurred(sheet)
    limits = _limits(sheet.seen)
    goes_on = _goes_on(low, known, limits)
    gap = (low - goes_on) * (known[..., None] > 0)
    away = cv2.distanceTransform((known == 0).astype(np.uint8), cv2.DIST_L2, 5)
    above = np.where(_hidden(known > 0), _FADES_HIDDEN, _FADES)
    fades = np.where(np.arange(ROWS)[:, None] > limits, _FADES_DOWN, above)
    near = np.exp(-away / fades)[..., None]
    other = _other_side(known.shape[1])
    behind = np.where((known[:, other] > 0)[..., None], np.clip(low[:, other], -_MOST_LIGHT, _MOST_LIGHT), 0)
    behind = cv2.GaussianBlur(behind.astype(np.float32), (0, 0), LIGHT / 2) * _BEHIND * (known == 0)[..., None]
    light = goes_on + pull_push(gap, known) * near + behind * (1 - near)
    return light + _texture((mean - low) * known[..., None], known > 0, limits, rows)


def _hidden(known: np.ndarray) -> np.ndarray:
    """(rows, columns) bool: what lies above a place of its column that is known, as where a hand hung before it."""
    rows = np.arange(len(known))[:, None]
    below = np.minimum.accumulate(np.where(known, rows, 2 * len(known))[::-1], 0)[::-1]
    return below - rows < _HAND


def _other_side(columns: int) -> np.ndarray:
    """(columns,) int: for each column of a wide sheet, the one before or behind it."""
    return (ROUND + ROUND // 2 - 1 - np.arange(-MARGIN, columns - MARGIN)) % ROUND + MARGIN


def _limits(seen: np.ndarray) -> np.ndarray:
    """(columns + 2 margins,) int: the lowest row that was seen of each column; where that lies far above the others',
    theirs."""
    front = seen[:, ROUND // 4 : -ROUND // 4].mean(1)
    rows = np.flatnonzero(front >= _LEAST)
    whole = int(rows[-1]) if len(rows) else int(np.flatnonzero(seen.any(1))[-1]) if seen.any() else 0
    lowest = len(seen) - 1 - np.argmax(seen[::-1], 0)
    lowest = np.where(seen.any(0) & (lowest > whole - _LAST), lowest, whole).astype(np.float32)
    wide = np.concatenate([lowest[-MARGIN:], lowest, lowest[:MARGIN]])
    calm = cv2.medianBlur(wide[None], 5)[0]  # where a few columns end, texture would go to pieces
    return np.round(np.minimum(calm, wide)).astype(int)


def _goes_on(low: np.ndarray, known: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """The light below the limit as it was just above it: across the leg, and the same at every height. Above it, it
    comes in by and by."""
    rows = np.arange(len(low))[:, None]
    last = known * ((rows <= limits) & (rows > limits - _LAST))
    weight = last.sum(0)
    across = (low * last[..., None]).sum(0)
    weight, across = (cv2.GaussianBlur(v[None], (0, 0), 2.0)[0] for v in (weight, across))
    across = across / np.maximum(weight, 1.0)[:, None]  # none where next to nothing was seen
    return across * np.clip((rows - limits) / _LAST + 1, 0, 1)[..., None].astype(np.float32)


def _texture(detail: np.ndarray, known: np.ndarray, limits: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """What is finer than light, (rows, columns, 3): mirrored at the limit, again and again as far up as one cloth, or
    skin, was seen, and from the front to the side that was not seen."""
    detail = np.clip(detail, -_MOST, _MOST)
    other_side = _other_side(detail.shape[1])
    behind = known | ~known[:, other_side]
    detail = np.where(behind[..., None], detail, detail[:, other_side] * _BEHIND)
    limit = int(np.median(limits))
    told = (narrow(known).mean(1) > _TOLD_ACROSS) & (np.abs(colours - colours[limit]).max(1) < _CLOTH)
    gaps = np.flatnonzero(~told[: limit - _CURVED])
    span = limit - (gaps[-1] + 1 if len(gaps) else 0)
    if span < _TOLD:
        return detail
    rows = np.arange(len(detail))[:, None]
    away = np.maximum(rows - limits - 1, 0) % (2 * span)
    source = np.maximum(limits - np.where(away < span, away, 2 * span - 1 - away), 0)
    below = (rows > limits) & ~known
    return np.where(below[..., None], np.take_along_axis(detail, source[..., None], 0), detail)
