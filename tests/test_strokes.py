"""Strokes on the texture map and on the person, and what becomes of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.charts import charts, iuv_of_texel, touching_parts
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import parts_mask
from mcld_app.body.texture.strokes import lay_paint, map_strokes, person_strokes
from mcld_app.body.texture.texture_map import TextureMap, render
from mcld_app.errors import IUVError, StudioError

SIZE = (512, 352)
INK = (230, 30, 60)
BODY = charts().part_map > 0
POSES = ("standing", "side", "back", "running", "arms-crossed", "sitting", "hands-on-hips")


def grey() -> TextureMap:
    return TextureMap(np.repeat(BODY[..., None] * np.uint8(128), 3, axis=2), BODY.copy())


def brush(*lines: tuple, size: tuple[int, int] = SIZE, width: int = 9, alpha: int = 255) -> np.ndarray:
    """Strokes (H, W, 4) along lines of points (x, y)."""
    picture = np.zeros((*size, 4), np.uint8)
    for line in lines:
        cv2.polylines(picture, [np.array(line, np.int32).reshape(-1, 1, 2)], False, (*INK, alpha), width)
    return picture


def is_ink(pixels: np.ndarray, tolerance: int = 12) -> np.ndarray:
    return np.abs(pixels[..., :3].astype(int) - INK).max(-1) <= tolerance


def grown(mask: np.ndarray, by: int) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * by + 1,) * 2, np.uint8)) > 0


def shrunk(mask: np.ndarray, by: int) -> np.ndarray:
    return ~grown(~mask, by)


# --- on the person -------------------------------------------------------------------------------------------------


@given(
    pose=st.sampled_from(POSES),
    start=st.integers(0, 10**6),
    end=st.integers(0, 10**6),
    width=st.integers(3, 16),
    scale=st.sampled_from([0.5, 1.0, 1.0, 2.0]),
)
@settings(max_examples=15)
def test_drawing_the_painted_map_in_the_same_pose_gives_the_stroke_back(pose, start, end, width, scale) -> None:
    size = (int(512 * scale), int(352 * scale))
    iuv = draw_iuv(named_poses()[pose], size)
    y, x = np.nonzero(iuv[..., 0])
    ends = [(x[k % len(x)], y[k % len(x)]) for k in (start, end)]
    picture = brush(ends, size=size, width=max(3, int(width * scale)))
    drawn = render(lay_paint(grey(), person_strokes(picture, iuv)), iuv)
    stroke, body = picture[..., 3] > 0, iuv[..., 0] > 0
    rim = 1 if scale <= 1 else 3  # pixels: about one texel of a leg
    lost = ~is_ink(drawn[shrunk(stroke, rim) & body])
    assert np.count_nonzero(lost) <= 5 + 0.04 * len(lost)
    away = ~grown(stroke, 2 * rim) & body
    spilt = np.abs(drawn[away][:, :3].astype(int) - 128).max(-1) > 12
    assert np.count_nonzero(spilt) <= 5 + 0.04 * np.count_nonzero(stroke)


@pytest.mark.parametrize("pose", POSES)
def test_a_stroke_has_no_pinholes(pose: str) -> None:
    """Everything in view painted over: no texel is left out between painted ones of its part."""
    layer = person_strokes(brush([(0, 256), (352, 256)], width=900), draw_iuv(named_poses()[pose], SIZE))
    painted, part = layer[..., 3] > 0, charts().part_map
    square = np.ones((3, 3), np.uint8)
    inside = (cv2.erode(part, square) == part) & (cv2.dilate(part, square) == part) & BODY  # of one part
    around = cv2.filter2D(painted.astype(np.uint8), cv2.CV_32F, square.astype(np.float32))
    assert np.count_nonzero((around == 8) & ~painted & inside) == 0
    assert painted.sum() > 50_000
    assert is_ink(layer[painted], 2).all()


def test_a_stroke_seen_from_closer_by_is_whole() -> None:
    """Painted on the face in a small picture, where a pixel shows many texels."""
    size = (192, 132)
    iuv = draw_iuv(named_poses()["standing"], size)
    y, x = np.nonzero(iuv[..., 0] >= 23)
    picture = brush([(int(x.mean()), int(y.mean()))] * 2, size=size, width=7)
    near = draw_iuv(named_poses()["standing"].replace(zoom=4.0, shift_y=-0.7), SIZE)
    drawn = render(lay_paint(grey(), person_strokes(picture, iuv)), near)
    spot = is_ink(drawn, 40).astype(np.uint8)
    closed = cv2.morphologyEx(spot, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    assert spot.sum() > 1000
    assert np.count_nonzero(closed & ~spot & (drawn[..., 3] > 0)) < 0.02 * spot.sum()


@pytest.mark.parametrize("rows", [(372, 390), (379,)])
def test_neighbours_on_the_map_only_are_kept_apart(rows: tuple[int, ...]) -> None:
    """A right upper arm, and the right foot whose island lies below it on the map: both in the picture, or the arm's
    edge alone."""
    iuv = np.repeat(iuv_of_texel()[list(rows), 350:362], 10, axis=0)
    assert not touching_parts()[16, 6]
    painted = person_strokes(np.full((*iuv.shape[:2], 4), 255, np.uint8), iuv)[..., 3] > 0
    row, _ = np.nonzero(painted)
    assert np.abs(row[:, None] - rows).min(1).max() < 6, "nothing between the two"
    assert set(charts().part_map[painted]) <= {*iuv[..., 0].ravel(), 18}, "the rest of the arm is no stranger"


def test_a_stroke_paints_only_what_it_touches() -> None:
    """Over an arm before the trunk: in the picture they are neighbours, on the body they are not."""
    iuv = draw_iuv(named_poses()["arms-crossed"], SIZE)
    part = charts().part_map
    for arm in (19, 20, 21, 22):
        inside = shrunk(iuv[..., 0] == arm, 3)
        if not inside.any():
            continue
        picture = np.zeros((*SIZE, 4), np.uint8)
        picture[inside] = (*INK, 255)
        painted = person_strokes(picture, iuv)[..., 3] > 0
        assert set(part[painted]) == {arm}


def test_a_stroke_over_several_parts_stays_on_them() -> None:
    iuv = draw_iuv(named_poses()["hands-on-hips"], SIZE)
    picture = brush([(20, 200), (330, 260)])
    touched = np.unique(iuv[(picture[..., 3] > 0) & (iuv[..., 0] > 0)][:, 0])
    painted = np.unique(charts().part_map[person_strokes(picture, iuv)[..., 3] > 0])
    assert set(touched) <= set(painted)
    assert touching_parts()[touched][:, painted].any(0).all()


def test_half_transparent_strokes_stay_half_transparent() -> None:
    iuv = draw_iuv(named_poses()["standing"], SIZE)
    layer = person_strokes(brush([(150, 200), (200, 200)], width=21, alpha=128), iuv)
    inner = shrunk(layer[..., 3] > 0, 4)
    off = np.abs(layer[inner].astype(int) - (*INK, 128)).max(-1)
    assert inner.any() and (off <= 2).mean() > 0.99 and off.max() <= 16


def test_a_thin_line_on_a_large_picture_does_not_break() -> None:
    size = (1536, 1056)
    iuv = draw_iuv(named_poses()["standing"].replace(zoom=4.0, shift_y=-0.3), size)
    line = [(420, 620), (640, 900)]
    assert (iuv[line[0][1], line[0][0], 0], iuv[line[1][1], line[1][0], 0]) == (2, 2)
    layer = person_strokes(brush(line, size=size, width=2), iuv)
    count, _ = cv2.connectedComponents((layer[..., 3] > 8).astype(np.uint8), connectivity=8)
    assert count == 2, "the background and one line"


def test_what_is_drawn_beside_the_body_is_left_out() -> None:
    iuv = draw_iuv(named_poses()["standing"], SIZE)
    whole = brush([(0, 200), (351, 200)])
    clipped = whole * (iuv[..., :1] > 0)
    there = person_strokes(clipped, iuv)[..., 3] > 128
    both = person_strokes(whole, iuv)[..., 3] > 128
    assert (there & ~both).sum() == 0
    assert (both & ~there).sum() < 0.1 * there.sum(), "only the rim may differ"


def test_a_stroke_beside_the_body_is_refused() -> None:
    iuv = draw_iuv(named_poses()["standing"], SIZE)
    with pytest.raises(StudioError, match=r"beside the body\. Draw on the person"):
        person_strokes(brush([(5, 5), (5, 400)]), iuv)
    with pytest.raises(StudioError, match="beside the body"):
        person_strokes(np.zeros((*SIZE, 4), np.uint8), iuv)


def test_strokes_of_another_size_are_refused() -> None:
    iuv = draw_iuv(named_poses()["standing"], SIZE)
    for wrong in (brush([(9, 9), (90, 90)], size=(256, 176)), np.zeros((*SIZE, 3), np.uint8), np.zeros(SIZE)):
        with pytest.raises(StudioError, match="352 x 512 pixels"):
            person_strokes(wrong, iuv)
    with pytest.raises(IUVError, match="no body"):
        person_strokes(brush([(9, 9), (90, 90)]), np.zeros((*SIZE, 3), np.uint8))


# --- on the map ----------------------------------------------------------------------------------------------------


def test_strokes_on_the_map_are_clipped_to_the_body() -> None:
    picture = brush([(0, 0), (511, 511)], size=(512, 512), width=40, alpha=200)
    layer = map_strokes(picture)
    assert np.array_equal(layer[BODY], picture[BODY] * (picture[BODY][:, 3:] > 0))
    assert not layer[~BODY].any()
    assert layer.any()


def test_strokes_between_the_islands_are_refused() -> None:
    y, x = np.nonzero(shrunk(~BODY, 3))
    with pytest.raises(StudioError, match="beside the body"):
        map_strokes(brush([(x[0], y[0])] * 2, size=(512, 512), width=1))
    with pytest.raises(StudioError, match="512 x 512 pixels"):
        map_strokes(brush([(9, 9), (90, 90)]))


# --- paint and eraser ----------------------------------------------------------------------------------------------


@given(alpha=st.integers(0, 255), below=st.integers(0, 255), ink=st.integers(0, 255))
@settings(max_examples=8)
def test_paint_blends_by_its_alpha(alpha: int, below: int, ink: int) -> None:
    texture = TextureMap(np.full((512, 512, 3), below, np.uint8), BODY)
    layer = np.zeros((512, 512, 4), np.uint8)
    layer[BODY] = (ink, ink, ink, alpha)
    painted = lay_paint(texture, layer)
    assert np.abs(painted.image[BODY].astype(float) - (below + (ink - below) * alpha / 255)).max() <= 1
    assert np.array_equal(painted.coverage, BODY)


def test_paint_covers_where_nothing_was_seen() -> None:
    torso, head = parts_mask({2}), parts_mask({23})
    texture = TextureMap(np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512), bool))
    layer = np.zeros((512, 512, 4), np.uint8)
    layer[torso], layer[head] = (*INK, 160), (*INK, 40)
    painted = lay_paint(texture, layer)
    assert np.array_equal(painted.coverage, torso), "a breath of paint covers nothing"
    assert (painted.image[torso] == INK).all(), "there is nothing to blend with"
    assert not painted.image[head].any()
    assert not texture.image.any() and not texture.coverage.any(), "the map given stays as it is"


def test_paint_of_another_size_is_refused() -> None:
    with pytest.raises(StudioError, match="512 x 512"):
        lay_paint(grey(), np.zeros((64, 64, 4), np.uint8))
