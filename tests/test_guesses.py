"""What no photo shows of a person: feet, legs, the back of the head and the face are guessed as people expect."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from thorough import THOROUGH, some

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.completion import complete
from mcld_app.body.texture.dressing import garment_layer
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill, mirrored_texel
from mcld_app.body.texture.head_guess import unseen_back_of_head, unseen_face
from mcld_app.body.texture.head_swap import bare_head
from mcld_app.body.texture.lower_body_guess import unseen_feet, unseen_legs
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.synthetic.people import SKINS, draw_person, painted, render_view

BODY, FEET, HEAD = charts().part_map > 0, parts_mask({5, 6}), parts_mask({23, 24})
LEGS, SHINS = parts_mask(set(range(7, 15))), parts_mask({11, 12, 13, 14})
HANDS = parts_mask({3, 4})
PLACE = rest_surface()
SCALP = HEAD & (PLACE.y > 1.735) | HEAD & (PLACE.z < -0.03) & (PLACE.y > 1.65)
BACK_OF_HEAD = SCALP & (PLACE.z < -0.02)
NAPE = HEAD & (PLACE.z < -0.02) & (PLACE.y < 1.55)
FACE = region_mask("face")
FLANKS = parts_mask({1, 2}) & (np.abs(np.abs(np.degrees(np.arctan2(PLACE.x, PLACE.z))) - 88) < 28)
FLANKS &= (PLACE.y > 1.0) & (PLACE.y < 1.33)
SOLE, UPPER = FEET & (PLACE.y < 0.005), FEET & (PLACE.y > 0.024) & ((PLACE.y < 0.055) | (PLACE.z > 0.025))
ANKLE = FEET & (PLACE.y > 0.085) & (PLACE.z < 0.01) & (PLACE.z > -0.07)
ARMS = parts_mask(range(15, 23))
SKIN, HAIR, TOP, JEANS = (222, 176, 148), (60, 40, 28), (210, 40, 60), (60, 84, 130)
WAYS = ("smooth", "inpaint")
colour = st.tuples(*[st.integers(0, 255)] * 3)
no_skin = colour.filter(lambda c: c[0] - c[1] < 10 or c[1] < c[2])  # all skins, and browns, are redder than green


def dressed(
    skin: tuple[int, int, int] = SKIN,
    hair: tuple[int, int, int] = HAIR,
    top: tuple[int, int, int] = TOP,
    trousers: tuple[int, int, int] = JEANS,
    hem: float = 0.95,
) -> np.ndarray:
    """Somebody painted in plain colours, (512, 512, 3) uint8; the top ends at `hem` (metres)."""
    image = np.zeros((512, 512, 3), np.uint8)
    image[BODY] = skin
    image[parts_mask({1, 2}) | LEGS] = top
    image[(LEGS | parts_mask({1, 2})) & (hem > PLACE.y)] = trousers
    image[SCALP] = hair
    return image


def lab(colours: np.ndarray) -> np.ndarray:
    """(N, 3) CIELAB, L 0..100, of (N, 3) or (3,) RGB."""
    rgb = np.asarray(colours, np.float32).reshape(-1, 1, 3) / 255
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[:, 0]


def median(texture: TextureMap, where: np.ndarray) -> np.ndarray:
    return np.median(texture.image[where], axis=0)


def near(found: np.ndarray, expected, tolerance: float) -> bool:
    return bool(np.abs(found - np.array(expected, float)).max() <= tolerance)


# --- feet ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", WAYS)
@settings(max_examples=6 if THOROUGH else 4)
@given(top=colour, trousers=no_skin)
@example(top=(0, 0, 0), trousers=(85, 77, 38))  # olive, dark, and once taken for skin in shade
def test_feet_that_nobody_saw_wear_plain_shoes_whatever_the_clothes(how: str, top, trousers) -> None:
    seen = TextureMap(dressed(top=top, trousers=trousers), BODY & (PLACE.y > 0.5) & (PLACE.z > 0))
    done_map = complete(seen, how)
    done = done_map.image.astype(int)
    for part, shine in ((UPPER, 80), (SOLE, 2)):  # seams and laces of the same leather
        low, high = np.percentile(done[part], (2, 98), axis=0)
        assert (high - low).max() <= shine and np.ptp(high) < 15, "plain, next to grey"
        share = done[part].sum(0) / done[part].sum()
        off = np.abs(done[part] - done[part].sum(1, keepdims=True) * share)
        assert np.percentile(off, 98) <= 2, "of one colour"
    assert np.median(done[SOLE]) < 0.6 * np.median(done[UPPER]) < 60, "leather on a darker sole"
    assert np.ptp(median(done_map, ANKLE)) < 15 and np.median(done[ANKLE]) < 0.7 * np.median(done[UPPER]), "in a sock"


def test_a_few_texels_of_a_trouser_leg_are_no_shoe() -> None:
    image, rim = dressed(), FEET & (PLACE.y > 0.127)
    image[rim] = TOP
    assert 0 < rim.sum() < 0.06 * FEET.sum()
    seen = TextureMap(image, (BODY & (PLACE.y > 0.131)) | rim)
    done = complete(seen, "smooth")
    assert np.ptp(median(done, FEET & ~rim)) < 15
    assert near(median(done, rim), TOP, 0), "what was seen stays"


def test_a_foot_that_was_seen_gives_both_their_shoe() -> None:
    image = dressed()
    image[parts_mask({5})] = (240, 220, 30)
    done = complete(TextureMap(image, BODY & ~parts_mask({6})), "smooth")
    assert near(median(done, parts_mask({6})), (240, 220, 30), 1)


def test_half_seen_shoes_take_nothing_from_the_trousers() -> None:
    image = dressed()
    image[FEET] = (240, 220, 30)
    done = complete(TextureMap(image, BODY & (PLACE.z > 0.05) | LEGS), "smooth")
    assert near(np.percentile(done.image[FEET], 1, axis=0), (240, 220, 30), 3)


def test_a_dark_picture_has_darker_shoes() -> None:
    seen = BODY & (PLACE.y > 0.5)
    shoes = [median(complete(TextureMap(dressed() // k, seen), "smooth"), FEET).mean() for k in (1, 2)]
    assert shoes[1] < 0.8 * shoes[0]


def test_above_a_guessed_shoe_a_bare_leg_is_bare() -> None:
    image = dressed()
    image[LEGS & (PLACE.y < 0.6)] = SKIN
    done = complete(TextureMap(image, BODY & (PLACE.y > 0.4)), "smooth")
    assert near(median(done, ANKLE), SKIN, 2)


# --- arms ----------------------------------------------------------------------------------------------------------


@settings(max_examples=8 if THOROUGH else 5)
@given(end=st.floats(0.1, 0.4), sleeve=colour, skin=st.sampled_from(SKINS))
def test_a_sleeve_ends_at_one_place_all_round(end: float, sleeve, skin) -> None:
    image = dressed(top=sleeve, skin=skin)
    image[ARMS & (PLACE.arm < end)] = sleeve
    behind = ARMS & (PLACE.z < -0.03)
    done = complete(TextureMap(image, BODY & (PLACE.z > -0.02)), "smooth")
    for where, what in ((PLACE.arm < end - 0.04, sleeve), (PLACE.arm > end + 0.04, skin)):
        assert near(median(done, behind & where), what, 2)


def test_the_unseen_side_of_a_sleeve_has_the_grain_of_its_cloth() -> None:
    speckled = np.random.default_rng(3).normal(0, 12, (512, 512, 1))
    image = dressed()
    image[ARMS & (PLACE.arm < 0.25)] = TOP
    cloth = (ARMS & (PLACE.arm < 0.25)) | parts_mask({1, 2})
    image = np.where(cloth[..., None], np.clip(image + speckled, 0, 255), image).astype(np.uint8)
    done = fill(TextureMap(image, BODY & ~(ARMS & (PLACE.z < -0.02))), through=True).image.astype(float)
    inner = cv2.erode(ARMS.astype(np.uint8), np.ones((7, 7))) > 0
    fine, behind = np.abs(done - cv2.blur(done, (5, 5))), inner & (PLACE.z < -0.035) & (PLACE.arm > 0.08)
    sleeve, skin = (fine[behind & where].mean() for where in (PLACE.arm < 0.2, PLACE.arm > 0.3))
    assert sleeve > 4 > 1 > skin


@pytest.mark.parametrize("how", WAYS)
@settings(max_examples=4 if THOROUGH else 3)
@given(sleeve=colour)
def test_hands_that_nobody_saw_are_skin_and_no_sleeve(how: str, sleeve) -> None:
    image = dressed()
    image[ARMS] = sleeve
    done = complete(TextureMap(image, BODY & ~HANDS), how)
    assert near(np.percentile(done.image[HANDS], (2, 98), axis=0), [SKIN, SKIN], 4)


def test_a_glove_on_half_a_hand_is_one_on_both() -> None:
    image = dressed()
    image[HANDS] = (30, 90, 40)
    one = parts_mask({3})
    half = one & (np.median(PLACE.z[one]) < PLACE.z)
    done = complete(TextureMap(image, BODY & ~HANDS | half), "smooth")
    assert near(np.percentile(done.image[HANDS], (2, 98), axis=0), [(30, 90, 40)] * 2, 2)


# --- legs ----------------------------------------------------------------------------------------------------------


@settings(max_examples=10 if THOROUGH else 6)
@given(skin=st.sampled_from(SKINS), top=colour)
def test_legs_that_nobody_saw_wear_something_quiet(skin, top) -> None:
    image = dressed(skin=skin, top=top, hem=0.9)
    squares = (np.floor(PLACE.x / 0.05) + np.floor(PLACE.y / 0.05)) % 2 > 0
    image[parts_mask({2}) & squares] = (255, 255, 255)
    where = LEGS & (PLACE.y < 0.9)
    done = complete(TextureMap(image, BODY & (PLACE.y > 0.95)), "smooth").image
    steps = np.abs(np.diff(done.astype(int), axis=1)).max(2)[where[:, 1:] & where[:, :-1]]
    assert np.percentile(steps, 99) <= 8, "plain but for folds: no print goes down"
    cloth = lab(done[where])
    assert np.ptp(cloth[:, 1:], axis=0).max() < 9 and 2 < np.ptp(cloth[:, 0]) < 22, "of one cloth, in light and shade"
    (cloth,) = lab(np.median(done[where], 0))
    assert np.hypot(*cloth[1:]) < 25, "quiet"
    assert np.linalg.norm(cloth - lab(skin)[0]) > 8, "not skin"


@pytest.mark.parametrize("how", WAYS)
def test_trousers_seen_at_the_hips_go_on(how: str) -> None:
    seen = TextureMap(dressed(hem=0.97), BODY & (PLACE.y > 0.91))
    assert unseen_legs(seen.coverage).any()
    assert near(median(complete(seen, how), LEGS & (PLACE.y < 0.85)), JEANS, 3)


def test_a_bare_midriff_makes_no_bare_legs() -> None:
    image = dressed()
    image[(LEGS | parts_mask({1, 2})) & (PLACE.y < 1.05)] = SKIN
    done = complete(TextureMap(image, BODY & (PLACE.y > 0.92)), "smooth")
    assert not near(median(done, LEGS & (PLACE.y < 0.85)), SKIN, 40)


@settings(max_examples=8 if THOROUGH else 5)
@given(hem=st.floats(0.2, 0.8), unseen=st.sampled_from([{7, 8, 11, 12}, {9, 10, 13, 14}]))
def test_a_hem_is_at_one_height_all_round(hem: float, unseen: set[int]) -> None:
    image = dressed()
    image[LEGS & (PLACE.y < hem)] = SKIN
    unseen = parts_mask(unseen)
    done = complete(TextureMap(image, BODY & ~unseen), "smooth")
    for where, what in ((PLACE.y > hem + 0.03, JEANS), (PLACE.y < hem - 0.03, SKIN)):
        assert near(median(done, unseen & where & (PLACE.y < 0.9)), what, 2)


def test_shins_below_a_skirt_that_were_not_seen_go_on_from_the_knees() -> None:
    image = dressed()
    image[LEGS & (PLACE.y < 0.6)] = SKIN
    done = complete(TextureMap(image, BODY & (PLACE.y > 0.5) & (PLACE.z > 0)), "smooth")
    assert near(median(done, SHINS & (PLACE.y < 0.4)), SKIN, 2)


def lit(image: np.ndarray) -> np.ndarray:
    """The same with legs that are brighter in front than at their sides, and cloth with stripes of 4 cm across."""
    across = np.abs(np.abs(PLACE.x) - 0.13)
    light = 1.25 - np.clip(across / 0.06, 0, 1) * 0.5 + 0.12 * np.sin(PLACE.y * (2 * np.pi / 0.04))
    return np.where(LEGS[..., None], np.clip(image * light[..., None], 0, 255), image).astype(np.uint8)


def test_shins_that_were_not_seen_are_lit_as_the_thighs_and_have_their_texture() -> None:
    image, front = lit(dressed()), LEGS & (PLACE.z > -0.05)
    done = complete(TextureMap(image, BODY & (PLACE.y > 0.5) & (PLACE.z > -0.06)), "smooth").image.astype(float)
    shins = front & (PLACE.y < 0.42) & (PLACE.y > 0.16)
    off = np.abs(np.abs(PLACE.x) - 0.13)
    middle, side = (done[shins & where].mean() for where in (off < 0.012, off > 0.035))
    assert middle > side + 12, "round, not flat"
    rows = [done[shins & (off < 0.02) & (np.abs(PLACE.y - y) < 0.0035)].mean() for y in np.arange(0.20, 0.40, 0.01)]
    assert np.std(rows) > 2.5, "stripes go on"
    behind = LEGS & (PLACE.z < -0.06) & (PLACE.y < 0.75) & (PLACE.y > 0.6)
    middle, side = (done[behind & where].mean() for where in (off < 0.015, off > 0.045))
    assert middle > side + 8, "behind, too"


@pytest.mark.parametrize("step", [0.6, 1.0, 1.5])
def test_there_is_no_line_where_the_photo_ends(step: float) -> None:
    """Even where the light changes towards the photo's edge."""
    image = dressed().astype(float)
    fades = 1 + (step - 1) * np.clip((0.62 - PLACE.y) / 0.12, 0, 1)
    image[LEGS] *= fades[LEGS][:, None]
    image = image.clip(0, 255).astype(np.uint8)
    done = complete(TextureMap(image, BODY & (PLACE.y > 0.5)), "smooth").image.astype(float)
    above, below = (
        done[LEGS & (PLACE.y > low) & (PLACE.y < low + 0.01)].mean(0) for low in (0.502, 0.488)
    )  # fmt: skip
    assert np.abs(above - below).max() < 5


