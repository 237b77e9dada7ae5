"""A picture of a garment alone, dropped on the person: worn where it belongs, kept in the list and in recipes."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from flat_garments import dress, tee, trousers

from mcld_app.body.photo import encode_png
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import open_recipe
from mcld_app.studio.actions.recipes import at_hand, use_recipe
from mcld_app.studio.panels.garments import api_garment_from_photo, view, wear, wear_files
from mcld_app.studio.state import EditorState, initial_state


def dropped(picture: np.ndarray, region: str | None, name: str = "shop.png") -> dict:
    data = base64.b64encode(encode_png(picture)).decode()
    return {"files": [{"name": name, "data": data}], "region": region}


def worn(state: EditorState) -> Wear:
    (edit,) = state.look.edits
    return edit


@pytest.mark.parametrize(
    ("picture", "region", "kind", "where"),
    [
        (tee, "upper", "top", "upper"), (tee, "sleeves", "top", "upper"), (trousers, "bottom", "trousers", "bottom"),
        (dress, "outfit", "dress", "body"),
    ],
)  # fmt: skip
def test_it_is_worn_where_it_belongs_and_the_region_tells_its_kind(picture, region, kind, where) -> None:
    state = wear_files(initial_state(), dropped(picture().picture, region))
    assert (worn(state).garment.kind, worn(state).area) == (kind, where), state.note.text
    assert worn(state).label == "shop"


def test_it_is_in_the_list_with_a_picture_and_can_be_worn_again() -> None:
    state = wear_files(initial_state(), dropped(tee().picture, None))
    assert not state.look.edits and "list" in state.question.text
    (listed,) = view(state, None)["extra"]
    assert listed["label"] == "shop" and listed["region"] == "upper" and listed["src"].startswith("data:image/")
    again = wear(state, {"id": listed["id"], "region": "upper"})
    assert worn(again).garment is state.own_garments[0]


def test_the_same_picture_is_not_kept_twice() -> None:
    state = initial_state()
    for _ in range(2):
        state = wear_files(state, dropped(tee().picture, "upper"))
    assert len(state.own_garments) == 1 and not state.own


def test_a_recipe_brings_the_garment_back_as_a_garment_and_not_as_a_person() -> None:
    state = wear_files(initial_state(), dropped(tee().picture, "upper"))
    recipe = read_recipe(write_recipe(Recipe(state.look), pictures=True))
    opened = use_recipe(initial_state(), recipe)
    assert [garment.donor.key for garment in opened.own_garments] == [state.own_garments[0].donor.key]
    assert not opened.own
    donor = state.own_garments[0].donor
    assert at_hand(state, donor.key) is donor, "a recipe without pictures finds it, too"


def test_what_shows_neither_person_nor_garment_is_a_sentence() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (340, 200, 3)).astype(np.uint8)  # too long for a pattern's tile
    state = wear_files(initial_state(), dropped(noise, "upper"))
    assert not state.look.edits and "No garment stands out" in state.question.text


def test_other_programs_send_the_picture_alone() -> None:
    recipe = write_recipe(Recipe(initial_state().look), pictures=True)
    data = base64.b64encode(encode_png(tee().picture)).decode()
    (edit,) = open_recipe(api_garment_from_photo(recipe, f"data:image/png;base64,{data}", "top")).look.edits
    assert isinstance(edit, Wear) and edit.garment.kind == "top"
    with pytest.raises(StudioError, match="kind"):
        api_garment_from_photo(recipe, data, "hat")
