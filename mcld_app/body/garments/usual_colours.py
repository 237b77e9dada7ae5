"""The usual colour of a garment's cloth at each height: stripes and blocks go round, prints and shadows do not."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.garments.slices import Slices

_LEAST = 4  # pixels that tell a colour
_CALM = 81, 14.0, 25.0  # slices; levels that are another colour; slices: along a limb, light changes slowly
_SHADOW, _DARKER = 21, 18.0  # slices; levels: as long, and as dark, as shadows beside an armpit are
_AS_LIGHT = 0.5  # of how much darker a place is at the sides, that the middle there is off the light around it
_OTHER = 40  # grey levels that are another colour
_UNSURE = 0.35  # of a slice's sides that are off its usual colour: it has none
SIDES = 0.7
"""Of half the width: prints lie nearer to the middle."""


def usual_colours(picture: np.ndarray, slices: Slices) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) float32, the usual colour at each pixel's height, and (H, W) bool, where its slice has one."""
    shown = (slices.number >= 0) & ~slices.hole
    count = int(slices.number.max()) + 2
    colours, sure = _medians(picture, slices.number, shown & (slices.side >= SIDES), count)
    if np.isnan(colours).all():
        usual = np.median(picture[slices.number >= 0], 0).astype(np.float32)
        return np.broadcast_to(usual, picture.shape), slices.number >= 0
    middles, _ = _medians(picture, slices.number, shown & (slices.side < SIDES) & ~slices.middle, count)
    filled = cv2.medianBlur(_filled(colours)[:, None], 5)
    filled = _without_shadows(filled, _filled(middles)[:, None] if np.isfinite(middles).any() else filled)
    filled = cv2.bilateralFilter(filled, *_CALM)[:, 0]
    number = np.maximum(slices.number, 0)
    whole = number.astype(int)
    part = (number - whole)[..., None]
    return filled[whole] * (1 - part) + filled[whole + 1] * part, sure[whole] | (slices.side < 1)


def _medians(picture: np.ndarray, slice_of: np.ndarray, area: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(count, 3) float32, the median colour of each slice's pixels in an area, NaN where there are few, and (count,)
    bool, False where many are off that."""
    numbers = slice_of[area].astype(int)
    order = np.argsort(numbers, kind="stable")
    values, numbers = picture[area][order].astype(np.float32), numbers[order]
    colours, sure = np.full((count, 3), np.nan, np.float32), np.ones(count, bool)
    starts = np.searchsorted(numbers, np.arange(count + 1))
    for k in range(count):
        mine = values[starts[k] : starts[k + 1]]
        if len(mine) >= _LEAST:
            colours[k] = np.median(mine, axis=0)
            sure[k] = (np.abs(mine - colours[k]).max(1) > _OTHER).mean() < _UNSURE
    return colours, sure


def _filled(colours: np.ndarray) -> np.ndarray:
    """Colours along a limb, (N, 3) float32, those that are not known (NaN) between their neighbours."""
    known, every = np.flatnonzero(~np.isnan(colours[:, 0])), np.arange(len(colours))
    return np.stack([np.interp(every, known, colours[known, k]) for k in range(3)], 1).astype(np.float32)


def _without_shadows(colours: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Colours along a limb, (N, 1, 3) float32, without short dark places that are light's and no other colour's: which
    are not much darker, or are only at the sides and not in the middle (N, 1, 3)."""
    closed = cv2.morphologyEx(colours, cv2.MORPH_CLOSE, np.ones((_SHADOW, 1), np.uint8))
    darker = (closed - colours).max(2, keepdims=True)
    only_there = np.abs(closed - middles).max(2, keepdims=True) < _AS_LIGHT * darker
    return np.where((darker < _DARKER) | only_there, closed, colours)
