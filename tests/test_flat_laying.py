"""Where a shop's garment comes to lie: sleeves at the seam, hems level and true, edges as lines, ground seen through.

Everything is measured on drawn garments whose outline, seams and prints are known.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from flat_garments import BORDER, METRE, SLANT, at, dress, is_red, long_sleeved, resting_places, shape, skirt, tee

from mcld_app.body.garments.body_lines import along_arm
from mcld_app.body.garments.crotch_shadow import without_crotch_shadow
from mcld_app.body.garments.cutout import cut_out
from mcld_app.body.garments.neckline import inside_of_back
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.parts import part_map, parts_mask
from mcld_app.body.shells.over import worn_over
from mcld_app.body.shells.shell import LINING, Shell
from mcld_app.body.shells.standing import stand
from mcld_app.body.surface import rest_surface
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import FlatGarment, flat_garment
from mcld_app.editing.preview import draw

SIZE = (1024, 704)
FRONT, ARMS = (2,), tuple(range(15, 23))


@cache
def top(**how: object) -> FlatGarment:
    return flat_garment(tee(**how).picture, "top")


@cache
def a_skirt(**how: object) -> FlatGarment:
    return flat_garment(skirt(**how).picture, worn_on="bottom")


def worn(made: FlatGarment, pose: str = "standing") -> np.ndarray:
    look = looks.stand(looks.of(samples.sample_person("person:leo")), named_poses()[pose])
    return draw(looks.add(look, Wear(made.garment)), SIZE).picture


def legs_of(made: FlatGarment) -> list[Shell]:
    return [shell for shell in made.garment.shells if shell.hangs_on == "limb"]


def trouser_legs(across: float, length: float = 0.55, corner: float = 0.0) -> np.ndarray:
    """A picture of shorts whose legs are that wide, metres, and lose `corner` metres at the hem's outer ends."""
    right = [(0.19, 0.0), (0.05 + across, 0.26), (0.05 + across, length - corner), (0.05 + across - corner, length),
             (0.05, length), (0.0, 0.27)]  # fmt: skip
    return shape([at(x, y) for x, y in right + [(-x, y) for x, y in right[-2::-1]]])


@pytest.mark.parametrize(("length", "blot"), [(0.022, True), (0.20, False)])
def test_a_dark_blot_at_the_crotch_goes_and_a_seam_stays(length: float, blot: bool) -> None:
    picture = np.full((400, 300, 3), (224, 165, 165), np.uint8)
    mask = np.ones(picture.shape[:2], bool)
    mask[250:, 140:160] = False
    picture[~mask] = 255
    picture[250 - round(length * 600) : 250, 144:156] = (110, 60, 60)
    found = without_crotch_shadow(picture, mask, np.array([150.0, 250.0]), 600.0)
    if blot:
        assert np.abs(found[mask].astype(int) - (224, 165, 165)).max() < 6
        assert np.array_equal(found[~mask], picture[~mask])
    else:
        assert np.array_equal(found, picture)


# --- Sleeves and trunk ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chest", "armpit"), [(0.30, 0.20), (0.34, 0.20), (0.38, 0.20), (0.46, 0.23)])
def test_a_sleeve_of_another_colour_begins_where_the_arm_does(chest: float, armpit: float) -> None:
    laid = top(cloth="sleeves", chest=chest, armpit=armpit).laid
    red, part, place = is_red(laid.photo), laid.iuv[..., 0], resting_places(laid.iuv)
    down = along_arm(place)
    arm = np.isin(part, ARMS) & (down > 0.05)
    trunk = np.isin(part, FRONT) & (np.abs(place[..., 0]) < 0.15)
    assert red[arm].mean() > 0.965, "no cloth of the trunk on the arm"
    assert red[trunk].mean() < 0.02, "no sleeve on the trunk"


