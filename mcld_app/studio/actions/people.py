"""What a visitor can do with people and their photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mcld_app.deployment import is_space
from mcld_app.editing import look as looks
from mcld_app.editing.person import Person, make_person, read_person
from mcld_app.errors import IUVError, StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.photos import use_photo
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, Note


def choose_person(state: EditorState, data: Data) -> EditorState:
    """Another sample person, or one of the visitor's own, in the same pose and clothes."""
    person = state.person(parsing.text(data, "id"))
    return state if person is state.look.person else state.to(looks.change_person(state.look, person))


def agree(state: EditorState, data: Data) -> EditorState:
    """The visitor says that they may use the pictures they bring."""
    return replace(state, agreed=data.get("on") is True, note=Note())


def check_agreed(state: EditorState) -> None:
    """Whether pictures may be brought: on a public Space the visitor has to have agreed.

    Raises:
        StudioError: where they have not.
    """
    if is_space() and not state.agreed:
        raise StudioError("First tick “I may use these pictures of these people” under “Your own photo”.")


def use_upload(state: EditorState, data: Data) -> EditorState:
    """A person from an uploaded photo, with its IUV map or without."""
    check_agreed(state)
    photo, iuv = data.get("photo"), data.get("iuv")
    if not photo and not iuv:
        raise StudioError("Choose a photo first.")
    if not iuv:
        return use_photo(replace(state, fitting=None), parsing.stem(photo), parsing.file_bytes(photo))
    if not photo:
        raise StudioError("The photo is missing: add the photo this IUV map was made from.")
    person = read_person(parsing.stem(photo), parsing.file_bytes(photo), parsing.file_bytes(iuv))
    # Clothes and pose of the person before belong to them: a new photo is first seen as it is.
    state = replace(state, fitting=None, detections=None).with_own(person)
    return state.to(looks.of(person), f"“{person.name}” is ready.")


def another_photo(state: EditorState, data: Data) -> EditorState:
    """Another photo of the person, from a list of the visitor's own people: it says what the first does not show."""
    other = state.person(parsing.text(data, "id"))
    return state.to(looks.add_photo(state.look, other), f"“{other.name}” now says what the first photo does not show.")


def person_of_pair(files: list[Mapping]) -> Person:
    """Which of two files is the photo is found out by trying: an IUV map is read strictly, so only one fits."""
    first, second = (parsing.file_bytes(file) for file in files)
    named = ["iuv" in str(file.get("name", "")).lower() or "densepose" in str(file.get("name", "")).lower()
             for file in files]  # fmt: skip
    swap = named[0] and not named[1]
    if not any(named):
        from mcld_app.body.iuv import read_iuv
        from mcld_app.body.photo import read_photo

        try:
            return make_person(parsing.stem(files[0]), read_photo(first), read_iuv(second))
        except IUVError:
            swap = True
    photo, iuv = (1, 0) if swap else (0, 1)
    data = (first, second)
    return read_person(parsing.stem(files[photo]), data[photo], data[iuv])
