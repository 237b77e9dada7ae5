"""Of a person found in a photo, a neighbour's pixels are not printed on a limb: an arm's on the flank, a ball's on a
hand, the ground's in the gap between two limbs, hair on the cheek behind it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import THOROUGH

from mcld_app.body.fitting.flanks import beside_arms
from mcld_app.body.fitting.hand_shadows import hand_shadows
from mcld_app.body.fitting.hands import no_hands
from mcld_app.body.fitting.limits import of_neighbours
from mcld_app.body.fitting.manual_fit import ManualFit
from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.fitting.sighting import Sighting
from mcld_app.body.fitting.snapping import slivers
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.filling import fill
from mcld_app.editing.person import fitted_person
from mcld_app.synthetic.people import SKINS

SIZE = (768, 528)
METRE = SIZE[0] / 2
WALL, SHIRT, TROUSERS, SKIN, DARK = (150, 170, 160), (245, 245, 245), (40, 60, 120), (205, 150, 120), (40, 28, 22)
TORSO, ARMS, HANDS, LEGS, HEAD = (1, 2), (*range(15, 23), 3, 4), (3, 4), (*range(5, 15),), (23, 24)
LIMB = np.zeros(25, np.uint8)
LIMB[list(TORSO)], LIMB[list(ARMS)], LIMB[list(LEGS)], LIMB[list(HEAD)] = 1, 2, 3, 1
colour = st.tuples(*[st.integers(0, 255)] * 3)


def hanging(degrees: float) -> Pose:
    """Somebody whose arms hang `degrees` off the trunk."""
    arms = {f"{side}_shoulder.raise": degrees for side in ("left", "right")}
    return named_poses()["standing"].replace(angles=arms)


def painted(iuv: np.ndarray, shirt=SHIRT, arms=SKIN, trousers=TROUSERS) -> np.ndarray:
    """The photo of such a map: (H, W, 3) uint8, before a plain wall."""
    out = np.full((*iuv.shape[:2], 3), WALL, np.uint8)
    for parts, paint in ((TORSO, shirt), (ARMS, arms), (LEGS, trousers), (HEAD, SKIN)):
        out[np.isin(iuv[..., 0], parts)] = paint
    return out


def outline(iuv: np.ndarray) -> np.ndarray:
    return (iuv[..., 0] > 0).astype(np.float32)


@pytest.mark.parametrize("yaw", [20.0, 35.0])
@pytest.mark.parametrize(("laid", "seen"), [(0.0, -2.5), (0.0, 2.5), (-2.5, 0.0), (2.5, 0.0)])
def test_an_arm_that_hangs_beside_the_mannequins_is_found_and_the_rest_is_not(
    yaw: float, laid: float, seen: float
) -> None:
    """The photo's arms hang 2.5 degrees nearer to the trunk, or further off, than the map's: a centimetre or two."""
    mannequin, true = (draw_iuv(hanging(degrees).replace(yaw=yaw), SIZE) for degrees in (laid, seen))
    found = of_neighbours(painted(true), mannequin, np.maximum(outline(mannequin), outline(true)), METRE)
    both, limbs = (mannequin[..., 0] > 0) & (true[..., 0] > 0), (LIMB[mannequin[..., 0]], LIMB[true[..., 0]])
    wrong = both & (limbs[0] != limbs[1]) & ((limbs[0] == 2) | (limbs[1] == 2))
    around = cv2.dilate(wrong.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert wrong.sum() > 200, "the case is one"
    assert found[wrong].mean() > 0.7
    assert found[both & ~around].mean() < 0.03


@settings(max_examples=5 if THOROUGH else 3)
@given(shirt=colour, trousers=colour)
def test_a_map_that_fits_keeps_its_pixels_whatever_the_clothes(shirt, trousers) -> None:
    laid = draw_iuv(hanging(6.0), SIZE)
    inner = cv2.erode((laid[..., 0] > 0).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    found = of_neighbours(painted(laid, shirt=shirt, trousers=trousers), laid, outline(laid), METRE)
    assert found[inner].mean() < 0.04


def test_limbs_of_one_colour_cannot_be_told_apart_and_keep_their_pixels() -> None:
    laid, true = (draw_iuv(hanging(degrees).replace(yaw=35.0), SIZE) for degrees in (2.5, 0.0))
    photo = painted(true, arms=SHIRT, trousers=SHIRT)
    both = ((laid[..., 0] > 0) & (true[..., 0] > 0)).astype(np.uint8)
    inner = cv2.erode(both, np.ones((9, 9), np.uint8)) > 0
    assert not of_neighbours(photo, laid, outline(laid), METRE)[inner & ~np.isin(laid[..., 0], HEAD)].any()


def test_a_print_beside_the_arm_stays() -> None:
    """White letters on a black shirt, before a white wall: the letters' white is the shirt's own."""
    laid = draw_iuv(hanging(3.0), SIZE)
    photo = painted(laid, shirt=(20, 20, 24))
    photo[laid[..., 0] == 0] = SHIRT
    torso = np.isin(laid[..., 0], TORSO)
    photo[torso & (np.arange(SIZE[0])[:, None] // 12 % 2 == 0)] = SHIRT
    inner = cv2.erode(torso.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert of_neighbours(photo, laid, outline(laid), METRE)[inner].mean() < 0.03


def near_arm(iuv: np.ndarray, pixels: int = 9) -> np.ndarray:
    return cv2.dilate(np.isin(iuv[..., 0], ARMS).astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0


@pytest.mark.parametrize("build", [0.4, 0.8])
@pytest.mark.parametrize("wall", [WALL, (235, 235, 235), (90, 60, 50)])
def test_ground_between_an_arm_and_the_trunk_is_not_printed_on_the_flank(build: float, wall) -> None:
    """The mannequin is broader than the person, whose outline takes in the gap beside the arm."""
    true, laid = draw_iuv(hanging(9.0), SIZE), draw_iuv(hanging(9.0).replace(build=build), SIZE)
    photo = painted(true, shirt=(60, 130, 70))
    photo[true[..., 0] == 0] = wall
    closed = cv2.morphologyEx(outline(true), cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    torso, seen = np.isin(laid[..., 0], (1, 2)), true[..., 0] > 0
    gap = torso & ~seen & (closed > 0) & near_arm(laid, 20)
    found = beside_arms(photo, laid, closed, METRE)
    own = torso & (LIMB[true[..., 0]] == 1)
    assert gap.sum() > 100, "the case is one"
    assert found[gap].mean() > 0.9
    assert found[own & ~near_arm(laid)].mean() < 0.04


@pytest.mark.parametrize("yaw", [20.0, 35.0])
@pytest.mark.parametrize(("laid", "seen"), [(3.0, -2.0), (6.0, 0.0)])
def test_skin_of_an_arm_is_not_printed_on_the_flank(yaw: float, laid: float, seen: float) -> None:
    mannequin, true = (draw_iuv(hanging(degrees).replace(yaw=yaw), SIZE) for degrees in (laid, seen))
    photo = painted(true)
    arms = np.isin(true[..., 0], ARMS)
    photo[arms] = photo[arms] * np.linspace(0.55, 1, SIZE[1])[np.nonzero(arms)[1]][:, None]  # in the trunk's shade
    found = beside_arms(photo, mannequin, np.maximum(outline(mannequin), outline(true)), METRE)
    wrong = np.isin(mannequin[..., 0], (1, 2)) & arms & (rest_places(mannequin)[..., 1] < 1.33)
    assert wrong.sum() > 50, "the case is one"
    assert found[wrong].mean() > 0.85


@settings(max_examples=6 if THOROUGH else 4)
@given(shirt=colour, trousers=colour, sleeves=colour)
def test_flanks_that_fit_keep_their_pixels_whatever_the_clothes(shirt, trousers, sleeves) -> None:
    laid = draw_iuv(hanging(6.0), SIZE)
    found = beside_arms(painted(laid, shirt, sleeves, trousers), laid, outline(laid), METRE)
    limb = LIMB[laid[..., 0]]
    for number in (1, 2, 3):
        mine = limb == number
        inner = cv2.erode(mine.astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
        assert found[inner].mean() < (0.35 if number == 2 else 0.02)  # of a sleeve of the trunk's cloth less is sure


@pytest.mark.parametrize("stripe", [9, 14])
def test_a_striped_shirt_beside_bare_arms_keeps_its_stripes(stripe: int) -> None:
    laid = draw_iuv(hanging(4.0), SIZE)
    photo, torso = painted(laid), np.isin(laid[..., 0], TORSO)
    photo[torso & (np.arange(SIZE[0])[:, None] // stripe % 2 == 0)] = (30, 60, 130)
    inner = cv2.erode(torso.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert beside_arms(photo, laid, outline(laid), METRE)[inner].mean() < 0.03


@pytest.mark.parametrize("name", ["arms-up", "t-pose"])
def test_arms_away_from_the_trunk_say_nothing_of_it(name: str) -> None:
    laid = draw_iuv(named_poses()[name], SIZE)
    found = beside_arms(painted(laid, arms=SHIRT), laid, outline(laid), METRE)
    assert found[np.isin(laid[..., 0], TORSO) & (rest_places(laid)[..., 1] < 1.26)].mean() < 0.01


@pytest.mark.parametrize(("name", "heights", "most"), [
    ("full-dress", (1.10, 1.32), 0.02), ("full-jeans", (1.10, 1.32), 0.02), ("shorts-room", (1.08, 1.32), 0.045),
])  # fmt: skip
def test_on_real_photos_the_flanks_are_of_the_shirts_colour(shared, name: str, heights, most: float) -> None:
    """All around the trunk, seen or guessed; shade counts half. Before, up to 11 of 100 texels were skin or ground."""
    from body_finder import need_body_finder

    from mcld_app.body.photo import read_photo
    from mcld_app.perception.found_people import find_in

    path = shared / "pictures" / "people" / f"{name}.jpg"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    need_body_finder()
    place = rest_surface()
    trunk = np.isin(place.part, (1, 2)) & (place.y > heights[0]) & (place.y < heights[1])
    front = trunk & (place.z > 0.05) & (np.abs(place.x) < 0.06)
    lab = cv2.cvtColor(find_in(name, read_photo(path)).person(0).filled.image, cv2.COLOR_RGB2LAB) * (0.5, 1.0, 1.0)
    assert (np.linalg.norm(lab[trunk] - np.median(lab[front], axis=0), axis=1) > 20).mean() < most


def test_shade_between_an_arm_and_the_trunk_is_found() -> None:
    laid = draw_iuv(hanging(0.0).replace(yaw=35.0), SIZE)
    photo = painted(laid)
    arms = np.isin(laid[..., 0], ARMS)
    beside = cv2.dilate(arms.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    shade = beside & np.isin(laid[..., 0], TORSO) & (np.arange(SIZE[0])[:, None] > 0.3 * SIZE[0])
    photo[shade] = 130
    found = of_neighbours(photo, laid, outline(laid), METRE)
    assert shade.sum() > 200
    assert found[shade].mean() > 0.8


def test_strips_between_doubtful_pixels_are_doubtful_and_fingers_are_not() -> None:
    laid = draw_iuv(named_poses()["t-pose"], SIZE)
    torso = np.isin(laid[..., 0], TORSO)
    doubt = torso & (np.arange(SIZE[1])[None] % 40 > 2) & (np.arange(SIZE[1])[None] % 40 < 12)
    doubt |= torso & (np.arange(SIZE[1])[None] % 40 >= 15) & (np.arange(SIZE[1])[None] % 40 < 20)
    strips = torso & ~doubt & (np.arange(SIZE[1])[None] % 40 >= 12) & (np.arange(SIZE[1])[None] % 40 < 15)
    found = slivers(laid, doubt, METRE)
    assert strips.sum() > 100
    assert found[cv2.erode(strips.astype(np.uint8), np.ones((9, 1), np.uint8)) > 0].mean() > 0.95
    assert not found[np.isin(laid[..., 0], HANDS)].any()
    assert not slivers(laid, np.zeros(SIZE, bool), METRE)[cv2.erode(torso.astype(np.uint8), np.ones((5, 5))) > 0].any()


@settings(max_examples=8 if THOROUGH else 5)
@given(skin=st.sampled_from(SKINS), side=st.sampled_from(HANDS))
def test_a_ball_before_a_hand_is_no_hand(skin, side: int) -> None:
    laid = draw_iuv(named_poses()["a-pose"], SIZE)
    photo = painted(laid)
    photo[np.isin(laid[..., 0], (*HANDS, *HEAD))] = skin
    hand = laid[..., 0] == side
    ball = hand & (np.cumsum(hand.any(1)) > 8)[:, None]
    photo[ball] = (40, 90, 200)
    found = no_hands(photo, laid)
    assert (found == ball).all()


@pytest.mark.parametrize("glove", [(20, 20, 20), (230, 230, 60)])
def test_gloves_on_both_hands_stay(glove) -> None:
    laid = draw_iuv(named_poses()["a-pose"], SIZE)
    photo = painted(laid)
    photo[np.isin(laid[..., 0], HANDS)] = glove
    assert not no_hands(photo, laid).any()


def test_without_a_face_nothing_is_said_of_hands() -> None:
    laid = draw_iuv(named_poses()["a-pose"], SIZE)
    laid[np.isin(laid[..., 0], HEAD)] = 0
    assert not no_hands(painted(laid), laid).any()


def with_a_lock() -> tuple[np.ndarray, np.ndarray, Pose]:
    """A photo of a head with dark hair, of which a lock hangs before the cheek at the picture's left and stands off the
    head there; the person's outline, (H, W) uint8, 0 or 255; and their pose."""
    pose = Pose(zoom=2.0, shift_y=-0.45)
    laid = draw_iuv(pose, SIZE)
    photo = painted(laid)
    head = np.isin(laid[..., 0], HEAD)
    places = rest_places(laid)
    photo[head & (places[..., 1] > 1.70)] = DARK
    rows, columns = np.nonzero(head)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    chin = np.nonzero(head & (np.abs(places[..., 1] - 1.60) < 0.01))[0].mean()
    lock = (x > columns.min() - 30) & (x < columns.min() + 0.36 * np.ptp(columns)) & (y > rows.min() + 15) & (y < chin)
    photo[lock] = DARK
    person = (lock | (laid[..., 0] > 0)).astype(np.uint8) * 255
    return photo, person, pose


