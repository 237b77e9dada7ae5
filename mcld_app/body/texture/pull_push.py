"""Pull-push: a smooth guess for the holes of a picture from what is known of it."""

from __future__ import annotations

import cv2
import numpy as np


def pull_push(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill by pull-push (Gortler et al., The Lumigraph, 1996, section 3.4): averages of what is known, coarser and
    coarser, then back down wherever a level knows nothing.

    Args:
        image: (H, W, 3) float32.
        weight: (H, W) float32, 0 (unknown) to 1 (known).

    Returns:
        (H, W, 3) float32; black where nothing at all is known.
    """
    levels = [np.dstack([image * weight[..., None], weight])]
    # Until all is known, or to one texel, so that some colour reaches everywhere.
    while max(levels[-1].shape[:2]) > 1 and levels[-1][..., 3].min() < 1:
        height, width = levels[-1].shape[:2]
        coarse = cv2.resize(levels[-1], ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA) * 4
        coarse /= np.maximum(coarse[..., 3:], 1)  # a level's weight saturates at one
        levels.append(coarse)
    known = levels.pop()
    result = known[..., :3] / np.maximum(known[..., 3:], 1e-6)
    for level in reversed(levels):
        up = cv2.resize(result, level.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        result = level[..., :3] + (1 - level[..., 3:]) * up
    return result