def test_a_dragged_shoulder_is_where_the_sleeve_begins() -> None:
    made = top(cloth="sleeves")
    x, y = made.points.places["left_shoulder"]
    sleeve = {}
    for out in (0.04, 0.12):
        laid = made.moved("left_shoulder", x + out, y + 0.5 * out).laid
        place = resting_places(laid.iuv)
        trunk = np.isin(laid.iuv[..., 0], FRONT) & (place[..., 0] > 0.1) & (place[..., 1] > 1.38)
        sleeve[out] = is_red(laid.photo)[trunk].mean()
    assert sleeve[0.12] > sleeve[0.04] + 0.1


def test_a_pattern_goes_on_from_the_paint_to_the_cloth_that_stands_off() -> None:
    made = top(cloth="slant")
    assert "trunk" in [shell.hangs_on for shell in made.garment.shells]
    red = is_red(worn(made))
    standing = stand(named_poses()["standing"], SIZE)
    rows = np.flatnonzero(red.any(1))
    rows = rows[(rows > rows[0] + 0.17 * standing.metre) & (rows < rows[-1] - 15)]
    middle = np.array([np.flatnonzero(red[row]).mean() for row in rows])
    steps = np.diff(middle)
    assert len(rows) > 120 and np.abs(steps - np.median(steps)).max() < 2.6, "no step where one ends, the other begins"
    low = rows > np.median(rows)
    assert abs(np.polyfit(rows[low], middle[low], 1)[0]) == pytest.approx(SLANT, rel=0.25)


