"""Shops' garments that stand off the body: of true length and width, worn by everybody, kept in recipes, dyed."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from flat_garments import METRE, PRINT_DOWN, PRINT_SIDE, at, coat, dress, skirt, tee, trousers
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import THOROUGH

from mcld_app.body.garments.hanging import hanging_shells
from mcld_app.body.garments.under_arms import under_arms
from mcld_app.body.garments.waistline import WAIST, lowered
from mcld_app.body.mannequin.pose import BodyShape, Pose, named_poses
from mcld_app.body.parts import parts_mask
from mcld_app.body.shells.drawing import draw_shells, over_body
from mcld_app.body.shells.girth import once_around, spanned, standing_off
from mcld_app.body.shells.over import worn_over
from mcld_app.body.shells.places import covered_by, is_on_leg
from mcld_app.body.shells.shell import LINING, MASKED, PLAIN, Shell
from mcld_app.body.shells.standing import stand
from mcld_app.body.shells.tube import tube
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import FlatGarment, flat_garment
from mcld_app.editing.garment import clothes_of
from mcld_app.editing.look import Look
from mcld_app.editing.preview import draw
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import StudioError

SIZE = (512, 352)
POSES = ("standing", "three-quarter", "side", "back", "walking", "sitting-front", "sitting", "arms-up")
DRAWN = {"top": tee, "dress": dress, "skirt": skirt, "coat": coat, "trousers": trousers}
LEGS, THIGHS = parts_mask(frozenset(range(7, 15))), (7, 8, 9, 10)


@cache
def laid(kind: str, **how: object) -> FlatGarment:
    return flat_garment(DRAWN[kind](**how).picture, kind)


def shells_of(kind: str, **how: object) -> dict[str, Shell]:
    """By what they hang on; of two limbs the left one."""
    found = sorted(laid(kind, **how).garment.shells, key=lambda shell: float(shell.rest[:, 0].mean()))
    return {shell.hangs_on: shell for shell in found}


def scale_of(made: FlatGarment) -> float:
    """Metres of the body for a drawn one: how large the garment is taken to be, the one guess."""
    return METRE / made.laid.fit.metre


def levels(shell: Shell) -> np.ndarray:
    """(N,) metres: the height that each point's row has at the body's sides; a waistband is lower in front."""
    heights = shell.rest[:, 1].astype(float)
    if shell.hangs_on != "hips" or heights.max() < WAIST:
        return heights
    for _ in range(8):
        heights = shell.rest[:, 1] + lowered(heights, shell.rest[:, 2])
    return np.round(heights, 4)


def row(shell: Shell, y: float) -> np.ndarray:
    """The points of a tube's row at a height, once around, in order of their direction."""
    level = levels(shell)
    heights = np.unique(np.round(level, 4))
    points = shell.rest[np.abs(level - heights[np.abs(heights - y).argmin()]) < 1e-3]
    points = np.unique(np.round(points, 5), axis=0)
    middle = points.mean(0)
    return points[np.argsort(np.arctan2(points[:, 2] - middle[2], points[:, 0] - middle[0]))]


def look_of(person: str, *garments: FlatGarment, pose: str = "standing") -> Look:
    look = looks.of(samples.sample_person(f"person:{person}"))
    for made in garments:
        look = looks.add(look, Wear(made.garment))
    return looks.stand(look, named_poses()[pose])


def hangs(look: Look) -> list[str]:
    return sorted(shell.hangs_on for shell in look.appearance.shells if shell.hangs_on != "head")


def is_front(picture: np.ndarray) -> np.ndarray:
    """Where the drawn garments' green is seen, in full light: the inner side of cloth is darker."""
    colours = picture.astype(int)
    return (colours[..., 1] > colours[..., 0] + 40) & (colours[..., 1] > 110)


def is_red(picture: np.ndarray) -> np.ndarray:
    colours = picture.astype(int)
    return colours[..., 0] > colours[..., 1] + 90


