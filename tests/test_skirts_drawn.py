"""Skirts in other poses: what hands hid of plain cloth, the dark inside, and legs at the hem."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from body_finder import need_body_finder

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import parts_mask
from mcld_app.body.photo import read_photo
from mcld_app.body.shells.drawing import draw_shells
from mcld_app.body.shells.find import found_shells
from mcld_app.body.shells.shell import LINING, Shell
from mcld_app.body.shells.standing import stand
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.lower_body_guess import legs_at_hem
from mcld_app.editing import look as looks
from mcld_app.editing import preview
from mcld_app.editing.person import Person
from mcld_app.perception.detections import detect_people
from mcld_app.synthetic.people import draw_person, render_view

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "pictures" / "people"
SIZE, IN_SKIRT = (512, 352), 13
SKIN = (222, 176, 148)
G, LEGS = rest_surface(), parts_mask(range(7, 15))


def skirt_of(shells: tuple[Shell, ...]) -> Shell:
    (found,) = (shell for shell in shells if shell.hangs_on == "hips")
    return found


def photographed(name: str) -> Person:
    if not (PHOTOS / f"{name}.jpg").is_file():
        pytest.skip(f"the photo is not here: {PHOTOS / name}.jpg")
    need_body_finder()
    return detect_people(name, read_photo(PHOTOS / f"{name}.jpg"), None).person(0)


def test_where_hands_hung_before_a_plain_dress_no_folds_are_torn() -> None:
    person = photographed("full-dress")
    pose = looks.in_their_shape(looks.of(person), named_poses()["arms-up"])
    layer = draw_shells([skirt_of(person.shells)], pose, preview.LARGE_SIZE)[0]
    there = cv2.erode((layer.depth > -np.inf).astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    light = layer.picture[..., :3].astype(float).mean(2)
    steps = np.maximum(np.abs(np.diff(light, axis=0))[:, 1:], np.abs(np.diff(light, axis=1))[1:])[there[1:, 1:]]
    assert (steps > 10).mean() < 0.0015


def test_a_skirts_inside_is_darker_further_in() -> None:
    view = render_view(draw_person(IN_SKIRT), named_poses()["standing"], SIZE)
    shell = skirt_of(found_shells(view.photo, view.iuv))
    picture = shell.picture.copy()
    picture[..., :3] = 200
    inside = shell.kinds == LINING
    only = Shell(shell.hangs_on, shell.rest, shell.gathered, shell.weights, shell.faces[inside], shell.kinds[inside],
                 shell.places, picture)  # fmt: skip
    pose = named_poses()["standing"].replace(pitch=-20.0)
    layer = draw_shells([only], pose, SIZE)[0]
    rows = np.flatnonzero((layer.depth > -np.inf).any(1))
    light = [float(layer.picture[row][layer.depth[row] > -np.inf][:, 0].mean()) for row in (rows[3], rows[-4])]
    assert light[0] < 0.75 * light[1] < 0.75 * 200


@pytest.mark.parametrize("hem", [0.5, 0.62])
def test_legs_go_on_under_a_hem_as_they_are_below_it(hem: float) -> None:
    image = np.zeros((512, 512, 3), np.uint8)
    image[charts().part_map > 0] = SKIN
    image[LEGS & (hem < G.y)] = (245, 245, 245)
    at_hem = LEGS & (hem - 0.02 < G.y) & (hem + 0.06 > G.y)
    image[LEGS & (np.abs(G.y - hem) < 0.02)] = (240, 214, 200)
    out = legs_at_hem(image, LEGS & (hem - 0.02 > G.y), at_hem)
    assert (out[at_hem].min(1) < 190).all(), "no white is left"
    assert np.abs(np.median(out[at_hem & (hem > G.y)], 0) - SKIN).max() < 25
    assert (out[~at_hem] == image[~at_hem]).all()
    assert (legs_at_hem(image, np.zeros_like(at_hem), at_hem) == image).all(), "unseen legs tell nothing"


def test_below_the_dress_of_a_photographed_woman_no_white_is_left_on_her_legs() -> None:
    person = photographed("full-dress")
    assert skirt_of(person.shells).rest[:, 1].max() > 1.15, "a dress hangs from the bust"
    look = looks.of(person)
    for name in ("walking", "arms-up"):
        pose = looks.in_their_shape(look, named_poses()[name])
        size = preview.LARGE_SIZE
        drawn = preview.drawn(looks.stand(look, pose), size)
        skirt = draw_shells([skirt_of(person.shells)], pose, size)[0].depth > -np.inf
        legs = np.isin(stand(pose, size).iuv[..., 0], range(7, 15)) & ~skirt
        near = legs & (cv2.dilate(skirt.astype(np.uint8), np.ones((61, 1), np.uint8)) > 0)
        assert near.sum() > 1000
        assert (drawn[near][:, :3].min(1) > 190).mean() < 0.004, name
