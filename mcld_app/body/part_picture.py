"""A picture of a body's parts in flat colours, as DensePose's dp_segm draws it -> the part of each pixel.

The 25 numbers, the background's among them, are spread over a colour table's 256 colours; over a black picture they may
be mixed in by a share, so that all are darker.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.false_colours import few_colours, tables

_NUMBERS = 25
_DARKER = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)  # shares that a drawing over black is mixed in by; DensePose's own is 0.7
_NEAR = 4  # levels of the channel that differs most
_SHARE = 0.99  # of the pixels that have one of the colours
_FEWEST = 5  # colours of parts


def parts_of(rgb: np.ndarray) -> np.ndarray | None:
    """(H, W) uint8, 0..24, 0 for the background, of an (H, W, 3) uint8 RGB picture; None where it is no such picture.

    Black and white are taken for background; the channels may come in either order.
    """
    packed = rgb.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, counts = few_colours(packed)
    if colours is None:
        return None
    levels = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(np.int16)
    plain = (colours == 0) | (colours == 0xFFFFFF)
    best, least = None, np.inf
    for drawn in _drawings():
        away = np.abs(levels[:, None] - drawn[None]).max(-1)
        numbers, miss = away.argmin(1), np.where(plain, 0, away.min(1))
        found = np.unique(numbers[~plain & (numbers > 0)])
        if (miss <= _NEAR) @ counts < _SHARE * counts.sum() or len(found) < _FEWEST or miss @ counts >= least:
            continue
        least, best = miss @ counts, np.where(plain | (miss > _NEAR), 0, numbers).astype(np.uint8)
    return None if best is None else best[np.searchsorted(colours, packed)]


@lru_cache(maxsize=1)
def _drawings() -> tuple[np.ndarray, ...]:
    """What the 25 numbers look like, (25, 3) int16, by each table and each share."""
    at = np.round(np.arange(_NUMBERS) * 255 / (_NUMBERS - 1)).astype(int)
    return tuple(np.round(table[at] * share).astype(np.int16) for share in _DARKER for table in tables())
