"""Feet in shoes: one closed form over the toes, in previews only, and only where something closed is worn."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import BodyShape, Pose, named_poses
from mcld_app.body.mannequin.rendering import kept_drawing
from mcld_app.body.parts import parts_mask
from mcld_app.body.shells.clad import clad
from mcld_app.body.shells.shoe_form import shoes
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.skin import covers_toes
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing import look as looks
from mcld_app.editing.person import make_person
from mcld_app.editing.preview import draw
from mcld_app.synthetic.people import SKINS, DrawnPerson, Shoes, draw_person, render_view

SIZE = (1024, 704)
FEET = parts_mask({5, 6})
BODIES = [BodyShape(), BodyShape(0.95, -0.4, (-1.0,)), BodyShape(1.05, 0.8, (1.2,))]


def fronts(pixel: np.ndarray, texel: np.ndarray, part: int) -> np.ndarray:
    """(H, W) uint8: the pixels that show the front of a foot."""
    column, row = np.round(texel).astype(int).T.clip(0, 511)
    out = np.zeros(SIZE[0] * SIZE[1], np.uint8)
    out[pixel[((charts().part_map == part) & (rest_surface().z > 0.07))[row, column]]] = 1
    return out.reshape(SIZE)


def filled_share(mask: np.ndarray) -> float:
    """How much of its convex hull an outline fills."""
    hull = np.zeros_like(mask)
    cv2.fillConvexPoly(hull, cv2.convexHull(cv2.findNonZero(mask)), 1)
    return float(mask.sum() / hull.sum())


@pytest.mark.parametrize("body", BODIES)
def test_toes_are_one_form(body: BodyShape) -> None:
    """Seen from above as far as may be, on bent feet, where toes are told apart."""
    pose = named_poses()["dancing"].replace(pitch=40.0).of(body)
    bare = kept_drawing(pose, SIZE)
    pixel, texel, _ = clad(pose, SIZE, shod=True)
    for part in (5, 6):
        toes, shoe = fronts(bare.pixel, bare.texel, part), fronts(pixel, texel, part)
        assert filled_share(shoe) > max(0.925, filled_share(toes) + 0.02)


@settings(max_examples=12, deadline=None)
@given(name=st.sampled_from(sorted(named_poses())), body=st.sampled_from(BODIES), yaw=st.floats(-180, 180))
def test_in_any_pose_nothing_of_a_toe_comes_through(name: str, body: BodyShape, yaw: float) -> None:
    pose = named_poses()[name].of(body).replace(yaw=yaw)
    bare = kept_drawing(pose, SIZE)
    pixel, _, depth = clad(pose, SIZE, shod=True)
    assert len(np.unique(pixel)) == len(pixel) == np.isfinite(depth).sum() >= len(bare.pixel)
    assert (depth >= bare.depth).all()
    column, row = np.round(bare.texel).astype(int).T.clip(0, 511)
    toes = bare.pixel[(FEET & (rest_surface().z > 0.11))[row, column]]
    if len(toes) > 60:
        covered = depth.ravel()[toes] > bare.depth.ravel()[toes]
        assert covered.mean() > 0.97


def test_a_shoe_shows_what_the_foot_below_it_does() -> None:
    pair, place = shoes(), rest_surface()
    column, row = np.round(pair.texels).astype(int).reshape(-1, 2).T
    half = len(row) // 2
    assert (place.part[row, column] == np.repeat([5, 6], [half, len(row) - half])).mean() > 0.99
    vertex = np.round(pair.places).astype(int)
    shown = np.round(pair.texels[vertex[:, 1], vertex[:, 0]]).astype(int)
    below = np.stack([f[shown[:, 1], shown[:, 0]] for f in (place.x, place.y, place.z)], 1)
    assert np.percentile(np.linalg.norm(below - pair.rest, axis=1), 95) < 0.03


def test_both_shoes_are_alike_and_stand_on_the_floor() -> None:
    pair = shoes()
    left, right = np.split(pair.rest, 2)
    assert np.allclose(left * (-1, 1, 1), right, atol=1e-6)
    assert -0.006 < left[:, 1].min() < 0.001
    assert 0.25 < np.ptp(left[:, 2]) < 0.31 and 0.07 < np.ptp(left[:, 0]) < 0.13
    assert np.allclose(pair.weights.sum(1), 1, atol=1e-4)


@pytest.mark.parametrize("skin", [SKINS[0], SKINS[-1]])
@pytest.mark.parametrize(("feet", "closed"), [(None, False), ((30, 28, 27), True), ((240, 240, 240), True)])
def test_shoes_are_told_from_bare_feet(skin, feet, closed: bool) -> None:
    image = np.zeros((512, 512, 3), np.uint8)
    image[charts().part_map > 0] = skin
    image[FEET] = skin if feet is None else feet
    assert covers_toes(TextureMap(image, charts().part_map > 0)) is closed


def test_of_feet_without_a_colour_nothing_is_said() -> None:
    assert not covers_toes(TextureMap(np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512), bool)))


def standing(kind: str) -> DrawnPerson:
    return replace(draw_person(3), shoes=Shoes(kind, (40, 60, 120), (240, 240, 240)))


@pytest.mark.parametrize(("kind", "closed"), [("sneakers", True), ("barefoot", False)])
def test_a_look_in_shoes_has_them_in_its_picture_and_not_in_its_map(kind: str, closed: bool) -> None:
    view = render_view(standing(kind), Pose(), SIZE)
    look = looks.stand(looks.of(make_person("Drawn", view.photo, view.iuv)), named_poses()["walking"])
    drawn = draw(look, SIZE)
    body = kept_drawing(named_poses()["walking"], SIZE).iuv
    assert look.appearance.wears_shoes(look.fill) is closed
    assert np.array_equal(drawn.iuv, body)
    beside = (body[..., 0] == 0) & (cv2.dilate(np.isin(body[..., 0], (5, 6)).astype(np.uint8), np.ones((7, 7))) > 0)
    blue = (drawn.picture[..., 2].astype(int) - drawn.picture[..., 0] > 30) & beside
    assert bool(np.count_nonzero(blue) > 40) is closed
