"""The sides of a head at its limit of sight: a lock beside a cheek is none of the cheek."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from body_finder import need_body_finder
from thorough import some

from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import parts_mask
from mcld_app.body.photo import read_photo
from mcld_app.body.shells.head_sides import beside_face
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.skin import likely_skin
from mcld_app.editing import samples
from mcld_app.perception.detections import detect_people

SIZE, ZOOM = (512, 352), 4.0
METRE = SIZE[0] / 2 * ZOOM
SKIN, HAIR, GROUND = (222, 176, 148), (30, 24, 22), (200, 200, 200)
PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "pictures" / "people"


def head(yaw: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photo of a head painted in plain colours, its map, and where each pixel lies on the resting body."""
    iuv = draw_iuv(Pose(zoom=ZOOM, shift_y=-0.75, yaw=yaw), SIZE)
    places = rest_places(iuv)
    photo = np.full((*SIZE, 3), GROUND, np.uint8)
    photo[iuv[..., 0] > 0] = SKIN
    photo[(iuv[..., 0] >= 23) & (places[..., 1] > 1.71)] = HAIR
    return photo, iuv, places


NOTHING = np.zeros(SIZE, bool)


def rim(iuv: np.ndarray, metres: float) -> np.ndarray:
    away = cv2.distanceTransform((iuv[..., 0] > 0).astype(np.uint8), cv2.DIST_L2, 5)
    return (iuv[..., 0] >= 23) & (away < metres * METRE)


def test_hair_on_the_rim_of_a_cheek_is_told_and_the_cheek_is_not() -> None:
    photo, iuv, places = head()
    lock = rim(iuv, 0.008) & (places[..., 1] > 1.60) & (places[..., 1] < 1.65) & (places[..., 0] > 0)
    photo[lock] = HAIR
    found = beside_face(photo, iuv, NOTHING, METRE)
    assert lock.sum() > 100 and found[lock].mean() > 0.95
    assert not found[(iuv[..., 0] >= 23) & ~rim(iuv, 0.015)].any()


def test_a_clean_face_loses_its_blended_rim_alone() -> None:
    photo, iuv, _ = head()
    found = beside_face(photo, iuv, NOTHING, METRE)
    assert not (found & ~rim(iuv, 0.006)).any()


def test_shade_on_the_skin_stays() -> None:
    photo, iuv, places = head()
    shade = rim(iuv, 0.010) & ~rim(iuv, 0.005) & (places[..., 1] < 1.66) & (places[..., 1] > 1.60)
    photo[shade] = np.uint8(np.array(SKIN) * 0.8)
    assert beside_face(photo, iuv, NOTHING, METRE)[shade].mean() < 0.1


def test_eyes_and_mouths_stay_wherever_one_stands() -> None:
    for yaw in (0.0, 30.0, -30.0):
        photo, iuv, places = head(yaw)
        features = (iuv[..., 0] >= 23) & (places[..., 2] > 0.108) & (places[..., 1] > 1.585) & (places[..., 1] < 1.68)
        photo[features] = HAIR
        assert not beside_face(photo, iuv, NOTHING, METRE)[features].any()


def test_a_beard_is_no_hair_beside_the_face() -> None:
    photo, iuv, places = head()
    beard = (iuv[..., 0] >= 23) & (places[..., 1] < 1.598) & (places[..., 1] > 1.574)
    photo[beard] = HAIR
    inner = beard & ~rim(iuv, 0.006)
    assert beside_face(photo, iuv, NOTHING, METRE)[inner].mean() < 0.05


def test_from_behind_nothing_tells() -> None:
    photo, iuv, _ = head(180.0)
    assert beside_face(photo, iuv, NOTHING, METRE) is None
    assert beside_face(photo, np.zeros_like(iuv), NOTHING, METRE) is None


G = rest_surface()
CHEEK_TO_EAR = parts_mask({23, 24}) & (G.y > 1.54) & (G.y < 1.66) & (G.z > 0.025) & (G.z < 0.09) & (np.abs(G.x) > 0.04)


@pytest.mark.parametrize(
    ("name", "at_most"),
    some([("full-dress", 0.008), ("shorts-room", 0.02), ("half-tank", 0.015), ("arm-on-hip", 0.025)], 2),
)
def test_the_sides_of_photographed_faces_have_no_broken_seams(name: str, at_most: float) -> None:
    if not (PHOTOS / f"{name}.jpg").is_file():
        pytest.skip(f"the photo is not here: {PHOTOS / name}.jpg")
    need_body_finder()
    person = detect_people(name, read_photo(PHOTOS / f"{name}.jpg"), None).person(0)
    lab = cv2.cvtColor(person.filled.image, cv2.COLOR_RGB2LAB).astype(float)
    steps = np.abs(np.diff(lab, axis=1)).max(2) > 12
    assert steps[CHEEK_TO_EAR[:, 1:]].mean() < at_most
    skin = cv2.cvtColor(likely_skin(person.texture).reshape(1, 1, 3), cv2.COLOR_RGB2LAB)[0, 0].astype(float)
    off = np.linalg.norm((lab - skin) * (0.5, 1, 1), axis=2) > 20
    assert off[CHEEK_TO_EAR].mean() < 0.7  # where his cheeks lie in the shade, they go on in it


@pytest.mark.parametrize(("name", "at_most"), [("viktor", 0.003), ("leo", 0.008)])
def test_a_drawn_face_that_is_lit_from_one_side_goes_on_without_a_border(name: str, at_most: float) -> None:
    """Beyond its limit of sight, where neither cheek is seen, each goes on in its own light."""
    filled = samples.sample_person(f"person:{name}").filled
    lab = cv2.cvtColor(filled.image, cv2.COLOR_RGB2LAB).astype(float)
    steps = np.abs(np.diff(lab, axis=1)).max(2) > 12
    assert steps[CHEEK_TO_EAR[:, 1:]].mean() < at_most
