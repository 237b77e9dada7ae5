"""Whether a picture is a texture map: between the islands of one lies nothing, and on them something."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import charts

_ALIKE = 16  # grey levels, in each channel, that what lies between the islands may differ by
_EMPTY, _FULL = 0.98, 0.1  # shares between and on the islands; white clothes on white ground have 0.95 and 0.1
_NEARLY = 0.01
_RIM = 7  # pixels: colours may run over an island's edge that far


def looks_like_texture(rgba: np.ndarray) -> bool:
    """Whether a picture (H, W, 4) uint8 RGBA is a texture map in SMPL's square layout, or DensePose's atlas of 24
    parts, 6 across and 4 down, and no photo of the same proportions. One whose colours go on between its islands is
    not known again."""
    height, width = rgba.shape[:2]
    if not has_shape(width, height):
        return False
    between, on = _places("square" if width < 1.2 * height else "atlas")
    colours = np.where(rgba[..., 3:] >= 128, rgba[..., :3], np.uint8(0))
    small = cv2.resize(colours, between.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.int16)
    empty = np.abs(small - np.median(small[between], 0)).max(2) <= _ALIKE
    return bool(empty[between].mean() >= _EMPTY and 1 - empty[on].mean() > _FULL)


def has_shape(width: int, height: int) -> bool:
    """Whether a picture has the proportions of a texture map: a square, or 6 to 4."""
    return any(abs(width / height / shape - 1) < _NEARLY for shape in (1.0, 1.5))


@lru_cache(maxsize=2)
def _places(shape: str) -> tuple[np.ndarray, np.ndarray]:
    """Which texels lie well between the islands, and which on them, bool: (512, 512) or, of the atlas, (800, 1200)."""
    on = charts().part_map > 0
    if shape == "atlas":
        on = charts().outline.reshape(4, 6, 200, 200).swapaxes(1, 2).reshape(800, 1200)
    between = cv2.erode((~on).astype(np.uint8), np.ones((_RIM, _RIM), np.uint8)) > 0
    return between, on
