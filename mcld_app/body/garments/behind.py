"""What a garment's picture would show from behind: the same cloth with its light and its folds, without what only a
front has.

Seen from behind, cloth is the front mirrored: as wide, cut alike, lit alike. What must not be repeated is what a front
alone has: a print, letters, buttons, a fly, a bow. Where the front differs from what is usual at that height by more
than light and shade explain, and around the middle, cloth goes on as it is beside there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.shells.areas import disc, grown
from mcld_app.body.texture.pull_push import pull_push

_SIDES = 0.7  # of half the width: prints lie nearer to the middle
_LEAST = 4  # pixels that tell a colour
SLICE = 0.006  # metres of a limb that have one usual colour
MIDDLE = 0.03  # metres to either side, where fronts are closed
_CALM = 9, 20.0, 5.0  # slices; levels that are another colour; slices: along a limb, light changes slowly
_SHADE = (0.55, 1.5)  # of the usual light, that folds have
_HUE, _LIGHT = 7.0, 13.0  # of Lab: beyond these, it is no light and no shade
_MOST, _UNEVEN = 80, 1.8  # per cent of plain cloth that is less off than this; how many times that is not plain
_DENSE, _OF = 0.006, 0.15  # metres, within which so much must be off: less is dirt, or a crease
_NEAR, _WEAK = 0.025, 0.7  # metres around what is off, where so much less is, too
_JOINED, _AROUND = 0.02, 0.01  # metres: between letters; at a print's rim
_SOFT = 0.012  # metres over which cloth's own light is told from its grain
_TO_AND_FRO = 0.05  # metres of cloth whose grain is repeated


@dataclass(frozen=True, eq=False)
class Slices:
    """How a garment's picture lies along the body; arrays (H, W).

    Attributes:
        number: int32, the slice of a limb that each pixel lies in; -1 off the garment.
        side: float32, 0 in the limb's middle to 1 at its sides; all of a limb tells its colours where it is 1.
        middle: bool, where fronts are closed: it is never repeated.
        metre: pixels of a metre.
    """

    number: np.ndarray
    side: np.ndarray
    middle: np.ndarray
    metre: float


def picture_behind(picture: np.ndarray, slices: Slices, *, patterned: bool) -> np.ndarray:
    """A garment's picture (H, W, 3) uint8 RGB as it is seen from behind, but not mirrored."""
    if patterned:
        return picture
    cloth = slices.number >= 0
    if not cloth.any():
        return picture
    usual = _usual(picture, slices)
    own = _own(picture, usual, slices) | slices.middle & cloth
    if not own.any():
        return picture
    left, top, width, height = cv2.boundingRect(cloth.astype(np.uint8))
    box = slice(top, top + height), slice(left, left + width)
    out = picture.copy()
    out[box] = _without(picture[box].astype(np.float32), usual[box], cloth[box] & ~own[box], slices.metre)
    return np.where(own[..., None], out, picture)


def _usual(picture: np.ndarray, slices: Slices) -> np.ndarray:
    """(H, W, 3) float32: the usual colour of each pixel's slice."""
    beside = (slices.number >= 0) & (slices.side >= _SIDES)
    count = int(slices.number.max()) + 1
    numbers = slices.number[beside]
    order = np.argsort(numbers, kind="stable")
    values, numbers = picture[beside][order], numbers[order]
    colours = np.full((count, 3), np.nan, np.float32)
    starts = np.searchsorted(numbers, np.arange(count + 1))
    for k in range(count):
        if starts[k + 1] - starts[k] >= _LEAST:
            colours[k] = np.median(values[starts[k] : starts[k + 1]], axis=0)
    known = np.flatnonzero(~np.isnan(colours[:, 0]))
    if not len(known):
        return np.broadcast_to(np.median(picture[slices.number >= 0], 0).astype(np.float32), picture.shape)
    filled = np.stack([np.interp(np.arange(count), known, colours[known, k]) for k in range(3)], 1).astype(np.float32)
    filled = cv2.medianBlur(filled[:, None], 5)
    filled = cv2.bilateralFilter(filled, _CALM[0], _CALM[1], _CALM[2])[:, 0]
    return filled[np.maximum(slices.number, 0)]


def _own(picture: np.ndarray, usual: np.ndarray, slices: Slices) -> np.ndarray:
    """(H, W) bool: what only the front has: prints, letters, buttons."""
    lab, lab_usual = (cv2.cvtColor(np.float32(image) / 255, cv2.COLOR_RGB2LAB) for image in (picture, usual))
    lit = lab[..., :1] / np.maximum(lab_usual[..., :1], 1)
    hue = np.linalg.norm(lab[..., 1:] - lab_usual[..., 1:] * np.clip(lit, *_SHADE), axis=2)
    light = np.abs(lab[..., 0] - lab_usual[..., 0])
    off, metre, cloth = np.maximum(hue / _HUE, light / _LIGHT), slices.metre, slices.number >= 0
    off /= max(1.0, _UNEVEN * float(np.percentile(off[cloth & (slices.side >= _SIDES)], _MOST)))
    told = _dense((off > 1) & cloth, metre)
    told |= _dense((off > _WEAK) & cloth & grown(told, _NEAR * metre), metre)
    told = cv2.morphologyEx(told.astype(np.uint8), cv2.MORPH_CLOSE, disc(_JOINED * metre)) > 0
    return grown(told, _AROUND * metre) & cloth


def _dense(told: np.ndarray, metre: float) -> np.ndarray:
    return cv2.GaussianBlur(told.astype(np.float32), (0, 0), _DENSE * metre) > _OF


def _without(picture: np.ndarray, usual: np.ndarray, clean: np.ndarray, metre: float) -> np.ndarray:
    """(h, w, 3) uint8: a picture whose pixels that are not clean have the usual colour, in the light of the clean ones
    around, with their grain."""
    weight = clean.astype(np.float32)
    sigma = _SOFT * metre
    off = (picture - usual) * weight[..., None]
    blurred = cv2.GaussianBlur(np.dstack([off, weight]), (0, 0), sigma)
    soft = blurred[..., :3] / np.maximum(blurred[..., 3:], 1e-3)
    light = pull_push(soft, (clean & (blurred[..., 3] > 0.2)).astype(np.float32))
    light = np.where(clean[..., None], soft, cv2.GaussianBlur(light, (0, 0), sigma))
    grain = np.where(clean[..., None], picture - usual - soft, 0)
    grain = _repeated(grain, clean, max(round(_TO_AND_FRO * metre), 2))
    return np.clip(usual + light + grain + 0.5, 0, 255).astype(np.uint8)


def _repeated(grain: np.ndarray, clean: np.ndarray, deep: int) -> np.ndarray:
    """Grain (h, w, 3) float32 that goes on, row by row, from the nearest clean pixel of it: mirrored, to and fro."""
    column, rows = np.arange(clean.shape[1]), np.arange(len(clean))[:, None]
    before = np.maximum.accumulate(np.where(clean, column, -1), 1)
    after = np.minimum.accumulate(np.where(clean, column, 2 * len(column))[:, ::-1], 1)[:, ::-1]
    left = (before >= 0) & ((column - before <= after - column) | (after >= len(column)))
    end, sign = np.where(left, before, after), np.where(left, -1, 1)
    away = np.abs(column - end)
    source = np.clip(end + sign * (deep - np.abs(deep - away % (2 * deep))), 0, len(column) - 1)
    there = (before >= 0) | (after < len(column))
    return np.where((clean | there & clean[rows, source])[..., None], grain[rows, np.where(clean, column, source)], 0)
