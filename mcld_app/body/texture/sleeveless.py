"""The backs of clothes without sleeves: their armholes, and the straps that alone go up to the shoulders."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface

_ARMS, _SLEEVE = frozenset(range(15, 23)), 200  # texels of arms that are sleeves
_ROW, _EVEN = 0.008, 2.0  # metres; rows over which an armhole is evened out
_WIDEST, _APART, _TALL = 0.06, 0.10, 0.07  # metres: a strap; between two; above the cloth, at least
_FREE, _SIDE = (1.33, 1.36), 0.02  # metres above the floor, from the armpit up; farther out than the front, at first
_MISSING = 2  # cells of a strap that may be


def has_sleeves(texels: np.ndarray) -> bool:
    """Whether clothes on some texels, (512, 512) bool, have sleeves."""
    return np.count_nonzero(texels & parts_mask(_ARMS)) > _SLEEVE


def straps_begin(worn: np.ndarray, cell: float) -> int:
    """The row from which upwards a garment's front has nothing but two straps.

    Args:
        worn: (H, W) bool, the cells of a trunk seen from in front that show it; row 0 is the lowest, and the body's
            middle is the middle column.
        cell: metres of a cell.

    Returns:
        The row, or H where it has none.
    """
    rows = np.flatnonzero(worn.any(1))
    if not len(rows):
        return len(worn)
    middle = worn.shape[1] // 2
    strapped = np.ones(len(worn), bool)
    for side in (worn[:, middle - 1 :: -1], worn[:, middle:]):
        wide = side.sum(1) * cell
        inner = np.where(side.any(1), side.argmax(1), 0) * cell
        strapped &= (wide > 0) & (wide < _WIDEST) & (inner > _APART / 2)
    high = int(np.flatnonzero(strapped)[-1]) if strapped.any() else -1
    if rows[-1] - high > _MISSING + 1:
        return len(worn)
    below = np.flatnonzero(~strapped[: high + 1])
    begin = int(below[-1]) + 1 if len(below) else 0
    return begin if (high + 1 - begin) * cell >= _TALL else len(worn)


def armhole_behind(texels: np.ndarray) -> np.ndarray:
    """Metres by which each texel lies within a sleeveless garment's back, as far as its armholes say: (512, 512)
    float32, below 0 beyond them. Where the front leaves the arms free, a back goes as far from the middle as that; at
    the side, below the armpits, cloth goes round. Inf there, and on all that is no back.

    Args:
        texels: (512, 512) bool, those of the front that it has.
    """
    surface, out = rest_surface(), np.full(texels.shape, np.inf, np.float32)
    front = texels & parts_mask({2}) & (surface.y > _FREE[0] - _ROW)
    if not front.any():
        return out
    row = (surface.y / _ROW).astype(int)
    reach = np.zeros(row.max() + 1, np.float32)
    np.maximum.at(reach, row[front], np.abs(surface.x[front]))
    there = np.flatnonzero(reach)
    reach = cv2.GaussianBlur(reach[there[0] : there[-1] + 1, None], (1, 9), _EVEN)[:, 0]
    heights = (np.arange(there[0], there[-1] + 1) + 0.5) * _ROW
    back = parts_mask({1}) & (surface.y > _FREE[0])
    at = surface.y[back]
    limit = np.interp(at, heights, reach) + np.interp(at, _FREE, (_SIDE, 0.0))
    out[back] = limit - np.abs(surface.x[back])
    return out
