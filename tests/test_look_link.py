"""A link carries a look that needs no picture of a visitor's own, and nothing that was not checked."""

from __future__ import annotations

import base64
import re
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.recipe import Recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.output.look_link import MOST, link_of, recipe_of_link
from mcld_app.request import Settings


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    look = looks.of(samples.sample_person("person:mara"))
    look = looks.add(look, Wear(samples.sample_garment(next(iter(samples.garments())))))
    look = looks.add(look, Cover("bottom", (20, 60, 160), garment_only=True))
    return Recipe(looks.stand(look, named_poses()["walking"]), Settings(steps=7), (41, 42), "bundled")


@pytest.fixture(scope="module")
def link(recipe: Recipe) -> str:
    return link_of(recipe)


def test_a_look_comes_back_whole_from_a_few_hundred_characters(recipe: Recipe, link: str) -> None:
    assert len(link) < 800 and re.fullmatch(r"[A-Za-z0-9_-]+", link)
    back = recipe_of_link(link)
    assert write_recipe(back) == write_recipe(recipe)
    assert back.seeds == (41, 42) and back.settings.steps == 7


def test_a_look_with_a_picture_of_ones_own_says_why_it_has_no_link(recipe: Recipe) -> None:
    swatch = np.full((8, 8, 4), 200, np.uint8)
    look = looks.add(recipe.look, Cover("top", (0, 0, 0), swatch, "stripes"))
    with pytest.raises(StudioError, match="pictures of your own"):
        link_of(Recipe(look))


@given(cut=st.integers(0, 10_000))
def test_a_link_that_was_cut_is_a_sentence(link: str, cut: int) -> None:
    with pytest.raises(StudioError, match=r"link is not whole"):
        recipe_of_link(link[: cut % len(link)])


@given(st.text(max_size=200))
def test_whatever_stands_in_an_address_is_a_look_or_a_sentence(text: str) -> None:
    with pytest.raises(StudioError):
        recipe_of_link(text)


def test_a_link_never_unfolds_to_more_than_a_look(link: str) -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b"{" + b" " * 4_000_000 + b"}", 9)).decode().rstrip("=")
    for said in (bomb[:MOST], bomb, "A" * 1_000_000):
        with pytest.raises(StudioError):
            recipe_of_link(said)


def test_a_million_edits_are_refused(recipe: Recipe) -> None:
    text = write_recipe(recipe)
    at = text.index('"edits"')
    start = text.index("[", at) + 1
    many = text[:start] + ('{"kind":"flat"},' * 20_000) + text[start:]
    packed = base64.urlsafe_b64encode(zlib.compress(many.encode(), 9)).decode().rstrip("=")
    with pytest.raises(StudioError):
        recipe_of_link(packed)
