"""A real photo with its real DensePose map: her texture map, and herself in other poses and other clothes.

The numbers below were read off the photo by eye (762 x 1100): where face, shirt and trousers are, and their colours.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mcld_app.body.iuv import read_iuv, resize_iuv
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import region_mask, region_pixels
from mcld_app.body.photo import read_photo
from mcld_app.body.texture.dressing import wear
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.texture_map import TextureMap, render
from mcld_app.synthetic.people import draw_person, render_person

SIZE = (512, 352)
CHEEKS = np.s_[150:185, 315:400]  # rows, columns
SHIRT = np.s_[320:345, 300:480]
TROUSERS = np.s_[950:1080, 250:330]


@pytest.fixture(scope="module")
def photo(shared: Path) -> np.ndarray:
    return read_photo(shared / "real" / "person.jpg")


@pytest.fixture(scope="module")
def iuv(shared: Path) -> np.ndarray:
    return read_iuv(shared / "real" / "person_iuv.png")


@pytest.fixture(scope="module")
def texture(photo: np.ndarray, iuv: np.ndarray) -> TextureMap:
    return extract(photo, iuv)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / ((a.astype(float) - b) ** 2).mean()))


def brightness(colours: np.ndarray) -> np.ndarray:
    return colours.reshape(-1, 3).astype(float).mean(1)


def test_the_files_belong_together(photo: np.ndarray, iuv: np.ndarray) -> None:
    assert photo.shape == iuv.shape == (1100, 762, 3)
    for place, parts in ((SHIRT, [2]), (TROUSERS, [9]), (CHEEKS, [23, 24])):
        assert np.isin(iuv[place][..., 0], parts).mean() > 0.9
    assert np.median(brightness(photo[SHIRT])) > 200 and np.median(brightness(photo[TROUSERS])) < 60


def test_her_face_is_at_the_face_region(photo: np.ndarray, texture: TextureMap) -> None:
    face = region_mask("face")
    assert texture.coverage[face].mean() > 0.9
    cheeks = np.median(photo[CHEEKS].reshape(-1, 3), axis=0)
    assert np.abs(np.median(texture.image[face & texture.coverage], axis=0) - cheeks).max() < 20
    top = np.median(texture.image[region_mask("top") & texture.coverage], axis=0)
    assert top.min() > cheeks.min() + 30, "the shirt is white, the face is not"


def test_her_eyes_and_mouth_are_where_eyes_and_mouth_are(texture: TextureMap) -> None:
    """In the face region: two dark places side by side above, one red place below, in its middle."""
    face = region_mask("face") & texture.coverage
    y, x = np.nonzero(face)
    rgb = texture.image[face].astype(int)
    left, right = x.min(), x.max()
    across, down = (x - left) / (right - left), (y - y.min()) / np.ptp(y)
    dark = rgb.sum(1) <= np.percentile(rgb.sum(1), 3)
    eyes = dark & (down < 0.5)
    assert eyes.sum() > 0.4 * dark.sum()
    assert (eyes & (across < 0.45)).sum() > 20 and (eyes & (across > 0.55)).sum() > 20
    red = rgb[:, 0] - rgb[:, 1]
    lips = red >= np.percentile(red, 98)
    assert 0.4 < np.median(across[lips]) < 0.6 and 0.5 < np.median(down[lips]) < 0.8


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_under_her_own_map_she_looks_like_herself(photo: np.ndarray, iuv: np.ndarray, mode: str) -> None:
    small_photo = cv2.resize(photo, (512, 512), interpolation=cv2.INTER_AREA)
    small_iuv = resize_iuv(iuv, (512, 512))
    back = render(extract(small_photo, small_iuv, mode=mode), small_iuv)
    covered = back[..., 3] == 255
    assert covered[small_iuv[..., 0] > 0].mean() > 0.98
    assert psnr(back[covered][:, :3], small_photo[covered]) >= (24 if mode == "fast" else 20)


def test_what_the_photo_does_not_show_is_not_covered(texture: TextureMap, iuv: np.ndarray) -> None:
    assert not np.isin(iuv[..., 0], (5, 6)).any(), "her feet are not in the picture"
    assert not texture.coverage[region_mask("shoes")].any()
    assert 0.15 < texture.coverage.mean() < 0.5


@pytest.mark.parametrize("name", ["arms-up", "walking", "standing", "sitting"])
def test_in_another_pose_she_keeps_her_colours(texture: TextureMap, name: str) -> None:
    pose_map = draw_iuv(named_poses()[name], SIZE)
    drawn = render(texture, pose_map)
    alpha = drawn[..., 3] == 255
    body = pose_map[..., 0] > 0
    assert not alpha[~body].any()
    assert alpha[body].mean() > 0.4, "she is seen from the same side"
    shirt = drawn[alpha & region_pixels("top", pose_map)][:, :3]
    assert np.percentile(brightness(shirt), 60) > 200, "a white shirt"
    assert (brightness(shirt) < 110).mean() > 0.08, "with a dark print"
    trousers = drawn[alpha & np.isin(pose_map[..., 0], (9, 10))][:, :3]
    assert np.median(brightness(trousers)) < 60, "black trousers"
    face = np.median(drawn[alpha & region_pixels("face", pose_map)][:, :3], axis=0)
    assert face[0] > face[1] + 15 and face[1] > face[2], "skin"


def test_filled_she_is_whole_from_every_side(texture: TextureMap) -> None:
    full = fill(texture)
    for name in ("arms-up", "walking", "back", "side"):
        pose_map = draw_iuv(named_poses()[name], SIZE)
        body = pose_map[..., 0] > 0
        assert (render(full, pose_map)[..., 3] == 255)[body].mean() > 0.99
    assert np.array_equal(full.image[texture.coverage], texture.image[texture.coverage])


def test_a_drawn_person_wears_her_printed_shirt(texture: TextureMap) -> None:
    """The print stays readable: from her photo to the drawn person's chest it keeps its light and dark places."""
    person, person_map = render_person(draw_person(3), named_poses()["standing"], SIZE)
    before = extract(person, person_map)
    after = wear(before, texture, "top")
    top = region_mask("top")
    assert np.array_equal(after.image[~top], before.image[~top])
    seen = top & texture.coverage
    assert np.array_equal(after.image[seen], texture.image[seen])
    drawn = render(after, person_map)
    chest = drawn[region_pixels("top", person_map) & (drawn[..., 3] == 255)][:, :3]
    assert np.percentile(brightness(chest), 70) > 200 and (brightness(chest) < 110).mean() > 0.05


def test_she_wears_a_drawn_persons_shirt(texture: TextureMap) -> None:
    donor = extract(*render_person(draw_person(3), named_poses()["standing"], SIZE))
    worn = wear(texture, donor, "top")
    seen = region_mask("top") & donor.coverage
    assert seen.sum() > 5000
    assert np.array_equal(worn.image[seen], donor.image[seen])
    face = region_mask("face")
    assert np.array_equal(worn.image[face], texture.image[face]), "she is still herself"
