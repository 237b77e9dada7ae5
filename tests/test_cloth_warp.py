"""Where cloth comes to lie: prints and stripes stay straight on who lets the arms hang, sleeves keep their length, and
garments end in lines that are sharper than texels."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from flat_garments import METRE, PRINT_SIDE, at, is_red, shape, tee

from mcld_app.body.garments import body_lines as lines
from mcld_app.body.garments.cloth_warp import ClothWarp
from mcld_app.body.garments.laying import SIZE
from mcld_app.body.garments.outline import Outline
from mcld_app.body.garments.over_shoulder import over_shoulder
from mcld_app.body.garments.sleeve_pairs import UNDER_ARM
from mcld_app.body.garments.sleeves import inner_cuff
from mcld_app.body.garments.straps import without_back_straps
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import kept_drawing, posed_vertices, to_picture
from mcld_app.body.parts import part_map, parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.garment_line import WIDTH, GarmentLine
from mcld_app.body.texture.photo_reading import draw_from, taken
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.flat_garment import FlatGarment, flat_garment

LARGE = (1024, 704)
BOXY = {"chest": 0.58, "armpit": 0.32}


@cache
def laid(**how: object) -> FlatGarment:
    return flat_garment(tee(**how).picture, "top")


@cache
def warp(**how: object) -> ClothWarp:
    made = laid(**how).laid
    return ClothWarp.fit(made.fit, made.pose, SIZE)


# --- Laid ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{}, BOXY], ids=["usual", "boxy"])
def test_a_line_across_the_chest_is_level_on_who_lets_the_arms_hang(how: dict) -> None:
    found, hanging = warp(**how), posed_vertices(Pose("", {"left_shoulder.raise": 6.0, "right_shoulder.raise": 6.0}))[0]
    for y in (1.38, 1.34, 1.28):
        row = [found.trunk.at(to_picture(lines.front(y, x).at(hanging), found.hanging, SIZE)[:, :2].astype(float))[0, 1]
               for x in (0.0, 0.04, 0.08, 0.11)]  # fmt: skip
        high = [float(lines.front(y, x).at(hanging)[0, 1]) for x in (0.0, 0.04, 0.08, 0.11)]
        off = np.array(row) - row[0] + (np.array(high) - high[0]) * METRE
        assert np.abs(off).max() < 0.022 * METRE, "what little is left is cloth that lies over a chest"


def test_a_print_is_as_wide_as_it_was_drawn_however_wide_the_cloth() -> None:
    made = laid(**BOXY)
    pose, cloth, source = named_poses()["standing"], made.garment.cloth, made.garment.donor.pixels
    drawing = kept_drawing(pose, LARGE)
    picture = draw_from(cloth, [(source, taken(source, cloth.coverage))], drawing.pixel, drawing.texel, LARGE)
    wide = np.ptp(np.nonzero(is_red(picture[..., :3]) & (picture[..., 3] > 0))[1]) / (LARGE[0] / 2 * pose.zoom)
    assert wide == pytest.approx(PRINT_SIDE * METRE / made.laid.fit.metre, rel=0.08)


@pytest.mark.parametrize("how", [{}, BOXY], ids=["usual", "boxy"])
def test_a_sleeves_lower_edge_goes_evenly_from_the_bodys_armpit_to_the_cuff(how: dict) -> None:
    made, found = laid(**how), warp(**how)
    fit, vertices = made.laid.fit, posed_vertices(found.pose)[0]
    assert UNDER_ARM <= fit.on_arm < fit.sleeve
    along = np.linspace(UNDER_ARM, fit.sleeve - 0.01, 9)
    at = np.concatenate([to_picture(lines.arm_edge(float(x), False).at(vertices), found.pose, SIZE) for x in along])
    places = found.arms[0].at(at[:, :2].astype(float))
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert steps.max() < 3.5 * np.median(steps) and steps.min() > 0.2 * np.median(steps), "neither folds nor gaps"


def test_a_sleeve_that_lies_on_the_body_is_read_straight_across_and_as_wide_as_an_arm() -> None:
    side = [(0.085, 0.0), (0.19, 0.04), (0.33, 0.52), (0.24, 0.55), (0.205, 0.36), (0.20, 0.66)]
    neck = [(x, 0.09 * (1 - (x / 0.085) ** 2)) for x in np.linspace(-0.085, 0.085, 15)]
    outline = [at(x, y) for x, y in (*neck[:-1], *side, *((-x, y) for x, y in side[:0:-1]))]
    sides = ("left", 0.2), ("right", -0.2)
    armpits = {f"{name}_armpit": tuple(np.array(at(x, 0.26)) / (720, 960)) for name, x in sides}
    made = flat_garment(shape(outline), "top", armpits)
    found = ClothWarp.fit(made.laid.fit, made.laid.pose, SIZE)
    vertices, metre = posed_vertices(found.pose)[0], made.laid.fit.metre
    for along in (0.15, 0.2, 0.3, 0.4):
        ends = [to_picture(lines.arm_edge(along, upper).at(vertices), found.pose, SIZE)[:, :2].astype(float)
                for upper in (True, False)]  # fmt: skip
        across = (found.arms[0].at(ends[1]) - found.arms[0].at(ends[0]))[0] / metre
        assert -0.16 < across[0] < -0.06, "metres of cloth, from outside inwards"
        assert abs(across[1]) < 0.45 * abs(across[0]), "a sleeve that hangs down has level threads"


def test_a_garment_is_drawn_as_large_as_previews_are_and_wholly_in_its_picture() -> None:
    shown = laid().laid.iuv[..., 0] > 0
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    assert max(np.ptp(columns) / SIZE[1], np.ptp(rows) / SIZE[0]) > 0.8 or laid().laid.pose.zoom >= 1.2
    assert rows[0] > 5 and columns[0] > 5 and rows[-1] < SIZE[0] - 6 and columns[-1] < SIZE[1] - 6


def test_trunk_and_sleeves_meet_without_a_step() -> None:
    where, shown = warp().over(), laid().laid.iuv[..., 0]
    body = cv2.erode((shown > 0).astype(np.uint8), np.ones((9, 9))) > 0
    assert np.isfinite(where[body]).all()
    for axis in (0, 1):
        jump = np.linalg.norm(np.diff(where, axis=axis), axis=2)
        both = body[1:] & body[:-1] if axis == 0 else body[:, 1:] & body[:, :-1]
        assert np.quantile(jump[both], 0.999) < 8 * np.median(jump[both])


@pytest.mark.parametrize("wide", [0.12, 0.16, 0.20])
def test_the_inner_end_of_a_cuff_is_found_however_short_and_wide_the_sleeve(wide: float) -> None:
    drawn = tee(sleeve=(0.17, wide), armpit=0.26)
    outline, cuff = Outline.of(drawn.mask), np.array(drawn.points["left_cuff"])
    found = inner_cuff(outline, cuff, np.array(drawn.points["left_armpit"]))
    assert np.linalg.norm(found - cuff - np.array((-0.583, 0.833)) * wide * METRE) < 0.02 * METRE


def test_a_trunk_shows_nothing_of_what_lies_on_its_arms() -> None:
    made = laid(cloth="sleeves")
    places, iuv = made.garment.donor.pixels.places, made.laid.iuv
    trunk = made.garment.extent & parts_mask({1, 2}) & places.seen
    column, row = np.round(places.xy[trunk]).astype(int).T
    assert (iuv[row, column % iuv.shape[1], 0] < 15).mean() > 0.995


def test_over_a_shoulder_a_picture_is_read_evenly_and_folded_where_it_is_sewn() -> None:
    high, share = over_shoulder()
    surface = rest_surface()
    cap = parts_mask({1, 2}) & (share > 0.95)
    low_front = cap & (surface.z > 0) & (surface.y < 1.42)
    assert np.abs(high - surface.y)[low_front].max() < 0.004 and (high[share == 0] == surface.y[share == 0]).all()
    for aside in (0.175, 0.185):
        slice_ = cap & (np.abs(surface.x - aside) < 0.004) & (surface.z < -0.02) & (surface.y > 1.36)
        level = slice_ & (surface.y > 1.455)  # there most of the way is level
        assert np.ptp(high[level]) > 1.4 * np.ptp(surface.y[level])
        low = slice_ & (surface.y < 1.37)
        assert np.abs(high - surface.y)[low].max() < 0.008, "where a back's heights are its own again"


# --- Edges -----------------------------------------------------------------------------------------------------------


ROWS = np.mgrid[:512, :512][0]
CHEST = parts_mask({2})
MIDDLE = float(np.median(ROWS[CHEST]))


def hem(row: float) -> tuple[GarmentLine, np.ndarray]:
    """Cloth on the trunk's front, above a row of the texture map, and which texels it has."""
    share = np.where(CHEST, np.clip(0.5 + (row - ROWS) / WIDTH, 0, 1), 0).astype(np.float32)
    return GarmentLine.of(share), share > 0.5