def test_a_lock_before_the_cheek_is_not_printed_on_it() -> None:
    photo, person, pose = with_a_lock()
    found = fitted_person(ManualFit("lock", photo, pose, Sighting(person, None)))
    surface = rest_surface()
    cheek = region_mask("face") & (np.abs(surface.y - 1.63) < 0.02) & (surface.x < -0.03) & (surface.z > 0.06)
    for texture in (found.filled, fill(found.texture)):
        assert np.abs(np.median(texture.image[cheek], axis=0) - SKIN).max() < 20, "skin, shaded as a cheek is"
    assert np.median(found.filled.image[region_mask("hair")], axis=0).max() < 60, "there is hair where hair grows"


def test_on_real_photos_no_trousers_are_left_on_hands(shared) -> None:
    from body_finder import need_body_finder

    from mcld_app.body.photo import read_photo
    from mcld_app.perception.found_people import find_in

    path = shared / "pictures" / "people" / "arm-on-hip.jpg"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    need_body_finder()
    person = find_in("arm on hip", read_photo(path)).person(0)
    hands = np.isin(person.iuv[..., 0], HANDS)
    black = person.photo.max(2) < 50
    assert (hands & black).sum() > 500, "the mannequin's hand lies on black trousers"
    assert (hands & black & ~person.doubtful).sum() < 0.05 * (hands & black).sum()


