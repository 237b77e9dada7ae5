"""Skirts in other poses: what hands hid of plain cloth, the dark inside, and legs at the hem."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from body_finder import need_body_finder

from mcld_app.body.charts import charts
from mcld_app.body.fitting.map_fit import fit_map
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import parts_mask
from mcld_app.body.photo import read_photo
from mcld_app.body.shells.drawing import draw_shells
from mcld_app.body.shells.find import find_shells, found_shells
from mcld_app.body.shells.shell import LINING, Shell
from mcld_app.body.shells.silhouette import find_silhouette
from mcld_app.body.shells.standing import stand
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.lower_body_guess import legs_at_hem
from mcld_app.editing import look as looks
from mcld_app.editing import preview
from mcld_app.perception.detections import detect_people
from mcld_app.synthetic.people import draw_person, render_view

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "pictures" / "people"
SIZE, IN_SKIRT = (512, 352), 13
CLOTH, SHADE, GREEN = (232, 230, 226), (176, 172, 168), (20, 160, 60)
SKIN = (222, 176, 148)
G, LEGS = rest_surface(), parts_mask(range(7, 15))


def skirt_of(shells: tuple[Shell, ...]) -> Shell:
    (found,) = (shell for shell in shells if shell.hangs_on == "hips")
    return found


def test_where_a_hand_hid_plain_cloth_it_has_its_usual_colour_and_not_that_of_the_hands_shadow() -> None:
    view = render_view(draw_person(IN_SKIRT), named_poses()["standing"], SIZE)
    pose = fit_map(view.iuv).pose
    silhouette = find_silhouette(view.photo, view.iuv, stand(pose, SIZE))
    photo, rows = view.photo.copy(), np.arange(SIZE[0])[:, None]
    photo[silhouette & (rows > 235) & ~np.isin(view.iuv[..., 0], (3, 4, *range(15, 25)))] = CLOTH
    hands = cv2.dilate(np.isin(view.iuv[..., 0], (3, 4)).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    photo[(cv2.dilate(hands.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & silhouette] = SHADE
    photo[hands] = GREEN
    shell = skirt_of(find_shells(photo, view.iuv, pose, silhouette | hands, printed=hands))
    drawn = draw_shells([shell], pose, SIZE)[0]
    there = cv2.erode((drawn.depth > -np.inf).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    there &= hands
    off = np.abs(drawn.picture[..., :3].astype(int) - CLOTH).max(2)[there]
    assert there.sum() > 200
    assert np.median(off) < 12 and np.percentile(off, 95) < 40


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
    if not (PHOTOS / "full-dress.jpg").is_file():
        pytest.skip(f"the photo is not here: {PHOTOS / 'full-dress.jpg'}")
    need_body_finder()
    person = detect_people("dress", read_photo(PHOTOS / "full-dress.jpg"), None).person(0)
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
