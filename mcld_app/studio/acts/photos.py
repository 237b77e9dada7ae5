"""What a visitor can do with a photo that brings no IUV map: its body is found in it, or laid over it by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mcld_app.body.iuv import looks_like_iuv
from mcld_app.body.laid import lay
from mcld_app.body.photo import read_photo
from mcld_app.conditions import Person, make_person
from mcld_app.editing import look as looks
from mcld_app.errors import IUVError, PictureError, StudioError
from mcld_app.perception.people import Crowd, find_people
from mcld_app.studio import posing
from mcld_app.studio.acts import sent
from mcld_app.studio.acts.sent import Data
from mcld_app.studio.desk import Desk, Laying, Note

_BY_HAND = (
    "Lay the mannequin over the person: drag its joints, drag beside it to turn it, and make it larger with the mouse "
    "wheel or with Zoom under “Pose”. Then press “Use this body”."
)
_NOBODY_READS = "No DensePose model is installed here to read a body from a photo. "


def use_photo(desk: Desk, name: str, data: bytes) -> Desk:
    """A person from a photo alone: the largest one found in it; where nobody can be found, by hand."""
    photo = read_photo(data)
    if looks_like_iuv(photo):
        raise PictureError("This is an IUV map, not a photo. Choose it as the IUV map, and the photo it was made from.")
    try:
        crowd = find_people(name, photo)
    except StudioError as error:
        return _begin(desk, name, photo, f"{error} Or do it by hand. {_BY_HAND}")
    if crowd is None:
        return _begin(desk, name, photo, _NOBODY_READS + _BY_HAND)
    return _take(replace(desk, crowd=crowd if len(crowd) > 1 else None), crowd, 0)


def choose_body(desk: Desk, data: Data) -> Desk:
    """Another one of the people found in the photo."""
    if desk.crowd is None:
        raise StudioError("This photo is not here any more. Choose it again.")
    return _take(desk, desk.crowd, sent.index(data))


def lay_over(desk: Desk, data: Data) -> Desk:
    """Lay the mannequin over a photo, even where a body could be found in it: "photo", or the photo of the person on
    the desk where none is sent."""
    file = data.get("photo")
    if file:
        return _begin(desk, sent.stem(file), read_photo(sent.file_bytes(file)), _BY_HAND)
    return _begin(desk, desk.look.person.name, desk.look.person.photo, _BY_HAND)


def use_body(desk: Desk, data: Data) -> Desk:
    """The mannequin stands as the person does: take its body as theirs."""
    if desk.laying is None:
        raise StudioError("There is no mannequin over a photo. Choose a photo first.")
    laid = desk.laying.laid
    try:
        person = make_person(laid.name, laid.photo, laid.iuv)
    except IUVError as error:
        raise StudioError(f"The mannequin does not lie on the photo yet. {error}") from error
    desk = replace(desk, laying=None).with_own(person)
    return desk.to(looks.of(person), f"“{person.name}” is ready. Where the mannequin did not fit, lay it again.")


def leave_body(desk: Desk, data: Data) -> Desk:
    """Put the photo away; the look is as it was."""
    return replace(desk, laying=None, live=False, note=Note("The photo was put away. Nothing else changed.", "info"))


def person_of_files(files: list[Mapping], what: str) -> Person:
    """Somebody from dropped files: a photo, the largest person in which is taken, or a photo and its IUV map.

    Args:
        files: what was dropped.
        what: that is wanted, as in "clothes".

    Raises:
        StudioError: too many files, or a photo alone where no DensePose model is installed.
    """
    from mcld_app.studio.acts.people import person_of_pair

    if len(files) == 2:
        return person_of_pair(files)
    if len(files) != 1:
        raise StudioError("Drop one photo, or two files at once: a photo and its IUV map.")
    name, photo = sent.stem(files[0]), read_photo(sent.file_bytes(files[0]))
    crowd = None if looks_like_iuv(photo) else find_people(name, photo)
    if crowd is None:
        raise StudioError(
            f"One file is not enough for {what} here: drop a photo together with its IUV map, both at once. Or add the "
            "photo under “Your own photo” and lay the mannequin over it; then it is in the list."
        )
    return make_person(name, photo, crowd.iuv(0))


def _begin(desk: Desk, name: str, photo, note: str) -> Desk:
    laid = lay(name, photo, posing.resting())
    return replace(desk, laying=Laying(laid), crowd=None, live=False, note=Note(note, "info"))


def _take(desk: Desk, crowd: Crowd, index: int) -> Desk:
    person = make_person(crowd.name, crowd.photo, crowd.iuv(index))
    said = f"“{person.name}” is ready."
    if len(crowd) > 1:
        said += f" {len(crowd)} people were found: choose another one below, if you mean them."
    return desk.with_own(person).to(looks.of(person), said)
