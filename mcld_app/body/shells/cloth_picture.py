"""A shell's own picture: the photo where it shows the shell, its colours going on where it does not."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.shells.areas import grown, shrunk
from mcld_app.body.texture.filling import pull_push

_RIM = 1.5  # pixels at the rim of what is shown: half ground
_MARGIN = 2  # pixels around it that the picture goes on
_LEAST = 30  # pixels, of which colours can be taken


def layer_picture(photo: np.ndarray, shown: np.ndarray, open_area: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """The part of a photo around a shell, as its picture.

    Args:
        photo: (H, W, 3) uint8 RGB.
        shown: (H, W) bool, pixels that show the shell.
        open_area: (H, W) bool, pixels that show something else in its place: there is nothing of the shell.

    Returns:
        (h, w, 4) uint8 RGBA, and x, y of its first pixel on the photo.
    """
    inner = shrunk(shown, _RIM)
    if np.count_nonzero(inner) < _LEAST:
        inner = shown
    left, top, width, height = cv2.boundingRect(shown.astype(np.uint8))
    bottom, right = min(top + height + _MARGIN, len(shown)), min(left + width + _MARGIN, shown.shape[1])
    left, top = max(left - _MARGIN, 0), max(top - _MARGIN, 0)
    window = slice(top, bottom), slice(left, right)
    own, known = photo[window].astype(np.float32), inner[window].astype(np.float32)
    filled = pull_push(own, known)
    filled = np.where(known[..., None] > 0, own, filled)
    alpha = np.where(open_area & ~grown(shown, 1), 0, 255).astype(np.uint8)[window]
    return np.dstack([np.clip(filled + 0.5, 0, 255).astype(np.uint8), alpha]), (left, top)
