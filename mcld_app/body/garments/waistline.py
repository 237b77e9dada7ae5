"""The line of a waistband around the body: lower in front than behind, as trousers and skirts are cut and worn."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface

WAIST = 1.06
"""Metres above the floor that a waistband lies at a body's sides."""

_LOWER, _DEEP = 0.012, 0.11  # metres that it lies lower in front, and higher behind; to there from the sides
_FADES = 0.20  # metres below it, down to which what is level when it lies flat follows it
_ABOVE = 0.05  # metres above it
_PARTS = frozenset({1, 2, *range(7, 15)})
_MIDDLE = float(BONES["pelvis"][1][2])


def lowered(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Metres that what is level on a garment lies lower when it is worn, at heights `y` and depths `z` in metres of the
    resting mannequin; arrays of one shape."""
    below = np.clip(1 - (WAIST - y) / _FADES, 0, 1) * (y < WAIST + _ABOVE)
    return _LOWER * np.clip((z - _MIDDLE) / _DEEP, -1, 1) * below


@lru_cache(maxsize=1)
def lowered_texels() -> np.ndarray:
    """(512, 512) float32: `lowered` of each texel of trunk and legs."""
    surface = rest_surface()
    out = np.where(parts_mask(_PARTS), lowered(surface.y, surface.z), 0).astype(np.float32)
    out.setflags(write=False)
    return out
