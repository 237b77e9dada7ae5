"""Painting body parts on an IUV map, and another picture's map as a pose."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joint_positions import joint_positions

from mcld_app.body.iuv import check_iuv, is_blended, read_iuv, write_iuv
from mcld_app.body.iuv_painting import paint_part, pose_of_picture
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.errors import IUVError, StudioError

SIZE = (512, 352)
Point = tuple[int, int]


@pytest.fixture(scope="module")
def standing() -> np.ndarray:
    return draw_iuv(named_poses()["standing"], SIZE)


def line(start: Point, end: Point, width: int) -> np.ndarray:
    mask = np.zeros(SIZE, np.uint8)
    cv2.line(mask, start, end, 1, width)
    return mask > 0


def disc(middle: Point, radius: int) -> np.ndarray:
    mask = np.zeros(SIZE, np.uint8)
    cv2.circle(mask, middle, radius, 1, -1)
    return mask > 0


def without(iuv: np.ndarray, *parts: int) -> np.ndarray:
    out = iuv.copy()
    out[np.isin(iuv[..., 0], parts)] = 0
    return out


def on_body(iuv: np.ndarray, mask: np.ndarray, field: str) -> np.ndarray:
    """What `rest_surface` says of the body's points that these pixels show, in metres."""
    pixel, xy = texels_seen(iuv)
    values = np.full(iuv.shape[:2], np.nan, np.float32)
    column, row = np.minimum(np.round(xy), 511).astype(int).T
    values.ravel()[pixel] = getattr(rest_surface(), field)[row, column]
    return values[mask]


# --- in general ----------------------------------------------------------------------------------------------------


@given(
    pose=st.sampled_from(["standing", "side", "sitting", "arms-crossed", None]),
    points=st.lists(st.tuples(st.integers(-40, 390), st.integers(-40, 550)), min_size=1, max_size=4),
    width=st.integers(1, 60),
    part=st.integers(1, 24),
)
@settings(max_examples=25)
def test_any_stroke_gives_a_map_that_passes_and_changes_nothing_else(pose, points, width, part) -> None:
    iuv = draw_iuv(named_poses()[pose], SIZE) if pose else np.zeros((*SIZE, 3), np.uint8)
    mask = np.zeros(SIZE, np.uint8)
    cv2.polylines(mask, [np.array(points, np.int32).reshape(-1, 1, 2)], False, 1, width)
    before, stroke = iuv.copy(), mask > 0
    if not stroke.any():
        with pytest.raises(StudioError, match="no stroke"):
            paint_part(iuv, stroke, part)
        return
    painted = paint_part(iuv, stroke, part)
    check_iuv(painted)
    assert (painted[stroke][:, 0] == part).all()
    assert np.array_equal(painted[~stroke], iuv[~stroke])
    same = stroke & (iuv[..., 0] == part)
    assert np.array_equal(painted[same], iuv[same]), "what shows the part already stays"
    assert np.array_equal(iuv, before), "the map given stays as it is"


def test_a_cloud_of_crumbs_is_painted_too() -> None:
    crumbs = np.zeros(SIZE, bool)
    crumbs[::3, ::3] = True
    painted = paint_part(np.zeros((*SIZE, 3), np.uint8), crumbs, 2)
    assert np.array_equal(painted[..., 0] == 2, crumbs)


def test_a_painted_map_can_be_saved_and_read_again(standing: np.ndarray, tmp_path: Path) -> None:
    painted = paint_part(without(standing, 19, 21, 4), line((240, 180), (300, 90), 20), 21)
    painted = paint_part(painted, disc((300, 85), 14), 4)
    assert not is_blended(painted)
    write_iuv(painted, tmp_path / "painted.png")
    assert np.array_equal(read_iuv(tmp_path / "painted.png"), painted)


# --- erasing -------------------------------------------------------------------------------------------------------


def test_part_0_erases(standing: np.ndarray) -> None:
    stroke = disc((176, 170), 25)
    painted = paint_part(standing, stroke, 0)
    assert not painted[stroke].any()
    assert np.array_equal(painted[~stroke], standing[~stroke])