# --- Their size ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hem", [0.24, 0.30, 0.36])
def test_a_skirt_has_the_length_and_the_width_it_was_cut_with(hem: float) -> None:
    made, shell = laid("skirt", hem=hem), shells_of("skirt", hem=hem)["hips"]
    low, high = float(shell.rest[:, 1].min()), float(shell.rest[:, 1].max())
    assert high - low == pytest.approx(0.62 * scale_of(made), rel=0.06)
    around = float(once_around(row(shell, low)[None])[0])
    assert around == pytest.approx(2 * 2 * hem * scale_of(made) * made.laid.fit.girth, rel=0.06)


def test_a_waistband_is_lower_in_front_than_behind() -> None:
    at_waist = row(shells_of("skirt")["hips"], WAIST)
    front, back = (at_waist[(sign * at_waist[:, 2]).argmax(), 1] for sign in (1, -1))
    assert 0.015 < back - front < 0.03
    layer = flat_garment(trousers().picture, "trousers").garment.layer("bottom")
    surface, trunk = rest_surface(), parts_mask({1, 2})
    middle = layer.worn & trunk & (np.abs(surface.x) < 0.03)
    highest = [surface.y[middle & (sign * surface.z > 0)].max() for sign in (1, -1)]
    assert 0.012 < highest[1] - highest[0] < 0.03


def test_a_hem_that_was_cut_slanting_slants_as_it_does_in_its_picture() -> None:
    fall, slant = laid("skirt").laid.around, 0.15
    assert fall.slant == 0, "this one was not"
    level, slanting = (
        hanging_shells(replace(fall, slant=each), 1.0, top=False, patterned=False)[-1].rest for each in (0.0, slant)
    )
    fallen = level[:, 1] - slanting[:, 1]
    at_hem, at_waist = (np.abs(level[:, 1] - edge) < 1e-3 for edge in (level[:, 1].min(), level[:, 1].max()))
    np.testing.assert_allclose(fallen[at_hem], slant * level[at_hem, 0], atol=2e-3)
    assert np.abs(fallen[at_waist]).max() < 1e-3


def test_a_boxy_top_stands_off_as_far_as_it_is_wide() -> None:
    widths = {}
    for chest in (0.48, 0.58):
        made, shell = laid("top", chest=chest), shells_of("top", chest=chest)["trunk"]
        at_waist = row(shell, 1.05)
        widths[chest] = float(np.ptp(at_waist[:, 0]))
        assert widths[chest] == pytest.approx(0.93 * chest * scale_of(made), rel=0.06), "seen from in front"
        assert once_around(at_waist[None])[0] > 0.94 * 2 * chest * scale_of(made) * made.laid.fit.girth
    assert widths[0.58] > widths[0.48] + 0.05


def test_a_top_is_as_long_for_its_width_as_in_its_picture() -> None:
    made, shell = laid("top", length=0.62), shells_of("top", length=0.62)["trunk"]
    at_hem = row(shell, 0.0)
    long, wide = made.laid.fit.rows[0][0] - at_hem[0, 1], np.ptp(at_hem[:, 0])
    assert long / wide == pytest.approx(0.62 / 0.48, rel=0.05)
    assert at_hem[0, 1] > 0.86, "no tunic"


@pytest.mark.parametrize("pose", ["walking", "walking-front"])
def test_who_walks_takes_the_hem_of_a_top_along_a_little_only(pose: str) -> None:
    shell, standing = shells_of("top")["trunk"], stand(named_poses()[pose], SIZE)
    at_hem = shell.rest[:, 1] < shell.rest[:, 1].min() + 0.005
    points = standing.seen(shell.in_pose(standing.pose)[at_hem], shell.follows(standing.pose)[at_hem])
    assert np.ptp(points[:, 1]) < 0.06 * standing.metre
    assert shell.follows(named_poses()["sitting-front"])[at_hem] == pytest.approx(shell.weights[at_hem], abs=1e-6)


def test_between_walking_legs_the_hem_of_a_long_skirt_hangs() -> None:
    shell, standing = shells_of("skirt", length=1.0)["hips"], stand(named_poses()["walking"], SIZE)
    at_hem = shell.rest[:, 1] < shell.rest[:, 1].min() + 0.005
    points = standing.seen(shell.in_pose(standing.pose)[at_hem], shell.follows(standing.pose)[at_hem])
    assert np.ptp(points[:, 1]) < 0.16 * standing.metre


