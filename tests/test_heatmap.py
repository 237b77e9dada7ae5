"""Focus maps as pictures."""

from __future__ import annotations

import numpy as np
import pytest

from mcld_app.errors import StudioError
from mcld_app.output.heatmap import heat_map

PICTURE = np.full((64, 44, 3), 128, np.uint8)


def test_the_brightest_place_is_where_the_map_is_largest():
    focus = np.zeros((8, 8), np.float32)
    focus[1, 6] = 0.03  # small shares are stretched
    bright = heat_map(PICTURE, focus).sum(2)
    row, column = np.unravel_index(bright.argmax(), bright.shape)
    assert abs(row - 12) <= 4
    assert abs(column - 35) <= 4
    assert bright[40:, :20].max() < bright.max() / 2


def test_a_map_of_zeros_shows_nothing():
    nothing = heat_map(PICTURE, np.zeros((8, 8), np.float32))
    assert nothing.shape == PICTURE.shape
    assert np.ptp(nothing.reshape(-1, 3), axis=0).max() == 0
    assert nothing.max() < 70


def test_values_that_are_no_numbers_are_a_sentence():
    with pytest.raises(StudioError, match="no numbers"):
        heat_map(PICTURE, np.full((8, 8), np.nan))
