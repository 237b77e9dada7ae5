"""A sheet before the resting body: where on it each place lies, seen from in front."""

from __future__ import annotations

import numpy as np

from mcld_app.body.shells.areas import nearest_value
from mcld_app.body.surface import rest_surface

SQUARE = 0.004
"""Metres that a square of the sheet is wide."""

SIZE = (480, 320)
"""Rows, upwards from the floor, and columns, to the person's left."""

LEFT = -0.64
"""Metres from the body's middle to the sheet's first column."""


def row_of(height: np.ndarray) -> np.ndarray:
    """The row (any shape) int in which heights in metres lie; the nearest one beyond the sheet."""
    return np.clip((height / SQUARE).astype(int), 0, SIZE[0] - 1)


def column_of(aside: np.ndarray) -> np.ndarray:
    """The column (any shape) int in which metres to the person's left lie; the nearest one beyond the sheet."""
    return np.clip(((aside - LEFT) / SQUARE).astype(int), 0, SIZE[1] - 1)


def squares(height: np.ndarray, aside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns in parts of a square, its centre at a whole number, of heights and metres to the left."""
    return height / SQUARE - 0.5, (aside - LEFT) / SQUARE - 0.5


def texels_before(texels: np.ndarray) -> np.ndarray:
    """The flat number of the texel, of `texels` (512, 512) bool, that lies in each square, or in the one nearest to it:
    (480, 320) int64; -1 where there are none."""
    surface, sheet = rest_surface(), np.full(SIZE, -1)
    sheet[row_of(surface.y[texels]), column_of(surface.x[texels])] = np.flatnonzero(texels)
    return nearest_value(sheet, sheet >= 0)