def test_a_long_skirt_gets_no_narrower_below_raised_knees() -> None:
    shell, standing = shells_of("skirt", length=1.0)["hips"], stand(named_poses()["sitting-front"], SIZE)
    points = standing.seen(shell.in_pose(standing.pose), shell.follows(standing.pose))
    widths = [np.ptp(points[np.abs(shell.rest[:, 1] - y) < 0.035, 0]) for y in (shell.rest[:, 1].min(), 0.30, 0.52)]
    assert widths == sorted(widths, reverse=True), "no barrel"


def test_a_blot_at_the_seam_is_not_drawn_out_under_the_arms() -> None:
    drawn, red = tee(cloth="plain"), (200, 30, 40)
    picture = drawn.picture.copy()
    for sign in (-1, 1):
        column, row = at(sign * 0.215, 0.19)
        cv2.circle(picture, (round(column), round(row)), round(0.008 * METRE), red, -1)
    joins = next(s for s in flat_garment(picture, "top").garment.shells if s.hangs_on == "armpits")
    assert is_red(picture).any() and not is_red(joins.picture[..., :3]).any()


def test_with_raised_arms_a_loose_tops_sides_go_up_to_its_sleeves() -> None:
    found = shells_of("top")
    joins, trunk = found["armpits"], found["trunk"]
    pose = named_poses()["arms-up"]
    outlines = []
    for shells in ((trunk,), (trunk, joins)):
        rows = np.flatnonzero((seen := draw_shells(shells, pose, SIZE)[-1].picture[..., 3] > 0).any(1))
        outlines.append((rows[0], seen))
    (top, around), (high, sides) = outlines
    assert high < top - 15, "up beside the armpits"
    for y in range(high + 5, top):  # no waist between sleeve and trunk
        at = np.flatnonzero(sides[y])
        assert np.ptp(at) > 0.8 * np.ptp(np.flatnonzero(around[top + 10]))
    np.testing.assert_allclose(np.sort(joins.rest[:, 0]), -np.sort(joins.rest[:, 0])[::-1], atol=2e-3)
    assert covered_by(joins, frozenset({2})) and not covered_by(joins, frozenset(range(7, 15)))


def test_a_top_whose_armpits_lie_where_the_bodys_do_needs_nothing_below_them() -> None:
    shell, made = shells_of("top")["trunk"], laid("top").laid
    heights, rows = made.fit.rows
    close = replace(made, fit=replace(made.fit, rows=(np.array([heights[0], 1.335, *heights[2:]]), rows)))
    assert under_arms(shell, close) is None and under_arms(shell, made) is not None


@pytest.mark.parametrize("pose", ["sitting", "sitting-front"])
def test_the_front_of_a_long_top_lies_on_the_lap_and_its_back_ends_at_the_seat(pose: str) -> None:
    shell, standing = shells_of("top", length=0.74)["trunk"], stand(named_poses()[pose].replace(yaw=90.0), SIZE)
    assert shell.rest[:, 1].min() < 0.90
    at_hem = shell.rest[:, 1] < shell.rest[:, 1].min() + 0.005
    hem, weights = shell.in_pose(standing.pose)[at_hem], shell.follows(standing.pose)[at_hem]
    front, back = (standing.seen(hem, weights)[sign * shell.rest[at_hem, 2] > 0.06] for sign in (1, -1))
    ahead = np.sign(front[:, 0].mean() - back[:, 0].mean())
    thighs = np.isin(standing.iuv[..., 0], THIGHS)
    for x, y, _ in front:  # as seen from the side
        over = np.flatnonzero(thighs[:, int(np.clip(round(float(x)), 0, SIZE[1] - 1))])
        assert not len(over) or y < over[0] + 0.03 * standing.metre, "above the thighs"
    assert (ahead * (front[:, 0] - back[:, 0].mean())).min() > 0.20 * standing.metre
    assert back[:, 1].max() < np.flatnonzero(thighs.any(1))[-1], "nothing hangs below the seat"


