"""Straps in a garment's picture: behind the front's hangs the back's, beside it, and is none of the front."""

from __future__ import annotations

import cv2
import numpy as np

_THIN = 0.08  # of a garment's width, that a strap is at most
_BENDS = 3  # pixels to the side in a row, that a strap's edge goes at most
_DOUBLE = 3  # of a strap's width, that it and the one behind it have
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
    """Take away, in place, what lies to the right (`sign` 1) or left of a strap beside a hole, (H, W) bool each: up to
    where the strap ends, which is as wide as beside the hole, and down to where the garment's own side begins."""
    if sign < 0:
        mask, hole = mask[:, ::-1], hole[:, ::-1]
    rows = np.flatnonzero(hole.any(1))
    inner = hole[rows].argmax(1)  # the hole's first column in each row: there the strap ends
    wide = max(round(float(np.median([_run_before(mask[y], x) for y, x in zip(rows, inner, strict=True)]))), 2)
    for y, x in zip(rows, inner, strict=True):
        first = x + int(hole[y, x:].argmin())
        outer = first + _run_after(mask[y], first)
        mask[y, x:outer] = False
    start, y = int(inner[0]) - wide, int(rows[0]) - 1
    while y >= 0 and mask[y, min(start + wide // 2, mask.shape[1] - 1)]:
        begins = start + wide // 2 + 1 - _run_before(mask[y], start + wide // 2 + 1)
        start = int(np.clip(begins, start - _BENDS, start + _BENDS))
        if _run_after(mask[y], start) > _DOUBLE * wide:
            break  # no two straps side by side
        mask[y, start + wide : start + wide + _run_after(mask[y], start + wide)] = False
        y -= 1
    ends = int(inner[-1]) + int(hole[rows[-1], inner[-1] :].argmin()), int(outer)
    _cut_stub(mask, int(rows[-1]), ends, len(rows))


def _cut_stub(mask: np.ndarray, low: int, ends: tuple[int, int], tall: int) -> None:
    """Take away, in place, what is left of the back's strap below a hole whose lowest row is `low`, between the columns
    `ends`: down to where the garment goes on outwards, within `tall` rows."""
    x, outer = ends
    reach = np.array([x + _run_after(mask[y], x) for y in range(low + 1, min(low + 1 + tall, len(mask)))])
    wider = np.flatnonzero(reach > outer + _BENDS)
    for k in range(wider[0] if len(wider) else 0):
        mask[low + 1 + k, round(x + (outer - x) * (k + 1) / (wider[0] + 1)) : reach[k]] = False


def _run_before(row: np.ndarray, end: int) -> int:
    """How many pixels of a row (W,) bool before one are set without a gap."""
    before = row[:end][::-1]
    return len(before) if before.all() else int(before.argmin())


def _run_after(row: np.ndarray, start: int) -> int:
    """How many pixels of a row (W,) bool from one on are set without a gap."""
    after = row[start:]
    return len(after) if after.all() else int(after.argmin())
