"""A picture read at many places at once."""

from __future__ import annotations

import cv2
import numpy as np

_ROW = 512  # cv2.remap wants its places as a picture: rows of so many


def read_at(picture: np.ndarray, at: np.ndarray, how: int = cv2.INTER_LINEAR) -> np.ndarray:
    """What a picture (H, W) or (H, W, C) shows at N places.

    Args:
        picture: of any dtype that OpenCV resamples; beyond its edge it goes on as there.
        at: (N, 2) float32, x and y in pixels, centres at whole numbers.
        how: OpenCV's name for the filter.

    Returns:
        (N,) or (N, C), of the picture's dtype.
    """
    rows = -(-len(at) // _ROW)
    if not rows:
        return np.zeros((0, *picture.shape[2:]), picture.dtype)
    where = np.zeros((rows * _ROW, 2), np.float32)
    where[: len(at)] = at
    found = cv2.remap(picture, where.reshape(rows, _ROW, 2), None, how, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(rows * _ROW, *picture.shape[2:])[: len(at)]
