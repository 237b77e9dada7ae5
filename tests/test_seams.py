"""What is taken from the body's other half meets what was seen, though light comes from one side."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.charts import charts
from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.filling import mirrored_texel
from mcld_app.body.texture.head_seams import join_head
from mcld_app.body.texture.seams import meet, soften

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


# --- Heads -------------------------------------------------------------------------------------------------------

HEAD = region_mask("head")
LEFT = HEAD & (np.arange(512) < np.median(np.nonzero(HEAD)[1]))
BRIGHT, DIM = np.array([226, 180, 156]), np.array([158, 122, 103])  # of one skin
HAIR = np.array([38, 32, 30])


def head(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A head of two colours with hair on its scalp."""
    image = np.zeros((512, 512, 3), np.uint8)
    image[LEFT], image[HEAD & ~LEFT] = left, right
    image[HEAD & (rest_surface().y > 1.72)] = HAIR
    return image


def test_a_cheek_in_the_shade_meets_the_one_in_the_light_and_hair_stays_hair() -> None:
    image = head(BRIGHT, DIM)
    joined = join_head(image, LEFT, mirrored_texel())
    face = beside(LEFT, HEAD & ~LEFT) & (rest_surface().z > 0.05) & (rest_surface().y < 1.69)
    assert np.abs(image[face].astype(int) - BRIGHT).max() > 50
    assert np.abs(joined[face].astype(int) - BRIGHT).max() <= 8
    assert np.array_equal(joined[~HEAD | LEFT], image[~HEAD | LEFT])
    scalp = HEAD & (rest_surface().y > 1.735)
    assert np.abs(joined[scalp].astype(int) - HAIR).max() <= 8


def test_the_back_of_a_head_has_no_seam() -> None:
    """Its halves lie at both ends of the map; the one of them that was seen in another light changes the other."""
    image = head(BRIGHT, DIM)
    guessed = HEAD & (rest_surface().z < 0.05)
    image[guessed & (rest_surface().y < 1.72)] = DIM
    joined = join_head(image, LEFT & ~guessed, mirrored_texel()).astype(int)
    behind = guessed & (rest_surface().z < -0.05) & (rest_surface().y < 1.70)
    other = joined.reshape(-1, 3)[mirrored_texel()]
    assert np.percentile(np.abs(joined - other)[behind].max(1), 95) <= 3


def test_a_guessed_neck_has_the_light_of_the_bare_skin_below_it() -> None:
    image, g = head(DIM, DIM), rest_surface()
    trunk = parts_mask({1, 2})
    image[trunk] = BRIGHT
    seen = trunk | (HEAD & (g.z > 0.06) & (g.y > 1.60))
    joined = join_head(image, seen, mirrored_texel())
    rows = HEAD & ~seen & (g.y < 1.535)
    assert np.abs(image[rows].astype(int) - BRIGHT).max(1).mean() > 50
    assert np.abs(joined[rows].astype(int) - BRIGHT).max(1).mean() < 20
    image[trunk] = (30, 60, 160)  # a roll neck
    joined = join_head(image, seen, mirrored_texel())
    assert np.abs(joined[rows].astype(int) - DIM).max() <= 8


@given(a=st.integers(0, 255), b=st.integers(0, 255))
@settings(max_examples=10, deadline=None)
def test_a_border_of_anything_is_softened_and_lies_between_the_two(a: int, b: int) -> None:
    image = lit(a, b)
    out = soften(image, HALF, CHEST & ~HALF, CHEST)
    assert np.array_equal(out[~(CHEST & ~HALF)], image[~(CHEST & ~HALF)])
    guessed = out[CHEST & ~HALF].astype(int)
    assert guessed.min() >= min(a, b) - 1
    assert guessed.max() <= max(a, b) + 1
    assert np.abs(out[beside(HALF, CHEST & ~HALF)].astype(int) - a).mean() <= abs(a - b) * 0.35 + 1
    far = CHEST & (np.arange(512) > np.median(np.nonzero(CHEST)[1]) + 30)
    assert np.array_equal(out[far], image[far])
