"""What a visitor can do with people and their photos."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from mcld_app.conditions import Person, make_person, read_person
from mcld_app.editing import look as looks
from mcld_app.errors import IUVError, StudioError
from mcld_app.studio.acts import sent
from mcld_app.studio.acts.photos import use_photo
from mcld_app.studio.acts.sent import Data
from mcld_app.studio.desk import Desk, Note


def choose_person(desk: Desk, data: Data) -> Desk:
    """Another sample person, or one of the visitor's own, in the same pose and clothes."""
    person = desk.person(sent.text(data, "id"))
    return desk if person is desk.look.person else desk.to(looks.change_person(desk.look, person))


def agree(desk: Desk, data: Data) -> Desk:
    """The visitor says that they may use the pictures they bring."""
    return replace(desk, agreed=data.get("on") is True, note=Note())


def check_agreed(desk: Desk) -> None:
    """Whether pictures may be brought: on a public Space the visitor has to have agreed.

    Raises:
        StudioError: where they have not.
    """
    if os.environ.get("SPACE_ID") and not desk.agreed:
        raise StudioError("First tick “I may use these pictures of these people” under “Your own photo”.")


def use_upload(desk: Desk, data: Data) -> Desk:
    """A person from an uploaded photo, with its IUV map or without."""
    check_agreed(desk)
    photo, iuv = data.get("photo"), data.get("iuv")
    if not photo and not iuv:
        raise StudioError("Choose a photo first.")
    if not iuv:
        return use_photo(replace(desk, laying=None), sent.stem(photo), sent.file_bytes(photo))
    if not photo:
        raise StudioError("The photo is missing: add the photo this IUV map was made from.")
    person = read_person(sent.stem(photo), sent.file_bytes(photo), sent.file_bytes(iuv))
    # Clothes and pose of the person before belong to them: a new photo is first seen as it is.
    desk = replace(desk, laying=None, crowd=None).with_own(person)
    return desk.to(looks.of(person), f"“{person.name}” is ready.")


def another_photo(desk: Desk, data: Data) -> Desk:
    """Another photo of the person on the desk, from a list of the visitor's own people: it says what the first one
    does not show."""
    other = desk.person(sent.text(data, "id"))
    return desk.to(looks.add_photo(desk.look, other), f"“{other.name}” now says what the first photo does not show.")


def person_of_pair(files: list[Mapping]) -> Person:
    """Which of two files is the photo is found out by trying: an IUV map is read strictly, so only one fits."""
    first, second = (sent.file_bytes(file) for file in files)
    named = ["iuv" in str(file.get("name", "")).lower() or "densepose" in str(file.get("name", "")).lower()
             for file in files]  # fmt: skip
    swap = named[0] and not named[1]
    if not any(named):
        from mcld_app.body.iuv import read_iuv
        from mcld_app.body.photo import read_photo

        try:
            return make_person(sent.stem(files[0]), read_photo(first), read_iuv(second))
        except IUVError:
            swap = True
    photo, iuv = (1, 0) if swap else (0, 1)
    data = (first, second)
    return read_person(sent.stem(files[photo]), data[photo], data[iuv])
