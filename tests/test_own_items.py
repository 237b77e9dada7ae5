"""What a visitor brought, one by one: it can have another name, and go with all that shows it."""

from __future__ import annotations

import base64

import pytest
import studio_actions as actions
from flat_garments import tee
from test_clothes_dropped import dropped

from mcld_app.editing import samples
from mcld_app.errors import StudioError
from mcld_app.studio.downloads import file_of as file_of_downloads
from mcld_app.studio.state import EditorState, initial_state, own_garment_id

SAMPLE = [*samples.people().values()][2]


def file_of(path) -> dict:
    return {"name": "Cat_mode_long_name_l_8.png", "data": base64.b64encode(path.read_bytes()).decode()}


@pytest.fixture(scope="module")
def photographed() -> EditorState:
    """Somebody of a photo, in another pose."""
    state = actions.use_upload(initial_state(), {"photo": file_of(SAMPLE.photo_path), "iuv": file_of(SAMPLE.iuv_path)})
    return actions.choose_pose(state, {"id": "arms-up"})


def id_of(state: EditorState) -> str:
    return f"own:{state.own[0].key}"


def labels(panel: str, state: EditorState) -> list[str]:
    return [item["label"] for item in actions.shown(panel, state)["extra"]]


def test_a_new_name_is_in_every_list(photographed: EditorState) -> None:
    named = actions.rename(photographed, {"id": id_of(photographed), "name": "  My   sister "})
    assert [labels(panel, named) for panel in ("people", "faces", "garments")] == [["My sister"]] * 3
    worn = actions.choose_face(actions.choose_person(named, {"id": "person:mara"}), {"id": id_of(named)})
    edits = [edit["label"] for edit in actions.shown("edits", worn)["edits"]]
    assert edits == ["My sister’s face", "My sister’s skin"]
    first = actions.rename(named, {"id": id_of(named), "name": ""})
    assert labels("people", first) == labels("people", photographed)
    assert len(labels("people", actions.rename(named, {"id": id_of(named), "name": "x" * 99}))[0]) == 40


def test_a_recipe_with_pictures_keeps_the_names_that_were_given(photographed: EditorState) -> None:
    named = actions.rename(photographed, {"id": id_of(photographed), "name": "My sister"})
    named = actions.wear_files(named, dropped(tee().picture, "upper"))
    named = actions.rename(named, {"id": own_garment_id(named.own_garments[0]), "name": "Green one"})
    _, _, file = file_of_downloads(named, "recipe-pictures")
    opened = actions.open_recipe(initial_state(), {"file": {"name": "r.json", "data": base64.b64encode(file).decode()}})
    assert labels("people", opened) == ["My sister"] and "Green one" in labels("garments", opened)
    assert [edit["label"] for edit in actions.shown("edits", opened)["edits"]] == ["Green one"]


def test_a_garment_is_renamed_and_deleted_and_comes_off() -> None:
    state = actions.wear_files(initial_state(), dropped(tee().picture, "upper"))
    choice = own_garment_id(state.own_garments[0])
    named = actions.rename(state, {"id": choice, "name": "Green one"})
    assert labels("garments", named) == ["Green one"]
    assert actions.shown("edits", named)["edits"][0]["label"] == "Green one"
    gone = actions.discard(actions.choose_pose(named, {"id": "arms-up"}), {"id": choice})
    assert not gone.own_garments and not gone.look.edits and not gone.names
    assert gone.look.pose is not None, "what has nothing to do with it stays"
    assert "“Green one” is deleted" in gone.note.text
    assert not actions.undo(actions.undo(gone, {}), {}).look.edits, "undo does not bring it back"


def test_a_person_goes_from_lists_picture_and_undo(photographed: EditorState) -> None:
    gone = actions.discard(photographed, {"id": id_of(photographed)})
    assert not gone.own and gone.look.person.sample
    for look in (gone.look, *gone.history.before, *gone.history.after):
        assert all(person.sample for person in look.people)


def test_their_face_on_somebody_else_goes_too(photographed: EditorState) -> None:
    state = actions.choose_face(actions.choose_person(photographed, {"id": "person:mara"}), {"id": id_of(photographed)})
    gone = actions.discard(state, {"id": id_of(state)})
    assert gone.look.person.sample == "person:mara" and not gone.look.edits


@pytest.mark.parametrize("choice", ["person:mara", "own:0123", "garment:jeans"])
def test_samples_and_strangers_are_nobodys_own(photographed: EditorState, choice: str) -> None:
    for act, data in ((actions.rename, {"id": choice, "name": "x"}), (actions.discard, {"id": choice})):
        with pytest.raises(StudioError, match="not among your own"):
            act(photographed, data)
