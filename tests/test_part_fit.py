"""The mannequin in the pose of a picture of a body's parts: read from its colours, and fitted to the parts alone."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest
import studio_actions as actions
from thorough import some

from mcld_app.body.fitting.part_fit import fit_parts
from mcld_app.body.iuv import read_iuv
from mcld_app.body.mannequin.pose import BodyShape, Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.part_picture import parts_of
from mcld_app.body.photo import encode_png, read_photo
from mcld_app.editing.look import body_of
from mcld_app.errors import PoseError, StudioError
from mcld_app.studio.state import initial_state

SIZE = (512, 352)
POSES = named_poses()
TABLES = (cv2.COLORMAP_PARULA, cv2.COLORMAP_VIRIDIS, cv2.COLORMAP_JET)


def segm(parts: np.ndarray, table: int = cv2.COLORMAP_PARULA, share: float = 1.0, ground: int = 0) -> np.ndarray:
    """A picture of parts as DensePose's tools draw it, RGB, over a ground of one grey level."""
    coloured = cv2.applyColorMap(np.round(parts * (255 / 24)).astype(np.uint8), table)[..., ::-1]
    drawn = (coloured * share + ground * (1 - share)).round().astype(np.uint8)
    return np.where(parts[..., None] > 0, drawn, ground).astype(np.uint8)


def same(a: np.ndarray, b: np.ndarray) -> float:
    """Pixels of the same part, by those of a body in either."""
    return float(((a == b) & (a > 0)).sum() / ((a > 0) | (b > 0)).sum())


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("share", [1.0, 0.7])
def test_parts_are_read_by_their_colours(table: int, share: float) -> None:
    parts = draw_iuv(POSES["walking"], SIZE)[..., 0]
    for picture in (segm(parts, table, share), segm(parts, table, share)[..., ::-1]):
        assert np.array_equal(parts_of(picture), parts)


def test_what_is_no_picture_of_parts_has_none(root: Path) -> None:
    iuv = draw_iuv(POSES["walking"], SIZE)
    plane = cv2.applyColorMap(iuv[..., 1], cv2.COLORMAP_PARULA)
    photo = read_photo(root / "assets" / "people" / "mara.png")
    for picture in (iuv, plane, photo, np.zeros((80, 80, 3), np.uint8), np.full((80, 80, 3), 255, np.uint8)):
        assert parts_of(picture) is None


@pytest.mark.parametrize("name", some([
    "standing", "three-quarter", "running", "one-hand-up", "sitting", "arms-up", "back", "arms-crossed", "kneeling",
], 5))  # fmt: skip
def test_the_mannequin_stands_as_the_parts_do(name: str) -> None:
    parts = draw_iuv(POSES[name], SIZE)[..., 0]
    pose = fit_parts(parts)
    assert same(draw_iuv(pose, SIZE)[..., 0], parts) > 0.8
    assert abs((pose.yaw - POSES[name].yaw + 180) % 360 - 180) < 20


def test_of_two_the_larger_is_taken_and_parts_that_tell_nothing_are_told() -> None:
    parts = draw_iuv(POSES["relaxed"], SIZE)[..., 0]
    small = cv2.resize(parts, (176, 256), interpolation=cv2.INTER_NEAREST)
    alone = np.zeros((512, 600), np.uint8)
    alone[:, :352] = parts
    both = alone.copy()
    both[200:456, 400:576] = small
    assert fit_parts(both) == fit_parts(alone) and abs(fit_parts(alone).yaw - POSES["relaxed"].yaw) < 10
    with pytest.raises(PoseError, match="tell no pose"):
        fit_parts(np.where(parts == 3, parts, 0).astype(np.uint8))


def opened(picture: np.ndarray):
    told = {"file": {"name": "segm.png", "data": base64.b64encode(encode_png(picture)).decode()}}
    return actions.open_pose(initial_state(), told)


def test_open_pose_takes_a_picture_of_parts_and_the_body_stays_as_it_is() -> None:
    state = opened(segm(draw_iuv(POSES["sitting"].replace(build=1.5), SIZE)[..., 0], share=0.7))
    assert isinstance(state.pose, Pose) and state.pose.body == (body_of(initial_state().look) or BodyShape())
    assert "parts in the picture" in state.note.text
    dragged = actions.drag(state, {"handle": "left_wrist", "x": 0.9, "y": 0.2})
    assert dragged.pose.angles != state.pose.angles
    with pytest.raises(StudioError, match="dp_segm"):
        opened(np.random.default_rng(0).integers(0, 255, (90, 90, 3)).astype(np.uint8))


def test_densepose_s_own_pictures_give_their_pose(shared) -> None:
    true = read_iuv(shared / "cases" / "photo_net.png")[..., 0]
    for name in ("dp_viridis", "dp_segm_black"):
        picture = read_photo(shared / "cases" / f"{name}.png")
        assert np.array_equal(parts_of(picture), true)
        assert same(draw_iuv(fit_parts(true), SIZE)[..., 0], true) > 0.75
        assert isinstance(opened(picture).pose, Pose)