def test_what_comes_from_the_other_leg_is_brought_to_the_light_of_this_one() -> None:
    image = dressed().astype(float)
    image[LEGS & (PLACE.x < 0)] *= 0.7
    image = image.clip(0, 255).astype(np.uint8)
    outer = LEGS & (PLACE.x > 0.14)
    done = complete(TextureMap(image, BODY & ~outer), "smooth").image.astype(float)
    beside = outer & (PLACE.x < 0.15) & (PLACE.y > 0.2) & (PLACE.y < 0.8)
    own = LEGS & (PLACE.x > 0.13) & (PLACE.x < 0.14) & (PLACE.y > 0.2) & (PLACE.y < 0.8)
    assert near(np.median(done[beside], 0), np.median(done[own], 0), 6)


@pytest.mark.parametrize("skin", [SKINS[0], SKINS[-1]])
def test_a_strip_of_skin_in_the_shade_of_a_skirt_makes_no_dark_legs(skin) -> None:
    image = dressed(skin=skin)
    image[LEGS & (PLACE.y < 0.56)] = skin
    image[LEGS & (PLACE.y < 0.56)] = np.array(skin) * 0.62
    done = complete(TextureMap(image, BODY & (PLACE.y > 0.52)), "smooth")
    assert near(median(done, SHINS & (PLACE.y < 0.35)), skin, 0.2 * max(skin))


