"""Folds of trouser legs where no picture shows them: at the knee, and where they lie on the shoe."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.leg_colours import end_in_cloth
from mcld_app.body.texture.leg_sheet import ROUND, places

_LEGS, _SHINS = frozenset(range(7, 15)), frozenset(range(11, 15))
_LOW, _HARDLY = 0.22, 0.1  # metres above the floor: ends of legs; of them
_COMES_IN = 0.08  # metres below what was seen, over which folds begin
_ROUNDED = 0.08  # of the light behind a leg, that is missing at its sides

# Of each: metres above the floor, and by how many it rises over an angle of 1 outwards; its middle's angle to the
# front, and how far around it goes; metres across; how strong it is.
_FOLDS = (
    (0.545, 0.020, 2.3, 1.3, 0.011, 0.075),
    (0.505, -0.012, 2.8, 1.2, 0.010, 0.090),
    (0.470, 0.022, -2.4, 1.3, 0.012, 0.075),
    (0.570, 0.030, -0.9, 0.9, 0.012, 0.040),
    (0.440, -0.030, 0.8, 1.0, 0.013, 0.040),
    (0.245, 0.018, 0.9, 1.4, 0.012, 0.040),
    (0.205, -0.016, -0.8, 1.5, 0.010, 0.060),
    (0.170, 0.014, 0.4, 1.7, 0.009, 0.075),
    (0.138, -0.012, -0.5, 1.9, 0.008, 0.080),
    (0.150, 0.014, 2.7, 1.5, 0.010, 0.060),
)


def are_cut(known: np.ndarray) -> bool:
    """Whether next to nothing of the legs' lower ends is `known`, (512, 512) bool."""
    return bool(known[parts_mask(_SHINS) & (rest_surface().y < _LOW)].mean() < _HARDLY)


def fold_legs(image: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Trouser legs with folds and the shade of something round, below where they were seen.

    Args:
        image: (512, 512, 3) uint8 RGB, in which the legs have their colours.
        seen: (512, 512) bool, its texels that are no guess.

    Returns:
        (512, 512, 3) uint8 RGB: the same where legs are bare there, or were seen to their ends.
    """
    clad, height = end_in_cloth(image, seen)
    if not clad or not are_cut(seen):
        return image
    where = parts_mask(_LEGS) & ~seen & (rest_surface().y < height)
    share = np.clip((height - rest_surface().y[where]) / _COMES_IN, 0, 1)
    out = image.copy()
    light = 1 + (_light()[where] - 1) * share
    out[where] = np.clip(image[where] * light[:, None] + 0.5, 0, 255)
    return out


@lru_cache(maxsize=1)
def _light() -> np.ndarray:
    """(512, 512) float32, about 1: a fold is bright above and in the shade below."""
    _, _, column = places()
    y, angle = rest_surface().y, column * np.float32(2 * np.pi / ROUND) - np.float32(np.pi)
    out = 1 - _ROUNDED * np.sin(angle) ** 2 * np.clip(-np.cos(angle) * 2, 0, 1)
    for height, tilt, at, around, across, strong in _FOLDS:
        off = (angle - at + np.pi) % (2 * np.pi) - np.pi
        there = np.where(np.abs(off) < around, np.cos(off / around * (np.pi / 2)) ** 2, 0)
        away = (y - height - tilt * off) / across
        out += strong * there * away * np.exp(0.5 - away**2 / 2)
    return out.astype(np.float32)
