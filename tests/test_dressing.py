"""Join photos, fill what nobody saw, and wear what somebody else wears."""

from __future__ import annotations

import numpy as np
import pytest

from mcld_app.body.charts import charts
from mcld_app.body.dressing import fill, merge, wear
from mcld_app.body.mannequin import Pose, draw_iuv
from mcld_app.body.parts import BASE_REGIONS, parts_mask, region_mask, region_pixels
from mcld_app.body.texture import TextureMap, extract, render
from mcld_app.errors import StudioError

SIZE = (512, 352)
RED, BLUE = (200, 30, 40), (20, 60, 220)


def person(colour: tuple[int, int, int], yaw: float = 0, without: tuple[int, ...] = ()) -> TextureMap:
    """Somebody seen from one side, all in one colour."""
    iuv = draw_iuv(Pose(yaw=yaw), SIZE)
    iuv[np.isin(iuv[..., 0], without)] = 0
    return extract(np.full(iuv.shape, colour, np.uint8), iuv)


@pytest.fixture(scope="module")
def front() -> TextureMap:
    return person(RED)


@pytest.fixture(scope="module")
def back() -> TextureMap:
    return person(BLUE, 180)


def frozen(texture: TextureMap) -> tuple[bytes, bytes]:
    return texture.image.tobytes(), texture.coverage.tobytes()


def is_colour(texture: TextureMap, where: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(texture.image[where].astype(int) - colour).max(-1) <= 2


# --- merge ---------------------------------------------------------------------------------------------------------


def test_front_and_back_make_one_fuller_map(front: TextureMap, back: TextureMap) -> None:
    body = charts().part_map > 0
    merged = merge([front, back])
    assert np.array_equal(merged.coverage, front.coverage | back.coverage)
    assert merged.coverage[body].mean() > max(front.coverage[body].mean(), back.coverage[body].mean()) + 0.25
    assert merged.coverage[body].mean() > 0.8
    assert is_colour(merged, front.coverage, RED).all(), "the first one wins where both saw something"
    assert is_colour(merged, back.coverage & ~front.coverage, BLUE).all()
    turned = draw_iuv(Pose(yaw=180), SIZE)
    drawn = render(merged, turned)
    torso = drawn[turned[..., 0] == 1]
    assert (np.abs(torso[:, :3].astype(int) - BLUE).max(-1) <= 3).mean() > 0.8


def test_merging_leaves_its_parts_alone(front: TextureMap, back: TextureMap) -> None:
    before = frozen(front), frozen(back)
    merge([front, back]).image[:] = 7
    assert (frozen(front), frozen(back)) == before
    assert frozen(merge([front])) == before[0]


def test_merging_nothing_is_an_error() -> None:
    with pytest.raises(StudioError, match="at least one"):
        merge([])


# --- fill ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mirror", [True, False])
def test_filling_covers_the_whole_body_and_keeps_what_was_seen(front: TextureMap, mirror: bool) -> None:
    body = charts().part_map > 0
    seen_by_chance = np.random.default_rng(0).integers(0, 256, front.image.shape).astype(np.uint8)
    patchy = TextureMap(np.where(front.coverage[..., None], seen_by_chance, 0), front.coverage)
    before = frozen(patchy)
    full = fill(patchy, mirror=mirror)
    assert np.array_equal(full.coverage, body)
    kept = patchy.coverage & body
    assert np.array_equal(full.image[kept], patchy.image[kept])
    assert not full.image[~body].any()
    assert frozen(patchy) == before
    assert frozen(fill(full, mirror=mirror)) == frozen(full), "a full map has nothing to fill"


def test_one_colour_fills_with_that_colour(front: TextureMap) -> None:
    full = fill(front)
    assert is_colour(full, full.coverage, RED).mean() > 0.999


def test_an_arm_that_was_not_seen_looks_like_the_other_one() -> None:
    left, right = parts_mask({15, 17, 19, 21}), parts_mask({16, 18, 20, 22})
    image = np.zeros((512, 512, 3), np.uint8)
    image[left], image[~left & ~right] = RED, BLUE
    one_armed = TextureMap(image, (charts().part_map > 0) & ~right)
    full = fill(one_armed)
    assert is_colour(full, right, RED).mean() > 0.9


def test_filling_an_empty_map_does_not_fail() -> None:
    full = fill(TextureMap(np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512), bool)))
    assert np.array_equal(full.coverage, charts().part_map > 0)


# --- wear ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BASE_REGIONS)
def test_wearing_changes_the_region_and_nothing_else(front: TextureMap, name: str) -> None:
    donor = person(BLUE)
    before = frozen(front), frozen(donor)
    worn = wear(front, donor, name)
    mask = region_mask(name)
    assert np.array_equal(worn.image[~mask], front.image[~mask])
    assert np.array_equal(worn.coverage[~mask], front.coverage[~mask])
    assert is_colour(worn, mask & donor.coverage, BLUE).all()
    assert is_colour(worn, mask, BLUE).mean() > 0.95, "the old garment must not look through where the donor has holes"
    assert worn.coverage[mask].all()
    assert (frozen(front), frozen(donor)) == before


def test_what_is_worn_is_seen(front: TextureMap) -> None:
    iuv = draw_iuv(Pose(), SIZE)
    drawn = render(wear(front, person(BLUE), "top"), iuv)
    top, legs = region_pixels("top", iuv), np.isin(iuv[..., 0], (9, 10, 13, 14))
    assert (np.abs(drawn[top][:, :3].astype(int) - BLUE).max(-1) <= 3).mean() > 0.97
    assert (np.abs(drawn[legs][:, :3].astype(int) - RED).max(-1) <= 3).mean() > 0.97


@pytest.mark.parametrize(
    ("name", "parts"),
    [("shoes", (5, 6)), ("bottom", (2, 7, 8, 9, 10, 11, 12, 13, 14)), ("hands", (3, 4)), ("top", (1, 2))],
)
def test_a_donor_who_does_not_show_the_region_is_refused(front: TextureMap, name: str, parts: tuple) -> None:
    before = frozen(front)
    with pytest.raises(StudioError, match=r"shows next to nothing of the region.*Choose another"):
        wear(front, person(BLUE, without=parts), name)
    assert frozen(front) == before


def test_an_unknown_region_is_refused(front: TextureMap) -> None:
    with pytest.raises(StudioError, match="no region called 'hat'"):
        wear(front, front, "hat")
