"""Where people may be in a photo: BlazePose's detector, on the whole photo and on squares of it.

Of each person the network gives two points: the middle of the hips, and one on the circle around the whole body, above
the head (Bazarevsky et al., "BlazePose", 2020, section 2). It looks at 224 x 224 pixels and was made for one person
who fills the picture; people to the left and right, or far away, are found by looking at squares of the photo.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.checkpoints.wheel_models import BODY
from mcld_app.perception.litert import network, sigmoid

SIDE = 224
_STRIDES = (8, 16, 32, 32, 32)  # of the grids the network predicts on, two predictions a place
_SURE = 0.5
_SAME = 0.3  # boxes that overlap more are of one person: their intersection by their union
_LONG = 1.25  # a photo whose sides differ more is also looked at in squares
_MOST_ALONG = 10  # squares' sides that the longer side has at most: a strip is no photo of people
_STEP = 1.5  # squares a length is covered by, in such squares: neighbours overlap by half


@dataclass(frozen=True, eq=False)
class Candidate:
    """Somebody who may be there.

    Attributes:
        score: 0..1.
        hips: (2,) x, y in pixels of the photo.
        rim: (2,) a point on the circle about the hips that holds the whole body, in the direction of the head.
    """

    score: float
    hips: np.ndarray
    rim: np.ndarray


def candidates(photo: np.ndarray) -> list[Candidate]:
    """Who may be in a photo, or a part of one, (H, W, 3) uint8 RGB; the surest first."""
    height, width = photo.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    given = np.full((SIDE, SIDE, 3), -1, np.float32)
    given[top : top + size[1], left : left + size[0]] = small / np.float32(127.5) - 1
    out = network(BODY.files[0]).run(given)
    scores = sigmoid(out["Identity_1"][:, 0])
    sure = np.flatnonzero(scores > _SURE)
    raw, centres, scores = out["Identity"][sure] / SIDE, _anchors()[sure], scores[sure]
    points = raw[:, 4:8].reshape(-1, 2, 2) + centres[:, None]
    boxes = np.concatenate([raw[:, :2] + centres, raw[:, 2:4]], 1)
    return [
        Candidate(float(score), *((place * SIDE - (left, top)) / scale))
        for score, place in _merged(boxes, points, scores)
    ]


def squares(height: int, width: int, share: float = 1.0) -> Iterator[tuple[int, int, int]]:
    """Squares (top, left, side) that a photo is looked at in, too: along its longer side, where it is clearly longer;
    or, with a `share` below 1, a grid over all of it, of squares of that share of its shorter side."""
    short, long = min(height, width), max(height, width)
    short = max(short, long // _MOST_ALONG)
    if share < 1:
        side = max(1, int(short * share))
        yield from ((top, left, side) for top in _starts(height, side) for left in _starts(width, side))
    elif long > _LONG * short:
        yield from ((0, at, short) if width > height else (at, 0, short) for at in _starts(long, short))


def _starts(length: int, side: int) -> list[int]:
    count = math.ceil(length / side * _STEP)
    return sorted({round(at) for at in np.linspace(0, length - side, count)}) if length > side else [0]


def _merged(boxes: np.ndarray, points: np.ndarray, scores: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Each group of boxes that overlap: its highest score and its points, (2, 2), averaged by their scores.

    Args:
        boxes: (N, 4) middle x, middle y, width, height. points: (N, 2, 2). scores: (N,).
    """
    left = np.ones(len(boxes), bool)
    for best in np.argsort(-scores, kind="stable"):
        if left[best]:
            group = left & (_overlaps(boxes[best], boxes) > _SAME)
            group[best] = True
            left &= ~group
            yield float(scores[best]), np.average(points[group], axis=0, weights=scores[group])


def _overlaps(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N,) intersection by union of a box with others, each as middle and size."""
    low = np.maximum(box[:2] - box[2:] / 2, others[:, :2] - others[:, 2:] / 2)
    high = np.minimum(box[:2] + box[2:] / 2, others[:, :2] + others[:, 2:] / 2)
    common = np.maximum(high - low, 0).prod(1)
    return common / np.maximum(np.abs(box[2:].prod()) + np.abs(others[:, 2:].prod(1)) - common, 1e-9)


@lru_cache(maxsize=1)
def _anchors() -> np.ndarray:
    """(2254, 2) x, y in 0..1: the places the network's predictions count from. Grids of one stride share their places,
    whose predictions follow each other."""
    out = []
    for stride in sorted(set(_STRIDES)):
        cells = SIDE // stride
        y, x = (np.mgrid[:cells, :cells] + 0.5) / cells
        out.append(np.stack([x, y], -1).reshape(-1, 2).repeat(2 * _STRIDES.count(stride), axis=0))
    return np.concatenate(out)
