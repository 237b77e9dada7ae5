"""Small operations on areas of a picture, (H, W) bool, and by their help on what it shows."""

from __future__ import annotations

import cv2
import numpy as np


def disc(radius: float) -> np.ndarray:
    """A round kernel of that radius in pixels, at least 1."""
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def grown(area: np.ndarray, radius: float) -> np.ndarray:
    """The area and what lies within `radius` pixels of it."""
    return cv2.dilate(area.astype(np.uint8), disc(radius)) > 0


def shrunk(area: np.ndarray, radius: float) -> np.ndarray:
    """What of the area lies farther than `radius` pixels from its rim; the picture's edge is none."""
    return cv2.erode(area.astype(np.uint8), disc(radius), borderValue=1) > 0


def opened(area: np.ndarray, radius: float) -> np.ndarray:
    """The area without what is thinner than twice the radius; an area goes on beyond the picture's edge."""
    edge = max(1, round(radius))
    wide = cv2.copyMakeBorder(area.astype(np.uint8), edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    return cv2.morphologyEx(wide, cv2.MORPH_OPEN, disc(radius))[edge:-edge, edge:-edge] > 0


def touching(area: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """The connected pieces of an area that hold some of the seed."""
    _, label = cv2.connectedComponents(area.astype(np.uint8))
    kept = np.zeros(label.max() + 1, bool)
    kept[label[seed & area]] = True
    kept[0] = False
    return kept[label]


def nearest_value(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Every pixel's value (H, W) or (H, W, C), where it is not known that of the nearest pixel of which it is."""
    if not known.any():
        return values
    _, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros((label.max() + 1, *values.shape[2:]), values.dtype)
    of_label[label[known]] = values[known]
    out, unknown = values.copy(), ~known
    out[unknown] = of_label[label[unknown]]
    return out