def crossed(line: GarmentLine) -> np.ndarray:
    """(N, 2) float32: texels in the midst of the trunk's front that a line crosses."""
    inner = cv2.erode(CHEST.astype(np.uint8), np.ones((9, 9))) > 0
    return np.argwhere((np.abs(line.share - 0.5) * WIDTH < 0.6) & inner)[:, ::-1].astype(np.float32)


@pytest.mark.parametrize("off", [0.0, 0.25, 0.5, 0.75])
def test_a_hem_is_a_line_between_texels_and_nothing_is_mixed_beside_it(off: float) -> None:
    line, _ = hem(MIDDLE + off)
    near = named_poses()["standing"].replace(zoom=3.0, shift_y=-0.3)
    body, drawing = part_map() > 0, kept_drawing(near, LARGE)
    share = np.clip(0.5 + (line.share - 0.5) * WIDTH / 1.3, 0, 1)[..., None]  # as the texture map has it, mixed
    image = (np.array([220, 30, 30]) * share + np.array([30, 30, 220]) * (1 - share) + 0.5).astype(np.uint8)
    blurred, sharp = (
        draw_from(TextureMap(image, body), [], drawing.pixel, drawing.texel, LARGE, lines_)[..., 0].astype(int)
        for lines_ in ((), (line,))
    )
    column = LARGE[1] // 2 + 40
    rows = slice(200, 900)
    mixed = [np.count_nonzero((p[rows, column] > 50) & (p[rows, column] < 200)) for p in (blurred, sharp)]
    assert mixed[1] <= 3 < mixed[0], "hardly a pixel is neither, where it was a texel"
    assert np.count_nonzero((blurred != sharp)[rows, column]) < 30, "far from it all stays"


