"""A photo that becomes the person: whoever is found in it, or, where nobody is, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcld_app.body.map_signs import looks_like_iuv
from mcld_app.body.photo import read_sized_photo
from mcld_app.engine.finding_process import people_in
from mcld_app.errors import PictureError, StudioError
from mcld_app.perception.detections import Detections
from mcld_app.perception.found_people import FoundPeople
from mcld_app.perception.people_finder import NobodyFound
from mcld_app.studio.actions.fitting import HOW_TO_FIT, begin_fitting
from mcld_app.studio.actions.photos import take
from mcld_app.studio.actions.shop_pictures import ask_if_clothes
from mcld_app.studio.pictures import whole_thumb
from mcld_app.studio.state import EditorState, Note, Option, Question

_NOBODY_READS = (
    "Nothing is installed here to find a body in a photo: the owner of this machine fetches the body finder under "
    "“Models and weights”. "
)


def take_largest(state: EditorState, found: Detections | FoundPeople) -> EditorState:
    """Clothes and pose of the person before belong to them: a new photo is first seen as it is."""
    return _ask_if_turned(_take_first(state, found), found)


def _take_first(state: EditorState, found: Detections | FoundPeople) -> EditorState:
    return take(replace(state, fitting=None, detections=found if len(found) > 1 else None), found, 0)


def _ask_if_turned(state: EditorState, found: Detections | FoundPeople) -> EditorState:
    """Who stands on their head, or lies, may do so in a photo that was turned on its way: only the visitor knows."""
    first = found.people[0] if isinstance(found, FoundPeople) else next(iter(found.found), None)
    turns = 0 if first is None else first.landmarks.turns_to_upright
    if not turns:
        return state
    photo, lying = np.ascontiguousarray(np.rot90(found.photo, turns)), state.look.person.key

    def turned(now: EditorState) -> EditorState:
        upright = people_in(found.name, photo)
        if upright is None:
            raise StudioError(_NOBODY_READS + HOW_TO_FIT)
        others = tuple(person for person in now.own if person.key != lying)
        return _take_first(replace(now, own=others), upright)

    how = "upside down" if turns == 2 else "on its side"
    options = (
        Option("Turn the photo", turned, whole_thumb(photo)),
        Option("Leave it as it is", lambda now: replace(now, note=Note()), whole_thumb(found.photo)),
    )
    said = f"“{found.name}” seems to be {how}: turn it, so that the head is up?"
    return replace(state, question=Question(said, options))


def use_photo(state: EditorState, name: str, data: bytes, *, closer: bool = False) -> EditorState:
    """A person from a photo alone: the largest one found in it; where nobody can be found, by hand. `closer` looks
    closer."""
    photo, stored = read_sized_photo(data)
    if looks_like_iuv(photo):
        raise PictureError("This is an IUV map, not a photo. Choose it as the IUV map, and the photo it was made from.")
    try:
        detections = people_in(name, photo, stored, closer=closer)
    except StudioError as error:
        said = f"{error} Or do it by hand. {HOW_TO_FIT}"
        if isinstance(error, NobodyFound):
            by_hand = Option("It is a person: lay the mannequin over them",
                             lambda now: begin_fitting(now, name, photo, said, stored), whole_thumb(photo))  # fmt: skip
            if (asked := ask_if_clothes(state, name, data, by_hand)) is not None:
                return asked
        return begin_fitting(state, name, photo, said, stored)
    if detections is None:
        return begin_fitting(state, name, photo, _NOBODY_READS + HOW_TO_FIT, stored)
    return take_largest(state, detections)
