"""A picture read at many places at once."""

from __future__ import annotations

import cv2
import numpy as np

_SMALLER = 1.5  # pixels that are passed over, before a smaller copy is read
_SHARP = 1.15  # how much larger than needed that is
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


def read_reduced(picture: np.ndarray, where: np.ndarray, used: np.ndarray) -> np.ndarray:
    """What a picture shows at each pixel of another one that shows it smaller: no pixel of it is passed over, or fine
    ribs and stripes would come out as other ones.

    Args:
        picture: (h, w, 3) uint8.
        where: (H, W, 2) float32, the places x and y in it, centres at whole numbers.
        used: (H, W) bool, the pixels that matter: they say how much smaller it is shown.

    Returns:
        (H, W, 3) uint8.
    """
    steps = np.diff(where, axis=0)[used[1:] & used[:-1]], np.diff(where, axis=1)[used[:, 1:] & used[:, :-1]]
    shrinks = max((float(np.median(np.hypot(*step.T))) for step in steps if len(step)), default=1.0)
    if shrinks > _SMALLER:
        height, width = picture.shape[:2]
        size = tuple(max(1, round(length * _SHARP / shrinks)) for length in (width, height))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        where = (where + np.float32(0.5)) * np.float32((size[0] / width, size[1] / height)) - np.float32(0.5)
    return cv2.remap(picture, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
