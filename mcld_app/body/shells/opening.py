"""Where a coat or skirt is open in front: what is seen there is legs, and the inner side of its back."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.shells.areas import opened
from mcld_app.body.shells.scene import Scene

_LEGS = range(5, 15)
_BELOW = (0.02, 0.25)  # metres below the hem, where legs are seen for sure
_OUTER = 0.15  # of a row's width at either side, which is cloth for sure
_HUE = (0.5, 1.0, 1.0)  # how a difference in lightness counts beside one in hue
_TOLD_APART = 10.0  # of weighted Lab between legs and cloth; less tells nothing
_NEARER, _NEAR = 0.7, 25.0  # a leg's pixel: of its difference from cloth, and of weighted Lab
_THIN = 0.004  # metres, half of the least that counts as a leg
_SIDE = 0.02  # metres of cloth at both sides
_HIGH, _GAP = 0.10, 0.03  # metres that it goes up at least; in which nothing tells of it
_FILLED = 0.25  # of it are legs, the rest is lining
_FEW = 40  # pixels that are too few to tell a colour by
_CALM = 5  # rows, whose middle one counts


def find_opening(scene: Scene, covered: np.ndarray) -> np.ndarray | None:
    """The opening of what hangs from the hips.

    Args:
        scene: the person.
        covered: (H, W) bool, the pixels that it covers if it is closed.

    Returns:
        (H, W) bool, those of them before which there is no cloth; None where it is closed, or nothing tells.
    """
    metre = scene.standing.metre
    inside = covered & scene.silhouette & ~scene.hands
    hem = int(np.flatnonzero(covered.any(1))[-1]) if covered.any() else 0
    y = np.arange(len(covered))[:, None]
    below = scene.silhouette & np.isin(scene.part, _LEGS) & ~covered
    below &= (y > hem + _BELOW[0] * metre) & (y < hem + _BELOW[1] * metre)
    low, high, cloth = _sides(inside)
    if np.count_nonzero(below) < _FEW or np.count_nonzero(cloth) < _FEW:
        return None
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB).astype(np.float32) * np.float32(_HUE)
    leg, own = np.median(lab[below], 0), np.median(lab[cloth], 0)
    if np.linalg.norm(leg - own) < _TOLD_APART:
        return None
    from_leg, from_own = (np.linalg.norm(lab - colour, axis=2) for colour in (leg, own))
    legs = opened(inside & (from_leg < _NEARER * from_own) & (from_leg < _NEAR), _THIN * metre)
    x = np.arange(covered.shape[1])[None]
    legs &= (x > low[:, None] + _SIDE * metre) & (x < high[:, None] - _SIDE * metre)
    rows = _rows_up(legs.any(1), hem, _GAP * metre)
    if len(rows) < _HIGH * metre:
        return None
    left, right = np.argmax(legs[rows], 1), legs.shape[1] - 1 - np.argmax(legs[rows, ::-1], 1)
    left, right = (_calm(np.where(legs[rows].any(1), edge, np.nan)) for edge in (left, right))
    out = np.zeros_like(covered)
    out[rows] = (x >= left[:, None]) & (x <= right[:, None]) & inside[rows]
    return out if np.count_nonzero(legs & out) >= _FILLED * np.count_nonzero(out) else None


def _sides(inside: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each row's first and last pixel, (H,) each, and (H, W) bool, those near to them."""
    low, high = np.argmax(inside, 1), inside.shape[1] - 1 - np.argmax(inside[:, ::-1], 1)
    reach = _OUTER * (high - low)
    x = np.arange(inside.shape[1])[None]
    near = (x < (low + reach)[:, None]) | (x > (high - reach)[:, None])
    return low, high, inside & near


def _rows_up(told: np.ndarray, hem: int, gap: float) -> np.ndarray:
    """The rows from the hem upwards as far as each has, or one at most `gap` rows below it, what tells of legs; rising
    numbers."""
    last = top = hem
    for row in range(hem, -1, -1):
        if told[row]:
            last = top = row
        elif last - row > gap:
            break
    return np.arange(top, hem + 1) if told[top] else np.arange(0)


def _calm(edge: np.ndarray) -> np.ndarray:
    """An edge, (K,) with NaN where it is not known, smooth from row to row."""
    known = np.flatnonzero(np.isfinite(edge))
    full = np.interp(np.arange(len(edge)), known, edge[known])
    padded = np.pad(full, _CALM // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, _CALM), axis=1)
