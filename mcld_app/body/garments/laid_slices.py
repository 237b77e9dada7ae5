"""Slices of the body that a garment was laid on, in its picture."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.garments.slices import FAR, MIDDLE, SLICE, Slices
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen

LOWEST = 0.2
"""Metres below the floor, where slices begin."""

_ONE = 400  # slices of one limb; both arms have the same
_FLY, _CROTCH, _TAPERS = 0.06, 0.82, 0.12  # metres: half the width; above the floor; from there to its full width
_TOP = 1.15  # metres above the floor, where no bottom reaches
_NECK = 0.13  # metres to either side, where necklines are
_AXIS = 0.01  # metres
_STEPS = 5  # pixels over which the steps of a map's 8 bits are averaged away


def laid_slices(iuv: np.ndarray) -> Slices:
    """Of an IUV map (H, W, 3) uint8 that shows a garment alone, laid on the mannequin seen from in front."""
    pixel, texel = texels_seen(iuv)
    size, (column, row) = iuv.shape[:2], np.minimum(np.round(texel), 511).astype(int).T
    surface = rest_surface()
    x, y, along = (plane[row, column] for plane in (surface.x, surface.y, surface.arm))
    arm = iuv.reshape(-1, 3)[pixel, 0] >= 15
    level, shown = np.zeros(size, np.float32), np.zeros(size, np.float32)
    level.ravel()[pixel], shown.ravel()[pixel] = np.where(arm, along, y) + LOWEST, 1
    on_arm = np.zeros(size, bool)
    on_arm.ravel()[pixel] = arm
    for limb in (on_arm, (shown > 0) & ~on_arm):
        weight = limb.astype(np.float32)
        mean = cv2.blur(level * weight, (_STEPS, _STEPS)) / np.maximum(cv2.blur(weight, (_STEPS, _STEPS)), 1e-3)
        level[limb] = mean[limb]
    number = np.where(shown > 0, np.clip(level / SLICE, 0, _ONE - 1) + _ONE * on_arm, -1).astype(np.float32)
    across = np.zeros(size, np.float32)
    across.ravel()[pixel] = x
    widest = np.zeros(2 * _ONE, np.float32)
    trunk = (shown > 0) & ~on_arm
    np.maximum.at(widest, number[trunk].astype(int), np.abs(across[trunk]))
    side = np.where(trunk, np.abs(across) / np.maximum(widest[number.astype(int)], 1e-3), 1)
    bottom = not (trunk & (level > _TOP + LOWEST)).any()
    closed = (_FLY if bottom else MIDDLE) * np.clip((level - _CROTCH - LOWEST) / _TAPERS, 0, 1)
    metre = _metre(level, trunk)
    hole = _neckline(level, across, trunk, number, metre)
    across = np.where(trunk, across, np.float32(FAR))
    return Slices(number, side.astype(np.float32), across, closed.astype(np.float32), hole, metre, bottom)


def _metre(level: np.ndarray, trunk: np.ndarray) -> float:
    rows = np.flatnonzero(trunk.any(1))
    if len(rows) < 2:
        return float(len(level)) / 2
    return float(rows[-1] - rows[0]) / max(float(np.ptp(level[trunk])), 1e-3)


def _neckline(level: np.ndarray, across: np.ndarray, trunk: np.ndarray, number: np.ndarray, metre: float) -> np.ndarray:
    """(H, W) bool: what a front's neckline leaves free and a back covers; their slices are filled in."""
    hole = np.zeros(trunk.shape, bool)
    rows = np.flatnonzero(trunk.any(1))
    if len(rows) < 2 or level[trunk].max() < _TOP + LOWEST:
        return hole
    column = np.arange(trunk.shape[1])
    axis = float(np.median(np.nonzero(trunk & (np.abs(across) < _AXIS))[1]))
    own = trunk[rows]
    heights = (level[rows] * own).sum(1) / own.sum(1)
    first, last = own.argmax(1)[:, None], own.shape[1] - 1 - own[:, ::-1].argmax(1)[:, None]
    inside = (column >= first) & (column <= last) & (first < axis) & (last > axis)
    inside &= heights[:, None] > _TOP + LOWEST
    hole[rows] = inside & (np.abs(column - axis) < _NECK * metre) & (number[rows] < 0)
    number[rows] = np.where(hole[rows], heights[:, None] / SLICE, number[rows])
    return hole
