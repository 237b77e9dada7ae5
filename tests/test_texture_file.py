"""Texture maps from files: SMPL's square layout of any size, and DensePose's atlas of 24 parts."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
import studio_actions as actions
from PIL import Image

from mcld_app.body.charts import charts
from mcld_app.body.photo import encode_png
from mcld_app.body.texture.atlas import atlas_to_texture, extract_atlas
from mcld_app.body.texture.texture_file import read_texture_map
from mcld_app.editing import samples
from mcld_app.errors import PictureError, StudioError
from mcld_app.studio.panels.texture import api_texture
from mcld_app.studio.panels.upload import api_start_with_photo
from mcld_app.studio.state import initial_state

BODY = charts().part_map > 0


@pytest.fixture(scope="module")
def texture() -> np.ndarray:
    """A texture map of somebody, (512, 512, 3), black off the body."""
    image = np.maximum(samples.sample_person("person:tomas").filled.image, 1)
    return np.where(BODY[..., None], image, 0).astype(np.uint8)


def file_of(picture: np.ndarray) -> dict:
    return {"name": "texture.png", "data": base64.b64encode(encode_png(picture)).decode()}


@pytest.mark.parametrize("side", [512, 1024, 300])
def test_a_square_picture_is_read_in_smpls_layout(texture: np.ndarray, side: int) -> None:
    way = cv2.INTER_NEAREST if side >= 512 else cv2.INTER_AREA
    given = read_texture_map(cv2.resize(texture, (side, side), interpolation=way))
    assert given.image.shape == (512, 512, 3) and not given.coverage[~BODY].any()
    assert given.coverage[BODY].mean() > (0.999 if side >= 512 else 0.9)
    far = np.abs(given.image.astype(int) - texture)[given.coverage]
    assert far.mean() < (0.5 if side >= 512 else 6)


def test_black_and_clear_texels_are_holes_that_darken_nothing(texture: np.ndarray) -> None:
    holes = texture.copy()
    holes[:256] = 0
    given = read_texture_map(cv2.resize(holes, (1024, 1024), interpolation=cv2.INTER_NEAREST))
    assert not given.coverage[:256].any()
    assert np.abs(given.image.astype(int) - texture)[256:][given.coverage[256:]].max() <= 1
    clear = np.dstack([np.full_like(texture, 200), np.where(np.indices(BODY.shape)[0] < 256, 0, 255).astype(np.uint8)])
    assert np.array_equal(read_texture_map(encode_png(clear)).coverage, BODY & (np.indices(BODY.shape)[0] >= 256))


@pytest.fixture(scope="module")
def parts() -> tuple[np.ndarray, np.ndarray]:
    """Somebody's atlas, (24, 200, 200, 3), and what is known of it."""
    person = samples.sample_person("person:tomas")
    return extract_atlas(person.photo, person.iuv)


@pytest.mark.parametrize("scale", [1, 2])
def test_an_atlas_of_24_parts_is_read_as_the_authors_own_way_reads_it(parts, scale: int) -> None:
    atlas, known = parts
    sheet = np.concatenate([np.concatenate(list(atlas[6 * row : 6 * row + 6]), 1) for row in range(4)], 0)
    sheet = cv2.resize(sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    assert sheet.shape == (800 * scale, 1200 * scale, 3)
    given, expected = read_texture_map(sheet), atlas_to_texture(atlas, known)
    both = given.coverage & expected.coverage
    assert both.sum() > 0.97 * expected.coverage.sum()
    assert np.array_equal(given.image[both], expected.image[both])


def test_other_pictures_are_told(texture: np.ndarray) -> None:
    for picture, said in ((Image.new("RGB", (400, 300), "red"), "24 parts, 6 across and 4 down"),
                          (Image.new("RGB", (64, 64), "red"), "128 on each side"),
                          (Image.new("RGB", (512, 512)), "nothing of a body")):  # fmt: skip
        with pytest.raises(PictureError, match=said):
            read_texture_map(picture)


def test_on_the_page_it_is_laid_over_the_person_and_undone_in_one_step(texture: np.ndarray) -> None:
    before = initial_state()
    state = actions.open_texture(before, {"file": file_of(cv2.resize(texture, (1024, 1024)))})
    assert "lies over 100% of the body" in state.note.text
    worn = state.look.texture.image[BODY].astype(int)
    assert np.abs(worn - texture[BODY]).mean() < 4 < np.abs(worn - before.look.texture.image[BODY]).mean()
    assert np.array_equal(actions.undo(state, {}).look.texture.image, before.look.texture.image)


def test_programs_can_give_one_and_on_a_space_only_who_may(texture: np.ndarray, monkeypatch) -> None:
    from mcld_app.editing.recipe import read_recipe

    person = samples.people()["person:mara"]
    files = (person.photo_path, person.iuv_path)
    recipe = api_start_with_photo(*(base64.b64encode(path.read_bytes()).decode() for path in files))
    data = "data:image/png;base64," + file_of(texture)["data"]
    made = read_recipe(api_texture(recipe, data))
    assert [edit.kind for edit in made.look.edits] == ["paint"]
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    with pytest.raises(StudioError, match="I may use"):
        api_texture(recipe, data)
