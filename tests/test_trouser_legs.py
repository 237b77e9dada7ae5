"""Trousers that a photo cuts off hang straight to a hem, in previews only; bare legs, and whole ones, do not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import BodyShape, Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv, kept_drawing
from mcld_app.body.parts import parts_mask
from mcld_app.body.shells.clad import clad
from mcld_app.body.shells.trouser_legs import CutLegs, trouser_legs
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import TextureMap, render
from mcld_app.editing import look as looks
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.look import Look
from mcld_app.editing.person import make_person
from mcld_app.editing.preview import draw

SIZE = (512, 352)
SKIN, TOP, JEANS = (222, 176, 148), (210, 40, 60), (60, 84, 130)
PLACE, SHINS = rest_surface(), tuple(range(11, 15))
BODIES = [BodyShape(), BodyShape(0.95, -0.4, (-1.0,)), BodyShape(1.05, 0.8, (1.2,))]


@cache
def photographed(lowest: float, *, bare: float = 0.0) -> Look:
    """Somebody in jeans, standing, in a photo that ends so high above the floor; legs are bare below `bare` metres."""
    image = np.zeros((512, 512, 3), np.uint8)
    image[charts().part_map > 0] = SKIN
    image[parts_mask({1, 2})] = TOP
    image[(PLACE.y < 1.0) & parts_mask({1, 2, *range(7, 15)}) & (PLACE.y > bare)] = JEANS
    iuv = draw_iuv(Pose(), SIZE)
    end = round(SIZE[0] / 2 - (lowest - 0.89) * SIZE[0] / 2)
    photo = render(TextureMap(image, charts().part_map > 0), iuv)
    photo = np.where(photo[..., 3:] > 0, photo[..., :3], np.uint8(235))
    return looks.of(make_person("Cut", photo[:end], iuv[:end]))


@pytest.mark.parametrize(("lowest", "bare", "hang"), [(0.9, 0.0, True), (0.05, 0.0, False), (0.4, 0.7, False)])
def test_only_trousers_that_the_photo_cuts_off_hang(lowest: float, bare: float, hang: bool) -> None:
    look = looks.stand(photographed(lowest, bare=bare), named_poses()["standing"])
    assert (look.appearance.cut_legs(look.fill) is not None) is hang
    drawn, body = draw(look, SIZE), draw_iuv(named_poses()["standing"], SIZE)
    assert np.array_equal(drawn.iuv, body), "no map knows of it"
    shins = np.flatnonzero(np.isin(body[..., 0], SHINS).any(1))
    row = shins[int(0.8 * len(shins))]  # well below the calf
    ground = np.abs(drawn.picture[row].astype(int) - drawn.picture[3, 3]).max(1) < 8
    wider = np.count_nonzero(~ground & (body[row, :, 0] == 0)) / np.count_nonzero(np.isin(body[row, :, 0], SHINS))
    assert bool(wider > 0.3) is hang


def test_a_colour_leaves_them_hanging() -> None:
    look = looks.add(photographed(0.6), Cover("bottom", (30, 120, 60)))
    assert look.appearance.cut_legs(look.fill) is not None


@settings(max_examples=8, deadline=None)
@given(name=st.sampled_from(sorted(named_poses())), body=st.sampled_from(BODIES), yaw=st.floats(-180, 180),
       seen=st.floats(0.0, 0.7), ease=st.floats(0.008, 0.04))  # fmt: skip
def test_in_any_pose_they_hide_legs_and_show_what_is_on_them(name, body, yaw, seen: float, ease: float) -> None:
    pose = named_poses()[name].of(body).replace(yaw=yaw)
    bare = kept_drawing(pose, SIZE)
    pixel, texel, depth = clad(pose, SIZE, legs=CutLegs(seen, ease))
    assert len(np.unique(pixel)) == len(pixel) == np.isfinite(depth).sum() >= len(bare.pixel)
    assert (depth >= bare.depth).all()
    nearer = depth.ravel()[pixel] > bare.depth.ravel()[pixel]
    column, row = np.round(texel[nearer]).astype(int).T.clip(0, 511)
    assert np.isin(charts().part_map[row, column], (0, *range(7, 15))).mean() > 0.99


@pytest.mark.parametrize("body", BODIES)
def test_both_legs_end_in_a_level_hem_that_stands_off_the_ankle(body: BodyShape) -> None:
    left, right = trouser_legs(CutLegs(0.4, 0.012), body)
    assert np.allclose(left.rest[:, 1].min(), right.rest[:, 1].min(), atol=0.003)
    edges = np.sort(np.concatenate([left.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]), 1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    hem = left.rest[np.unique(edges[count == 1])]
    hem = hem[hem[:, 1] < 0.3]
    assert len(hem) > 6 and np.ptp(hem[:, 1]) < 0.02
    assert np.ptp(hem[:, 0]) > 0.09 and np.ptp(hem[:, 2]) > 0.09, "an ankle is 6 cm wide"
