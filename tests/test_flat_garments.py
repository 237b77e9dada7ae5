"""Garments from a picture of the garment alone: cut out, measured, laid on the mannequin, worn, kept."""

from __future__ import annotations

import io
import json
import time
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from cast import hem_of_top
from flat_garments import (
    GREEN,
    METRE,
    PRINT_DOWN,
    PRINT_SIDE,
    RED,
    SIZE,
    at,
    dress,
    ground,
    is_red,
    long_sleeved,
    resting_places,
    shape,
    skirt,
    tee,
    trousers,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from thorough import some

from mcld_app.body.charts import iuv_of_texel
from mcld_app.body.garments.cutout import cut_out
from mcld_app.body.garments.points import KINDS, LABELS, KeyPoints
from mcld_app.body.garments.straps import without_back_straps
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.garment_line import WIDTH
from mcld_app.body.thin_plate import ThinPlate
from mcld_app.cli.main import main
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import FlatGarment, flat_garment, garment_from_photo, kinds_for
from mcld_app.editing.preview import draw
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import PictureError, StudioError
from mcld_app.output.recipe_file import open_recipe

GROUNDS = ("white", "grey", "blue", "wood")
TRUNK, BACK = parts_mask({1, 2}), parts_mask({1})
DRAWN = {"top": tee, "trousers": trousers, "dress": dress, "skirt": skirt}
PICTURES = {
    "tee-print": "top", "tee-two-tone": "top", "stripes-long-sleeve": "top", "sweater-print-arms-out": "top",
    "tee-boxy": "top", "blouse-frills": "top", "white-tee-on-white": "top", "cami-straps": "top",
    "jeans-torn": "trousers", "trousers-pink": "trousers", "trousers-wide": "trousers", "shorts": "shorts",
    "skirt-long": "skirt", "dress-sheath": "dress", "dress-flared": "dress", "dress-long-sleeved": "dress",
}  # fmt: skip


@cache
def laid(kind: str = "top", **how: object) -> FlatGarment:
    return flat_garment(DRAWN[kind](**how).picture, kind)


def alike(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.count_nonzero(a & b) / max(np.count_nonzero(a | b), 1))


# --- Cutting out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", GROUNDS)
@pytest.mark.parametrize("kind", DRAWN)
def test_a_garment_is_cut_out_of_any_even_ground(kind: str, on: str) -> None:
    drawn = DRAWN[kind](on)
    found = cut_out(drawn.picture)
    assert alike(found.mask, drawn.mask) > 0.975
    beyond = found.mask & ~cv2.dilate(drawn.mask.astype(np.uint8), np.ones((9, 9))).astype(bool)
    assert not beyond.any(), "nowhere more than four pixels of ground"


def test_transparency_says_what_is_garment() -> None:
    drawn = tee("wood")
    found = cut_out(drawn.cut())
    assert alike(found.mask, drawn.mask) > 0.99
    assert (found.picture[~drawn.mask] == 255).all(), "what is clear has no colour"


def test_white_cloth_on_a_white_ground_is_found_by_its_shades() -> None:
    drawn = tee("grey")
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    folds = 249 + 2 * np.sin(x / 40 + y / 90)
    picture = np.full((*SIZE, 3), 244, np.uint8)
    picture[drawn.mask] = np.repeat(folds[..., None], 3, 2)[drawn.mask]
    assert alike(cut_out(picture).mask, drawn.mask) > 0.95


def test_a_shadow_of_the_grounds_hue_is_no_garment() -> None:
    drawn = trousers("white")
    picture = drawn.picture.copy()
    shadow = np.roll(drawn.mask, (10, 8), (0, 1)) & ~drawn.mask
    picture[shadow] = 226
    assert alike(cut_out(picture).mask, drawn.mask) > 0.96


def test_a_hanger_and_a_watermark_are_left_out() -> None:
    drawn = tee("white")
    picture = drawn.picture.copy()
    cv2.line(picture, (360, 90), (360, 230), (90, 90, 90), 5)
    cv2.ellipse(picture, (374, 90), (14, 14), 0, 0, 360, (90, 90, 90), 5)
    cv2.rectangle(picture, (520, 900), (700, 935), (150, 150, 150), -1)
    found = cut_out(picture)
    assert alike(found.mask, drawn.mask) > 0.97 and found.left_out >= 1


@pytest.mark.parametrize(
    ("picture", "kind", "says"),
    [
        (np.hstack([cv2.resize(shape([(x, y) for x, y in ((200, 200), (520, 200), (520, 800), (200, 800))]),
                               (480, 640))] * 2), "dress", "2 things side by side"),
        (shape([(220, 250), (500, 250), (500, 640), (220, 640)]), "top", "folded"),
        (shape([(220, 250), (500, 250), (500, 600), (220, 600)]), "trousers", "folded"),
        (shape([(120, 500), (200, 420), (330, 470), (470, 560), (600, 590), (610, 640), (120, 640)]), "top", "sides"),
        (shape([(120, 500), (200, 420), (330, 470), (470, 560), (600, 590), (610, 640), (120, 640)]), "skirt", "wider"),
        (cv2.circle(ground("white"), (360, 480), 150, RED, -1), "top", "no neck"),
        (np.full((500, 400, 3), 255, np.uint8), "top", "No garment stands out"),
        (np.random.default_rng(0).integers(0, 255, (500, 400, 3), dtype=np.uint8), "top", "No garment stands out"),
        ((np.sin(np.arange(720) / 14)[None, :, None] * np.array([60, 36, 24]) + np.zeros((960, 1, 1)) + 120)
         .astype(np.uint8), "dress", "No garment stands out"),
        (tee().picture[::16, ::12], "top", "too small"),
    ],
    ids=["two", "folded top", "folded trousers", "shoe", "shoe for a skirt", "logo", "nothing", "noise", "curtain",
         "thumbnail"],
)  # fmt: skip
def test_what_is_no_garment_laid_out_gets_a_sentence(picture: np.ndarray, kind: str, says: str) -> None:
    with pytest.raises(PictureError, match=says) as error:
        garment_from_photo(picture, kind)
    assert str(error.value).endswith(".")


def test_forty_megapixels_are_read_or_refused_in_words() -> None:
    large = Image.fromarray(tee().picture).resize((5480, 7300))
    files = {}
    for kind in ("JPEG", "PNG"):
        buffer = io.BytesIO()
        large.save(buffer, kind, **({"compress_level": 1} if kind == "PNG" else {}))
        files[kind] = buffer.getvalue()
    assert flat_garment(files["JPEG"], "top").points.sleeves
    with pytest.raises(PictureError, match="too large"):
        flat_garment(files["PNG"], "top")


# --- Key points ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DRAWN)
def test_the_points_lie_where_they_were_drawn(kind: str) -> None:
    drawn, found = DRAWN[kind](), laid(kind).points
    assert set(found.places) == set(drawn.points) <= set(LABELS[kind])
    for name, place in found.in_pixels(SIZE).items():
        slack = 45 if name.endswith(("shoulder", "crotch")) else 26  # a slit is narrower than a pixel at its top
        assert np.hypot(*(place - drawn.points[name])) < slack, name


@pytest.mark.parametrize("kind", DRAWN)
def test_a_mirrored_picture_has_mirrored_points(kind: str) -> None:
    picture = DRAWN[kind]("white").picture
    plain = flat_garment(picture, kind).points.places
    other = flat_garment(np.ascontiguousarray(picture[:, ::-1]), kind).points.places
    for name, (x, y) in plain.items():
        twin = name.replace("left_", "l_").replace("right_", "left_").replace("l_", "right_", 1)
        twin = twin if name.startswith(("left_", "right_")) else name
        assert other[twin] == pytest.approx((1 - x, y), abs=0.012), name


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("degrees", [-9, 7])
def test_a_garment_that_lies_askew_is_set_upright(kind: str, degrees: float) -> None:
    turn = cv2.getRotationMatrix2D((SIZE[1] / 2, SIZE[0] / 2), degrees, 0.85)
    picture = cv2.warpAffine(DRAWN[kind]("white").picture, turn, SIZE[::-1], borderValue=(255, 255, 255))
    places = flat_garment(picture, kind).points.in_pixels(SIZE)
    for name in places:
        if name.startswith("left_"):
            right = places[name.replace("left", "right")]
            assert abs(places[name][1] - right[1]) < 0.03 * SIZE[0], f"{name} is level with its twin"
    assert np.hypot(*(places["left_hem"] - places["right_hem"])) == pytest.approx(
        0.85 * np.hypot(*np.subtract(DRAWN[kind]().points["left_hem"], DRAWN[kind]().points["right_hem"])), rel=0.1
    )


@pytest.mark.parametrize("factor", [0.3, 0.6, 2.0])
def test_points_are_shares_of_the_picture_whatever_its_size(factor: float) -> None:
    picture = cv2.resize(tee().picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    for name, place in flat_garment(picture, "top").points.places.items():
        assert place == pytest.approx(laid().points.places[name], abs=0.03), name


def test_where_one_sleeve_is_folded_away_its_points_are_mirrored() -> None:
    drawn = tee("white", cloth="plain")
    picture = drawn.picture.copy()
    picture[:, : round(drawn.points["right_armpit"][0]) - 1] = 255
    found = flat_garment(picture, "top").points
    assert {"right_armpit", "right_cuff"} <= found.guessed and not found.guessed & {"left_armpit", "left_cuff"}


def test_between_the_frills_of_a_sleeve_there_is_no_armpit() -> None:
    right_side, tips = [(0.085, 0.0), (0.19, 0.04)], (0.27, 0.30, 0.33, 0.36)
    for k, tip in enumerate(tips):
        right_side += [(tip, 0.20 + 0.16 * k), (tip - 0.05, 0.21 + 0.16 * k)]
    sleeve_end, beside, hem = (0.24, 0.70), (0.225, 0.54), (0.22, 0.60)
    right_side = [*right_side[:-1], sleeve_end, beside, hem]
    neck = [(x, 0.09 * (1 - (x / 0.085) ** 2)) for x in np.linspace(-0.085, 0.085, 15)]
    outline = neck[:-1] + right_side + [(-x, y) for x, y in right_side[::-1]]
    found = flat_garment(shape([at(x, y) for x, y in outline], "white"), "top").points.in_pixels(SIZE)
    for side, sign in (("left", 1), ("right", -1)):
        for name, place in (("cuff", (0.36, 0.68)), ("hem", hem)):
            off = found[f"{side}_{name}"] - np.array(at(sign * place[0], place[1]))
            assert np.hypot(*off) < 0.03 * METRE, (side, name)
        assert 0.15 < (found[f"{side}_armpit"][1] - at(0, 0)[1]) / METRE < 0.40


def test_a_label_on_the_inside_of_the_back_is_no_neckline() -> None:
    drawn = tee("white", cloth="plain")
    (x, y), picture = at(0, 0), drawn.picture.copy()
    back = np.array([at(0.085 * u, 0.02 * (1 - u * u)) for u in np.linspace(-1, 1, 15)])
    inside = np.concatenate([back, np.array([at(0.085 * u, 0.09 * (1 - u * u)) for u in np.linspace(1, -1, 15)])])
    cv2.fillPoly(picture, [np.round(inside).astype(np.int32)], GREEN)
    cv2.rectangle(picture, (round(x - 25), round(y + 24)), (round(x + 25), round(y + 42)), (250, 250, 250), -1)
    places = flat_garment(picture, "top").points.in_pixels(SIZE)
    assert places["neckline"][1] > y + 45


def test_the_backs_straps_are_none_of_the_front_and_sleeves_are_no_straps() -> None:
    mask = np.zeros((400, 400), np.uint8)
    cv2.rectangle(mask, (50, 150), (350, 380), 1, -1)
    for sign in (1, -1):
        for foot in (100, 135):  # the front's, and farther out the back's
            cv2.line(mask, (200 + sign * 110, 30), (200 + sign * foot, 155), 1, 9)
    front = without_back_straps(mask > 0)
    assert (front[160:] == (mask[160:] > 0)).all(), "below, all is as it was"
    for row in (70, 100, 130):
        runs = np.count_nonzero(np.diff(front[row].astype(int)) == 1)
        assert runs == 2 and np.ptp(np.flatnonzero(front[row])) < 2 * 118, "one strap on each side, the inner one"
    sleeved = long_sleeved("white").mask
    assert without_back_straps(sleeved) is sleeved


@pytest.mark.parametrize("waist", [0.18, 0.14, 0.11, 0.09])
def test_a_narrow_waist_is_no_armpit(waist: float) -> None:
    drawn = dress("white", waist=waist)
    found = flat_garment(drawn.picture, "dress").points
    assert not found.sleeves
    for name in ("left_armpit", "right_armpit"):
        assert np.hypot(*(found.in_pixels(SIZE)[name] - drawn.points[name])) < 40


def test_dragged_points_stay_where_they_were_put() -> None:
    made = flat_garment(tee().picture, "top", {"neckline": (0.5, 0.3), "left_hem": (0.8, 0.7)})
    assert made.points.places["neckline"] == (0.5, 0.3) and made.points.places["left_hem"] == (0.8, 0.7)
    again = made.moved("neckline", 0.5, 0.26)
    assert again.points.places["neckline"] == (0.5, 0.26) and again.cutout is made.cutout
    assert np.any(again.laid.iuv != made.laid.iuv)


def test_a_shoulder_follows_its_armpit_until_it_is_dragged_itself() -> None:
    (x, y), before = laid().points.places["left_armpit"], laid().points.places["left_shoulder"]
    after = laid().moved("left_armpit", x - 0.06, y)
    assert after.points.places["left_shoulder"][0] == pytest.approx(before[0] - 0.055, abs=0.012)
    assert after.points.places["right_shoulder"] == laid().points.places["right_shoulder"]
    fixed = laid().moved("left_shoulder", *before).moved("left_armpit", x - 0.06, y)
    assert fixed.points.places["left_shoulder"] == before


def test_what_look_like_sleeves_may_be_none() -> None:
    made = flat_garment(tee().picture, "top", sleeves=False)
    assert not made.points.sleeves and laid().points.sleeves
    arms = np.isin(made.laid.iuv[..., 0], range(15, 23))
    assert not arms.any() and np.isin(laid().laid.iuv[..., 0], range(15, 23)).any()


@pytest.mark.parametrize(
    ("kind", "change", "says"),
    [
        ("hat", {}, "no kind of garment"),
        ("top", {"crotch": (0.5, 0.5)}, "no point called"),
        ("top", {"neckline": None}, "missing: neckline"),
        ("top", {"left_cuff": None}, "missing: left_cuff"),
        ("top", {"neckline": (0.5, float("nan"))}, "two numbers"),
        ("top", {"neckline": (0.5,)}, "two numbers"),
        ("skirt", {}, "no point called"),
    ],
)
def test_points_that_cannot_be_get_a_sentence(kind: str, change: dict, says: str) -> None:
    places = {name: place for name, place in {**laid().points.places, **change}.items() if place is not None}
    with pytest.raises(StudioError, match=says):
        KeyPoints(kind, places)


@pytest.mark.parametrize(
    ("region", "first"), [("upper", "top"), ("bottom", "trousers"), ("body", "dress"), ("", "top")]
)
def test_the_region_it_is_dropped_on_gives_the_kind(region: str, first: str) -> None:
    kinds = kinds_for(region)
    assert kinds[0] == first and set(kinds) <= set(KINDS)
    assert flat_garment(tee().picture, worn_on="upper").points.kind == "top"


@pytest.mark.parametrize("kind", ["trousers", "skirt"])
def test_on_the_legs_trousers_and_skirts_are_told_apart(kind: str) -> None:
    assert flat_garment(DRAWN[kind]().picture, worn_on="bottom").points.kind == kind
    with pytest.raises(StudioError, match="dropped on"):
        kinds_for("face")


# --- On the mannequin ----------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.2, 3.0), st.floats(-3, 3))
def test_a_thin_plate_repeats_any_plane_and_meets_its_points(seed: int, scale: float, turn: float) -> None:
    rng = np.random.default_rng(seed)
    source = rng.uniform(0, 500, (12, 2))
    plane = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    there = rng.uniform(-100, 600, (40, 2))
    spline = ThinPlate.fit(source, source @ plane + 7)
    assert np.allclose(spline.at(there), there @ plane + 7, atol=0.05)
    target = rng.uniform(0, 500, (12, 2))
    assert np.allclose(ThinPlate.fit(source, target, 0).at(source), target, atol=1e-3)


@pytest.mark.parametrize("kind", DRAWN)
def test_a_laid_garment_has_the_samples_form_and_none_of_its_ground(kind: str) -> None:
    found = laid(kind, on="blue").laid
    assert found.photo.shape == found.iuv.shape == (1024, 704, 3) and found.photo.dtype == found.iuv.dtype == np.uint8
    shown = found.iuv[..., 0] > 0
    colours = found.photo[shown].astype(int)
    assert not (colours[:, 2] > colours[:, 1] + 20).any(), "nothing is blue"
    assert not np.isin(found.iuv[..., 0], (3, 4, 5, 6, 23, 24)).any(), "no hands, feet, head"


@pytest.mark.parametrize(("chest", "armpit"), [(0.44, 0.22), (0.48, 0.24), (0.58, 0.32)], ids=["slim", "usual", "boxy"])
def test_a_print_keeps_its_size_and_its_place(chest: float, armpit: float) -> None:
    found = flat_garment(tee(chest=chest, armpit=armpit).picture, "top").laid
    assert found.fit.metre == pytest.approx(METRE, rel=0.15)
    red = is_red(found.photo) & (found.iuv[..., 0] > 0)
    rows, columns = np.nonzero(red)
    metre = len(found.photo) / 2 * found.pose.zoom
    scale = METRE / found.fit.metre  # the one guess: from here on, all is as it was drawn
    assert np.ptp(columns) / metre == pytest.approx(PRINT_SIDE * scale, rel=0.15)
    assert np.ptp(rows) / metre == pytest.approx(PRINT_SIDE * scale, rel=0.20)
    place = np.nanmean(resting_places(found.iuv)[red], 0)
    assert abs(place[0]) < 0.01
    assert place[1] == pytest.approx(1.515 - PRINT_DOWN * scale, abs=0.035)


def test_hems_and_sleeves_end_where_they_were_cut() -> None:
    long = flat_garment(trousers(length=1.02).picture, "trousers").laid.fit.hem
    short = flat_garment(trousers(length=0.60).picture, "trousers").laid.fit.hem
    assert long < 0.20 and 0.38 < short < 0.62
    assert 0.18 < laid().laid.fit.sleeve < 0.30, "above the elbow"
    place = resting_places(laid("trousers").laid.iuv)
    assert np.nanmin(place[..., 1]) == pytest.approx(laid("trousers").laid.fit.hem, abs=0.02)
    cropped = flat_garment(tee(length=0.45).picture, "top").laid.fit.hem
    assert cropped > laid().laid.fit.hem + 0.04


def test_a_hem_lies_between_texels_at_one_height_all_around() -> None:
    made, surface = flat_garment(trousers(length=0.46).picture, "shorts"), rest_surface()
    edge, legs = made.garment.edge, parts_mask(frozenset(range(7, 15)))
    rim = legs & (np.abs(edge - 0.5) * WIDTH < 0.6) & (surface.y < 0.8)
    front, back = (rim & (np.sign(surface.z + 0.02) == sign) for sign in (1, -1))
    assert np.count_nonzero(front) > 20 and np.count_nonzero(back) > 20
    half = surface.y[rim] - (edge[rim] - 0.5) * WIDTH * np.abs(np.gradient(surface.y, axis=0)[rim])
    assert np.quantile(np.abs(half - made.laid.fit.hem), 0.95) < 0.002, "half a texel"


def test_a_coat_reaches_down_the_thighs_and_bares_none() -> None:
    made = flat_garment(tee("white", length=0.95).picture, "coat")
    layer, legs = made.garment.layer("upper"), parts_mask(frozenset(range(7, 15)))
    assert 0.45 < made.laid.fit.hem < 0.68 and made.laid.fall is not None
    assert np.count_nonzero(layer.worn & legs) > 2000 and not (layer.bared & legs).any()


def test_what_hangs_below_the_crotch_is_kept_for_a_shell() -> None:
    assert laid("top").laid.fall is None and laid("trousers").laid.fall is None
    fall = laid("skirt").laid.fall
    assert fall is not None and (np.diff(fall.heights) < 0).all() and (np.diff(fall.rows) > 0).all()
    width = np.diff(fall.ends, axis=1)[:, 0]
    assert (np.diff(width) >= 0).all(), "this skirt flares"
    drawn = skirt()
    assert width[-1] == pytest.approx(drawn.points["left_hem"][0] - drawn.points["right_hem"][0], rel=0.06)
    assert not (is_red(fall.picture) | (fall.picture[..., 2] > 150)).any(), "its colours go on beyond its rim"


# --- Worn ----------------------------------------------------------------------------------------------------------


def worn_by(name: str, made: FlatGarment) -> looks.Look:
    return looks.add(looks.of(samples.sample_person(f"person:{name}")), Wear(made.garment))


@pytest.mark.parametrize(
    ("cloth", "red_behind"), [("print", (0.0, 0.002)), ("stripes", (0.3, 0.7)), ("checks", (0.25, 0.7))]
)
def test_prints_stay_in_front_while_stripes_and_patterns_go_round(
    cloth: str, red_behind: tuple[float, float]
) -> None:
    layer = flat_garment(tee(cloth=cloth).picture, "top").garment.layer("upper")
    behind = layer.worn & BACK & (rest_surface().y > 1.05) & (rest_surface().y < 1.35)
    assert np.count_nonzero(behind) > 3000
    assert red_behind[0] <= is_red(layer.image)[behind].mean() <= red_behind[1]
    before = layer.worn & parts_mask({2}) & (rest_surface().y > 1.05)
    assert is_red(layer.image)[before].mean() > 0.03


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("pose", some(["standing", "arms-up", "walking-front"], 2))
def test_worn_it_has_no_holes_from_the_front(kind: str, pose: str) -> None:
    made = laid(kind)
    picture = draw(looks.stand(worn_by("leo", made), named_poses()[pose]))
    place, part = resting_places(picture.iuv), picture.iuv[..., 0]
    hangs_over = min(1.03, hem_of_top("person:leo") - 0.02)  # his own top is not tucked in
    top = {"top": 1.36, "dress": 1.30}.get(kind, hangs_over)
    there = np.isin(part, (2, 9, 10, 13, 14)) & (place[..., 1] < top) & (place[..., 1] > made.laid.fit.hem + 0.02)
    there &= np.abs(place[..., 0]) < 0.13
    green = picture.picture[..., 1].astype(int) > picture.picture[..., 0].astype(int) + 20
    beside = cv2.dilate(is_red(picture.picture).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0  # both mixed
    hole = there & ~green & ~beside
    assert np.count_nonzero(there) > 1000
    assert np.count_nonzero(hole) < 0.01 * np.count_nonzero(there)


def test_a_top_bares_no_legs_and_a_dress_does() -> None:
    legs = parts_mask(frozenset(range(7, 15)))
    assert not (laid("top").garment.layer("upper").bared & legs).any()
    assert (laid("dress").garment.layer("body").bared & legs).any()


def test_in_a_recipe_it_is_the_same_garment() -> None:
    look = worn_by("leo", laid(cloth="checks"))
    text = write_recipe(Recipe(look), pictures=True)
    again = read_recipe(text).look
    assert json.loads(text)["edits"][0]["alone"] == "top"
    assert np.array_equal(again.texture.image, look.texture.image)
    assert again.edits[0].label == look.edits[0].label and again.edits[0].place == look.edits[0].place
    with pytest.raises(StudioError, match="no kind of garment"):
        read_recipe(text.replace('"alone": "top"', '"alone": "hat"'))


def test_the_command_dresses_a_sample_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, recipe, seen = tmp_path / "shirt.png", tmp_path / "r.json", tmp_path / "seen.png"
    Image.fromarray(tee().picture).save(picture)
    words = ["garment", str(picture), "--kind", "top", "-o", str(recipe), "--onto", "person:leo"]
    assert main([*words, "--seen", str(seen), "--point", "neckline=0.5,0.25"]) == 0
    assert "neckline=0.500,0.250" in capsys.readouterr().out and Image.open(seen).size == (720, 960)
    look = open_recipe(recipe.read_bytes()).look
    assert look.person.sample == "person:leo" and [edit.label for edit in look.edits] == ["shirt"]
    assert main([*words[:-1], str(recipe), "--point", "neckline=high"]) == 1
    assert "NAME=X,Y" in capsys.readouterr().err
    assert main([*words[:-1], "nobody"]) == 1
    assert "no sample person" in capsys.readouterr().err


# --- Pictures of shops ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    path = shared / "pictures" / "flat"
    if not path.is_dir():
        pytest.skip(f"the shops' pictures are not here: no folder {path}")
    return path


@pytest.mark.parametrize("name", some(PICTURES, 4))
def test_a_shops_garment_is_worn_within_two_seconds(name: str, folder: Path) -> None:
    kind, file = PICTURES[name], folder / f"{name}.jpg"
    _ = laid().garment  # tables that are made once
    start = time.process_time()
    made = flat_garment(file, kind)
    layer = made.garment.layer(made.garment.region)
    assert time.process_time() - start < 2.0
    g = rest_surface()
    if kind in ("top", "dress"):
        body = parts_mask({2}) & (g.y > max(made.laid.fit.hem, 0.9) + 0.03) & (g.y < 1.22) & (np.abs(g.x) < 0.12)
    else:
        body = parts_mask({9, 10}) & (g.y > 0.72) & (g.y < 0.98)
    assert layer.worn[body].mean() > 0.97, "whole from the front"
    front = np.isin(iuv_of_texel()[..., 0], (2, 9, 10)) & layer.worn
    assert np.count_nonzero(front) > 2000
    if kind == "top" and name not in ("cami-straps", "blouse-frills"):
        assert made.points.sleeves and (made.laid.fit.sleeve > 0.4) == ("sleeve" in name or "sweater" in name)