# --- heads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("hair", [HAIR, (225, 190, 110), (200, 200, 205), (150, 60, 30)])
def test_the_back_of_the_head_takes_hair_and_the_neck_skin(how: str, hair) -> None:
    seen = TextureMap(dressed(hair=hair), BODY & (PLACE.z > 0.0))
    done = complete(seen, how)
    assert near(median(done, BACK_OF_HEAD), hair, 4)
    assert near(median(done, NAPE), SKIN, 4)
    assert not near(median(fill(seen), BACK_OF_HEAD), hair, 4), "a smooth guess alone draws face there"


@pytest.mark.parametrize("skin", [SKINS[0], SKINS[-1]])
def test_who_is_bald_stays_bald(skin) -> None:
    done = complete(TextureMap(dressed(skin=skin, hair=skin), BODY & (PLACE.z > 0.0)), "smooth")
    assert near(median(done, BACK_OF_HEAD), skin, 3)


@settings(max_examples=6 if THOROUGH else 4)
@given(hair=st.sampled_from([(205, 170, 120), (214, 184, 140), (190, 160, 120), (222, 196, 150)]))
def test_tied_blond_hair_is_no_bald_head(hair) -> None:
    """Of hair that is nearly as light as skin, only what lies beside the parting is seen."""
    image = dressed(hair=SKIN)
    strip = SCALP & (np.abs(PLACE.x) > 0.02)
    image[strip] = hair
    seen = BODY & (PLACE.z > 0.0)
    share = (strip & seen).sum() / (HEAD & seen & (PLACE.y > 1.735)).sum()
    assert 0.2 < share < 0.8, "the case is one"
    done = complete(TextureMap(image, seen), "smooth")
    assert near(median(done, BACK_OF_HEAD), hair, 5)


