"""The size at which DensePose is shown a photo."""

from __future__ import annotations

import numpy as np
from PIL import Image

SHORT_SIDE, LONG_SIDE = 800, 1333
"""Pixels: what detectron2's configurations bring a photo's shorter side to, and what the longer one is at most."""


def network_size(size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) to which detectron2's `ResizeShortestEdge` brings a photo of (height, width), smaller ones too.
    The order of the products is its own, so that no half is rounded otherwise."""
    scale = SHORT_SIDE / min(size)
    height, width = (SHORT_SIDE if side == min(size) else scale * side for side in size)
    if (longer := max(height, width)) > LONG_SIDE:
        height, width = (side * (LONG_SIDE / longer) for side in (height, width))
    return max(1, int(height + 0.5)), max(1, int(width + 0.5))


def at_network_size(photo: np.ndarray) -> np.ndarray:
    """A photo (H, W, 3) uint8 at that size, by Pillow's bilinear filter as in detectron2. Exports that scale by
    themselves find nothing left to scale."""
    height, width = network_size(photo.shape[:2])
    if photo.shape[:2] == (height, width):
        return photo
    return np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.BILINEAR))
