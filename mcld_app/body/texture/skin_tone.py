"""Skin of another colour: hue and lightness go from one skin to another, and the body's shading stays."""

from __future__ import annotations

import cv2
import numpy as np

_FADES = (18.0, 30.0)  # in CIELAB's a and b: so near to the skin's own hue a texel is skin; so far it is none
_SHIMMER = 10.0  # of the same: farther from the new skin's hue no texel comes to be, as at a rim with ground in it
_SURER = 0.5  # of that distance, where it is known that a texel shows skin
_WHITE, _BLACK = 97.0, 3.0
_RIM = 17  # texels across: so far into what counts as cloth skin may go on, at a hem
_SAME_HUE, _SAME_LIGHT = 10.0, 16.0  # of CIELAB: there only what is this near to the skin is skin


def turned_skin(
    texels: np.ndarray, sure: np.ndarray, own: np.ndarray, other: np.ndarray, share: float
) -> np.ndarray:
    """Skin that is another's.

    Lightness keeps its differences, which are the body's light, as far as there is room for them: shadows on darker
    skin and highlights on lighter skin are weaker. What has not the hue of the skin (a watch, tights) stays.

    Args:
        texels: (N, 3) uint8 RGB, what may show skin.
        sure: (N,) bool, those that do, though their hue is another one, as that of palms.
        own, other: (3,) uint8 RGB, the skin that is there, and the one that is wanted.
        share: how far, 0..1.

    Returns:
        (N, 3) uint8 RGB.
    """
    if not len(texels) or not share:
        return texels.copy()
    old, new, lab = _lab(own[None])[0], _lab(other[None])[0], _lab(texels)
    off = lab - old
    apart = np.hypot(off[:, 1], off[:, 2])
    strange = apart * (50 / max(old[0], 50)) * np.where(sure, _SURER, 1)
    counts = np.clip((_FADES[1] - strange) / (_FADES[1] - _FADES[0]), 0, 1)[:, None]
    off[:, 1:] *= (_SHIMMER / np.maximum(apart, _SHIMMER))[:, None]
    shadows = min((new[0] - _BLACK) / max(old[0] - _BLACK, 1), 1)
    lights = min((_WHITE - new[0]) / max(_WHITE - old[0], 1), 1)
    off[:, 0] *= np.where(off[:, 0] < 0, shadows, lights)
    wanted = np.float32(new + off)
    wanted[:, 0] = np.clip(wanted[:, 0], _BLACK, _WHITE)
    moved = np.float32(lab + (wanted - lab) * counts * share)
    return (np.clip(cv2.cvtColor(moved[None], cv2.COLOR_LAB2RGB)[0], 0, 1) * 255 + 0.5).astype(np.uint8)


def with_rim(skin: np.ndarray, image: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Skin, (512, 512) bool, with what goes on beside it in its very colour and was counted as cloth: below a hem, for
    limbs are judged by whole slices. `own` is the skin's colour, (3,) uint8 RGB."""
    rim = (cv2.dilate(skin.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8)) > 0) & ~skin
    return skin | alike(rim, image, own, _SAME_LIGHT)


def alike(where: np.ndarray, image: np.ndarray, own: np.ndarray, light: float) -> np.ndarray:
    """Those of some texels, (512, 512) bool, that have the hue of the skin `own` and, within `light` of CIELAB, its
    lightness."""
    out = np.zeros_like(where)
    if where.any():
        off = _lab(image[where]) - _lab(own[None])[0]
        out[where] = (np.hypot(off[:, 1], off[:, 2]) < _SAME_HUE) & (np.abs(off[:, 0]) < light)
    return out


def _lab(colours: np.ndarray) -> np.ndarray:
    """(N, 3) uint8 RGB as CIELAB, float32: L 0..100, a and b around 0."""
    return cv2.cvtColor((colours[None] / np.float32(255)).astype(np.float32), cv2.COLOR_RGB2LAB)[0]
