"""What is taken from the body's other half meets what was seen, though light comes from one side."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.charts import charts
from mcld_app.body.parts import parts_mask
from mcld_app.body.texture.seams import meet

BODY = charts().part_map > 0
CHEST = parts_mask({2})
HALF = CHEST & (np.arange(512) < np.median(np.nonzero(CHEST)[1]))


def lit(seen_level: int, guessed_level: int) -> np.ndarray:
    image = np.zeros((512, 512, 3), np.uint8)
    image[HALF], image[CHEST & ~HALF] = seen_level, guessed_level
    return image


def beside(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    near = np.zeros_like(mask)
    near[:, 1:] |= mask[:, :-1]
    near[:, :-1] |= mask[:, 1:]
    return near & other


def test_a_border_between_two_lights_is_gone_and_what_was_seen_stays() -> None:
    image = lit(150, 130)
    met = meet(image, HALF, CHEST & ~HALF, CHEST)
    border = beside(HALF, CHEST & ~HALF)
    assert np.abs(met[border].astype(int) - 150).max() <= 4
    assert np.array_equal(met[~(CHEST & ~HALF)], image[~(CHEST & ~HALF)])


def test_another_cloth_stays_another_cloth() -> None:
    image = lit(220, 40)
    assert np.array_equal(meet(image, HALF, CHEST & ~HALF, CHEST), image)


@given(a=st.integers(0, 255), step=st.integers(-30, 30))
@settings(max_examples=10, deadline=None)
def test_a_guess_is_never_further_from_what_it_meets_than_before(a: int, step: int) -> None:
    b = int(np.clip(a + step, 0, 255))
    met = meet(lit(a, b), HALF, CHEST & ~HALF, CHEST)[CHEST & ~HALF].astype(int)
    assert np.abs(met - a).max() <= abs(b - a) + 1


def test_nothing_guessed_is_nothing_changed() -> None:
    image = lit(90, 200)
    assert np.array_equal(meet(image, CHEST, np.zeros_like(CHEST), CHEST), image)
