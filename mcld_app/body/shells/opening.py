"""Where a coat or skirt is open in front: what is seen there is legs, and the inner side of its back."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.lengths import length
from mcld_app.body.shells.areas import opened
from mcld_app.body.shells.scene import Scene

_LEGS = range(5, 15)
_BELOW = (0.02, 0.25)  # metres below the hem, where legs are seen for sure
_OUTER = 0.15  # of a row's width at either side, which is cloth for sure
_HUE = (0.5, 1.0, 1.0)  # how a difference in lightness counts beside one in hue
_TOLD_APART = 10.0  # of weighted Lab between legs and cloth; less tells nothing
_NEARER, _NEAR = 0.7, 25.0  # a leg's pixel: of its difference from cloth, and of weighted Lab
_OWN = 0.1  # share of the cloth at the sides that looks like legs: more is a pattern of the legs' colour
_THIN = 0.004  # metres, half of the least that counts as a leg
_SIDE = 0.02  # metres of cloth at both sides
_HIGH, _GAP = 0.10, 0.03  # metres that it goes up at least; in which nothing tells of it
_FILLED = 0.25  # of it are legs, the rest is lining
_FEW = 40  # pixels that are too few to tell a colour by
_CALM = 5  # rows, whose middle one counts


def find_opening(scene: Scene, covered: np.ndarray, lining: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The opening of what hangs from the hips.

    Args:
        scene: the person.
        covered: (H, W) bool, the pixels that it covers if it is closed.
        lining: (H, W) bool, pixels that show the inner side of its back, see `lining.find_lining`.

    Returns:
        (H, W) bool, those of them before which there is no cloth; and (H, W) bool, all that look like legs, also
        beside those, where no colour of cloth is to be taken. None where it is closed, or nothing tells.
    """
    metre = scene.standing.metre
    inside = covered & scene.silhouette & ~scene.hands
    if not inside.any():
        return None
    hem = int(np.flatnonzero(covered.any(1))[-1])
    low, high = _ends(inside)
    x = np.arange(covered.shape[1])[None]
    middle = (x > low[:, None] + _SIDE * metre) & (x < high[:, None] - _SIDE * metre)
    legs = _legs(scene, inside, covered, hem)
    told = middle & (opened(legs, _THIN * metre) | (inside & lining))
    rows = _rows_up(told.any(1), hem, _GAP * metre)
    if len(rows) < _HIGH * metre:
        return None
    left, right = _ends(told[rows])
    left, right = (_calm(np.where(told[rows].any(1), edge, np.nan)) for edge in (left, right))
    out = np.zeros_like(covered)
    out[rows] = (x >= left[:, None]) & (x <= right[:, None]) & inside[rows]
    if np.count_nonzero(told & out) < _FILLED * np.count_nonzero(out):
        return None
    return out, legs | lining


def _legs(scene: Scene, inside: np.ndarray, covered: np.ndarray, hem: int) -> np.ndarray:
    """(H, W) bool: the pixels inside that look like the legs below the hem and not like the cloth at the sides; none
    where the two look alike, or the cloth has their colour, too: dots do not open a skirt."""
    metre, none = scene.standing.metre, np.zeros_like(inside)
    y, x = np.ogrid[: inside.shape[0], : inside.shape[1]]
    below = scene.silhouette & np.isin(scene.part, _LEGS) & ~covered
    below &= (y > hem + _BELOW[0] * metre) & (y < hem + _BELOW[1] * metre)
    low, high = (end[:, None] for end in _ends(inside))
    reach = _OUTER * (high - low)
    cloth = inside & ((x < low + reach) | (x > high - reach))
    if min(np.count_nonzero(below), np.count_nonzero(cloth)) < _FEW:
        return none
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB).astype(np.float32) * np.float32(_HUE)
    leg, own = np.median(lab[below], 0), np.median(lab[cloth], 0)
    if np.linalg.norm(leg - own) < _TOLD_APART:
        return none
    from_leg, from_own = (length(lab - colour) for colour in (leg, own))
    legs = (from_leg < _NEARER * from_own) & (from_leg < _NEAR)
    return none if legs[cloth].mean() > _OWN else inside & legs


def _ends(area: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row's first and last pixel, (H,) each."""
    return np.argmax(area, 1), area.shape[1] - 1 - np.argmax(area[:, ::-1], 1)


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
