"""Heat maps: a drawn picture under one of its focus maps, the attention that the network paid to a condition."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.errors import StudioError

FOCUS_LABELS = {
    "reference": "Texture map (reference attention)",
    "photo": "Photo token",
    "texture": "Texture token",
    "face": "Face",
}


def heat_map(picture: np.ndarray, focus: np.ndarray, *, strength: float = 0.6) -> np.ndarray:
    """A focus map over its picture.

    Args:
        picture: (H, W, 3) uint8 RGB.
        focus: (h, w) float, shares 0..1; stretched so that its largest value is brightest. A map of zeros leaves the
            picture grey and dark: nothing was looked at.
        strength: how much of the colour covers the picture, 0..1.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        StudioError: for a map that holds values that are no numbers.
    """
    if focus.ndim != 2 or not np.isfinite(focus).all():
        raise StudioError("This focus map cannot be shown: it holds values that are no numbers.")
    height, width = picture.shape[:2]
    top = float(focus.max())
    level = np.zeros(focus.shape, np.float32) if top <= 0 else (focus / top).clip(0, 1).astype(np.float32)
    level = cv2.resize(level, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    colour = cv2.applyColorMap((level * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(grey, 1 - strength, np.ascontiguousarray(colour), strength, 0)
