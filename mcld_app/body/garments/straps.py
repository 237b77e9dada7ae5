"""Straps in a garment's picture: behind the front's hangs the back's, beside it, and is none of the front."""

from __future__ import annotations

import cv2
import numpy as np

_THIN = 0.08  # of a garment's width, that a strap is at most
_ABOVE = 0.6  # of a hole's height, that a strap goes on above it
_HIGH, _TALL, _WIDE, _ASIDE = 0.5, 0.05, 0.12, 0.15  # heights and widths: holes between two straps


def without_back_straps(mask: np.ndarray) -> np.ndarray:
    """A garment's pixels (H, W) bool without the back's straps: where a loop of a strap is seen through, its outer half
    is the back's."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return mask
    height, width, middle = np.ptp(rows) + 1, np.ptp(columns) + 1, (columns[0] + columns[-1]) / 2
    count, label, boxes, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    out = mask
    for number in range(1, count):
        left, top, wide, tall, _ = boxes[number]
        enclosed = left > columns[0] and top > rows[0] and left + wide <= columns[-1] and top + tall <= rows[-1]
        aside = left + wide / 2 - middle
        high = top + tall < rows[0] + _HIGH * height
        if not (enclosed and high and tall > _TALL * height and wide < _WIDE * width and abs(aside) > _ASIDE * width):
            continue
        if max(_beside(mask, label == number)) > _THIN * width:
            continue  # between a sleeve and the body
        out = out.copy() if out is mask else out
        _cut_off(out, label == number, 1 if aside > 0 else -1)
    return out


def _beside(mask: np.ndarray, hole: np.ndarray) -> tuple[float, float]:
    """Pixels that a mask goes on to the left and to the right of a hole, on the median of its rows."""
    widths = []
    for y in np.flatnonzero(hole.any(1)):
        own = np.flatnonzero(hole[y])
        left, right = mask[y, own[0] - 1 :: -1], mask[y, own[-1] + 1 :]
        widths.append([int(run.argmin()) if not run.all() else len(run) for run in (left, right)])
    return tuple(np.median(widths, axis=0))


def _cut_off(mask: np.ndarray, hole: np.ndarray, sign: int) -> None:
    """Take away, in place, what lies to the right (`sign` 1) or left of a strap beside a hole, (H, W) bool each, as far
    down as that goes; above it the strap goes on as wide as it is."""
    seen = np.flatnonzero(hole.any(1))
    edge = np.array([(np.flatnonzero(hole[y])[0 if sign > 0 else -1]) for y in seen])
    middle = slice(len(seen) // 4, max(3 * len(seen) // 4, len(seen) // 4 + 2))
    slope, start = np.polyfit(seen[middle], edge[middle], 1)
    high = seen[0] - _ABOVE * len(seen)
    for y in range(max(int(high), 0), seen[-1] + 1):
        x = round(slope * y + start) if y < seen[middle][0] else edge[y - seen[0]] if y >= seen[0] else 0
        x = int(np.clip(x, 0, mask.shape[1] - 1))
        beside = mask[y, x:] if sign > 0 else mask[y, x::-1]
        after = np.flatnonzero(beside)
        if len(after):
            run = beside[after[0] :]
            beside[: after[0] + (int(run.argmin()) if not run.all() else len(run))] = False
