"""What of plain cloth only its front has: prints, letters, buttons."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.garments.slices import FAR, Slices
from mcld_app.body.garments.usual_colours import SIDES
from mcld_app.body.lengths import dot, length
from mcld_app.body.shells.areas import disc, grown

_SHADE = (0.55, 1.5)  # of the usual light, that folds have
_DEEPER = 2.5  # times the usual chroma
_HUE, _LIGHT = 7.0, 13.0  # of Lab: beyond these, it is no light and no shade
_DARK_SLEEVES = 20.0  # of Lab: sleeves lie in tiers and folds that a trunk has not
_MOST, _UNEVEN = 80, 1.8  # per cent of plain cloth that is less off than this; how many times that is not plain
_DENSE, _OF = 0.006, 0.1  # metres, within which so much must be off: less is dirt, or a crease
_NEAR, _WEAK = 0.025, 0.7  # metres around what is off, where so much less is, too
_JOINED, _AROUND = 0.02, 0.01  # metres: between letters; at a print's rim


def print_in(picture: np.ndarray, usual: np.ndarray, cloth: np.ndarray, slices: Slices) -> np.ndarray:
    """What only a front has, (H, W) bool.

    Args:
        picture: (H, W, 3) uint8 RGB.
        usual: (H, W, 3) float32, what is usual there, see `usual_colours`.
        cloth: (H, W) bool, the pixels that may be told of.
        slices: how the picture lies along the body.
    """
    lab, lab_usual = (cv2.cvtColor(np.float32(image) / 255, cv2.COLOR_RGB2LAB) for image in (picture, usual))
    sleeves, metre = slices.across >= FAR, slices.metre
    lit = np.clip(lab[..., 0] / np.maximum(lab_usual[..., 0], 1), *_SHADE)
    # In the shade of its own folds cloth is of a deeper colour, not of another one.
    chroma = np.maximum(dot(lab_usual[..., 1:], lab_usual[..., 1:]), 1)
    deeper = np.clip(dot(lab[..., 1:], lab_usual[..., 1:]) / chroma, lit, np.where(lit < 1, _DEEPER, lit))
    hue = length(lab[..., 1:] - lab_usual[..., 1:] * deeper[..., None])
    lighter = lab[..., 0] - lab_usual[..., 0]
    light = np.maximum(lighter, -lighter * np.where(sleeves, _LIGHT / _DARK_SLEEVES, 1))
    off = np.maximum(hue / _HUE, light / _LIGHT)
    for limb in (cloth & sleeves, cloth & ~sleeves):  # sleeves may have tiers, or folds that a trunk has not
        beside = limb & (slices.side >= SIDES)
        if beside.any():
            off[limb] /= max(1.0, _UNEVEN * float(np.percentile(off[beside], _MOST)))
    told = _dense((off > 1) & cloth, metre)
    told |= _dense((off > _WEAK) & cloth & grown(told, _NEAR * metre), metre)
    told = cv2.morphologyEx(told.astype(np.uint8), cv2.MORPH_CLOSE, disc(_JOINED * metre)) > 0
    return grown(told, _AROUND * metre) & (slices.number >= 0)


def _dense(told: np.ndarray, metre: float) -> np.ndarray:
    return cv2.GaussianBlur(told.astype(np.float32), (0, 0), _DENSE * metre) > _OF