def test_hair_that_hangs_down_covers_the_neck() -> None:
    image = dressed()
    image[HEAD & (PLACE.z < 0.03)] = HAIR
    done = complete(TextureMap(image, BODY & (PLACE.z > -0.01)), "smooth")
    assert near(median(done, NAPE), HAIR, 4)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("skin", [SKINS[0], SKINS[4], SKINS[-1]])
def test_from_behind_nobody_gets_a_hairy_face(how: str, skin) -> None:
    image = dressed(skin=skin)
    image[HEAD & (PLACE.z < 0.03)] = HAIR  # long hair over neck and ears: only the hands tell of skin
    seen = TextureMap(image, BODY & (PLACE.z < 0.0) | HANDS)
    assert np.array_equal(unseen_face(seen.coverage), FACE)
    done = complete(seen, how)
    assert near(median(done, FACE), skin, 3)
    assert near(median(done, SCALP), HAIR, 3)


def test_without_hands_the_skin_is_a_guess_and_never_the_hairs() -> None:
    image = dressed(hair=(20, 200, 40))
    for cover in (PLACE.y > -1, ~parts_mask(set(range(15, 23)))):
        done = complete(TextureMap(image, BODY & (PLACE.z < 0.0) & cover & ~HANDS), "smooth")
        assert np.linalg.norm(lab(median(done, FACE))[0] - lab(SKIN)[0]) < 25


