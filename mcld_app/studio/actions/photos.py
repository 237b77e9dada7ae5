"""What a visitor can do with a photo that brings no IUV map: its body is found in it, or laid over it by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mcld_app.body.iuv import looks_like_iuv
from mcld_app.body.mannequin.manual_fit import fit_by_hand
from mcld_app.body.photo import read_photo
from mcld_app.editing import look as looks
from mcld_app.editing.person import Person, make_person
from mcld_app.errors import IUVError, PictureError, StudioError
from mcld_app.perception.detections import Detections, detect_people
from mcld_app.studio import parsing, pose_sliders
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, FitInProgress, Note

_BY_HAND = (
    "Lay the mannequin over the person: drag its joints, drag beside it to turn it, and make it larger with the mouse "
    "wheel or with Zoom under “Pose”. Then press “Use this body”."
)
_NOBODY_READS = "No DensePose model is installed here to read a body from a photo. "


def use_photo(state: EditorState, name: str, data: bytes) -> EditorState:
    """A person from a photo alone: the largest one found in it; where nobody can be found, by hand."""
    photo = read_photo(data)
    if looks_like_iuv(photo):
        raise PictureError("This is an IUV map, not a photo. Choose it as the IUV map, and the photo it was made from.")
    try:
        detections = detect_people(name, photo)
    except StudioError as error:
        return _begin(state, name, photo, f"{error} Or do it by hand. {_BY_HAND}")
    if detections is None:
        return _begin(state, name, photo, _NOBODY_READS + _BY_HAND)
    return _take(replace(state, detections=detections if len(detections) > 1 else None), detections, 0)


def choose_body(state: EditorState, data: Data) -> EditorState:
    """Another one of the people found in the photo."""
    if state.detections is None:
        raise StudioError("This photo is not here any more. Choose it again.")
    return _take(state, state.detections, parsing.index(data))


def lay_over(state: EditorState, data: Data) -> EditorState:
    """Lay the mannequin over a photo, even where a body could be found in it: "photo", or the photo of the person on
    the editor state where none is sent."""
    file = data.get("photo")
    if file:
        return _begin(state, parsing.stem(file), read_photo(parsing.file_bytes(file)), _BY_HAND)
    return _begin(state, state.look.person.name, state.look.person.photo, _BY_HAND)


def use_body(state: EditorState, data: Data) -> EditorState:
    """The mannequin stands as the person does: take its body as theirs."""
    if state.fitting is None:
        raise StudioError("There is no mannequin over a photo. Choose a photo first.")
    fit = state.fitting.fit
    try:
        person = make_person(fit.name, fit.photo, fit.iuv)
    except IUVError as error:
        raise StudioError(f"The mannequin does not lie on the photo yet. {error}") from error
    state = replace(state, fitting=None).with_own(person)
    return state.to(looks.of(person), f"“{person.name}” is ready. Where the mannequin did not fit, lay it again.")


def leave_body(state: EditorState, data: Data) -> EditorState:
    """Put the photo away; the look is as it was."""
    return replace(state, fitting=None, live=False, note=Note("The photo was put away. Nothing else changed.", "info"))


def person_of_files(files: list[Mapping], what: str) -> Person:
    """Somebody from dropped files: a photo, the largest person in which is taken, or a photo and its IUV map.

    Args:
        files: what was dropped.
        what: that is wanted, as in "clothes".

    Raises:
        StudioError: too many files, or a photo alone where no DensePose model is installed.
    """
    from mcld_app.studio.actions.people import person_of_pair

    if len(files) == 2:
        return person_of_pair(files)
    if len(files) != 1:
        raise StudioError("Drop one photo, or two files at once: a photo and its IUV map.")
    name, photo = parsing.stem(files[0]), read_photo(parsing.file_bytes(files[0]))
    detections = None if looks_like_iuv(photo) else detect_people(name, photo)
    if detections is None:
        raise StudioError(
            f"One file is not enough for {what} here: drop a photo together with its IUV map, both at once. Or add the "
            "photo under “Your own photo” and lay the mannequin over it; then it is in the list."
        )
    return make_person(name, photo, detections.iuv(0))


def _begin(state: EditorState, name: str, photo, note: str) -> EditorState:
    fit = fit_by_hand(name, photo, pose_sliders.resting())
    return replace(state, fitting=FitInProgress(fit), detections=None, live=False, note=Note(note, "info"))


def _take(state: EditorState, detections: Detections, index: int) -> EditorState:
    person = make_person(detections.name, detections.photo, detections.iuv(index))
    said = f"“{person.name}” is ready."
    if len(detections) > 1:
        said += f" {len(detections)} people were found: choose another one below, if you mean them."
    return state.with_own(person).to(looks.of(person), said)