def test_trousers_no_wider_than_legs_are_paint_and_wide_ones_stand_off() -> None:
    narrow = flat_garment(_legs(0.105, 0.085), "trousers").garment
    wide = flat_garment(_legs(0.16, 0.24), "trousers").garment
    off = {}
    for name, garment in (("narrow", narrow), ("wide", wide)):
        legs = [shell for shell in garment.shells if is_on_leg(shell)]
        low = [shell.rest[shell.rest[:, 1] < shell.rest[:, 1].min() + 0.06] for shell in legs]
        off[name] = max((float(np.ptp(points[:, 0])) for points in low), default=0.08)
    assert off["wide"] > off["narrow"] + 0.06


def _legs(knee: float, hem: float) -> np.ndarray:
    """Trousers whose legs are that wide at the knee and at the hem, metres."""
    from flat_garments import at, shape

    right = [(0.19, 0.0), (0.22, 0.22), (0.05 + knee, 0.55), (0.05 + hem, 1.0), (0.05, 1.0), (0.04, 0.55), (0.0, 0.27)]
    return shape([at(0.95 * x, 0.95 * y) for x, y in right + [(-x, y) for x, y in right[-2::-1]]])


def test_of_two_trouser_legs_neither_seam_has_the_same_cloth_on_both_sides() -> None:
    picture = _legs(0.16, 0.24)
    row, column = np.mgrid[: len(picture), : picture.shape[1]]
    cloth = is_front(picture)
    outer = cloth & (column > np.where(cloth, column, 0).max(1)[:, None] - 40) & (row > 0.45 * len(picture))
    picture[cloth & ((row // 14 + column // 14) % 2 == 0)] = (20, 60, 30)
    picture[outer] = (200, 30, 40)  # of the leg that is the right one in the picture, and the wearer's left
    red = {}
    for shell in flat_garment(picture, "trousers").garment.shells:
        side = "left" if shell.rest[:, 0].mean() > 0 else "right"
        x, y = np.round(shell.places).astype(int).T
        height, width = shell.picture.shape[:2]
        found = is_red(shell.picture[..., :3])[y.clip(0, height - 1), x.clip(0, width - 1)]
        behind = shell.rest[:, 2] < shell.rest[:, 2].mean()
        red |= {(side, "front"): found[~behind].mean(), (side, "back"): found[behind].mean()}
    assert min(red["left", "front"], red["right", "back"]) > 0.08
    assert red["right", "front"] < 0.02 and red["left", "back"] < 0.7 * red["right", "back"]


def test_sleeves_stand_off_and_end_at_their_cuffs() -> None:
    made = laid("top", sleeve=(0.22, 0.20), armpit=0.30)
    assert not [shell for shell in laid("top").garment.shells if shell.hangs_on == "limb"], "narrow ones are paint"
    sleeves = [shell for shell in made.garment.shells if shell.hangs_on == "limb"]
    assert len(sleeves) == 2
    left, right = sorted(sleeves, key=lambda shell: -float(shell.rest[:, 0].mean()))
    assert left.rest[:, 0].max() == pytest.approx(-right.rest[:, 0].min(), abs=0.004)
    from mcld_app.body.garments.body_lines import along_arm

    assert along_arm(left.rest).max() == pytest.approx(made.laid.fit.sleeve, abs=0.03)


@pytest.mark.parametrize("pose", ["standing", "back"])
def test_a_print_on_a_skirt_has_its_size_and_its_place_and_is_in_front_only(pose: str) -> None:
    made = laid("skirt", cloth="print")
    size = (1024, 704)
    look = looks.stand(looks.of(samples.sample_person("person:leo")), named_poses()[pose])
    picture = draw(looks.add(look, Wear(made.garment)), size).picture
    standing = stand(look.pose, size)
    points = standing.seen(np.float32([[0, 1.06, 0.1]]), _pelvis())
    top = float(points[0, 1])
    down = (np.arange(size[0])[:, None] - top) / standing.metre
    red = is_red(picture) & (down > 0) & (down < 0.5)
    if pose == "back":
        assert np.count_nonzero(red) < 0.02 * (PRINT_SIDE * standing.metre) ** 2
        return
    rows, columns = np.nonzero(red)
    side = PRINT_SIDE * scale_of(made) * standing.metre
    assert np.ptp(np.percentile(columns, [2, 98])) == pytest.approx(0.96 * side, rel=0.15)
    assert np.ptp(np.percentile(rows, [2, 98])) == pytest.approx(0.96 * side, rel=0.15)
    assert (rows.mean() - top) / standing.metre == pytest.approx(PRINT_DOWN * scale_of(made), abs=0.03)
    assert abs(columns.mean() - points[0, 0]) < 0.015 * standing.metre


def _pelvis() -> np.ndarray:
    from mcld_app.body.mannequin.skeleton import BONES

    weights = np.zeros((1, len(BONES)), np.float32)
    weights[0, list(BONES).index("pelvis")] = 1
    return weights


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.5, 2.6), min_size=3, max_size=3))
def test_cloth_of_any_length_goes_around_once_and_never_through_the_body(lengths: list[float]) -> None:
    tight = tube(np.array([1.0, 0.8, 0.6]), BodyShape())
    off = standing_off(tight, np.array(lengths))
    assert (off >= 0.0039).all()
    found = once_around(tight.rest + tight.outwards * off[..., None])
    least = once_around(tight.rest + tight.outwards * 0.004)
    np.testing.assert_allclose(found, np.maximum(lengths, least), rtol=0.02)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_cloth_that_hangs_spans_hollows_in_front_and_behind_only(seed: int) -> None:
    tight = tube(np.linspace(1.0, 0.2, 8), BodyShape())
    off = np.random.default_rng(seed).uniform(0.004, 0.1, tight.hang.shape).astype(np.float32)
    span = spanned(tight, off)
    assert (span >= off - 1e-6).all()
    np.testing.assert_allclose(span[[0, -1]], off[[0, -1]], atol=1e-6)
    np.testing.assert_allclose(span[:, [0, 16]], off[:, [0, 16]], atol=1e-6)
    back = (tight.rest + tight.outwards * span[..., None])[:, 24, 2]
    lines = np.interp(np.arange(1, 7), [0, 7], back[[0, -1]])
    assert (back[1:-1] <= lines + 1e-4).all(), "behind, nothing lies within the line from edge to edge"


