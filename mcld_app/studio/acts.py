"""What a visitor can do: each action is a function (desk, what the page sent) -> desk.

What the page sent is not trusted: it is a dictionary from a browser. Everything an action raises to tell the visitor
something is a `StudioError`.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from mcld_app.body.mannequin import named_poses
from mcld_app.conditions import make_person, read_person
from mcld_app.editing import look as looks
from mcld_app.errors import IUVError, PictureError, StudioError
from mcld_app.studio import posing
from mcld_app.studio.desk import Desk, InHand, Note
from mcld_app.studio.regions import CLOTHES

Data = Mapping[str, Any]

AS_IN_PHOTO = "photo"
LARGEST_FILE = 20 * 2**20

PHOTO_ONLY = (
    "Reading the body from a photo alone comes in a later version. For now, add the photo's IUV map: "
    "“How do I get an IUV map?” below says how."
)


def choose_person(desk: Desk, data: Data) -> Desk:
    """Another sample person, or one of the visitor's own, in the same pose and clothes."""
    person = desk.person(_text(data, "id"))
    return desk if person is desk.look.person else desk.to(looks.change_person(desk.look, person))


def use_upload(desk: Desk, data: Data) -> Desk:
    """A person from an uploaded photo and its IUV map."""
    photo, iuv = data.get("photo"), data.get("iuv")
    if not photo and not iuv:
        raise StudioError("Choose a photo and its IUV map first.")
    if not iuv:
        raise StudioError(PHOTO_ONLY)
    if not photo:
        raise StudioError("The photo is missing: add the photo this IUV map was made from.")
    person = read_person(_stem(photo), _bytes(photo), _bytes(iuv))
    # Clothes and pose of the person before belong to them: a new photo is first seen as it is.
    return desk.with_own(person).to(looks.of(person), f"“{person.name}” is ready.")


def lift(desk: Desk, data: Data) -> Desk:
    """Take a garment in hand: what dropping it where it belongs will make is worked out while it is on its way."""
    choice = _text(data, "id")
    garment = desk.garment(choice)
    ready = looks.put_on(desk.look, garment)
    return replace(desk, in_hand=InHand(choice, garment.region, desk.look.outfit, ready.outfit), note=Note())


def wear(desk: Desk, data: Data) -> Desk:
    """Put a garment on a region."""
    choice, region, held = _text(data, "id"), _region(data), desk.in_hand
    if held and (held.choice, held.region) == (choice, region) and held.before is desk.look.outfit:
        return desk.to(replace(desk.look, outfit=held.after))
    return desk.to(looks.put_on(desk.look, desk.garment(choice), region))


def wear_files(desk: Desk, data: Data) -> Desk:
    """Clothes from files dropped on the person: a photo and its IUV map, in any order."""
    files = [file for file in data.get("files") or () if isinstance(file, Mapping)]
    if len(files) == 1:
        raise StudioError(
            "One file is not enough: drop a photo together with its IUV map, both at once. The map says which part of "
            "the photo is which garment."
        )
    if len(files) != 2:
        raise StudioError("Drop two files at once: a photo and its IUV map.")
    person = _person_of_pair(files)
    garment = looks.Garment(f"{person.name}’s clothes", person, "upper")
    desk = desk.with_own(person)  # whatever comes next, the clothes are in the list now
    if not data.get("region"):
        return replace(desk, note=Note("These clothes are in the list now. Drag them onto the person.", "info"))
    try:
        return desk.to(looks.put_on(desk.look, garment, _region(data)))
    except StudioError as error:
        return replace(desk, note=Note(str(error), "warning"))


def take_off(desk: Desk, data: Data) -> Desk:
    """Take off the garment at `index` of the list."""
    index = data.get("index")
    return desk.to(looks.take_off(desk.look, index if isinstance(index, int) else -1))


def undo(desk: Desk, data: Data) -> Desk:
    """One step back."""
    if not desk.history.before:
        return replace(desk, note=Note("There is nothing to undo.", "info"))
    return replace(desk, history=desk.history.undo(), note=Note(), live=False)


