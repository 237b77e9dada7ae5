"""The usual colour of a garment's cloth at each height: stripes and blocks go round, prints and shadows do not."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.garments.slices import Slices

_LEAST = 4  # pixels that tell a colour
_CALM = 81, 14.0, 25.0  # slices; levels that are another colour; slices: along a limb, light changes slowly
_SHADOW, _DARKER = 21, 18.0  # slices; levels: as long, and as dark, as shadows beside an armpit are
_OTHER = 40  # grey levels that are another colour
_UNSURE = 0.35  # of a slice's sides that are off its usual colour: it has none
SIDES = 0.7
"""Of half the width: prints lie nearer to the middle."""


def usual_colours(picture: np.ndarray, slices: Slices) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) float32, the usual colour at each pixel's height, and (H, W) bool, where its slice has one."""
    beside = (slices.number >= 0) & (slices.side >= SIDES) & ~slices.hole
    count = int(slices.number.max()) + 2
    numbers = slices.number[beside].astype(int)
    order = np.argsort(numbers, kind="stable")
    values, numbers = picture[beside][order].astype(np.float32), numbers[order]
    colours, sure = np.full((count, 3), np.nan, np.float32), np.ones(count, bool)
    starts = np.searchsorted(numbers, np.arange(count + 1))
    for k in range(count):
        mine = values[starts[k] : starts[k + 1]]
        if len(mine) >= _LEAST:
            colours[k] = np.median(mine, axis=0)
            sure[k] = (np.abs(mine - colours[k]).max(1) > _OTHER).mean() < _UNSURE
    known = np.flatnonzero(~np.isnan(colours[:, 0]))
    if not len(known):
        usual = np.median(picture[slices.number >= 0], 0).astype(np.float32)
        return np.broadcast_to(usual, picture.shape), slices.number >= 0
    filled = np.stack([np.interp(np.arange(count), known, colours[known, k]) for k in range(3)], 1).astype(np.float32)
    filled = cv2.medianBlur(filled[:, None], 5)
    filled = cv2.bilateralFilter(_without_shadows(filled), *_CALM)[:, 0]
    number = np.maximum(slices.number, 0)
    whole = number.astype(int)
    part = (number - whole)[..., None]
    return filled[whole] * (1 - part) + filled[whole + 1] * part, sure[whole] | (slices.side < 1)


def _without_shadows(colours: np.ndarray) -> np.ndarray:
    """Colours along a limb, (N, 1, 3) float32, without short dark places that are light's and no other colour's."""
    closed = cv2.morphologyEx(colours, cv2.MORPH_CLOSE, np.ones((_SHADOW, 1), np.uint8))
    return np.where((closed - colours).max(2, keepdims=True) < _DARKER, closed, colours)
