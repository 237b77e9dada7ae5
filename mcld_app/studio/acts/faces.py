"""What a visitor can do with the face."""

from __future__ import annotations

from mcld_app.editing import Swap
from mcld_app.editing import look as looks
from mcld_app.errors import StudioError
from mcld_app.studio.acts import sent
from mcld_app.studio.acts.people import check_agreed
from mcld_app.studio.acts.photos import person_of_files
from mcld_app.studio.acts.sent import Data
from mcld_app.studio.desk import Desk

OWN, NONE = "own", "none"


def choose_face(desk: Desk, data: Data) -> Desk:
    """Another face: of a sample, of one of the visitor's own people, the person's own again, or none."""
    choice, swap = sent.text(data, "id"), _current(desk)
    if choice == OWN:
        return desk.to(looks.own_face(desk.look)) if desk.look.face_edit else desk
    donor = None if choice == NONE else desk.person(choice)
    return desk.to(looks.swap_face(desk.look, Swap(donor, swap.share, swap.texels)))


def mix_face(desk: Desk, data: Data) -> Desk:
    """How far to go from the own face to the other one, and whether the head's texels go along."""
    swap = desk.look.swap
    if swap is None or swap.donor is None:
        raise StudioError("Choose another face first; then it can be mixed with the person's own.")
    mixed = Swap(swap.donor, sent.number(data, "share"), data.get("texels") is not False)
    return desk.to(looks.swap_face(desk.look, mixed), gesture=sent.gesture(data))


def weigh_face(desk: Desk, data: Data) -> Desk:
    """How much the face's identity counts beside the photo and the clothes."""
    return desk.to(looks.weigh_face(desk.look, sent.number(data, "weight")), gesture=sent.gesture(data))


def face_files(desk: Desk, data: Data) -> Desk:
    """A face from dropped files: a photo, or a photo and its IUV map."""
    files = [file for file in data.get("files") or () if hasattr(file, "get")]
    check_agreed(desk)
    donor = person_of_files(files, "a face")
    swap = _current(desk)
    swapped = looks.swap_face(desk.look, Swap(donor, swap.share, swap.texels))
    return desk.with_own(donor).to(swapped)


def _current(desk: Desk) -> Swap:
    """The face edit that is there, for its sliders' positions."""
    found = desk.look.face_edit
    return found if found and found.donor else Swap(None)
