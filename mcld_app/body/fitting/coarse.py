"""A photo and its map made small, for what looks at neighbourhoods: as sure as at full size, and many times faster."""

from __future__ import annotations

import cv2
import numpy as np


def coarse_size(size: tuple[int, int], rows: int) -> tuple[tuple[int, int], float]:
    """The (width, height) that a picture of `size` (height, width) has when it is at most `rows` high, and by how much
    it is smaller then, 0..1."""
    small = min(1.0, rows / size[0])
    return (max(2, round(size[1] * small)), max(2, round(size[0] * small))), small


def coarse_lab(photo: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A photo (H, W, 3) uint8 RGB at that (width, height): (h, w, 3) float32, Lab of 8 bits (0..255)."""
    return cv2.cvtColor(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB).astype(np.float32)


def on_map(found: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """Pixels found on the small picture, (h, w) bool, at the size of a map (H, W, 3) uint8 and within its body: (H, W)
    bool."""
    whole = cv2.resize(found.astype(np.uint8), iuv.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return (whole > 0) & (iuv[..., 0] > 0)
