"""What DensePose says about one person, as an IUV map: in numpy, without the network.

The network scores a square grid laid over the person's box: whether there is a body (coarse), which of the 24 parts it
is (fine), and, for each part, where on its chart (U, V). See Güler et al., "DensePose", 2018, section 3, and the
converters of detectron2's DensePose project, which this follows: scores are resampled to the box and only then decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.iuv import PARTS


@dataclass(frozen=True, eq=False)
class DensePoseOutput:
    """The network's output for one person, float32 each.

    Attributes:
        box: (4,) x0, y0, x1, y1 in pixels of the photo; it may reach outside.
        coarse: (C, S, S) scores, C >= 2; the first is background.
        fine: (25, S, S) scores of background and the 24 parts.
        u, v: (25, S, S) 0..1, the place on each part's chart; the first is not used.
    """

    box: np.ndarray
    coarse: np.ndarray
    fine: np.ndarray
    u: np.ndarray
    v: np.ndarray


def whole_box(box: np.ndarray) -> tuple[int, int, int, int]:
    """(4,) x0, y0, x1, y1 -> (top, left, height, width) in whole pixels, as DensePose cuts them: at least 1 x 1."""
    x0, y0, x1, y1 = (float(number) for number in box)
    return int(y0), int(x0), max(int(y1 - y0), 1), max(int(x1 - x0), 1)


def is_usable(box: np.ndarray, size: tuple[int, int]) -> bool:
    """Whether a box, x0, y0, x1, y1, has an area in a photo of `size` (height, width), and is no nonsense: finite, and
    nowhere near as large as three photos."""
    if not np.isfinite(box).all():
        return False
    x0, y0, x1, y1 = box
    height, width = size
    return bool(x0 < x1 and y0 < y1 and x0 < width and y0 < height and x1 > 0 and y1 > 0
                and x1 - x0 < 3 * width and y1 - y0 < 3 * height)  # fmt: skip


def inside(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of a box (top, left, height, width) that lies in a photo of `size` (height, width)."""
    top, left, height, width = box
    bottom, right = min(top + height, size[0]), min(left + width, size[1])
    top, left = max(top, 0), max(left, 0)
    return top, left, max(bottom - top, 0), max(right - left, 0)


def iuv_of(charts: DensePoseOutput, size: tuple[int, int]) -> np.ndarray:
    """One person's IUV map, (*size, 3) uint8 I, U, V, 0 outside the body; `size` is the photo's (height, width)."""
    top, left, height, width = whole_box(charts.box)
    shown_top, shown_left, shown_height, shown_width = inside((top, left, height, width), size)
    down, across = shown_top - top, shown_left - left
    shown = slice(down, down + shown_height), slice(across, across + shown_width)

    def resampled(plane: np.ndarray) -> np.ndarray:
        # cv2's and torch's bilinear resize (align_corners=False) are the same: neither smooths what shrinks.
        return cv2.resize(np.ascontiguousarray(plane), (width, height), interpolation=cv2.INTER_LINEAR)[shown]

    part = _highest(resampled(plane) for plane in charts.fine).astype(np.uint8)
    part[_highest(resampled(plane) for plane in charts.coarse) == 0] = 0
    person = np.zeros((*part.shape, 3), np.uint8)
    person[..., 0] = part
    for number in range(1, PARTS + 1):
        where = part == number
        if where.any():
            for channel, planes in ((1, charts.u), (2, charts.v)):
                place = np.nan_to_num(resampled(planes[number])[where], nan=0.0)
                person[..., channel][where] = (place * 255).clip(0, 255).astype(np.uint8)  # cut off, as DensePose does
    iuv = np.zeros((*size, 3), np.uint8)
    iuv[shown_top : shown_top + shown_height, shown_left : shown_left + shown_width] = person
    return iuv


def _highest(planes: Iterator[np.ndarray]) -> np.ndarray:
    """The number of the plane that is highest at each place, the first of equals. One plane is held at a time: 25 of a
    large photo would take 300 MB."""
    best = next(planes).copy()
    which = np.zeros(best.shape, np.int64)
    for number, plane in enumerate(planes, 1):
        higher = plane > best
        best[higher] = plane[higher]
        which[higher] = number
    return which
