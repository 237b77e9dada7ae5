"""The shadow of a hand on the cloth that it hangs before: it does not go with the cloth into another pose."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.coarse import coarse_lab, coarse_size, on_map
from mcld_app.body.texture.pull_push import pull_push

_HANDS, _CLOTH = (3, 4), (1, 2, 7, 8, 9, 10)
_AROUND, _SHADOW, _TELLS = 0.06, 0.04, 0.10  # metres: around a hand, what is doubtful; beside that; beyond that
_DARKER, _HUE = 6.0, 10.0  # of Lab (8 bits): how much darker than the cloth around; how far a and b may be off
_PLAIN = 12.0  # of Lab: cloth that varies more, on the median, tells nothing of shadows
_LEAST = 60  # pixels of the cloth around, to tell
_ROWS = 384  # height of the picture this is worked out on


def hand_shadows(photo: np.ndarray, iuv: np.ndarray, doubt: np.ndarray, metre: float) -> np.ndarray:
    """Pixels of trunk and thighs beside a hand that are darker than the same plain cloth further off.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, the map of a person.
        doubt: (H, W) bool, its pixels that are doubtful anyway.
        metre: pixels a metre of them takes.

    Returns:
        (H, W) bool.
    """
    size, small = coarse_size(iuv.shape[:2], _ROWS)
    metre *= small
    part = cv2.resize(iuv[..., 0], size, interpolation=cv2.INTER_NEAREST)
    unsure = cv2.resize(doubt.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    hands = np.isin(part, _HANDS)
    if not hands.any():
        return np.zeros(iuv.shape[:2], bool)
    before = hands | unsure & (_away(hands) < _AROUND * metre)
    away = _away(before)
    cloth = np.isin(part, _CLOTH) & ~unsure
    beside, told = cloth & (away < _SHADOW * metre), cloth & (away >= _SHADOW * metre) & (away < _TELLS * metre)
    if np.count_nonzero(told) < _LEAST or not beside.any():
        return np.zeros(iuv.shape[:2], bool)
    lab = cv2.blur(coarse_lab(photo, size), (3, 3))
    light = lab[..., 0][told]
    if np.median(np.abs(light - np.median(light))) > _PLAIN:  # folds, and faded places, are as dark
        return np.zeros(iuv.shape[:2], bool)
    off = lab - pull_push(lab, told.astype(np.float32))
    shadow = beside & (off[..., 0] < -_DARKER) & (np.hypot(off[..., 1], off[..., 2]) < _HUE)
    return on_map(cv2.dilate(shadow.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0, iuv)


def _away(pixels: np.ndarray) -> np.ndarray:
    """(h, w) float32: how many pixels it is to the nearest of some, (h, w) bool."""
    return cv2.distanceTransform((~pixels).astype(np.uint8), cv2.DIST_L2, 5)
