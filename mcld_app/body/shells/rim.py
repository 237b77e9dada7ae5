"""How far a silhouette goes beyond points on the rim of a surface that lies under it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_STEP = 0.5  # pixels between two looks


@dataclass(frozen=True, eq=False)
class March:
    """Where marches from points outwards ended.

    Attributes:
        away: (N,) float32, pixels from the point to where the silhouette ends; negative inside of the point; NaN where
            no silhouette was met.
        met: (N,) bool, whether it ended at the ground, and not at something before it or at the picture's edge.
    """

    away: np.ndarray
    met: np.ndarray


def march(
    inside: np.ndarray, blocked: np.ndarray, points: np.ndarray, ways: np.ndarray, back: float, reach: float
) -> March:
    """March from points along ways until a silhouette ends.

    Args:
        inside: (H, W) bool, the silhouette.
        blocked: (H, W) bool, what stands before it and hides its end.
        points, ways: (N, 2) x, y in pixels; ways of length 1.
        back: pixels inwards, where marches begin.
        reach: pixels outwards, where they end at the latest.
    """
    if not len(points):
        return March(np.zeros(0, np.float32), np.zeros(0, bool))
    steps = np.arange(-back, reach + _STEP, _STEP, np.float32)
    at = (points[:, None] + ways[:, None] * steps[None, :, None]).astype(np.float32)
    state = np.where(blocked, 2, np.where(inside, 1, 0)).astype(np.uint8)
    found = cv2.remap(state, at[..., 0], at[..., 1], cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=3)
    begun = np.maximum.accumulate(found == 1, axis=1)
    begins_soon = (found[:, steps <= max(back, 2.0)] == 1).any(1)
    over = begun & (found != 1)
    ended = over.any(1)
    end = np.where(ended, over.argmax(1), len(steps) - 1)
    met = ended & (found[np.arange(len(end)), end] == 0) & begins_soon
    away = np.where(begins_soon, steps[end] - _STEP / 2, np.nan).astype(np.float32)
    return March(away, met)
