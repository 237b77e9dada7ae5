"""Cloth over the shoulder's cap: seen from in front it is a few pixels high, and worn a hand's breadth long. There a
garment's picture is read by the way over the shoulder, folded where front and back are sewn together.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface

_ASIDE = (0.13, 0.17)  # metres from the middle, over which the way over the shoulder takes the place of the height
_SLICE, _WIDE = 0.01, 0.008  # metres: between two slices across the shoulder, and half as wide as one
_LOW, _FRONT = 1.345, 1.43  # metres above the floor: from there down a back's heights are its own, and a front's
_BIN = 0.005  # metres of height that are looked at as one
_SEAM = 0.004  # metres below the shoulder's line, where the picture ends
_FEW = 8  # texels of a slice


@lru_cache(maxsize=1)
def over_shoulder() -> tuple[np.ndarray, np.ndarray]:
    """The height at which each texel of the trunk is read, (512, 512) float32 metres above the floor, and how far that
    is not its own, 0..1; read-only."""
    surface = rest_surface()
    aside, y, z = np.abs(surface.x), surface.y, surface.z
    near = parts_mask({1, 2}) & (aside > _ASIDE[0] - _SLICE) & (y > _LOW)
    out, share = y.copy(), np.clip((aside - _ASIDE[0]) / (_ASIDE[1] - _ASIDE[0]), 0, 1)
    share = np.where(near, share * share * (3 - 2 * share), 0).astype(np.float32)
    slices = np.arange(_ASIDE[0] - _SLICE, float(aside[near].max()) + _SLICE, _SLICE)
    read = np.full((len(slices), int(near.sum())), np.nan)
    for k, x in enumerate(slices):
        mine = near & (np.abs(aside - x) < _WIDE)
        if np.count_nonzero(mine) >= _FEW:
            read[k] = _unfolded(y[mine], z[mine], y[near], z[near])
    told = np.flatnonzero(~np.isnan(read[:, 0]))
    at = np.clip(np.interp(aside[near], slices[told], np.arange(len(told))), 0, len(told) - 1)
    first = np.minimum(at.astype(int), max(len(told) - 2, 0))
    way, column = at - first, np.arange(read.shape[1])
    second = np.minimum(first + 1, len(told) - 1)
    out[near] = read[told[first], column] * (1 - way) + read[told[second], column] * way
    out = (y + (out - y) * share).astype(np.float32)
    for array in (out, share):
        array.setflags(write=False)
    return out, share


def _unfolded(y: np.ndarray, z: np.ndarray, at_y: np.ndarray, at_z: np.ndarray) -> np.ndarray:
    """(M,) the heights at which places at heights and depths (M,) are read, given those (N,) of a slice over the
    shoulder: as much cloth as lies there, from where the front's heights are its own up to the seam and down to where
    the back's are."""
    ridge = int(y.argmax())
    top, deep = float(y[ridge]), float(z[ridge])
    ways = []
    for mine, low in ((z >= deep, _FRONT), (z < deep, _LOW)):
        number = ((top - y[mine]) / _BIN).astype(int)
        there = np.unique(number)
        depth = np.array([z[mine][number == n].mean() for n in there])
        heights = np.concatenate([[top], top - (there + 0.5) * _BIN])
        along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(heights), np.diff([deep, *depth])))])
        ways.append((heights, along, max(low, float(heights[-1]))))
    front, back = ways
    ends = [float(np.interp(-low, -heights, along)) for heights, along, low in ways]
    seam = top - _SEAM
    scale = (2 * seam - front[2] - back[2]) / max(sum(ends), 1e-3)
    before = ends[0] - (seam - front[2]) / max(scale, 1e-3)
    to = [np.interp(-at_y, -heights, along) for heights, along, _ in ways]
    in_front = at_z >= deep
    read = seam - scale * np.abs(np.where(in_front, -to[0], to[1]) + before)
    return np.where(in_front & (at_y < front[2]), at_y, read)