def test_what_is_worn_over_a_garment_hides_its_line() -> None:
    line, worn = hem(MIDDLE + 0.4)
    texel = crossed(line)
    assert len(line.crossed(texel)[0]) == len(texel) > 50
    assert not len(line.under(np.ones_like(worn)).crossed(texel)[0])


def test_beside_a_line_cloth_is_read_inside_and_what_is_below_it_outside() -> None:
    line, _ = hem(MIDDLE + 0.4)
    _, _, inside, outside = line.crossed(crossed(line))
    for places, least, most in ((inside, 0.65, 1.0), (outside, -3.0, -1.75)):
        x, y = (np.ascontiguousarray(places[:, None, k]) for k in (0, 1))
        off = (cv2.remap(line.share, x, y, cv2.INTER_LINEAR) - 0.5) * WIDTH
        assert ((off >= least) & (off <= most)).all(), "texels inside of it"


def test_a_loops_back_is_cut_off_up_to_where_the_strap_ends_and_leaves_no_stub() -> None:
    mask = np.zeros((400, 400), np.uint8)
    cv2.fillPoly(mask, [np.array([[60, 180], [340, 180], [360, 380], [40, 380]])], 1)
    for sign in (1, -1):
        cv2.line(mask, (200 + sign * 118, 20), (200 + sign * 80, 185), 1, 11)  # the front's
        cv2.line(mask, (200 + sign * 122, 20), (200 + sign * 124, 185), 1, 11)  # the back's, for a while behind it
    front = without_back_straps(mask > 0)
    for row in range(30, 170, 10):
        runs = np.flatnonzero(np.diff(front[row].astype(int)))
        assert len(runs) == 4 and np.diff(runs)[[0, 2]].max() < 17, "one strap on each side, as wide all along"
    assert (front[200:] == (mask[200:] > 0)).all()


def test_a_collar_that_reaches_the_neck_ends_in_a_smooth_curve() -> None:
    below, surface = lines.below_neck(), rest_surface()
    neck = parts_mask({1, 2}) & (np.abs(below) < 0.004)
    turn = np.arctan2(surface.z[neck] + 0.02, surface.x[neck])
    order = np.argsort(turn)
    height = surface.y[neck][order]
    smooth = np.convolve(np.pad(height, 10, mode="wrap"), np.ones(21) / 21, "valid")
    assert np.abs(height - smooth).max() < 0.012
    assert (below[parts_mask({1, 2}) & (surface.y < 1.3)] > 0).all()
