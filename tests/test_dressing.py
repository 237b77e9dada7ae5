"""Join photos, fill what nobody saw, and wear what somebody else wears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import BASE_REGIONS, parts_mask, region_mask, region_pixels
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.dressing import wear
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.skin import bare_limbs
from mcld_app.body.texture.texture_map import TextureMap, merge, render
from mcld_app.errors import StudioError
from mcld_app.synthetic.people import draw_person, render_person
from mcld_app.synthetic.wardrobe import Bottom, Cloth, Shoes, Top

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


# --- bare arms and legs --------------------------------------------------------------------------------------------

PALE, DARK = (240, 206, 180), (86, 58, 43)
ARMS, LEGS = frozenset(range(15, 23)), frozenset(range(7, 15))


def dressed(skin: tuple[int, int, int], sleeve: float, hem: float, trousers: tuple[int, int, int] = RED) -> TextureMap:
    """A drawn person in a blue top with sleeves of that length (metres along the arm; the wrist is at 0.525) and
    trousers with the hem at that height (metres; the ankle is at 0.085, the knee at 0.5)."""
    top = Top(Cloth("plain", BLUE, BLUE, 0.05), sleeve, "crew", 0.96)
    bottom = Bottom(Cloth("plain", trousers, trousers, 0.05), "trousers", hem)
    shoes = Shoes("sneakers", BLUE, BLUE)
    base = replace(draw_person(23), skin=skin, top=top, bottom=bottom, shoes=shoes)
    return extract(*render_person(base, Pose(), SIZE))


@pytest.mark.parametrize("skin", [PALE, DARK])
@pytest.mark.parametrize(("sleeve", "hem"), [(0.14, 0.58), (0.26, 0.30)])
def test_bare_limbs_begin_where_the_cloth_ends(skin: tuple[int, int, int], sleeve: float, hem: float) -> None:
    bare, g = bare_limbs(dressed(skin, sleeve, hem)), rest_surface()
    assert g.arm[bare & parts_mask(ARMS)].min() == pytest.approx(sleeve, abs=0.045)
    assert g.y[bare & parts_mask(LEGS)].max() == pytest.approx(hem, abs=0.045)
    assert not (bare & ~parts_mask(ARMS | LEGS)).any()


@pytest.mark.parametrize("skin", [PALE, DARK])
def test_covered_limbs_are_not_bare(skin: tuple[int, int, int]) -> None:
    g = rest_surface()
    bare = bare_limbs(dressed(skin, 0.53, 0.09))
    assert not (bare & parts_mask(ARMS) & (g.arm < 0.46)).any()
    assert not (bare & parts_mask(LEGS) & (g.y > 0.16)).any()


def test_no_mistake_about_colours_undresses_thighs() -> None:
    """Trousers of exactly the skin's colour."""
    bare = bare_limbs(dressed(PALE, 0.14, 0.09, trousers=PALE))
    assert not (bare & (rest_surface().y > 0.80) & parts_mask(LEGS)).any()


def test_a_short_sleeved_top_brings_no_skin_along() -> None:
    donor, wearer = dressed(DARK, 0.14, 0.09), dressed(PALE, 0.53, 0.09)
    worn, g = wear(wearer, donor, "upper"), rest_surface()
    forearm = parts_mask(ARMS) & (g.arm > 0.22) & (g.arm < 0.46)
    arm = np.median(worn.image[forearm], 0)
    assert np.abs(arm - PALE).max() < 60 < 80 < np.abs(arm - DARK).min(), "the wearer's own skin, in the same light"
    sleeve = parts_mask(ARMS) & (g.arm > 0.02) & (g.arm < 0.08) & donor.coverage
    assert np.array_equal(worn.image[sleeve], donor.image[sleeve])
