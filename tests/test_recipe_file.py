"""Recipes in files: one way to open them and one to put them into a picture, for page, endpoints and command line."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.person import Person, make_person
from mcld_app.editing.recipe import Recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import encode_drawn, open_recipe
from mcld_app.request import Settings

PICTURE = np.random.default_rng(0).integers(0, 256, (64, 44, 3), np.uint8)


@pytest.fixture(scope="module")
def own() -> Person:
    sample = samples.sample_person("person:zuri")
    return make_person("Holiday", sample.photo, sample.iuv)


@pytest.fixture
def drawn(own: Person) -> Recipe:
    told = {"device": "cpu", "dtype": "float32", "batch": 1, "fallback": "none"}
    return Recipe(looks.weigh_face(looks.of(own), 0.7), Settings(9, 2.0), (4,), "bundled", told)


def test_json_and_the_picture_give_the_same_recipe(drawn: Recipe, own: Person) -> None:
    text = write_recipe(drawn)
    for file in (text, text.encode(), encode_drawn(PICTURE, drawn, "A model")):
        opened = open_recipe(file, lambda key: own if key == own.key else None)
        assert (opened.settings, opened.seeds, opened.model, opened.drawn_with) == (
            drawn.settings, drawn.seeds, drawn.model, drawn.drawn_with,
        )  # fmt: skip
        assert opened.look.person is own and opened.look.face_weight == 0.7


def test_a_drawn_picture_says_how_it_was_drawn_and_keeps_every_pixel(drawn: Recipe) -> None:
    file = Image.open(io.BytesIO(encode_drawn(PICTURE, drawn, "A model")))
    assert np.array_equal(np.asarray(file), PICTURE)
    assert file.text["Description"] == (
        "AI-edited with A model (seed 4, 9 steps, guidance 2, face weight 0.7, ddim)"
    )


def test_pictures_and_a_mark_come_along_when_they_are_asked_for(drawn: Recipe) -> None:
    plain, full = encode_drawn(PICTURE, drawn, "m"), encode_drawn(PICTURE, drawn, "m", pictures=True)
    assert open_recipe(full).look.person.name == "Holiday"
    with pytest.raises(StudioError, match="needs a photo"):
        open_recipe(plain)
    marked = np.asarray(Image.open(io.BytesIO(encode_drawn(PICTURE, drawn, "m", watermark=True))))
    assert marked.shape == PICTURE.shape and (marked != PICTURE).any()


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_recipe_opens_however_an_editor_saved_it(coding: str) -> None:
    text = write_recipe(Recipe(looks.of(samples.sample_person("person:zuri")), seeds=(5,)))
    assert open_recipe(text.encode(coding)).seeds == (5,)
    assert open_recipe("\N{ZERO WIDTH NO-BREAK SPACE}" + text).seeds == (5,)


@pytest.mark.parametrize("file", [b"", b"\xff\xfe\x00", b"\x89PNG", json.dumps({"a": 1}).encode(), "", "[]"])
def test_what_is_no_recipe_is_told_in_a_sentence(file: bytes | str) -> None:
    with pytest.raises(StudioError, match=r"recipe|PNG") as told:
        open_recipe(file)
    assert str(told.value).endswith(".")
