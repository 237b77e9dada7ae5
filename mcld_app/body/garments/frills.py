"""Sleeves in tiers: each frill leaves a dent in an outline that looks like an armpit and is none."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.garments.outline import Outline, resampled

_SHARP = 130.0  # degrees; between two frills an outline turns back
_TIERS = 2  # dents of one side, from where on they are frills
_SHORT, _FRILL = 40, 0.12  # pixels of an edge; of its length, about half a frill
_LEAST, _LOW = 0.05, 0.5  # heights: how tall a gap is at least, and where it ends at the highest


def is_frilled(outline: Outline) -> bool:
    """Whether a side of an outline has several sharp dents above each other, each open to that side."""
    for sign in (1, -1):
        beside = [
            dent for dent in outline.dents
            if dent.angle < _SHARP and (sign * (dent.ends[:, 0] - outline.axis) > 0).all()
            and (sign * (dent.ends[:, 0] - dent.place[0]) > 0).all()
        ]  # fmt: skip
        if len(beside) >= _TIERS:
            return True
    return False


def through_frills(outline: Outline, way: np.ndarray) -> np.ndarray:
    """A way (N, 2) along a sleeve's edge, where that has frills halfway between their tips and dents: (N, 2)."""
    if not is_frilled(outline) or len(way) < _SHORT:
        return way
    even, size = resampled(way, len(way)), 2 * round(3 * _FRILL * len(way)) + 1
    smooth = cv2.GaussianBlur(even[:, None], (1, size), _FRILL * len(way), borderType=cv2.BORDER_REPLICATE)[:, 0]
    # Its ends stay: the farther from them, the more it is evened out.
    share = np.clip(np.minimum(np.arange(len(way)), np.arange(len(way))[::-1]) / (_FRILL * len(way)), 0, 1)[:, None]
    return even * (1 - share) + smooth * share


def gap_beside_body(outline: Outline, sign: int) -> np.ndarray | None:
    """(2,) the upper end of the gap between the body and the sleeve to the picture's right (`sign` 1) or left of it;
    None where they are not apart."""
    mask = outline.mask
    after = np.logical_or.accumulate(mask, axis=1)
    before = np.logical_or.accumulate(mask[:, ::-1], axis=1)[:, ::-1]
    between = ~mask & after & before & (sign * (np.arange(mask.shape[1]) - outline.axis) > 0)[None]
    _, label, boxes, _ = cv2.connectedComponentsWithStats(between.astype(np.uint8))
    best, most = None, 0
    for number, (_, top, _, tall, area) in enumerate(boxes[1:].tolist(), 1):
        low = (top + tall - outline.top) / outline.height
        if tall > _LEAST * outline.height and low > _LOW and area > most:
            column = np.flatnonzero(label[top] == number)
            best, most = np.array([float(column.mean()), float(top)]), area
    return best
