"""Cloth laid on any set of texels: plain, patterned along the body, with or without the folds of the photo."""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.charts import charts
from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.cloth import SCALES_CM, colour_layer, pattern_layer
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.errors import StudioError

BODY = parts_mask(set(range(1, 25)))
TRUNK, LEGS, ARMS = {1, 2}, set(range(7, 15)), set(range(15, 23))


def wave(side: int = 64) -> np.ndarray:
    """One smooth repeat: red goes up and down once to the right (and is no mirror image of itself), green once
    downwards."""
    t = (np.arange(side) + 0.5) / side * 2 * np.pi
    red, green = np.broadcast_arrays(np.sin(t)[None], np.cos(t)[:, None])
    return np.dstack([127 + 120 * red, 127 + 120 * green, np.full((side, side), 10)]).astype(np.uint8)


def phase(levels: np.ndarray) -> np.ndarray:
    return (levels.astype(float) - 127) / 120


def texel_of_vertex() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(body vertex, part, flat texel) of all corners of all triangles."""
    c = charts()
    column, row = np.round(c.face_texture).astype(int).reshape(-1, 2).T
    return c.body_vertex[c.faces].ravel(), np.repeat(c.face_part, 3), row * 512 + column


def differences_over_seams(layer: np.ndarray, parts: set[int], where: np.ndarray) -> np.ndarray:
    """How much the first channel differs between two charts, 0..255, at each vertex both lie on, where `where`
    (512, 512) bool says so."""
    vertex, part, texel = texel_of_vertex()
    values = layer[..., 0].ravel().astype(int)
    use = np.isin(part, list(parts)) & where.ravel()[texel]
    seen: dict[int, dict[int, int]] = {}
    for v, p, t in zip(vertex[use], part[use], texel[use], strict=True):
        seen.setdefault(v, {})[p] = values[t]
    return np.array([abs(a - b) for found in seen.values() for a, b in combinations(found.values(), 2)])


# --- one colour ----------------------------------------------------------------------------------------------------


@given(parts=st.sets(st.integers(1, 24), min_size=1), colour=st.tuples(*[st.integers(0, 255)] * 3))
@settings(max_examples=10)
def test_any_set_of_parts_takes_a_colour_and_nothing_else_does(parts: set[int], colour: tuple) -> None:
    mask = parts_mask(parts)
    layer = colour_layer(mask, colour)
    assert layer.shape == (512, 512, 4) and layer.dtype == np.uint8
    assert (layer[mask] == (*colour, 255)).all()
    assert not layer[~mask].any()


def test_cloth_ends_where_the_body_does() -> None:
    layer = colour_layer(np.ones((512, 512), bool), (1, 2, 3))
    assert np.array_equal(layer[..., 3] > 0, BODY)


# --- a pattern lies along the cloth --------------------------------------------------------------------------------


def test_rows_of_a_pattern_run_level_round_trunk_and_legs() -> None:
    g, layer = rest_surface(), pattern_layer(BODY, wave(), 12)
    for parts in (TRUNK, LEGS, TRUNK | LEGS):
        mask = parts_mask(parts)
        height = np.round(g.y[mask] / 0.004).astype(int)
        green = phase(layer[mask, 1])
        mean = np.bincount(height, green) / np.maximum(np.bincount(height), 1)
        assert np.abs(green - mean[height]).max() < 0.25
        assert np.ptp(mean) > 1.8, "it does go up and down on the way"


def test_rows_of_a_pattern_run_round_the_sleeves() -> None:
    g, layer, mask = rest_surface(), pattern_layer(BODY, wave(), 12), parts_mask(ARMS)
    out = np.round((g.arm[mask] + 0.1) / 0.004).astype(int)
    green = phase(layer[mask, 1])
    mean = np.bincount(out, green) / np.maximum(np.bincount(out), 1)
    assert np.abs(green - mean[out]).max() < 0.25
    assert np.ptp(mean) > 1.8


@pytest.mark.parametrize("scale", [5.0, 9.0, 14.0])
def test_columns_of_a_pattern_go_on_over_seams(scale: float) -> None:
    g, layer = rest_surface(), pattern_layer(BODY, wave(), scale)
    outer_side = np.abs(g.x) > 0.1
    for parts, where in (
        (TRUNK, g.y < 1.3),  # flanks and the middle of the back; on the shoulder a shirt has a seam
        (ARMS, g.arm > 0.06),  # all round
        (LEGS, outer_side),
        (TRUNK | LEGS, outer_side & (g.y < 1.2)),  # from the hips on down
    ):
        found = differences_over_seams(layer, parts, where)
        assert len(found) > 20
        assert np.percentile(found, 90) < 60, (parts, scale)


@pytest.mark.parametrize("scale", [5.0, 9.0, 14.0])
def test_a_pattern_closes_at_the_middle_of_the_back(scale: float) -> None:
    g, red = rest_surface(), pattern_layer(BODY, wave(), scale)[..., 0]
    line = parts_mask({1}) & (g.y > 1.0) & (g.y < 1.35) & (np.abs(g.x) < 0.012)
    sides = [line & (side * g.x > 0) for side in (1, -1)]
    left, right = (np.polyfit(g.x[side], red[side], 1)[1] for side in sides)  # both up to the middle itself
    assert abs(left - right) < 30


@pytest.mark.parametrize("scale", [6.0, 9.0, 14.0])
def test_columns_go_on_from_the_hips_into_the_legs(scale: float) -> None:
    g, layer = rest_surface(), pattern_layer(BODY, wave(), scale)
    for front in (True, False):
        means = []
        for low in (0.86, 0.885):
            slab = BODY & (g.y > low) & (g.y < low + 0.015) & ((g.z > 0) == front)
            slab &= (np.abs(g.x) > 0.06) & (np.abs(g.x) < 0.14) & (np.abs(g.z) > 0.03)
            slot = np.round((g.x[slab] + 0.2) / 0.008).astype(int)
            count = np.bincount(slot, minlength=51)
            means.append(
                np.where(count > 1, np.bincount(slot, phase(layer[slab, 0]), 51) / np.maximum(count, 1), np.nan)
            )
        step = np.abs(means[0] - means[1])
        assert np.isfinite(step).sum() > 8
        assert np.nanmedian(step) < 0.35


def test_columns_run_straight_up_from_the_chest_to_the_shoulder() -> None:
    """They do not gather at the neck."""
    g, layer = rest_surface(), pattern_layer(BODY, wave(), 9)
    means = []
    for low, high in ((1.34, 1.38), (1.42, 1.45)):
        slab = parts_mask({2}) & (g.y > low) & (g.y < high) & (np.abs(g.x) < 0.1) & (g.z > 0.02)
        slot = np.round((g.x[slab] + 0.1) / 0.01).astype(int)
        means.append(np.bincount(slot, phase(layer[slab, 0]), 21) / np.maximum(np.bincount(slot, minlength=21), 1))
    assert np.median(np.abs(means[0] - means[1])) < 0.2


@pytest.mark.parametrize("scale", [4.0, 8.0, 12.0])
def test_one_repeat_is_as_wide_as_asked(scale: float) -> None:
    """Counted on the chest, by the wave's own length there."""
    g = rest_surface()
    chest = parts_mask({2}) & (np.abs(g.y - 1.3) < 0.01) & (np.abs(g.x) < 0.07)
    red = phase(pattern_layer(BODY, wave(), scale)[chest, 0])
    lengths = np.linspace(0.5 * scale, 1.6 * scale, 111) / 100

    def misfit(length: float) -> float:
        terms = np.stack([np.cos(2 * np.pi * g.x[chest] / length), np.sin(2 * np.pi * g.x[chest] / length)], 1)
        return float(np.linalg.lstsq(terms, red, rcond=None)[1].sum())

    assert min(lengths, key=misfit) * 100 == pytest.approx(scale, rel=0.25)
    tall = parts_mask({2}) & (np.abs(g.x) < 0.01) & (np.abs(g.y - 1.27) < 0.004)
    assert phase(pattern_layer(BODY, wave(), scale)[tall, 1]).max() < -0.8, "the middle of a repeat: on the breastbone"


