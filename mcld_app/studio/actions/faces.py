"""What a visitor can do with the face."""

from __future__ import annotations

from mcld_app.editing import look as looks
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.people import check_agreed
from mcld_app.studio.actions.photos import person_of_files
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState

OWN, NONE = "own", "none"


def choose_face(state: EditorState, data: Data) -> EditorState:
    """Another face: of a sample, of one of the visitor's own people, the person's own again, or none."""
    choice, swap = parsing.text(data, "id"), _current(state)
    if choice == OWN:
        return state.to(looks.without(state.look, FaceSwap)) if state.look.face_edit else state
    donor = None if choice == NONE else state.person(choice)
    return state.to(looks.add(state.look, FaceSwap(donor, swap.share, swap.texels)))


def mix_face(state: EditorState, data: Data) -> EditorState:
    """How far to go from the own face to the other one, and whether the head's texels go along."""
    swap = state.look.swap
    if swap is None or swap.donor is None:
        raise StudioError("Choose another face first; then it can be mixed with the person's own.")
    mixed = FaceSwap(swap.donor, parsing.number(data, "share"), data.get("texels") is not False)
    return state.to(looks.add(state.look, mixed), gesture=parsing.gesture(data))


def weigh_face(state: EditorState, data: Data) -> EditorState:
    """How much the face's identity counts beside the photo and the clothes."""
    return state.to(looks.weigh_face(state.look, parsing.number(data, "weight")), gesture=parsing.gesture(data))


def face_files(state: EditorState, data: Data) -> EditorState:
    """A face from dropped files: a photo, or a photo and its IUV map."""
    files = [file for file in data.get("files") or () if hasattr(file, "get")]
    check_agreed(state)
    donor = person_of_files(files, "a face")
    swap = _current(state)
    swapped = looks.add(state.look, FaceSwap(donor, swap.share, swap.texels))
    return state.with_own(donor).to(swapped)


def _current(state: EditorState) -> FaceSwap:
    """The face edit that is there, for its sliders' positions."""
    found = state.look.face_edit
    return found if found and found.donor else FaceSwap(None)
