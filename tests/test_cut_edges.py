"""The edge of somebody who is cut out: a line where pixels make steps, and no colour of the ground."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.cut_edges import gone_on, inner, sharp
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.editing import look as looks
from mcld_app.editing import preview, samples

FINE = 16  # rows and columns that a pixel's true share is counted in


def steps_and_truth(angle: float, offset: float, side: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A half-plane: pixels that are covered or not, and how much of each is."""
    fine = (np.arange(side * FINE) + 0.5) / FINE - side / 2
    inside = fine[:, None] * np.sin(angle) + fine[None] * np.cos(angle) < offset
    share = inside.reshape(side, FINE, side, FINE).mean((1, 3))
    middle = (np.arange(side) + 0.5) - side / 2
    covered = middle[:, None] * np.sin(angle) + middle[None] * np.cos(angle) < offset
    return covered.astype(np.float32), share.astype(np.float32)


def test_a_staircase_becomes_a_line() -> None:
    steps = lines = 0.0
    for angle in np.linspace(0, 6, 61):
        covered, share = steps_and_truth(float(angle), float(np.sin(9 * angle)))
        middle = slice(6, -6)
        steps += np.abs(covered - share)[middle, middle].sum()
        lines += np.abs(sharp(covered) - share)[middle, middle].sum()
    assert lines < 0.6 * steps


@settings(max_examples=60)
@given(st.floats(0, 6.28), st.floats(-3, 3))
def test_no_edge_moves_by_more_than_half_a_pixel(angle: float, offset: float) -> None:
    covered, share = steps_and_truth(angle, offset)
    assert np.abs(sharp(covered) - share)[6:-6, 6:-6].max() <= 0.6


def test_a_soft_slope_becomes_an_edge_where_it_is_one_half() -> None:
    slope = np.clip(np.linspace(-1, 2, 61, dtype=np.float32), 0, 1)
    edge = sharp(np.repeat(slope[None], 20, 0))[10]
    assert 0.4 < edge[30] < 0.6
    assert ((edge > 0.05) & (edge < 0.95)).sum() <= 5 < ((slope > 0.05) & (slope < 0.95)).sum()
    assert edge[20] < 0.02 and edge[40] > 0.98


def test_colours_go_on_from_the_nearest() -> None:
    colour = np.zeros((20, 30, 3), np.uint8)
    colour[:, :10], colour[:, 20:] = (200, 10, 10), (10, 10, 200)
    inside = np.zeros((20, 30), bool)
    inside[:, :10], inside[:, 20:] = True, True
    wanted = np.zeros((20, 30), bool)
    wanted[:, 8:22] = True
    wanted[5] = False
    gone = gone_on(colour, inside, wanted)
    assert (gone[4, 10:14] == (200, 10, 10)).all() and (gone[4, 16:20] == (10, 10, 200)).all()
    assert (gone[inside] == colour[inside]).all()
    assert not gone[5, 10:20].any()  # what nobody wants stays


def test_where_nothing_is_known_nothing_changes() -> None:
    colour = np.full((8, 8, 3), 7, np.uint8)
    assert (gone_on(colour, np.zeros((8, 8), bool), np.ones((8, 8), bool)) == colour).all()


def test_a_finger_is_not_lost_with_the_outermost_pixels() -> None:
    covered = np.zeros((40, 40), np.uint8)
    covered[20:36, 5:35], covered[5:20, 18:20] = 255, 255
    kept = inner(covered)
    assert kept[6:19, 18:20].all()
    assert not kept[20, 5:16].any() and kept[22:34, 8:32].all()
    assert not kept[covered == 0].any()


@pytest.mark.parametrize("pose", ["walking", "arms-up"])
def test_somebody_in_another_pose_has_a_smooth_outline_and_all_their_fingers(pose: str) -> None:
    """The truth is the same body drawn four times as large."""
    look = looks.stand(looks.of(samples.sample_person("person:leo")), named_poses()[pose])
    size = (512, 352)
    large = (preview.drawn(look, (size[0] * 4, size[1] * 4))[..., 3] > 0).astype(np.float32)
    share = cv2.resize(large, size[::-1], interpolation=cv2.INTER_AREA)
    before, after = preview.drawn(look, size), preview.cut_out(look, size)
    steps, smooth = (np.abs(each[..., 3] / 255 - share) for each in (before, after))
    edge = (share > 0) & (share < 1)
    assert smooth[edge].mean() < 0.75 * steps[edge].mean()
    deep = cv2.erode(before[..., 3], np.ones((7, 7), np.uint8)) > 0
    assert (after[deep][:, 3] == 255).all()
    far = cv2.dilate(before[..., 3], np.ones((7, 7), np.uint8)) == 0
    assert not after[far][:, 3].any()
    assert after[..., 3].sum() == pytest.approx(255 * share.sum(), rel=0.02)  # nobody is thinner or fatter for it
