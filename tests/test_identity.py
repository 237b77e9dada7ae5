"""Between two face identities: what lies on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcld_app.engine.identity import between
from mcld_app.errors import StudioError


def identity(seed: int, length: float) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=512)
    return np.float32(values / np.linalg.norm(values) * length)


def angle(a: np.ndarray, b: np.ndarray) -> float:
    a, b = np.float64(a), np.float64(b)
    return float(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))


@given(st.integers(0, 99), st.integers(100, 199), st.floats(0, 1), st.floats(0.1, 30), st.floats(0.1, 30))
def test_the_way_turns_evenly_and_its_length_goes_over(a: int, b: int, share: float, long_a: float, long_b: float):
    first, second = identity(a, long_a), identity(b, long_b)
    there = between(first, second, share)
    assert there.dtype == np.float32 and there.shape == (512,)
    assert angle(first, there) == pytest.approx(share * angle(first, second), abs=2e-3)
    assert np.linalg.norm(there) == pytest.approx((1 - share) * long_a + share * long_b, rel=1e-3)


@given(st.integers(0, 99), st.floats(0, 1))
def test_from_a_face_to_itself_nothing_changes(seed: int, share: float):
    face = identity(seed, 20.0)
    np.testing.assert_allclose(between(face, face, share), face, atol=1e-4)


@given(st.integers(0, 99), st.integers(100, 199), st.floats(0, 1))
def test_the_way_back_is_the_same_way(a: int, b: int, share: float):
    first, second = identity(a, 12.0), identity(b, 25.0)
    np.testing.assert_allclose(between(first, second, share), between(second, first, 1 - share), atol=1e-4)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_between_opposite_faces_and_none_there_is_no_arc_but_an_answer(share: float):
    face = identity(1, 10.0)
    assert np.isfinite(between(face, -face, share)).all()
    none = np.zeros(512, np.float32)
    assert np.array_equal(between(face, none, share), face if share < 0.5 else none)


def test_identities_of_two_models_are_not_mixed():
    with pytest.raises(StudioError, match="different models"):
        between(identity(1, 1.0), np.ones(128, np.float32), 0.5)