def test_beside_padding_nothing_is_sure() -> None:
    """A photo that is too wide is padded above and below: where it is cut, its edge is mixed with the padding."""
    pose = named_poses()["standing"]
    iuv = draw_iuv(pose, SIZE)
    top, height = 60, 500
    shown = np.zeros(SIZE, bool)
    shown[top : top + height] = True
    iuv = np.where(shown[..., None], iuv, np.uint8(0))
    seen = (outline(iuv) * 255).astype(np.uint8)
    for inside, sure in (((top, 0, height, SIZE[1]), False), ((0, 0, *SIZE), True)):
        fit = ManualFit("Cut", painted(iuv), pose, sighting=Sighting(seen, None, shown=inside))
        kept = (fit.iuv[..., 0] > 0) & ~fit.doubtful
        last = top + height - 1
        assert bool(kept[last - 3 : last + 1].any()) is sure
        assert kept[last - 12 : last - 8].any()
        assert not (kept & ~shown).any() or sure


@pytest.mark.parametrize("dark", [0.75, 1.0])
def test_the_shadow_of_a_hand_on_the_cloth_behind_it_is_none_of_the_cloths(dark: float) -> None:
    iuv = draw_iuv(named_poses()["hands-on-hips"], SIZE)
    photo = painted(iuv, shirt=(150, 140, 120), trousers=(150, 140, 120))
    cloth = np.isin(iuv[..., 0], (1, 2, *range(7, 11)))
    away = cv2.distanceTransform((~np.isin(iuv[..., 0], HANDS)).astype(np.uint8), cv2.DIST_L2, 5)
    shadow = cloth & (away < 0.025 * METRE)
    photo[shadow] = photo[shadow] * dark
    found = hand_shadows(photo, iuv, np.zeros(SIZE, bool), METRE)
    assert shadow.any() and not (found & (away > 0.05 * METRE)).any()
    assert found[shadow].mean() > 0.9 if dark < 1 else not found.any()