# --- Edges ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["top", "dress"])
def test_an_edge_on_the_body_has_no_teeth(kind: str) -> None:
    made = top() if kind == "top" else flat_garment(dress().picture, "dress")
    own = part_map() == 2
    inner = cv2.erode(own.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    fine = cv2.resize((made.garment.extent & own).astype(np.uint8), None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    found, _ = cv2.findContours(fine, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    line = max(found, key=len)[:, 0].astype(np.float32)
    long = np.concatenate([line[-60:], line, line[:60]])
    smooth = cv2.GaussianBlur(long[:, None], (1, 121), 20)[60 : 60 + len(line), 0]
    column, row = (line / 4).astype(int).T
    off = np.linalg.norm(line - smooth, axis=1)[inner[row, column]] / 4
    assert len(off) > 200
    assert np.sqrt((off**2).mean()) < 0.65, "texels off a smooth line; 0.29 are those of whole texels"


def test_a_sleeves_hem_is_a_line_around_the_arm() -> None:
    extent, g, part = top().garment.extent, rest_surface(), part_map()
    place = np.stack([g.x, g.y, g.z], -1)
    for arm in ({15, 17, 19, 21}, {16, 18, 20, 22}):
        edge = np.zeros_like(extent)
        for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
            edge |= extent & (np.roll(part, step, axis) == part) & ~np.roll(extent, step, axis)
        down = along_arm(place[edge & parts_mask(frozenset(arm))].reshape(-1, 3))
        low = down[down > top().laid.fit.sleeve - 0.05]
        assert len(low) > 25
        assert np.std(low) < 0.0045 and abs(np.median(low) - top().laid.fit.sleeve) < 0.012


def test_the_edge_of_what_is_worn_is_no_staircase() -> None:
    layer = top().garment.layer("upper")
    assert layer.soft
    person = samples.sample_person("person:leo")
    look = looks.add(looks.of(person), Wear(top().garment))
    image = look.texture.image.astype(int)
    rim = cv2.morphologyEx(layer.worn.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    rim &= parts_mask({2}) & (rest_surface().y > 1.38)
    skin = np.median(image[parts_mask({2}) & ~layer.worn & (rest_surface().y > 1.45)], 0)
    green = np.median(image[layer.worn & parts_mask({2})], 0)
    way = (image[rim] - skin) @ (green - skin) / ((green - skin) @ (green - skin))
    assert ((way > 0.2) & (way < 0.8)).mean() > 0.15, "cloth and skin are mixed where the edge runs between texels"


@pytest.mark.parametrize("on", ["grey", "blue"])
def test_ground_between_sleeve_and_waist_is_no_cloth(on: str) -> None:
    drawn = long_sleeved(on)
    _, file = cv2.imencode(".jpg", drawn.picture, [cv2.IMWRITE_JPEG_QUALITY, 80])  # as a shop's picture is kept
    found = cut_out(cv2.imdecode(file, cv2.IMREAD_COLOR)).mask
    whole = cv2.morphologyEx(drawn.mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((31, 31), np.uint8)) > 0
    gap = whole & ~drawn.mask
    gap[: round(at(0, 0.28)[1])] = False
    gap[round(at(0, 0.54)[1]) :] = False
    assert gap.sum() > 600
    assert found[gap].mean() < 0.5
    assert found[drawn.mask].mean() > 0.985, "and cloth is none"


@pytest.mark.parametrize(("inside", "label"), [((38, 126, 87), False), ((24, 100, 66), True)])
def test_the_front_of_a_neckline_is_found_below_label_and_inside(inside: tuple[int, int, int], label: bool) -> None:
    drawn = tee("white", cloth="plain")
    picture, depth = drawn.picture.copy(), 0.10
    y, x = np.mgrid[0 : len(picture), 0 : picture.shape[1]]
    across = (x - at(0, 0)[0]) / (0.085 * METRE)
    down = (y - at(0, 0)[1]) / METRE
    hole = (np.abs(across) < 1) & (down < depth * (1 - across**2)) & (down > 0.03 * (1 - across**2))
    picture[hole] = inside
    if label:
        corners = (tuple(round(v) for v in at(*place)) for place in ((-0.018, 0.04), (0.018, 0.055)))
        cv2.rectangle(picture, *corners, (90, 30, 120), -1)
    points = flat_garment(picture, "top").points.in_pixels(picture.shape)
    assert points["neckline"][1] == pytest.approx(at(0, depth)[1], abs=0.012 * METRE)


@pytest.mark.parametrize(("left", "right"), [(0.0, 0.0), (0.14, 0.0), (0.0, 0.07)])
def test_a_necklines_front_may_begin_farther_out_on_one_side(left: float, right: float) -> None:
    wide, deep, corners = 160, 50, (np.array([70.0, 20.0]), np.array([230.0, 20.0]))
    ends = corners[0][0] - left * wide / 2, corners[1][0] + right * wide / 2
    y, x = np.mgrid[:160, :300]
    u = 2 * (x - sum(ends) / 2) / (ends[1] - ends[0])
    inside = (np.abs(u) < 1) & (y < 20 + deep * (1 - np.abs(u) ** 2.0))
    picture = np.where(inside[..., None], np.uint8([150, 150, 148]), np.uint8([235, 235, 232]))
    mask = y >= 20
    found = inside_of_back(picture, mask, corners, 20.0 + deep)
    both = inside & mask
    assert np.count_nonzero(found & both) > 0.96 * np.count_nonzero(found | both)


def test_a_band_of_the_insides_colour_stays_as_wide_at_the_sides_as_in_the_middle() -> None:
    wide, deep, band, corners = 200, 66, 8, (np.array([60.0, 20.0]), np.array([260.0, 20.0]))
    y, x = np.mgrid[:180, :320]
    outer, inner = (
        (np.abs(u) < 1) & (y < 20 + down * (1 - np.abs(u) ** 2.5))
        for u, down in ((2 * (x - 160) / (wide + 2 * band), deep + band), (2 * (x - 160) / wide, deep))
    )
    picture = np.full((180, 320, 3), (200, 185, 225), np.uint8)
    picture[outer], picture[inner] = (66, 52, 78), (58, 44, 68)
    found = inside_of_back(picture, y >= 20, corners, 20.0 + deep)
    left = outer & ~found & (y >= 20)
    distance = cv2.distanceTransform(outer.astype(np.uint8), cv2.DIST_L2, 5)
    widths = [distance[left & (np.abs(x - at_x) < 6)].max() for at_x in (80, 100, 160, 220, 240)]
    assert min(widths) > 0.6 * band and max(widths) < 1.8 * band


def test_a_crew_neck_lies_no_deeper_on_the_body_than_it_is_cut() -> None:
    laid = top().laid
    trunk, place = np.isin(laid.iuv[..., 0], (1, 2)), resting_places(laid.iuv)
    middle = trunk & (np.abs(place[..., 0]) < 0.012) & (place[..., 2] > 0)
    deep = place[trunk][:, 1].max() - place[middle][:, 1].max()
    assert deep == pytest.approx(0.09 * METRE / laid.fit.metre, abs=0.01)


# --- Skirts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{"waves": 0.012}, {"arc": 0.05, "waves": 0.01}, {"arc": 0.08}, {"hem": 0.18}])
def test_a_skirt_on_the_legs_is_one_whatever_its_hem(how: dict[str, float]) -> None:
    made = a_skirt(**how)
    assert made.points.kind == "skirt"
    for name in ("left_hem", "right_hem"):
        found, true = made.points.in_pixels((960, 720))[name], skirt(**how).points[name]
        assert np.hypot(*(found - true)) < 22, "the hem's corners, not where it hangs lowest"


def test_a_hem_that_hangs_down_in_its_picture_is_level_when_worn() -> None:
    made = a_skirt(arc=0.07, cloth="border")
    picture = worn(made)
    colours = picture.astype(int)
    cloth = is_red(picture) | (colours[..., 1] > colours[..., 0] + 40)
    cloth[: SIZE[0] // 2] = False
    columns = np.flatnonzero(cloth.sum(0) > 60)[8:-8]
    lowest = np.array([np.flatnonzero(cloth[:, c])[-1] for c in columns])
    assert np.ptp(np.percentile(lowest, [3, 97])) < 12
    red = np.array([is_red(picture)[:, c].sum() for c in columns])
    true = BORDER * METRE / made.laid.fit.metre * stand(named_poses()["standing"], SIZE).metre
    assert np.percentile(red, 5) > 0.55 * true, "its border goes all along, nothing of it is cut off"
    assert np.median(red) == pytest.approx(true, rel=0.3)


def test_a_skirt_that_ends_below_the_knees_hangs_down_from_them_when_sitting() -> None:
    right = [(0.09, 0.0), (0.17, 0.03), (0.155, 0.12), (0.19, 0.22), (0.17, 0.4), (0.22, 0.8), (0.21, 1.17)]
    outline = [at(0.85 * x, 0.85 * y) for x, y in [*right, *((-x, y) for x, y in right[::-1])]]
    made = flat_garment(shape(outline), "dress")
    hem = made.laid.fit.hem
    knee = BONES["left_knee"][1][1]
    assert knee - 0.24 < hem < knee - 0.05
    shell = next(shell for shell in made.garment.shells if shell.hangs_on == "hips")
    standing = stand(named_poses()["sitting-front"], SIZE)
    points = standing.seen(shell.in_pose(standing.pose), shell.follows(standing.pose))
    low = (shell.rest[:, 1] < shell.rest[:, 1].min() + 0.005) & (shell.rest[:, 2] > 0.05)
    at_knee = (np.abs(shell.rest[:, 1] - knee) < 0.035) & (shell.rest[:, 2] > 0.05)
    drop = (points[low, 1].mean() - points[at_knee, 1].mean()) / standing.metre
    assert drop > 0.5 * (knee - hem)


# --- Legs ----------------------------------------------------------------------------------------------------------


def test_long_trousers_end_in_a_level_line_over_the_foot() -> None:
    right = [(0.19, 0.0), (0.22, 0.22), (0.20, 1.08), (0.05, 1.08), (0.0, 0.27)]
    outline = [at(0.9 * x, 0.9 * y) for x, y in right + [(-x, y) for x, y in right[-2::-1]]]
    made = flat_garment(shape(outline), "trousers")
    legs = legs_of(made)
    assert len(legs) == 2
    for leg in legs:
        hem = leg.rest[:, 1].min()
        assert hem < 0.11, "below where the leg's own surface ends"
        assert np.count_nonzero(leg.rest[:, 1] < hem + 0.001) > 16, "all around"


@pytest.mark.parametrize("corner", [0.0, 0.05])
def test_wide_shorts_keep_their_width_down_to_the_hem(corner: float) -> None:
    made = flat_garment(trouser_legs(0.26, corner=corner), "shorts")
    points = made.points.in_pixels(made.cutout.mask.shape)
    across = points["left_hem"][0] - points["left_inner_hem"][0]
    assert across == pytest.approx(0.26 * METRE, rel=0.05), "points are on the hem's true corners"
    scale = METRE / made.laid.fit.metre
    assert made.laid.fit.limbs.across[-1] == pytest.approx(0.26 * scale, rel=0.05), "a lost corner is no narrow hem"
    for leg in legs_of(made):
        hem = leg.rest[leg.rest[:, 1] < leg.rest[:, 1].min() + 0.004]
        round_it = cv2.arcLength(cv2.convexHull(np.float32(hem[:, [0, 2]])), True)
        assert round_it > 2 * 0.26 * scale * 0.9


def test_dragged_hem_points_are_where_the_hem_ends() -> None:
    made = flat_garment(trouser_legs(0.24), "shorts")
    x, y = made.points.places["left_hem"]
    narrower = made.moved("left_hem", x - 0.05, y)
    assert narrower.laid.fit.limbs.across[-1] < made.laid.fit.limbs.across[-1] - 0.01


# --- One over the other --------------------------------------------------------------------------------------------


def test_a_tops_hem_is_at_least_as_wide_as_the_trousers_below_it() -> None:
    wide = flat_garment(trouser_legs(0.34, length=0.7), "shorts").garment.shells
    trunk = next(shell for shell in top().garment.shells if shell.hangs_on == "trunk")
    lower = trunk.rest[:, 1].min()
    over = next(shell for shell in worn_over([*wide, trunk]) if shell.hangs_on == "trunk")
    legs = np.concatenate([leg.rest for leg in wide])
    at_hem = legs[np.abs(legs[:, 1] - lower) < 0.03]
    hem = over.rest[over.rest[:, 1] < lower + 0.005]
    assert np.abs(hem[:, 0]).max() > np.abs(at_hem[:, 0]).max() - 0.003
    assert not (over.kinds == LINING).all()
    assert worn_over([trunk])[0] is trunk


def test_a_lying_top_is_wider_than_the_body_and_one_on_a_dummy_is_not() -> None:
    lying, worn_one = top(chest=0.58, length=0.66, armpit=0.30).laid.fit, top(chest=0.36, length=0.70).laid.fit
    assert lying.girth > 1.05 * max(0.46 / (0.58 * METRE / lying.metre), 1.0)
    assert worn_one.girth * 0.36 * METRE / worn_one.metre < 0.50


def test_shorts_hang_off_the_thighs_and_lie_on_raised_ones() -> None:
    shorts = legs_of(flat_garment(trouser_legs(0.18), "shorts"))
    assert len(shorts) == 2
    for leg in shorts:
        hem = leg.rest[leg.rest[:, 1] < leg.rest[:, 1].min() + 0.005]
        level = np.abs(rest_surface().y - hem[:, 1].mean()) < 0.01
        thigh = rest_surface().x[level & parts_mask(frozenset({7, 8, 9, 10}))]
        own = np.sign(hem[:, 0].mean()) * thigh
        wide = np.ptp(own[own > 0])
        assert np.ptp(hem[:, 0]) > wide + 0.015, "wider than the thigh"
        raised = leg.rest + leg.gathered
        low = raised[leg.rest[:, 1] < leg.rest[:, 1].min() + 0.005]
        assert np.ptp(low[:, 0]) < wide + 0.015
