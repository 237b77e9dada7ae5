"""What a garment's picture shows from behind: its cloth, without what only a front has."""

from __future__ import annotations

import numpy as np
import pytest
from flat_garments import GREEN, RED, is_red, tee
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.garments.behind import picture_behind
from mcld_app.body.garments.laid_slices import laid_slices
from mcld_app.body.garments.slices import MIDDLE, SLICE, Slices, striped
from mcld_app.body.parts import parts_mask
from mcld_app.body.sampling import read_at
from mcld_app.body.surface import rest_surface
from mcld_app.editing.flat_garment import flat_garment

METRE = 400.0
HEIGHT, WIDTH = 280, 200  # 0.7 x 0.5 m
BLACK, NAVY, WHITE = (20, 20, 24), (30, 40, 90), (235, 235, 230)
ROW, COLUMN = np.mgrid[:HEIGHT, :WIDTH]
ACROSS = ((COLUMN - (WIDTH - 1) / 2) / METRE).astype(np.float32)
MIDDLEMOST = np.abs(ACROSS) < 0.06


def slices(hole: np.ndarray | None = None, fly: bool = False) -> Slices:
    """Of a picture that is all cloth."""
    hole = np.zeros((HEIGHT, WIDTH), bool) if hole is None else hole
    number = (ROW / (SLICE * METRE)).astype(np.float32)
    closed = np.full((HEIGHT, WIDTH), MIDDLE, np.float32)
    return Slices(number, np.abs(ACROSS) / np.abs(ACROSS).max(), ACROSS, closed, hole, METRE, fly)


def cloth(colour: tuple[int, int, int] = GREEN) -> np.ndarray:
    """Grain, in a light that falls off to the right and down."""
    grain = np.random.default_rng(5).normal(0, 6, (HEIGHT, WIDTH, 1))
    light = 1.05 - 0.15 * COLUMN / WIDTH - 0.1 * ROW / HEIGHT
    return np.clip(np.float64(colour) * light[..., None] + grain, 0, 255).astype(np.uint8)