def redo(desk: Desk, data: Data) -> Desk:
    """One step forward again."""
    if not desk.history.after:
        return replace(desk, note=Note("There is nothing to redo.", "info"))
    return replace(desk, history=desk.history.redo(), note=Note(), live=False)


def reset(desk: Desk, data: Data) -> Desk:
    """The person as in their photo; undo brings everything back."""
    return desk.to(looks.of(desk.look.person), "Everything is as in the photo again. Undo brings it back.")


def choose_pose(desk: Desk, data: Data) -> Desk:
    """One of the named poses, or the photo's own."""
    choice, poses = _text(data, "id"), named_poses()
    if choice not in poses and choice != AS_IN_PHOTO:
        raise StudioError("There is no such pose. Choose another one.")
    pose = poses.get(choice)
    return desk if pose == desk.look.pose else desk.to(looks.stand(desk.look, pose))


def turn(desk: Desk, data: Data) -> Desk:
    """The mannequin's joints and camera, as the sliders stand."""
    values = data.get("values")
    if not isinstance(values, Mapping):
        raise StudioError("The sliders' positions did not arrive. Move one again.")
    numbers = {
        str(name): float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    gesture = data.get("gesture")
    pose = posing.from_sliders(numbers)
    moved = desk.to(looks.stand(desk.look, pose), gesture=gesture if isinstance(gesture, str) else None)
    return replace(moved, live=data.get("live") is True)


def mirror(desk: Desk, data: Data) -> Desk:
    """The pose seen in a mirror."""
    if desk.look.pose is None:
        raise StudioError("The photo's own pose cannot be mirrored. Choose a pose first.")
    return desk.to(looks.stand(desk.look, desk.look.pose.mirrored().replace(name="your own")))


def as_in_photo(desk: Desk, data: Data) -> Desk:
    """Back to the photo's own pose; the clothes stay."""
    return desk if desk.look.pose is None else desk.to(looks.stand(desk.look, None))


def set_fill(desk: Desk, data: Data) -> Desk:
    """Whether texels no photo showed are guessed."""
    return desk.to(replace(desk.look, fill=bool(data.get("on"))))


def _person_of_pair(files: list[Mapping]):
    """Which of two files is the photo is found out by trying: an IUV map is read strictly, so only one fits."""
    first, second = (_bytes(file) for file in files)
    named = ["iuv" in str(file.get("name", "")).lower() or "densepose" in str(file.get("name", "")).lower()
             for file in files]  # fmt: skip
    swap = named[0] and not named[1]
    if not any(named):
        from mcld_app.body.iuv import read_iuv
        from mcld_app.body.photo import read_photo

        try:
            return make_person(_stem(files[0]), read_photo(first), read_iuv(second))
        except IUVError:
            swap = True
    photo, iuv = (1, 0) if swap else (0, 1)
    data = (first, second)
    return read_person(_stem(files[photo]), data[photo], data[iuv])


def _text(data: Data, name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise StudioError("The page sent something the studio does not understand. Reload the page.")
    return value


def _region(data: Data) -> str:
    name = _text(data, "region")
    if name not in CLOTHES:
        raise StudioError("Clothes cannot be put there. Choose one of the regions under the picture.")
    return name


def _stem(file: Mapping) -> str:
    """A file's name without folders and ending, short enough for a label."""
    name = PurePosixPath(PureWindowsPath(str(file.get("name") or "photo")).name).stem
    return (name[:40] or "photo").strip()


def _bytes(file: Mapping) -> bytes:
    data = file.get("data")
    if not isinstance(data, str):
        raise PictureError("A file did not arrive whole. Choose it again.")
    if len(data) > LARGEST_FILE * 4 // 3 + 4:
        raise PictureError("This file is larger than 20 MB. Save it smaller and try again.")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureError("A file did not arrive whole. Choose it again.") from error
