"""The head in a photo, found by its IUV map: no detector is needed where the body is known."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.parts import region_pixels

CROP = 64
"""Side of a head's crop, pixels."""

_LEAST_FACE = 0.12  # of the head's pixels: less is a head seen from behind
_LEAST_PIXELS = 40
_AROUND = 1.35  # the crop's side over the head's larger one: hair and chin stand out of the map


def crop_head(photo: np.ndarray, iuv: np.ndarray, side: int = CROP) -> np.ndarray | None:
    """The head of the person in a photo, as the bundled model's face encoder wants it.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, channels I, U, V, of the same picture.
        side: of the crop.

    Returns:
        (side, side, 3) uint8 RGB around parts 23 and 24; None where no face is seen: no head, or its back.
    """
    head = iuv[..., 0] >= 23
    count = np.count_nonzero(head)
    if count < _LEAST_PIXELS or np.count_nonzero(region_pixels("face", iuv)) < _LEAST_FACE * count:
        return None
    x, y, width, height = cv2.boundingRect(head.astype(np.uint8))
    half = max(width, height) * _AROUND / 2
    scale = side / (2 * half)
    centre = x + (width - 1) / 2, y + (height - 1) / 2
    move = np.float32([[scale, 0, side / 2 - 0.5 - scale * centre[0]], [0, scale, side / 2 - 0.5 - scale * centre[1]]])
    if scale < 0.5:  # many pixels into one: blur them first
        photo = cv2.GaussianBlur(photo, (0, 0), 0.35 / scale)
    return cv2.warpAffine(photo, move, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