def test_a_head_that_the_photo_cuts_off_is_not_bald() -> None:
    done = complete(TextureMap(dressed(), BODY & (PLACE.y < 1.6)), "smooth")
    assert median(done, SCALP).max() < 0.5 * max(SKIN)
    assert near(median(done, FACE & (PLACE.y < 1.68)), SKIN, 5)


@settings(max_examples=6 if THOROUGH else 4)
@given(hair=st.sampled_from([(225, 190, 110), HAIR, (150, 60, 30)]))
def test_hair_that_was_not_seen_goes_with_the_brows(hair) -> None:
    image = dressed()
    brows = FACE & (np.abs(PLACE.y - 1.685) < 0.004) & (np.abs(np.abs(PLACE.x) - 0.032) < 0.017)
    image[brows] = np.array(hair) * 0.8
    done = complete(TextureMap(image, BODY & (PLACE.z > 0.0) & ~(HEAD & (PLACE.y > 1.70))), "smooth")
    assert near(median(done, SCALP), hair, 15)


def test_anothers_head_has_hair_at_the_back_too() -> None:
    donor = TextureMap(dressed(), BODY & (PLACE.z > 0.0))
    assert near(np.median(bare_head(donor)[BACK_OF_HEAD], axis=0), HAIR, 4)
    assert near(np.median(garment_layer(donor, "hair").image[BACK_OF_HEAD], axis=0), HAIR, 4)


def test_an_ear_that_nobody_saw_has_its_form() -> None:
    done = fill(TextureMap(dressed(), BODY & (PLACE.z > 0.06)), through=True)
    ear = HEAD & (np.abs(PLACE.x) > 0.068) & (np.abs(PLACE.y - 1.648) < 0.02) & (np.abs(PLACE.z - 0.014) < 0.016)
    dark, light = np.percentile(done.image[ear].mean(1), (5, 90))
    assert light - dark > 0.25 * np.mean(SKIN)
    assert near(median(done, FACE), SKIN, 3), "a cheek is no hollow"


