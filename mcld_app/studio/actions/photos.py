"""Pictures that a visitor brings: whether they may, and whom the files show."""

from __future__ import annotations

from collections.abc import Mapping

from mcld_app.body.map_signs import looks_like_iuv
from mcld_app.body.photo import read_sized_photo
from mcld_app.body.texture.preview_planes import has_plain_ground
from mcld_app.deployment import is_space
from mcld_app.editing import look as looks
from mcld_app.editing.in_photo import size_in_photo
from mcld_app.editing.person import Person, read_person
from mcld_app.engine.finding_process import people_in
from mcld_app.errors import IUVError, PictureError, StudioError
from mcld_app.perception.detections import Detections
from mcld_app.perception.found_people import FoundPeople
from mcld_app.studio import parsing
from mcld_app.studio.state import EditorState

_WELL = 0.65
"""Of a found body and its outline: the mannequin's pixels in common with a person's by those of either. Bodies that fit
have 0.75 to 0.9, loose clothes included."""


_BUSY = (
    " What stands behind may be taken for hair or skirts: “Adjust the body” shows the outline that was found, and its "
    "brush mends it."
)


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
    return people_of_file(parsing.stem(files[0]), parsing.file_bytes(files[0]), what).person(0)


def people_of_file(name: str, content: bytes, what: str) -> Detections | FoundPeople:
    """Everybody in a photo's file, the largest first; `what` is wanted, as in "clothes".

    Raises:
        PictureError: where it is no photo; NobodyFound where nobody is in it.
        StudioError: where nothing is installed that finds people.
    """
    photo, stored = read_sized_photo(content)
    detections = None if looks_like_iuv(photo) else people_in(name, photo, stored)
    if detections is None:
        raise StudioError(
            f"One file is not enough for {what} here: drop a photo together with its IUV map, both at once. Or add the "
            "photo under “Your own photo” and lay the mannequin over it; then it is in the list."
        )
    return detections


def take(state: EditorState, detections: Detections | FoundPeople, index: int) -> EditorState:
    """One of the people found in a photo as the person that is edited."""
    person = detections.person(index)
    said = f"“{person.name}” is ready.{before_kept(state)}{size_kept(person)}"
    if person.fit is not None:
        badly = person.fit.agreement < _WELL
        said += " The body found in it fits badly:" if badly else " Where the body does not fit,"
        said += " press “Adjust the body”."
        if person.fit.sighting is not None and not has_plain_ground(person.photo) and person.shells:
            said += _BUSY
    if len(detections) > 1:
        said += f" {len(detections)} people were found: choose another one below, if you mean them."
    return state.with_own(person).to(looks.of(person), said)


def before_kept(state: EditorState) -> str:
    """A sentence, with a space before it, where another person takes the place of a look that was edited."""
    return " Undo brings back what was here." if state.is_edited else ""


def size_kept(person: Person) -> str:
    """A sentence, with a space before it, where less is kept of a photo than its file holds; else nothing."""
    if person.stored is None:
        return ""
    (tall, wide), (height, width) = person.stored.size, size_in_photo(person)
    if (tall, wide) == (height, width):
        return ""
    return f" Of its {wide} x {tall} pixels {width} x {height} are kept: pictures “In the photo” have that size."


def _person_of_pair(files: list[Mapping]) -> Person:
    """Which of two files is the photo is found out by trying: an IUV map is read strictly, so only one fits."""
    data = [parsing.file_bytes(file) for file in files]
    named = ["iuv" in str(file.get("name", "")).lower() or "densepose" in str(file.get("name", "")).lower()
             for file in files]  # fmt: skip
    photo, iuv = (1, 0) if named[0] and not named[1] else (0, 1)
    try:
        return read_person(parsing.stem(files[photo]), data[photo], data[iuv])
    except (PictureError, IUVError) as error:
        if any(named):
            raise
        try:
            return read_person(parsing.stem(files[iuv]), data[iuv], data[photo])
        except IUVError:
            raise
        except PictureError:
            raise error from None  # the second file is no photo either: what was said of the first try fits
