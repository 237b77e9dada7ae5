"""Backs of clothes without sleeves: their straps, and how far in their armholes go."""

from __future__ import annotations

import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.sleeveless import armhole_behind, has_sleeves, straps_begin

CELL = 0.01
HEIGHT, ASIDE = (np.mgrid[:160, :80].astype(float) + 0.5) * CELL
ASIDE = np.abs(ASIDE - 0.4)


def front(strap: float, *, neck: float = 0.08, begins: float = 1.30, ends: float = 1.48) -> np.ndarray:
    """Cloth up to a height, and from there two straps, so many metres wide."""
    body = (begins > HEIGHT) & (HEIGHT > 1.0) & (ASIDE < 0.16)
    return body | (begins <= HEIGHT) & (ends > HEIGHT) & (neck < ASIDE) & (neck + strap > ASIDE)


def test_straps_begin_where_the_cloth_between_them_ends() -> None:
    assert straps_begin(front(0.03), CELL) == 130


def test_what_is_no_strap_is_none() -> None:
    wide, low, none = front(0.09), front(0.03, ends=1.34), front(0.0)
    narrow_neck = front(0.03, neck=0.02)
    for cloth in (wide, low, none, narrow_neck, np.zeros_like(wide)):
        assert straps_begin(cloth, CELL) == len(cloth)


def test_a_backs_armholes_go_in_as_far_as_the_fronts_and_cloth_goes_round_below_them() -> None:
    surface = rest_surface()
    worn = parts_mask({2}) & (surface.y < 1.46) & ((np.abs(surface.x) < 0.12) | (surface.y < 1.30))
    within, back = armhole_behind(worn), parts_mask({1})
    high = back & (surface.y > 1.39) & (surface.y < 1.44)
    x = np.abs(surface.x)
    assert (within[high & (x > 0.13)] < 0).all() and (within[high & (x < 0.11)] > 0).all()
    assert np.isinf(within[back & (surface.y < 1.32)]).all() and np.isinf(within[~back]).all()


def test_sleeves_are_cloth_on_arms() -> None:
    trunk, arms = parts_mask({1, 2}), parts_mask(frozenset(range(15, 23)))
    assert not has_sleeves(trunk) and has_sleeves(trunk | arms)
