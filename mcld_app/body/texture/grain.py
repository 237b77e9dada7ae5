"""The grain of cloth: what is finer than its light and its folds."""

from __future__ import annotations

import cv2
import numpy as np

_LIGHT = 4.0  # texels: what changes over more than these is light
_USUAL = 3.0  # of the grain's median; more is a seam, a fold, a print
_RIM = 3  # texels at the border of what is known, whose grain is none


def grain_of(image: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """(512, 512, 3) float32, grey levels: the grain of an image (512, 512, 3) uint8 on its texels that show `cloth`,
    (512, 512) bool; 0 elsewhere."""
    share = cloth.astype(np.float32)
    low = cv2.GaussianBlur(image * share[..., None], (0, 0), _LIGHT)
    low /= np.maximum(cv2.GaussianBlur(share, (0, 0), _LIGHT), 1e-3)[..., None]
    detail = image - low
    inner = cv2.erode(cloth.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8)) > 0
    most = _USUAL * float(np.median(np.abs(detail[inner]))) if inner.any() else 0.0
    return np.where(inner[..., None], np.clip(detail, -most, most), 0).astype(np.float32)


def with_grain(image: np.ndarray, cloth: np.ndarray, holes: np.ndarray, limb: np.ndarray) -> np.ndarray:
    """Smoothly guessed texels with the grain of the cloth beside them, mirrored at its end.

    Args:
        image: (512, 512, 3) uint8 RGB, guesses included.
        cloth: (512, 512) bool, its texels that show cloth and are known.
        holes: (512, 512) bool, those that were guessed and show the same.
        limb: (512, 512) bool, within which texels lie side by side on the body, too.
    """
    here, there = cloth & limb, holes & limb
    if not here.any() or not there.any():
        return image
    grain = grain_of(image, here)
    _, label = cv2.distanceTransformWithLabels(
        (~here).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros((label.max() + 1, 2), int)
    nearest[label[here]] = np.argwhere(here)
    at = np.argwhere(there)
    source = np.clip(2 * nearest[label[there]] - at, 0, np.array(image.shape[:2]) - 1)
    added = grain[source[:, 0], source[:, 1]]
    out = image.copy()
    out[there] = np.clip(image[there] + added + 0.5, 0, 255)
    return out