def checks(side: int = 18) -> np.ndarray:
    out = np.full((HEIGHT, WIDTH, 3), GREEN, np.uint8)
    out[(ROW // side + COLUMN // side) % 2 == 0] = RED
    return out


def is_black(picture: np.ndarray) -> np.ndarray:
    return picture.max(-1) < 40


def test_a_print_is_gone_and_the_cloth_goes_on_in_its_own_light_and_grain() -> None:
    plain = cloth()
    front, mark = plain.copy(), MIDDLEMOST & (ROW > 80) & (ROW < 190)
    front[mark] = np.where(((ROW // 9 + COLUMN // 7) % 2 == 0)[..., None], RED, WHITE)[mark]
    behind = picture_behind(front, slices(), patterned=False)
    assert not is_red(behind).any()
    inside = MIDDLEMOST & (ROW > 90) & (ROW < 180)
    for part in (inside & (ACROSS < 0), inside & (ACROSS > 0)):
        assert np.abs(behind[part].mean(0) - plain[part].mean(0)).max() < 4
    assert 0.5 < behind[inside].std() / plain[inside].std() < 1.3
    rows = behind[:, 90:110].mean((1, 2))
    assert np.abs(np.diff(rows)).max() < 2 * np.abs(np.diff(plain[:, 90:110].mean((1, 2)))).max(), "no bands"


def test_what_lies_in_the_shade_at_the_sides_alone_goes_round_no_back() -> None:
    plain = cloth()
    front, band = plain.copy(), (ROW > 130) & (ROW < 142)
    front[band & (np.abs(ACROSS) > 0.6 * np.abs(ACROSS).max())] = (16, 50, 24)
    found = picture_behind(front, slices(), patterned=False)
    inside = band & (np.abs(ACROSS) < 0.4 * np.abs(ACROSS).max())
    assert np.abs(found[inside].mean(0) - plain[inside].mean(0)).max() < 6
    stripe = plain.copy()
    stripe[band] = (16, 50, 24)
    assert (picture_behind(stripe, slices(), patterned=False)[inside].max(1) < 80).mean() > 0.9, "a real one does"


def test_what_is_no_fronts_own_stays_as_it_is() -> None:
    front = cloth()
    front[(ROW > 60) & (ROW < 75)] = front[(ROW > 60) & (ROW < 75)] * 0.9  # a fold across
    behind = picture_behind(front, slices(), patterned=False)
    beside = np.abs(ACROSS) > MIDDLE + 0.005
    assert (behind[beside] == front[beside]).mean() > 0.99


def test_letters_on_a_block_are_gone_and_the_block_goes_round() -> None:
    front = np.where((ROW < 140)[..., None], cloth(RED), cloth(NAVY))
    front[MIDDLEMOST & (ROW > 150) & (ROW < 180) & (COLUMN % 12 < 5)] = WHITE
    behind = picture_behind(front, slices(), patterned=False)
    assert (behind[145:].min(-1) < 150).all()
    assert is_red(behind[:136]).all() and not is_red(behind[145:]).any()


@pytest.mark.parametrize("beside", [0.0, 0.02])
def test_a_bow_over_a_pattern_is_gone_also_where_it_is_not_quite_in_the_middle(beside: float) -> None:
    front, bow = checks(), (np.abs(ACROSS - beside) < 0.05) & (ROW > 30) & (ROW < 120)
    front[bow] = BLACK
    behind = picture_behind(front, slices(), patterned=True)
    assert is_black(front).mean() > 0.05 and is_black(behind).mean() < 0.004
    assert (behind[:, :30] == front[:, :30]).all() and (behind[:, -30:] == front[:, -30:]).all()
    assert 0.3 < is_red(behind[40:110, 60:140]).mean() < 0.7, "the pattern goes on"


def test_what_begins_far_below_the_neck_is_of_a_large_pattern_and_no_bow() -> None:
    front = checks()
    front[(np.abs(ACROSS) < 0.05) & (ROW > 0.35 * METRE) & (ROW < 0.35 * METRE + 90)] = BLACK
    assert (picture_behind(front, slices(), patterned=True) == front).all()


@pytest.mark.parametrize("stripes", [True, False])
def test_stripes_around_a_trunk_are_told_from_other_patterns(stripes: bool) -> None:
    level = np.where((ROW // 12 % 2 == 0)[..., None], np.uint8(WHITE), np.uint8(NAVY))
    wavy = np.where(((ROW + 3 * np.sin(ACROSS * 60)) // 12 % 2 == 0)[..., None], np.uint8(WHITE), np.uint8(NAVY))
    upright = np.where((COLUMN // 12 % 2 == 0)[..., None], np.uint8(WHITE), np.uint8(NAVY))
    for picture in (level, wavy) if stripes else (checks(), upright, cloth()):
        assert striped(picture, slices()) == stripes


@settings(max_examples=15, deadline=None)
@given(side=st.integers(6, 40))
def test_a_pattern_without_a_bow_is_the_fronts(side: int) -> None:
    front = checks(side)
    assert (picture_behind(front, slices(), patterned=True) == front).all()


def test_a_fly_is_no_backs() -> None:
    front = checks()
    front[(np.abs(ACROSS) < 0.012) & (ROW < 80)] = BLACK
    assert not is_black(picture_behind(front, slices(fly=True), patterned=True)).any()


def test_a_back_is_closed_where_a_front_has_its_neckline_and_has_its_rib() -> None:
    front, off = cloth(), np.hypot(ACROSS, ROW / METRE)
    hole = off < 0.1
    front[hole], front[~hole & (off < 0.115)] = (243, 243, 243), NAVY
    behind = picture_behind(front, slices(hole), patterned=False)
    assert (behind.min(-1) < 200).all(), "no ground"
    top, below = behind[1:4, 60:140].reshape(-1, 3).mean(0), behind[16:60, 60:140].reshape(-1, 3).mean(0)
    assert top[2] > top[1] + 20 and below[1] > below[2] + 20


def test_what_shows_no_cloth_stays() -> None:
    zero = np.zeros((8, 6), np.float32)
    nothing = Slices(zero - 1, zero, zero, zero, zero > 0, METRE)
    picture = np.full((8, 6, 3), 7, np.uint8)
    assert (picture_behind(picture, nothing, patterned=False) == picture).all()


def test_a_laid_garments_print_is_not_read_behind_and_its_neckline_is_closed_there() -> None:
    garment, place = flat_garment(tee(cloth="print").picture, "top").garment, rest_surface()
    source, iuv = garment.donor.pixels, garment.donor.iuv
    for part, red in ((1, False), (2, True)):
        worn = source.places.seen & garment.layer("upper").worn & parts_mask({part}) & (place.y > 1.0)
        colours = read_at(source.sizes[0], source.places.xy[worn])
        assert len(colours) > 5000 and (is_red(colours).mean() > 0.02) == red
        assert red or not is_red(colours).any()
    made, shown = laid_slices(iuv), np.flatnonzero((iuv[..., 0] > 0).any(1))
    assert not made.fly and made.hole.any() and (iuv[made.hole] == 0).all()
    assert np.nonzero(made.hole)[0].max() < shown[0] + 0.35 * np.ptp(shown), "what is open at its hem stays open"