# --- Their form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "place"), [("skirt", "hips"), ("dress", "hips"), ("top", "trunk"), ("coat", "hips")])
def test_what_hangs_is_a_tube_that_is_open_above_and_below_only(kind: str, place: str) -> None:
    shell = shells_of(kind)[place]
    _, point = np.unique(np.round(shell.rest, 4), axis=0, return_inverse=True)  # its seams are sewn
    outside = point.ravel()[shell.faces[shell.kinds != LINING]]
    edges = np.sort(np.concatenate([outside[:, pair] for pair in ([0, 1], [1, 2], [2, 0])]), 1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    assert count.max() == 2
    height = np.zeros(point.max() + 1)
    height[point.ravel()] = levels(shell)
    rim = height[edges[count == 1]]
    assert ((np.abs(rim - height.min()) < 1e-3) | (np.abs(rim - height.max()) < 1e-3)).all()
    lining = point.ravel()[shell.faces[shell.kinds == LINING]]
    np.testing.assert_array_equal(np.sort(lining, 1), np.sort(outside, 1))


@pytest.mark.parametrize(("kind", "place"), [("skirt", "hips"), ("dress", "hips"), ("top", "trunk")])
def test_it_lies_nowhere_in_the_body(kind: str, place: str) -> None:
    shell = shells_of(kind)[place]
    for y in np.unique(np.round(levels(shell), 3)):
        own, inner = row(shell, y), tube(np.array([y]), BodyShape()).rest[0]
        for x, z in ((1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (-0.7, 0.7)):
            way = np.array([x, 0, z])
            assert (own @ way).max() > (inner @ way).max() - 0.001


@pytest.mark.parametrize(("kind", "place"), [("skirt", "hips"), ("dress", "hips"), ("top", "trunk")])
def test_what_is_alike_on_both_sides_hangs_alike_on_both(kind: str, place: str) -> None:
    shell = shells_of(kind)[place]
    mirrored = shell.rest * (-1, 1, 1)
    apart = np.linalg.norm(shell.rest[:, None] - mirrored[None], axis=-1).min(1)
    assert apart.max() < 0.008


def test_a_slit_and_an_open_coat_show_what_is_worn_below() -> None:
    assert not (shells_of("coat")["hips"].kinds == MASKED).any()
    for kind, how in (("coat", {"opening": 0.16}), ("skirt", {"slit": 0.12})):
        shell = shells_of(kind, **how)["hips"]
        assert (shell.kinds == MASKED).any() and (shell.kinds == PLAIN).any()
        assert 0.02 < (shell.picture[..., 3] == 0).mean() < 0.25
        closed, opened = (is_front(draw(look_of("leo", laid(kind, **what))).picture) for what in ({}, how))
        rows = np.flatnonzero(closed.any(1))
        low = rows[-1] - round(0.25 * len(rows))
        columns = np.flatnonzero(closed[low])
        middle = slice((columns[0] + columns[-1]) // 2 - 2, (columns[0] + columns[-1]) // 2 + 3)
        assert closed[low, middle].all() and not opened[low, middle].any(), kind


# --- Worn ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["skirt", "dress"])
@pytest.mark.parametrize("pose", POSES)
def test_a_skirt_stays_one_in_eight_poses(kind: str, pose: str) -> None:
    shell = shells_of(kind)["hips"]
    standing = stand(named_poses()[pose], SIZE)
    layers = draw_shells((shell,), standing.pose, SIZE)
    body = np.zeros((*SIZE, 4), np.uint8)
    body[standing.iuv[..., 0] > 0] = (0, 0, 255, 255)
    picture, _ = over_body(body, standing.depth, layers)
    cloth = layers[0].picture[..., 3] > 0
    assert cloth.sum() > 0.15 * (standing.iuv[..., 0] > 0).sum()
    assert (cloth & (standing.iuv[..., 0] == 0)).sum() > 150, "between and beside the legs, too"
    # No ring: from the hem up, nothing of a thigh's front is seen. Its inner side is, where a hem opens to the camera.
    pixel, texel = texels_seen(standing.iuv)
    column, line = np.minimum(np.round(texel), 511).astype(int).T
    above = np.zeros(standing.iuv.shape[:2], bool)
    g = rest_surface()
    above.ravel()[pixel] = (g.y > shell.rest[:, 1].min() + 0.05)[line, column] & (g.z > 0.055)[line, column]
    thigh = above & np.isin(standing.iuv[..., 0], THIGHS)
    seen = (picture == (0, 0, 255, 255)).all(-1)
    assert seen[thigh].sum() < 0.06 * max(thigh.sum(), 300)


def test_everybody_can_wear_a_shops_skirt_and_take_it_off() -> None:
    """Every sixth of the sample people; with MCLD_THOROUGH=1 all of them."""
    made, jeans = laid("skirt"), samples.sample_garment("garment:jeans")
    for who in [*samples.people()][:: 1 if THOROUGH else 6]:
        look = looks.add(looks.of(samples.sample_person(who)), Wear(made.garment))
        assert hangs(look).count("hips") == 1, who
        worn = next(shell for shell in look.appearance.shells if shell.hangs_on == "hips")
        assert worn is made.garment.shells[0], "nobody's own skirt is below it"
        assert "hips" not in hangs(looks.add(look, Wear(jeans)))
        assert "hips" in hangs(looks.add(look, Wear(laid("top").garment)))
    assert hangs(looks.switch(look, 0, False)) == hangs(looks.of(look.person)) == hangs(looks.remove(look, 0))


def test_trousers_leave_a_loose_top_and_a_top_takes_its_place() -> None:
    look = looks.add(look_of("leo", laid("top")), Wear(samples.sample_garment("garment:jeans")))
    assert "trunk" in hangs(look)
    look = looks.add(look, Wear(clothes_of(samples.sample_person("person:tomas")), "upper"))
    assert "trunk" not in hangs(look) and "limb" not in hangs(look)
    assert "trunk" in hangs(look_of("leo", laid("dress"), laid("top"))), "a top over a dress"


def test_a_coat_leaves_the_skirt_that_is_worn_below_it() -> None:
    assert hangs(look_of("ines", laid("coat"))).count("hips") == 2


def test_a_top_hangs_over_a_skirt_whatever_was_put_on_first() -> None:
    for garments in ((laid("top"), laid("skirt")), (laid("skirt"), laid("top"))):
        shells = look_of("leo", *garments).appearance.shells
        assert [s.hangs_on for s in shells if s.hangs_on in ("hips", "trunk")] == ["hips", "trunk"]
        below, above = (next(s for s in worn_over(shells) if s.hangs_on == place) for place in ("hips", "trunk"))
        for y in (1.0, 0.95, 0.9):
            assert np.ptp(row(above, y)[:, 0]) > np.ptp(row(below, y)[:, 0]) - 0.002
        assert worn_over([above])[0] is above


def test_its_back_is_mirrored_where_it_is_patterned_and_else_plain() -> None:
    for cloth, red in (("plain", (0, 0)), ("print", (0, 0)), ("checks", (0.3, 0.7))):
        shell = shells_of("skirt", cloth=cloth)["hips"]
        back = shell.picture[:, shell.picture.shape[1] // 2 :]
        assert red[0] <= is_red(back[..., :3]).mean() <= red[1], cloth


# --- Kept ----------------------------------------------------------------------------------------------------------


def test_a_recipe_keeps_what_hangs_and_older_ones_still_open() -> None:
    look = look_of("leo", laid("dress"))
    text = write_recipe(Recipe(look), pictures=True)
    again = read_recipe(text).look
    mine, theirs = look.appearance.shells, again.appearance.shells
    assert [shell.hangs_on for shell in theirs] == [shell.hangs_on for shell in mine]
    for a, b in zip(mine, theirs, strict=True):
        for name in ("rest", "gathered", "weights", "faces", "kinds", "places", "picture"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert np.array_equal(draw(again).picture, draw(look).picture)
    without = json.loads(text)
    for picture in without["pictures"].values():
        picture.pop("shells", None)
    old = read_recipe(json.dumps(without)).look
    assert "hips" not in hangs(old) and np.array_equal(old.texture.image, look.texture.image)
    key = next(key for key, picture in json.loads(text)["pictures"].items() if "shells" in picture)
    without["pictures"][key]["shells"] = "AAAA"
    with pytest.raises(StudioError, match="shells"):
        read_recipe(json.dumps(without))


def test_without_pictures_it_is_found_again_by_its_name() -> None:
    made = laid("skirt")
    look = look_of("leo", made)
    text = write_recipe(Recipe(look), pictures=False)
    again = read_recipe(text, lambda key: made.garment.donor if key == made.garment.donor.key else None).look
    assert hangs(again) == hangs(look)


def test_dragged_points_change_what_hangs() -> None:
    made = laid("skirt")
    x, y = made.points.places["left_hem"]
    shorter = made.moved("left_hem", x, y - 0.2).moved("right_hem", made.points.places["right_hem"][0], y - 0.2)
    assert shorter.garment.shells[0].rest[:, 1].min() > made.garment.shells[0].rest[:, 1].min() + 0.1


def test_nothing_stands_off_where_cloth_lies_close() -> None:
    fall = laid("skirt").laid.around
    close = hanging_shells(fall, 0.3, top=True, patterned=False)
    assert close == () or all(shell.rest[:, 1].min() < 0.9 for shell in close)


def test_shells_of_garments_can_be_drawn_in_any_named_pose() -> None:
    shells = look_of("leo", laid("top"), laid("skirt")).appearance.shells
    for pose in named_poses().values():
        layers = draw_shells(shells, Pose(pose.name, pose.angles, yaw=77.0), (128, 88))
        assert all(np.isfinite(layer.depth[layer.picture[..., 3] > 0]).all() for layer in layers)
