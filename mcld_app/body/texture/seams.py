"""Guessed texels brought to meet those that were seen.

Light comes from one side: what is taken from the body's other half is brighter or darker than what it is set beside, and
the border between the two would be seen. The difference along the border, spread smoothly over the guess and fading
with distance, takes it away (as in Perez et al., Poisson Image Editing, 2003, whose membrane this is a cheap stand-in
for).
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.texture.filling import pull_push

_NEAR = 5  # texels on each side of a border whose mean colours are compared
_MOST = 40.0  # grey levels of difference that light can make; more is another cloth, and stays
_FADES = 60.0  # texels, over which a difference falls to a third


def meet(image: np.ndarray, seen: np.ndarray, guessed: np.ndarray, limb: np.ndarray) -> np.ndarray:
    """The texture map with the guessed texels of a limb brought to the light of the seen ones beside them.

    Args:
        image: (512, 512, 3) uint8 RGB.
        seen: (512, 512) bool, texels that stay as they are.
        guessed: (512, 512) bool, others, whose colours are known.
        limb: (512, 512) bool, within which they lie side by side on the body, too.
    """
    left, top, width, height = cv2.boundingRect(limb.astype(np.uint8))
    box = slice(top, top + height), slice(left, left + width)
    here, there = (seen & limb)[box], (guessed & limb)[box]
    square = np.ones((3, 3), np.uint8)
    border = (cv2.dilate(here.astype(np.uint8), square) > 0) & there
    if not border.any():
        return image
    picture = image[box].astype(np.float32)
    gap = _mean(picture, here) - _mean(picture, there)
    usual = border & (np.abs(gap).max(2) < _MOST)
    if not usual.any():
        return image
    field = pull_push(gap * usual[..., None], usual.astype(np.float32))
    away = cv2.distanceTransform((~usual).astype(np.uint8), cv2.DIST_L2, 5)
    changed = picture + field * np.exp(-away / _FADES)[..., None]
    out = image.copy()
    out[box] = np.where(there[..., None], np.clip(changed + 0.5, 0, 255).astype(np.uint8), image[box])
    return out


def _mean(picture: np.ndarray, where: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32: around each texel the mean colour of those that count."""
    share = where.astype(np.float32)
    size = (2 * _NEAR + 1,) * 2
    return cv2.blur(picture * share[..., None], size) / np.maximum(cv2.blur(share, size), 1e-3)[..., None]
