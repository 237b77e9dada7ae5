"""The rasteriser against brute force: the right pixels, no gap at shared edges, later triangles on top."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mcld_app.body.raster import interpolate, rasterise

SIZE = (40, 50)
NEAR = 0.02  # pixels this close to an edge may fall on either side

coordinate = st.one_of(st.integers(-8, 58).map(float), st.floats(-8, 58, width=32))
point = st.tuples(coordinate, coordinate)


def signed_distances(triangle: np.ndarray) -> np.ndarray:
    """(3, H, W): how far each pixel centre lies inside of each edge's line; negative outside."""
    t = np.asarray(triangle, np.float64)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    out = []
    for k in range(3):
        a, b, other = t[k], t[(k + 1) % 3], t[(k + 2) % 3]
        along = b - a
        normal = np.array([-along[1], along[0]]) / np.hypot(*along)
        if normal @ (other - a) < 0:
            normal = -normal
        out.append((x - a[0]) * normal[0] + (y - a[1]) * normal[1])
    return np.array(out)


def thickness(triangle: np.ndarray) -> float:
    """The smallest height of a triangle, 0 for one without area."""
    t = np.asarray(triangle, np.float64)
    sides = [np.hypot(*(t[k] - t[(k + 1) % 3])) for k in range(3)]
    area = abs(np.cross(np.append(t[1] - t[0], 0), np.append(t[2] - t[0], 0))[2])
    return area / max(sides) if max(sides) > 0 else 0.0


@given(st.tuples(point, point, point))
def test_a_triangle_covers_the_pixels_inside_it_and_no_others(corners: tuple) -> None:
    triangle = np.array(corners, np.float32)
    assume(thickness(triangle) > 0.05)
    drawn = rasterise(triangle[None], SIZE) == 0
    inside = signed_distances(triangle).min(0)
    assert drawn[inside > NEAR].all()
    box = np.zeros(SIZE, bool)
    (x0, y0), (x1, y1) = np.floor(triangle.min(0)).astype(int), np.ceil(triangle.max(0)).astype(int)
    box[max(y0, 0) : max(y1 + 1, 0), max(x0, 0) : max(x1 + 1, 0)] = True
    assert not drawn[~box].any()
    assert not drawn[inside < -NEAR].any()


@given(st.lists(st.tuples(point, point, point), min_size=1, max_size=8))
def test_later_triangles_cover_earlier_ones(triangles: list) -> None:
    corners = np.array(triangles, np.float32)
    assume(all(thickness(t) > 0.05 for t in corners))
    seen = rasterise(corners, SIZE)
    expected, unsure = np.full(SIZE, -1), np.zeros(SIZE, bool)
    for k, triangle in enumerate(corners):
        inside = signed_distances(triangle).min(0)
        expected[inside >= 0] = k
        unsure[inside >= 0] = False
        unsure |= np.abs(inside) <= NEAR
    assert np.array_equal(seen[~unsure], expected[~unsure])


@given(point, st.lists(st.floats(0, 359, width=32), min_size=3, max_size=9, unique=True), st.floats(3, 25))
def test_a_fan_of_triangles_leaves_no_gap_where_they_meet(hub: tuple, angles: list, radius: float) -> None:
    """Every pixel inside the ring is drawn, those on the spokes and at the hub too."""
    turn = np.radians(sorted(angles))
    assume(np.diff(np.append(turn, turn[0] + 2 * np.pi)).max() < np.radians(170))
    rim = (np.array(hub) + radius * np.stack([np.cos(turn), np.sin(turn)], 1)).astype(np.float32)
    fan = np.array([(hub, rim[k], rim[(k + 1) % len(rim)]) for k in range(len(rim))], np.float32)
    assume(min(thickness(t) for t in fan) > 0.01)
    drawn = rasterise(fan, SIZE) >= 0
    # Inside of every outer edge = inside the ring.
    inside = np.min([signed_distances(t)[1] for t in fan], 0)
    assert drawn[inside > NEAR].all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e-6, 1e-4, 1e-2, 0.3]))
def test_a_mesh_with_edges_along_pixel_rows_leaves_no_gap(seed: int, shake: float) -> None:
    """The worst case: edges that run exactly, or all but exactly, through rows and columns of pixel centres."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:9, 0:11]
    points = np.stack([x, y], -1) * 5.0 + rng.uniform(-shake, shake, (9, 11, 2))
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    corners = np.concatenate([np.stack([a, b, c], 2).reshape(-1, 3, 2), np.stack([a, c, d], 2).reshape(-1, 3, 2)])
    drawn = rasterise(rng.permutation(corners), SIZE) >= 0
    assert drawn[1:-1, 1:-1].all()


@given(st.tuples(point, point, point), st.tuples(*[st.floats(-2, 2, width=32)] * 3))
def test_interpolation_is_linear_and_stays_in_range(corners: tuple, plane: tuple) -> None:
    triangle = np.array(corners, np.float32)
    assume(thickness(triangle) > 0.5)
    a, b, d = plane
    values = (a * triangle[:, 0] + b * triangle[:, 1] + d)[None, :, None].astype(np.float32)
    seen = rasterise(triangle[None], SIZE)
    pixel, got = interpolate(triangle[None], values, seen)
    assert np.array_equal(pixel, np.flatnonzero(seen.ravel() >= 0))
    expected = a * (pixel % SIZE[1]) + b * (pixel // SIZE[1]) + d
    assert np.abs(got[:, 0] - expected).max(initial=0) < 0.05
    assert (got >= values.min() - 1e-3).all() and (got <= values.max() + 1e-3).all()


@pytest.mark.parametrize(
    "corners",
    [
        np.zeros((0, 3, 2)),
        np.full((1, 3, 2), 5.0),
        [[(3, 3), (9, 9), (20, 20)]],
        [[(3, 3), (30, 3), (20, 3)]],
        [[(-50, -50), (-10, -60), (-20, -5)]],
        [[(90, 90), (100, 60), (70, 95)]],
    ],
    ids=["none", "one point", "a slanted line", "a level line", "left of the picture", "right of the picture"],
)
def test_what_has_no_area_or_lies_outside_draws_nothing(corners) -> None:
    seen = rasterise(np.array(corners, np.float64).reshape(-1, 3, 2), SIZE)
    assert seen.shape == SIZE and seen.dtype == np.int32 and (seen == -1).all()


def test_a_triangle_larger_than_the_picture_fills_it() -> None:
    assert (rasterise(np.array([[(-500, -500), (900, -500), (0, 900)]]), SIZE) == 0).all()


def test_winding_does_not_matter() -> None:
    t = np.array([[(3.2, 4.1), (40.3, 9.7), (20.9, 33.3)]])
    assert np.array_equal(rasterise(t, SIZE), rasterise(t[:, ::-1], SIZE))


def test_level_edges_raise_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rasterise(np.array([[(0, 0), (10, 0), (5, 8)], [(2, 3), (9, 0), (4, 3)]], np.float64), SIZE)
