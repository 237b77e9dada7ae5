"""What a visitor can do with clothes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mcld_app.body.photo import fitted_size, read_layer
from mcld_app.editing import look as looks
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.garment import clothes_of
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.people import check_agreed
from mcld_app.studio.actions.photos import person_of_files
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, InHand, Note


def lift(state: EditorState, data: Data) -> EditorState:
    """Take a garment in hand: what dropping it where it belongs will make is worked out while it is on its way."""
    choice = parsing.text(data, "id")
    garment = state.garment(choice)
    ready = looks.add(state.look, Wear(garment))
    return replace(state, in_hand=InHand(choice, garment.region, state.look.appearance, ready.appearance), note=Note())


def wear(state: EditorState, data: Data) -> EditorState:
    """Put a garment on a region, or on any set of body parts."""
    choice, area, held = parsing.text(data, "id"), parsing.area(data), state.in_hand
    if held and (held.choice, held.region) == (choice, area) and held.before is state.look.appearance:
        return state.to(replace(state.look, appearance=held.after))
    return state.to(looks.add(state.look, Wear(state.garment(choice), area)))


def wear_files(state: EditorState, data: Data) -> EditorState:
    """Clothes from files dropped on the person: a photo, or a photo and its IUV map in any order."""
    files = [file for file in data.get("files") or () if isinstance(file, Mapping)]
    check_agreed(state)
    person = person_of_files(files, "clothes")
    state = state.with_own(person)  # whatever comes next, the clothes are in the list now
    if not data.get("region") and not data.get("parts"):
        return replace(state, note=Note("These clothes are in the list now. Drag them onto the person.", "info"))
    try:
        return state.to(looks.add(state.look, Wear(clothes_of(person), parsing.area(data))))
    except StudioError as error:
        return replace(state, note=Note(str(error), "warning"))


_PATTERN_SIDE = 512
_WIDEST, _SMALLEST = 60.0, 1.0  # centimetres of one repeat


def cover(state: EditorState, data: Data) -> EditorState:
    """Give an area a colour, or a pattern from a file, in centimetres of the cloth. A pattern that was given before
    for the same area stays when only its size or angle changes."""
    area, name, pattern = parsing.area(data), "Pattern", None
    file = data.get("pattern")
    if file:
        pattern, name = _swatch(parsing.file_bytes(file)), parsing.stem(file, "pattern")
    elif data.get("keep") is True:
        known = next((edit for edit in state.look.edits_of(Cover) if edit.area == area), None)
        if known is not None:
            pattern, name = known.pattern, known.name
    new = Cover(
        area,
        parsing.colour(data),
        pattern,
        name,
        min(max(parsing.number(data, "scale"), _SMALLEST), _WIDEST),
        parsing.number(data, "angle") % 360,
        data.get("shaded") is not False,
    )
    return state.to(looks.add(state.look, new), gesture=parsing.gesture(data))


def _swatch(data: bytes) -> np.ndarray:
    """A pattern's picture (h, w, 4) uint8 RGBA, no larger than the texture map can use; a tile of a few pixels will
    do."""
    import cv2

    layer = read_layer(data, what="pattern")
    size = fitted_size(layer.shape[1], layer.shape[0], _PATTERN_SIDE)
    return layer if size == layer.shape[1::-1] else cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