def test_a_scalp_below_hair_that_stands_off_has_its_colour() -> None:
    seen = TextureMap(dressed(hair=SKIN), BODY & (PLACE.z > 0.05) & ~SCALP)
    for colour_of_hair in ((190, 190, 195), (60, 40, 30)):
        done = fill(seen, through=True, hair=np.array(colour_of_hair))
        assert near(median(done, BACK_OF_HEAD), colour_of_hair, 4)


@settings(max_examples=8 if THOROUGH else 5)
@given(seed=st.integers(0, 99), share=st.floats(0, 1))
def test_both_sides_get_the_same_guess_and_what_was_seen_stays(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    patches = np.kron(rng.random((16, 16)) < share, np.ones((32, 32), bool))
    seen = TextureMap(rng.integers(0, 256, (512, 512, 3)).astype(np.uint8), patches)
    done = fill(seen, through=True)
    assert np.array_equal(done.image[BODY & patches], seen.image[BODY & patches])
    assert np.array_equal(done.coverage, BODY)
    other = mirrored_texel()
    # Beside what was seen, and on the cheeks, each side is in its own light.
    away = cv2.distanceTransform((~(patches & BODY)).astype(np.uint8), cv2.DIST_L2, 5) > 14
    back = HEAD & away & away.ravel()[other] & (PLACE.z < -0.03)
    back &= other.ravel()[other] == np.arange(512 * 512).reshape(512, 512)
    assert np.abs(done.image[back].astype(int) - done.image.reshape(-1, 3)[other[back]]).max(initial=0) <= 1


# --- flanks --------------------------------------------------------------------------------------------------------


@settings(max_examples=8 if THOROUGH else 5)
@given(top=colour, trousers=colour, hem=st.floats(1.02, 1.25), seen=st.floats(45, 75))
def test_what_an_arm_hid_of_the_trunk_goes_on_at_its_height(top, trousers, hem: float, seen: float) -> None:
    """Neither trousers below nor the skin at the armhole run into the shirt's flank."""
    image = dressed(top=top, trousers=trousers, hem=hem)
    turn = np.abs(np.degrees(np.arctan2(PLACE.x, PLACE.z)))
    trunk = parts_mask({1, 2})
    image[trunk & (PLACE.y > 1.345) & (np.abs(PLACE.x) > 0.13)] = SKIN  # sleeveless
    hidden = trunk & (turn > seen) & (turn < 125) & (PLACE.y < 1.345)
    done = fill(TextureMap(image, BODY & ~hidden), through=True)
    flank = hidden & (PLACE.y > 1.0) & (PLACE.y < 1.32) & (np.abs(PLACE.y - hem) > 0.02)
    off = np.abs(done.image[flank].astype(int) - image[flank]).max(1)
    assert (off <= 3).mean() > 0.96


def test_cloth_with_a_pattern_goes_on_with_it() -> None:
    image = dressed()
    trunk = parts_mask({1, 2})
    turn = np.degrees(np.arctan2(PLACE.x, PLACE.z))
    image[trunk & (turn.astype(int) // 8 % 2 == 0)] = (250, 250, 250)
    hidden = trunk & (np.abs(turn) > 65) & (np.abs(turn) < 115)
    done = fill(TextureMap(image, BODY & ~hidden), through=True)
    flank = hidden & (PLACE.y > 1.1) & (PLACE.y < 1.3)
    assert done.image[flank][:, 1].std() > 0.4 * image[flank][:, 1].std(), "it is no blur"


def test_a_side_of_the_trunk_that_nobody_saw_is_not_made_of_its_ends() -> None:
    """Where a gap is wider than an arm, its middle takes nothing mirrored from one end."""
    seen = BODY & ~(parts_mask({1, 2}) & (np.abs(PLACE.x) < 0.11))
    rng = np.random.default_rng(0)
    noisy = np.where(BODY[..., None], rng.integers(0, 256, (512, 512, 3)), 0).astype(np.uint8)
    guess = fill(TextureMap(noisy, seen), through=True).image[parts_mask({2}) & (np.abs(PLACE.x) < 0.03)]
    assert guess.std(0).max() < 40


def test_shade_at_the_limit_of_sight_is_not_mirrored() -> None:
    """Of the left flank more is seen than of the right one, but its last two centimetres lie in an arm's shade."""
    image, trunk = dressed(), parts_mask({1, 2}) & (PLACE.y < 1.33)
    turn = np.degrees(np.arctan2(PLACE.x, PLACE.z))
    hidden = trunk & (((turn > 85) & (turn < 120)) | ((turn < -50) & (turn > -120)))
    rim = cv2.dilate((hidden & (turn > 0)).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    image[rim & trunk & ~hidden] = (40, 10, 12)
    done = fill(TextureMap(image, BODY & ~hidden), through=True).image
    other = hidden & (turn < -52) & (PLACE.y > 1.05) & (PLACE.y < 1.3)
    assert (np.abs(done[other].astype(int) - TOP).max(1) < 40).mean() > 0.97


def test_an_arm_that_was_seen_takes_nothing_from_the_other_one() -> None:
    """What lies on an arm's inner side by mistake, a piece of the trunk, would come out on both."""
    image, right = dressed(), parts_mask({16, 18, 20, 22})
    strip = right & (np.abs(PLACE.z + 0.01) < 0.006)
    image[strip] = (20, 200, 40)
    hidden = parts_mask({15, 17, 19, 21}) & (PLACE.z < 0.0)
    done = fill(TextureMap(image, BODY & ~hidden), through=True).image
    away = np.abs(done[hidden].astype(int) - SKIN).max(1)
    assert (away < 25).mean() > 0.97


def test_an_arm_that_was_not_seen_is_as_the_other_one() -> None:
    image, left = dressed(), parts_mask({15, 17, 19, 21})
    image[ARMS & (PLACE.z > 0.0) & (PLACE.arm > 0.1)] = (90, 30, 120)
    done = fill(TextureMap(image, BODY & ~left), through=True).image
    front, back = left & (PLACE.z > 0.02) & (PLACE.arm > 0.15), left & (PLACE.z < -0.03) & (PLACE.arm > 0.15)
    for where, own in ((front, (90, 30, 120)), (back, SKIN)):
        assert (np.abs(done[where & (PLACE.arm < 0.45)].astype(int) - own).max(1) < 30).mean() > 0.8


# --- drawn people, whose true colours are known --------------------------------------------------------------------


@cache
def guesses(yaw: float) -> list[tuple[np.ndarray, np.ndarray, dict[bool, np.ndarray]]]:
    """Of drawn people seen from there: which texels were seen, all their true colours, and those guessed, smoothly
    alone and by what is likely of a person."""
    found = []
    for seed in range(12 if THOROUGH else 6):
        person = draw_person(seed)
        view = render_view(person, Pose(yaw=yaw))
        seen = extract(view.photo, view.iuv)
        filled = {through: fill(seen, through=through).image for through in (False, True)}
        found.append((seen.coverage, painted(person).texture[:512], filled))
    return found


@pytest.mark.parametrize(("yaw", "where", "at_most"), some([
    (0, BACK_OF_HEAD, 0.85), (180, FACE, 0.6), (0, LEGS, 0.85), (180, LEGS, 0.85), (0, FLANKS, 0.7),
], 3))  # fmt: skip
def test_drawn_people_come_out_nearer_to_the_truth(yaw: float, where: np.ndarray, at_most: float) -> None:
    """Mean errors over drawn people, against those of a smooth guess alone."""
    off = {False: [], True: []}
    for covered, truth, filled in guesses(yaw):
        unseen = where & ~covered
        for through, errors in off.items():
            errors.append(np.abs(filled[through][unseen] - truth[unseen].astype(float)).mean())
    assert np.mean(off[True]) < at_most * np.mean(off[False])


def test_what_was_not_seen_is_told() -> None:
    front, behind = BODY & (PLACE.z > 0.02), BODY & (PLACE.z < -0.02)
    assert unseen_back_of_head(front).any() and not unseen_face(front).any()
    assert unseen_face(behind).any() and not unseen_back_of_head(behind).any()
    half = front & (PLACE.y > 0.9)
    assert np.array_equal(unseen_feet(half), FEET) and np.all(unseen_legs(half)[LEGS])
    assert not unseen_feet(front).any() and not unseen_legs(front).any()