def test_the_last_bit_of_a_body_cannot_be_erased(standing: np.ndarray) -> None:
    with pytest.raises(IUVError, match="leave nothing of the body"):
        paint_part(standing, np.ones(SIZE, bool), 0)


# --- going on from what is there -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("middle", "radius", "part"), [((176, 170), 26, 2), ((155, 330), 12, 9), ((195, 400), 9, 14)])
def test_a_hole_is_closed_as_it_was(standing: np.ndarray, middle: Point, radius: int, part: int) -> None:
    hole = disc(middle, radius) & (standing[..., 0] == part)
    assert hole.sum() > 100
    pierced = standing.copy()
    pierced[hole] = 0
    off = np.abs(paint_part(pierced, hole, part)[hole].astype(int) - standing[hole])
    assert off.max() <= 20
    assert off.mean(0).max() < 5, "half a pixel of a shin, whose V goes from 0 to 255 over 24 pixels"


def test_a_limb_cut_short_grows_on_smoothly(standing: np.ndarray) -> None:
    """The lower half of a shin painted anew: the texture runs down it as before."""
    shin = standing[..., 0] == 14
    rows = np.flatnonzero(shin.any(1))
    cut = shin & (np.arange(SIZE[0])[:, None] > rows[len(rows) // 2])
    short = standing.copy()
    short[cut] = 0
    regrown = paint_part(short, cut, 14)
    was, now = on_body(standing, cut, "y"), on_body(regrown, cut, "y")
    assert np.abs(was - now).mean() < 0.02
    assert np.corrcoef(was, now)[0, 1] > 0.98
    jump = np.abs(np.diff(regrown[..., 1].astype(int), axis=0))[cut[1:] & shin[:-1]]
    assert jump.max() <= 8, "no step at the seam"


def test_what_is_painted_beyond_a_part_stays_within_it(standing: np.ndarray) -> None:
    beyond = line((176, 200), (340, 200), 30)
    painted = paint_part(standing, beyond, 2)
    v = painted[200, 200:330, 2].astype(int)
    assert (np.diff(v) >= -1).all() or (np.diff(v) <= 1).all(), "on in one direction, then held at the end"


# --- a part that was not there -------------------------------------------------------------------------------------


@pytest.mark.parametrize("hand", [(330, 150), (310, 100), (250, 300), (180, 210)])
@pytest.mark.parametrize("part", [19, 21])
def test_a_new_lower_arm_runs_from_the_elbow_along_the_stroke(standing: np.ndarray, hand: Point, part: int) -> None:
    x, y = joint_positions(named_poses()["standing"], SIZE)["left_elbow"]
    elbow = (round(x), round(y))
    armless = without(standing, 19, 21, 4)
    stroke = line(elbow, hand, 18) & ~np.isin(armless[..., 0], (15, 17))
    painted = paint_part(armless, stroke, part)
    y, x = np.nonzero(stroke)
    way = np.array(hand) - elbow
    share = ((x - elbow[0]) * way[0] + (y - elbow[1]) * way[1]) / (way @ way)
    arm = on_body(painted, stroke, "arm")
    assert np.corrcoef(share, arm)[0, 1] > 0.97, "out along the stroke"
    assert arm[share < 0.15].mean() < 0.34 and arm[share > 0.85].mean() > 0.44, "all of it, from elbow to wrist"


def test_a_body_painted_from_nothing_has_its_head_up_and_its_feet_down() -> None:
    iuv = np.zeros((*SIZE, 3), np.uint8)
    for part, start, end, width in (
        (2, (176, 140), (176, 230), 60), (23, (165, 70), (165, 100), 22), (24, (187, 70), (187, 100), 22),
        (9, (155, 270), (150, 350), 26), (10, (197, 270), (205, 350), 26),
        (13, (150, 370), (145, 440), 22), (14, (205, 370), (215, 440), 22),
    ):  # fmt: skip
        stroke = line(start, end, width)
        iuv = paint_part(iuv, stroke, part)
        assert np.corrcoef(np.nonzero(stroke)[0], on_body(iuv, stroke, "y"))[0, 1] < -0.9, part
    for part, side in ((9, -1), (10, 1), (23, -1), (24, 1)):
        assert side * on_body(iuv, iuv[..., 0] == part, "x").mean() > 0, "the person's left is on the right"


@pytest.mark.parametrize("degrees", range(0, 360, 40))
@pytest.mark.parametrize("part", [2, 9, 17, 21])
def test_a_new_part_is_never_a_mirror_image(degrees: int, part: int) -> None:
    """Whichever way the stroke runs, the skin's outer side shows."""

    def handedness(iuv: np.ndarray) -> float:
        y, x = np.nonzero(iuv[..., 0] == part)
        at = np.stack([np.ones(len(x)), x, y], 1)
        return float(np.linalg.det(np.linalg.lstsq(at, iuv[y, x, 1:].astype(float), rcond=None)[0][1:]))

    a = np.radians(degrees)
    way = np.array([np.cos(a), np.sin(a)]) * 60
    ends = [tuple(int(v) for v in np.array((176, 256)) + k * way) for k in (-1, 1)]
    painted = paint_part(np.zeros((*SIZE, 3), np.uint8), line(*ends, 34), part)
    assert handedness(painted) * handedness(draw_iuv(Pose(angles={"left_shoulder.raise": 25}), SIZE)) > 0


@pytest.mark.parametrize(("pose", "side"), [("standing", 1), ("back", -1)])
def test_a_new_head_looks_where_the_body_does(pose: str, side: int) -> None:
    iuv = draw_iuv(named_poses()[pose], SIZE)
    painted = without(iuv, 23, 24)
    for part in (23, 24):
        painted = paint_part(painted, iuv[..., 0] == part, part)
    head = iuv[..., 0] >= 23
    assert side * on_body(painted, head, "z").mean() > 0.03
    assert np.abs(on_body(painted, head, "z") - on_body(iuv, head, "z")).mean() < 0.02


def test_each_piece_of_a_stroke_is_a_part_of_its_own() -> None:
    one, two = line((90, 150), (90, 300), 40), line((250, 200), (300, 400), 40)
    painted = paint_part(np.zeros((*SIZE, 3), np.uint8), one | two, 2)
    for piece in (one, two):
        height = on_body(painted, piece, "y")
        assert height.min() < 1.0 and height.max() > 1.4, "the whole trunk"


# --- another picture's pose ----------------------------------------------------------------------------------------


@given(height=st.integers(64, 700), width=st.integers(64, 700), zoom=st.floats(0.5, 1.5))
@settings(max_examples=8)
def test_any_pictures_map_becomes_a_pose_of_the_studios_size(height: int, width: int, zoom: float) -> None:
    iuv = draw_iuv(Pose(zoom=zoom), (height, width))
    pose = pose_of_picture(iuv)
    assert pose.shape == (512, 352, 3)
    check_iuv(pose)
    was, now = (set(np.unique(m @ np.array([1, 256, 65536]))) for m in (iuv, pose))
    assert now <= was | {0}, "nothing is blended"


def test_a_map_without_a_body_is_no_pose() -> None:
    with pytest.raises(IUVError, match="no body"):
        pose_of_picture(np.zeros((64, 64, 3), np.uint8))


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [-1, 25, 2.5, "2", None, True])
def test_an_unknown_part_is_refused(standing: np.ndarray, part) -> None:
    with pytest.raises(IUVError, match="no body part"):
        paint_part(standing, disc((176, 170), 5), part)


def test_a_stroke_must_fit_the_map(standing: np.ndarray) -> None:
    with pytest.raises(StudioError, match="differ in size"):
        paint_part(standing, np.ones((64, 64), bool), 2)
    with pytest.raises(StudioError, match="no stroke"):
        paint_part(standing, np.zeros(SIZE, bool), 2)


@pytest.mark.parametrize("wrong", [np.zeros((8, 8), np.uint8), np.full((8, 8, 3), 30, np.uint8), np.zeros((8, 8, 3))])
def test_only_an_iuv_map_is_painted_on(wrong: np.ndarray) -> None:
    with pytest.raises(IUVError):
        paint_part(wrong, np.ones((8, 8), bool), 2)