def ramp() -> np.ndarray:
    """A repeat that grows redder to the right and greener downwards."""
    level = np.linspace(0, 255, 64).astype(np.uint8)
    red, green = np.broadcast_arrays(level[None], level[:, None])
    return np.dstack([red, green, np.zeros_like(red)])


def slopes(layer: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How red and green grow per metre (to the person's left, down) there."""
    g = rest_surface()
    at = np.stack([np.ones(where.sum()), g.x[where], -g.y[where]], 1)
    fit = np.linalg.lstsq(at, layer[where, :2].astype(float), rcond=None)[0]
    return fit[1:, 0], fit[1:, 1]


def test_writing_is_never_mirrored() -> None:
    g, layer = rest_surface(), pattern_layer(BODY, ramp(), 60)
    middle = (np.abs(g.x) < 0.04) & (np.abs(g.y - 1.27) < 0.04)
    (to_left, _), (_, down) = slopes(layer, middle & parts_mask({2}))
    assert to_left > 200, "seen from the front, the person's left is the right"
    assert down > 200
    (to_left, _), (_, down) = slopes(pattern_layer(BODY, ramp(), 75, offset=(18, 0)), middle & parts_mask({1}))
    assert to_left < -200
    assert down > 200


def test_an_angle_turns_the_pattern_anticlockwise() -> None:
    g = rest_surface()
    chest = parts_mask({2}) & (np.hypot(g.x, g.y - 1.27) < 0.04)
    red, _ = slopes(pattern_layer(BODY, ramp(), 60, 30), chest)
    assert np.degrees(np.arctan2(-red[1], red[0])) == pytest.approx(30, abs=8), "right is up by that much now"


def test_a_quarter_turn_makes_columns_rows() -> None:
    g, layer = rest_surface(), pattern_layer(BODY, wave(), 12, 90)
    mask = parts_mask(TRUNK)
    height = np.round(g.y[mask] / 0.004).astype(int)
    red = phase(layer[mask, 0])
    mean = np.bincount(height, red) / np.maximum(np.bincount(height), 1)
    assert np.abs(red - mean[height]).max() < 0.25


def test_an_offset_moves_the_pattern_right_and_down() -> None:
    g = rest_surface()
    chest = parts_mask({2}) & (np.hypot(g.x, g.y - 1.27) < 0.03)
    before = pattern_layer(BODY, ramp(), 60)[chest, :2].astype(float).mean(0)
    moved = pattern_layer(BODY, ramp(), 60, offset=(6, 0))[chest, :2].astype(float).mean(0)
    assert moved[0] < before[0] - 10 and abs(moved[1] - before[1]) < 3
    moved = pattern_layer(BODY, ramp(), 60, offset=(0, 6))[chest, :2].astype(float).mean(0)
    assert moved[1] < before[1] - 10 and abs(moved[0] - before[0]) < 3


def test_a_pattern_far_finer_than_a_texel_is_its_mean_colour() -> None:
    fine = np.zeros((400, 400, 3), np.uint8)
    fine[::2] = 200
    chest = pattern_layer(region_mask("top"), fine, 5)[region_mask("top")]
    assert np.abs(chest[:, :3].astype(int) - 100).max() <= 3


def test_a_transparent_pattern_leaves_the_cloth_below() -> None:
    dots = np.full((40, 40, 4), (255, 255, 255, 0), np.uint8)
    dots[10:30, 10:30] = (250, 0, 0, 255)
    layer = pattern_layer(region_mask("top"), dots, 10)
    alpha = layer[..., 3]
    assert 0.15 < (alpha[region_mask("top")] == 255).mean() < 0.30
    assert 0.6 < (alpha[region_mask("top")] == 0).mean() < 0.80
    assert (np.abs(layer[alpha > 30][:, :3].astype(int) - (250, 0, 0)) <= 4).all(), (
        "what is transparent has no colour: no rim around a motif"
    )
    assert not alpha[~region_mask("top")].any()


@given(
    parts=st.sets(st.integers(1, 24), min_size=1),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    scale=st.floats(*SCALES_CM),
    angle=st.floats(-720, 720),
    offset=st.tuples(st.floats(-300, 300), st.floats(-300, 300)),
)
@settings(max_examples=8)
def test_whatever_the_numbers_an_opaque_pattern_covers_its_region(parts, size, scale, angle, offset) -> None:
    """And shows no colour that is not in it."""
    pattern = np.full((*size, 3), (40, 90, 200), np.uint8)
    layer = pattern_layer(parts_mask(parts), pattern, scale, angle, offset)
    assert np.array_equal(layer[..., 3] == 255, parts_mask(parts))
    assert (np.abs(layer[parts_mask(parts), :3].astype(int) - (40, 90, 200)) <= 1).all()


# --- folds ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folded() -> TextureMap:
    """A yellow top with a fold across the chest, navy stripes on the belly, all of the front seen."""
    g = rest_surface()
    image = np.zeros((512, 512, 3), np.float32)
    image[BODY] = (220, 190, 60)
    image[np.abs(g.y - 1.36) < 0.015] *= 0.75
    image[(np.abs(g.y - 1.15) < 0.04) & ((g.y / 0.04) % 1 < 0.5)] = (20, 25, 60)
    image = cv2.GaussianBlur(image, (5, 5), 0)
    return TextureMap(image.astype(np.uint8), BODY & (g.z > 0))


def test_folds_show_through_and_the_old_pattern_does_not(folded: TextureMap) -> None:
    g, top = rest_surface(), region_mask("top")
    flat = colour_layer(top, (60, 150, 110))[..., 1].astype(float)
    lit = colour_layer(top, (60, 150, 110), keep_shading=folded)[..., 1] / np.maximum(flat, 1)
    front = top & folded.coverage & (np.abs(g.x) < 0.08)
    assert lit[front & (np.abs(g.y - 1.36) < 0.006)].mean() < 0.86
    assert lit[front & (np.abs(g.y - 1.28) < 0.02)].mean() == pytest.approx(1, abs=0.04)
    assert np.abs(lit[front & (np.abs(g.y - 1.15) < 0.03)] - 1).max() < 0.08, "stripes are no folds"
    unseen = top & ~folded.coverage & (np.abs(g.x) < 0.05) & (g.y < 1.3)
    assert np.abs(lit[unseen] - 1).max() < 0.05, "where nothing was seen there is nothing to keep"


def test_a_pattern_keeps_folds_too(folded: TextureMap) -> None:
    g = rest_surface()
    pattern = np.full((8, 8, 3), 180, np.uint8)
    layer = pattern_layer(region_mask("top"), pattern, 10, keep_shading=folded)
    fold = region_mask("top") & folded.coverage & (np.abs(g.y - 1.36) < 0.006) & (np.abs(g.x) < 0.08)
    assert layer[fold, 0].mean() < 160


def test_nothing_seen_means_no_folds() -> None:
    nobody = TextureMap(np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512), bool))
    plain = colour_layer(region_mask("top"), (9, 99, 199))
    assert np.array_equal(colour_layer(region_mask("top"), (9, 99, 199), keep_shading=nobody), plain)


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((100, 100), bool), "512 x 512 texels"),
        (np.zeros((512, 512), bool), "nothing to cover"),
        (~BODY, "nothing to cover"),
    ],
)
def test_a_region_must_be_one(mask: np.ndarray, message: str) -> None:
    with pytest.raises(StudioError, match=message):
        colour_layer(mask, (0, 0, 0))
    with pytest.raises(StudioError, match=message):
        pattern_layer(mask, wave(), 10)


@pytest.mark.parametrize("colour", [(1, 2), (0, 0, 256), (-1, 0, 0), (float("nan"), 0, 0)])
def test_a_colour_must_be_one(colour: tuple) -> None:
    with pytest.raises(StudioError, match="three numbers"):
        colour_layer(BODY, colour)


@pytest.mark.parametrize(
    "pattern",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        None,
    ],
)
def test_a_pattern_must_be_a_picture(pattern) -> None:
    with pytest.raises(StudioError, match="no picture in colour"):
        pattern_layer(BODY, pattern, 10)


@pytest.mark.parametrize("scale", [0.0, -3.0, 1e6, float("nan"), float("inf")])
def test_a_repeat_must_have_a_sensible_width(scale: float) -> None:
    with pytest.raises(StudioError, match="cm wide"):
        pattern_layer(BODY, wave(), scale)


def test_an_angle_must_be_a_number() -> None:
    with pytest.raises(StudioError, match="must be numbers"):
        pattern_layer(BODY, wave(), 10, float("nan"))
    with pytest.raises(StudioError, match="must be numbers"):
        pattern_layer(BODY, wave(), 10, 0, (float("inf"), 0))
