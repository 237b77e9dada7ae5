"""Pictures that a visitor brings: whether they may, and whom the files show."""

from __future__ import annotations

from collections.abc import Mapping

from mcld_app.body.iuv import looks_like_iuv, read_iuv
from mcld_app.body.photo import read_photo
from mcld_app.deployment import is_space
from mcld_app.editing import look as looks
from mcld_app.editing.person import Person, make_person, read_person
from mcld_app.errors import IUVError, StudioError
from mcld_app.perception.detections import Detections, detect_people
from mcld_app.perception.found_people import FoundPeople
from mcld_app.studio import parsing
from mcld_app.studio.state import EditorState

_WELL = 0.65
"""Of a found body and its outline: the mannequin's pixels in common with a person's by those of either. Bodies that fit
have 0.75 to 0.9, loose clothes included."""


def check_agreed(state: EditorState) -> None:
    """Whether pictures may be brought: on a public Space the visitor has to have agreed.

    Raises:
        StudioError: where they have not.
    """
    if is_space() and not state.agreed:
        raise StudioError("First tick “I may use these pictures of these people” under “Your own photo”.")


def person_of_files(files: list[Mapping], what: str) -> Person:
    """Somebody from dropped files: a photo, the largest person in which is taken, or a photo and its IUV map.

    Args:
        files: what was dropped.
        what: that is wanted, as in "clothes".

    Raises:
        StudioError: too many files, or a photo alone where nothing is installed that finds people.
    """
    if len(files) == 2:
        return _person_of_pair(files)
    if len(files) != 1:
        raise StudioError("Drop one photo, or two files at once: a photo and its IUV map.")
    name, photo = parsing.stem(files[0]), read_photo(parsing.file_bytes(files[0]))
    detections = None if looks_like_iuv(photo) else detect_people(name, photo)
    if detections is None:
        raise StudioError(
            f"One file is not enough for {what} here: drop a photo together with its IUV map, both at once. Or add the "
            "photo under “Your own photo” and lay the mannequin over it; then it is in the list."
        )
    return detections.person(0)


def take(state: EditorState, detections: Detections | FoundPeople, index: int) -> EditorState:
    """One of the people found in a photo as the person that is edited."""
    person = detections.person(index)
    said = f"“{person.name}” is ready."
    if person.fit is not None:
        badly = person.fit.agreement < _WELL
        said += " The body found in it fits badly:" if badly else " Where the body does not fit,"
        said += " press “Adjust the body”."
    if len(detections) > 1:
        said += f" {len(detections)} people were found: choose another one below, if you mean them."
    return state.with_own(person).to(looks.of(person), said)


def _person_of_pair(files: list[Mapping]) -> Person:
    """Which of two files is the photo is found out by trying: an IUV map is read strictly, so only one fits."""
    first, second = (parsing.file_bytes(file) for file in files)
    named = ["iuv" in str(file.get("name", "")).lower() or "densepose" in str(file.get("name", "")).lower()
             for file in files]  # fmt: skip
    swap = named[0] and not named[1]
    if not any(named):
        try:
            return make_person(parsing.stem(files[0]), read_photo(first), read_iuv(second))
        except IUVError:
            swap = True
    photo, iuv = (1, 0) if swap else (0, 1)
    data = (first, second)
    return read_person(parsing.stem(files[photo]), data[photo], data[iuv])
