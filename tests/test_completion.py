"""The ways to guess what no picture shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import THOROUGH

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.completion import WAYS, coloured, complete
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill, unseen_torso
from mcld_app.body.texture.texture_map import TextureMap, merge
from mcld_app.errors import StudioError

DRIFT = 26  # grey levels by which OpenCV's Telea leaves a plain colour in a large hole: it rounds at each step
BODY = charts().part_map > 0
RED, BLUE = (200, 30, 40), (20, 60, 220)
LEFT_ARM, RIGHT_ARM = parts_mask({15, 17, 19, 21}), parts_mask({16, 18, 20, 22})


def person(colour: tuple[int, int, int], yaw: float = 0) -> TextureMap:
    """Somebody seen from one side, all in one colour."""
    iuv = draw_iuv(Pose(yaw=yaw), (512, 352))
    return extract(np.full(iuv.shape, colour, np.uint8), iuv)


def is_colour(texture: TextureMap, where: np.ndarray, colour: tuple[int, int, int], tolerance: int = 2) -> np.ndarray:
    return np.abs(texture.image[where].astype(int) - colour).max(-1) <= tolerance


@given(how=st.sampled_from(WAYS), seed=st.integers(0, 99), share=st.floats(0, 1), photos=st.integers(0, 2))
@settings(max_examples=12 if THOROUGH else 7)
def test_what_was_seen_never_changes(how: str, seed: int, share: float, photos: int) -> None:
    rng = np.random.default_rng(seed)
    maps = []
    for _ in range(1 + photos):
        patches = np.kron(rng.random((16, 16)) < share, np.ones((32, 32), bool))
        maps.append(TextureMap(rng.integers(0, 256, (512, 512, 3)).astype(np.uint8), patches))
    before = [(m.image.copy(), m.coverage.copy()) for m in maps]
    done = complete(maps[0], how, maps[1:])
    seen = merge(maps) if how == "photos" else maps[0]
    assert np.array_equal(done.image[seen.coverage], seen.image[seen.coverage])
    assert np.array_equal(done.coverage, seen.coverage), "a guess is not covered"
    assert done.image.dtype == np.uint8 and done.image.shape == (512, 512, 3)
    for m, (image, coverage) in zip(maps, before, strict=True):
        assert np.array_equal(m.image, image) and np.array_equal(m.coverage, coverage)


@pytest.mark.parametrize("how", ["photos", "inpaint", "smooth"])
def test_these_ways_leave_no_hole_on_the_body(how: str) -> None:
    seen = person(RED)
    assert seen.coverage[BODY].mean() < 0.7
    done = complete(seen, how)
    assert np.array_equal(coloured(seen, how), BODY | seen.coverage)
    head, drift = parts_mask({23, 24}), DRIFT if how == "inpaint" else 2
    assert is_colour(done, BODY & ~head, RED, drift).mean() > 0.999
    assert is_colour(done, BODY & head, RED, drift).mean() > 0.95  # a guessed ear has its form


def test_nothing_is_guessed_on_demand() -> None:
    seen = person(RED)
    done = complete(seen, "none")
    assert np.array_equal(done.image, seen.image)
    assert np.array_equal(coloured(seen, "none"), seen.coverage)


def test_symmetry_takes_the_other_side_and_guesses_nothing_else() -> None:
    legs, belly = parts_mask(set(range(7, 15))), parts_mask({2})
    image = np.zeros((512, 512, 3), np.uint8)
    image[BODY], image[LEFT_ARM] = BLUE, RED
    seen = TextureMap(image, BODY & ~RIGHT_ARM & ~legs & ~belly)
    done, known = complete(seen, "symmetry"), coloured(seen, "symmetry")
    assert is_colour(done, RIGHT_ARM, RED).mean() > 0.9
    assert known[RIGHT_ARM].mean() > 0.97
    assert known[legs].mean() < 0.03 and known[belly].mean() < 0.03, "no side of these was seen"
    assert np.array_equal(done.image[~known], seen.image[~known])
    assert not done.coverage[RIGHT_ARM].any()


def test_photos_are_taken_before_guesses() -> None:
    front, back = person(RED), person(BLUE, 180)
    done = complete(front, "photos", [back])
    assert np.array_equal(done.coverage, front.coverage | back.coverage)
    assert is_colour(done, front.coverage, RED).all()
    assert is_colour(done, back.coverage & ~front.coverage, BLUE).all()
    for how in ("inpaint", "smooth", "symmetry"):
        same = complete(front, how, [back])
        assert not is_colour(same, back.coverage & ~front.coverage, BLUE).any(), "other ways ask no other photo"


def test_smooth_is_the_fill_that_there_always_was() -> None:
    seen = person(RED)
    assert np.array_equal(complete(seen, "smooth").image[BODY], fill(seen, through=True).image[BODY])


def test_inpainting_takes_nothing_from_other_limbs() -> None:
    """A red trunk between blue limbs, half of each seen: on the map they lie side by side."""
    trunk, limbs = parts_mask({1, 2}), parts_mask(set(range(7, 23)))
    rng = np.random.default_rng(3)
    image = np.zeros((512, 512, 3), np.uint8)
    image[trunk], image[limbs] = RED, BLUE
    seen = TextureMap(image, (trunk | limbs) & np.kron(rng.random((32, 32)) < 0.5, np.ones((16, 16), bool)))
    done = complete(seen, "inpaint")
    # Not all: what is mirrored may come from one texel beside, which at a border is another limb's.
    assert is_colour(done, trunk, RED, DRIFT).mean() > 0.999
    assert is_colour(done, limbs, BLUE, DRIFT).mean() > 0.999


def test_a_hem_goes_on_where_smoothing_alone_blurs_it() -> None:
    """Short sleeves over bare arms, their back unseen."""
    g, arms = rest_surface(), parts_mask(set(range(15, 23)))
    image = np.zeros((512, 512, 3), np.uint8)
    image[BODY] = BLUE
    image[arms & (g.arm < 0.2)] = RED
    seen = TextureMap(image, BODY & (g.z > -0.02))
    unseen = arms & ~seen.coverage & (np.abs(g.arm - 0.2) > 0.03) & (np.abs(g.arm - 0.2) < 0.1)

    def off(done: TextureMap) -> float:
        return float(np.abs(done.image[unseen].astype(int) - image[unseen]).mean())

    assert off(complete(seen, "smooth")) < 0.2 * off(complete(seen, "inpaint")) < 0.2 * off(fill(seen))


def test_an_inpainted_back_has_no_seam_in_the_middle() -> None:
    """Red on the person's left and blue on their right: the back's halves are reached from different sides."""
    g = rest_surface()
    image = np.zeros((512, 512, 3), np.uint8)
    image[BODY] = BLUE
    image[g.x > 0] = RED
    done = complete(TextureMap(image, BODY & (g.z > 0)), "inpaint")
    line = parts_mask({1}) & (np.abs(g.x) < 0.01) & (g.y > 1.0) & (g.y < 1.4) & (g.z < 0)
    left, right = (done.image[line & (side * g.x > 0)].astype(float).mean(0) for side in (1, -1))
    assert np.abs(left - right).max() < 15


def test_arms_that_nobody_saw_are_guessed_from_the_rest() -> None:
    image = np.zeros((512, 512, 3), np.uint8)
    image[parts_mask({2})] = RED
    done = complete(TextureMap(image, parts_mask({2})), "inpaint")
    assert is_colour(done, LEFT_ARM | RIGHT_ARM, RED, DRIFT).all()


@pytest.mark.parametrize("how", WAYS)
def test_a_map_that_shows_nothing_does_not_fail(how: str) -> None:
    nothing = TextureMap(np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512), bool))
    done = complete(nothing, how, [nothing])
    assert not done.coverage.any()


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(StudioError, match=r"no way 'magic'.*symmetry, photos, inpaint, smooth, none"):
        complete(person(RED), "magic")
    with pytest.raises(StudioError, match="no way 'magic'"):
        coloured(person(RED), "magic")


@pytest.mark.parametrize(("seen_part", "part"), [(1, 2), (2, 1)])
def test_the_torsos_unseen_side_wears_the_cloth_of_the_seen_one(seen_part: int, part: int) -> None:
    """A print of squares on one side, and bare arms, legs and neck in the colour of skin."""
    g, seen_side, side = rest_surface(), parts_mask({seen_part}), parts_mask({part})
    image = np.zeros((512, 512, 3), np.uint8)
    image[BODY] = (220, 180, 160)
    squares = (np.floor(g.x / 0.06) + np.floor(g.y / 0.06)) % 2 > 0
    image[seen_side] = np.where(squares[..., None], np.uint8(RED), np.uint8(BLUE))[seen_side]
    done = complete(TextureMap(image, BODY & ~side), "smooth").image.astype(float)
    assert done[side].std(0).max() >= 0.5 * done[seen_side].std(0).max()
    expected = np.where(squares[..., None], RED, BLUE)
    assert np.median(np.abs(done - expected)[side].max(-1)) < 5, "it goes on at the same height and place"


def test_a_torso_seen_from_both_sides_takes_nothing_from_the_other_one() -> None:
    g = rest_surface()
    image = np.zeros((512, 512, 3), np.uint8)
    image[parts_mask({1})], image[parts_mask({2})] = RED, BLUE
    seen = TextureMap(image, parts_mask({1, 2}) & (g.y > 1.2))
    assert not unseen_torso(seen.coverage).any()
    torso = parts_mask({1, 2}) & (g.y > 1.0)
    apart = np.abs(complete(seen, "smooth").image.astype(int) - fill(seen).image).max(-1)
    same = apart <= 16  # at the limit of sight nothing is mirrored, which the smooth guess beyond begins with
    assert same[torso].mean() > 0.99, "all but some texels at the trousers' border"
    front = TextureMap(image, parts_mask({2}))
    assert np.array_equal(unseen_torso(front.coverage), parts_mask({1}))
