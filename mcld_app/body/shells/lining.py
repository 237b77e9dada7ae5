"""The inner side of an open coat's back, seen between the legs: a person's outline may leave it out as ground."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.lengths import length
from mcld_app.body.shells.areas import grown, shrunk
from mcld_app.body.shells.scene import Scene

_LEFT, _RIGHT = (8, 10, 12, 14), (7, 9, 11, 13)
_BEYOND = 0.03  # metres outside of the person, where ground is ground for sure
_UNLIKE = 22.0  # of Lab (8 bits), as far as a lining is from the ground at least
_ROW, _HIGH = 0.6, 0.10  # of the gap between the legs that is lining; metres of height that it has at least
_BESIDE = 0.06  # metres around it, in which the outline may be open
_RIM = 1.5  # pixels at the outline's rim, which are mixed


def find_lining(scene: Scene) -> np.ndarray:
    """What is seen between the legs, and is neither in the silhouette nor ground: (H, W) bool. Ground shows beside the
    legs too, and is much the same there."""
    between, none = _between(scene) & ~scene.silhouette, np.zeros_like(scene.silhouette)
    if not between.any():
        return none
    metre = scene.standing.metre
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    ground = shrunk(~(scene.silhouette | between), _BEYOND * metre) & ~scene.hides
    if not ground.any():
        return none
    unlike = _unlike(lab, ground)
    inner = shrunk(between, _RIM)
    told = (inner & unlike).sum(1) >= np.maximum(_ROW * inner.sum(1), 1)
    rows = _longest(told)
    if len(rows) < _HIGH * metre:
        return none
    lining = none.copy()
    lining[rows] = between[rows]
    # The outline may be open where the mannequin's legs are, too, and above, where they meet.
    return lining | (unlike & ~scene.silhouette & grown(lining, _BESIDE * metre))


def _unlike(lab: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels that are unlike the ground of their row, and more so where that varies."""
    count = np.maximum(ground.sum(1), 1)[:, None]
    mean = (lab * ground[..., None]).sum(1) / count
    away = length(lab - mean[:, None])
    return away > _UNLIKE + (away * ground).sum(1, keepdims=True) / count


def _between(scene: Scene) -> np.ndarray:
    """(H, W) bool: the pixels between the mannequin's legs."""
    part = scene.standing.iuv[..., 0]
    left, right = np.isin(part, _LEFT), np.isin(part, _RIGHT)
    x = np.arange(part.shape[1])[None]
    out = np.zeros(part.shape, bool)
    for one, other in ((left, right), (right, left)):
        end = one.shape[1] - 1 - np.argmax(one[:, ::-1], 1)
        start = np.argmax(other, 1)
        there = one.any(1) & other.any(1)
        out |= there[:, None] & (x > end[:, None]) & (x < start[:, None])
    return out


def _longest(told: np.ndarray) -> np.ndarray:
    """The numbers of the longest run of rows that are told."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], told.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return np.arange(0)
    k = int(np.argmax(ends - starts))
    return np.arange(starts[k], ends[k])
