"""Pictures in false colours: what DensePose's tools draw of a map to be looked at. They are no maps.

A colour table (OpenCV's parula, matplotlib's viridis, ...) turns one plane of a map, its parts or its U or V alone,
into colours; the other planes are lost.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

FalseColours = Literal["parts", "plane"]

_TABLES = (cv2.COLORMAP_PARULA, cv2.COLORMAP_VIRIDIS, cv2.COLORMAP_JET, cv2.COLORMAP_TURBO, cv2.COLORMAP_PLASMA,
           cv2.COLORMAP_INFERNO, cv2.COLORMAP_MAGMA, cv2.COLORMAP_HOT, cv2.COLORMAP_RAINBOW,
           cv2.COLORMAP_HSV)  # fmt: skip
_NEAR = 4  # levels: two writers of one table round differently
_MOST = 600  # colours; a table has 256, and a true map or a photo has thousands
_PARTS = 25  # with the background
_SHARE = 0.99
_FEWEST = 5
_SOME = 32


def false_colours(rgb: np.ndarray) -> FalseColours | None:
    """Whether an (H, W, 3) uint8 picture is drawn with a colour table: "parts" for 25 flat colours at most, "plane" for
    more, None for anything else. Black and white are taken for background; the channels may come in either order."""
    packed = rgb.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, counts = few_colours(packed)
    if colours is None:
        return None
    drawn = (colours != 0) & (colours != 0xFFFFFF)
    colours, counts = colours[drawn], counts[drawn]
    if len(colours) < _FEWEST:
        return None
    levels = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(np.int16)
    some = levels[:: -(-len(levels) // _SOME)]  # most tables are ruled out by these
    for table in tables():
        if (_away(some, table).min(1) <= _NEAR).mean() < 0.8:
            continue
        away = _away(levels, table)
        near = away.min(1) <= _NEAR
        # Colours that crowd at one place of the table are no drawing by it.
        if counts[near].sum() >= _SHARE * counts.sum() and len(np.unique(away.argmin(1)[near])) >= _FEWEST:
            return "parts" if len(colours) <= _PARTS else "plane"
    return None


def is_flat(rgb: np.ndarray) -> bool:
    """Whether a picture has no more flat colours than a drawing of parts has."""
    colours, _ = few_colours(rgb.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32))
    return colours is not None and len(colours) <= 2 * _PARTS


def few_colours(packed: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
    """All colours and how often each is there; None where they are many."""
    if len(np.unique(packed[::7, ::7])) > _MOST:
        return None, None
    colours, counts = np.unique(packed, return_counts=True)
    return (colours, counts) if len(colours) <= _MOST else (None, None)


def _away(levels: np.ndarray, table: np.ndarray) -> np.ndarray:
    """How far N colours are from each of a table's 256, (N, 256), in levels of the channel that differs most."""
    return np.abs(levels[:, None] - table[None]).max(-1)


@lru_cache(maxsize=1)
def tables() -> tuple[np.ndarray, ...]:
    """Each table, (256, 3) int16, in both orders of the channels."""
    steps = np.arange(256, dtype=np.uint8)[:, None]
    drawn = [cv2.applyColorMap(steps, table)[:, 0].astype(np.int16) for table in _TABLES]
    return (*drawn, *(table[:, ::-1] for table in drawn))
