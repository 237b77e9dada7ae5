"""Pictures that are patterns: tiles and swatches, on the garment they were dropped on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcld_app.body.garments.tile_signs import looks_like_tile, may_be_swatch
from mcld_app.body.photo import fitted_size, read_layer
from mcld_app.body.texture.texture_file import is_texture_map
from mcld_app.editing import look as looks
from mcld_app.editing.area import CLOTHES, Area, area_label
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.preview import SMALL_SIZE, draw
from mcld_app.errors import PictureError, StudioError
from mcld_app.studio.pictures import thumb
from mcld_app.studio.state import EditorState, Note, Option, Question

_PATTERN_SIDE = 512
_LEAST_TEXTURE = 256  # pixels: dots of a smaller tile may lie by chance where a texture map has its islands
_OFFERED = ("upper", "bottom", "outfit")
_HOW = "Its size and its angle are under “Colour or pattern”."


def swatch(data: bytes) -> np.ndarray:
    """A pattern's picture (h, w, 4) uint8 RGBA, no larger than the texture map can use; a tile of a few pixels will
    do. PictureError where it is no picture."""
    import cv2

    layer = read_layer(data, what="pattern")
    size = fitted_size(layer.shape[1], layer.shape[0], _PATTERN_SIDE)
    return layer if size == layer.shape[1::-1] else cv2.resize(layer, size, interpolation=cv2.INTER_AREA)


def take_tile(state: EditorState, name: str, content: bytes, region: str) -> EditorState | None:
    """The editor state with a tile as the pattern of the garment on a region, or, where that is none of `CLOTHES`, with
    the question where it goes; None for a picture that is no tile for sure."""
    try:
        whole = read_layer(content, what="picture")
    except PictureError:
        return None  # whoever comes next says what is wrong with it
    if not looks_like_tile(whole) or (min(whole.shape[:2]) >= _LEAST_TEXTURE and is_texture_map(content)):
        return None
    pattern = swatch(content)
    if region in CLOTHES:
        return put_on(state, name, pattern, region)
    options = tuple(filter(None, (as_pattern(state, name, pattern, area) for area in _OFFERED)))
    if not options:
        return None
    return replace(state, question=Question(f"“{name}” is a pattern. Where does it go?", options), note=Note())


def put_on(state: EditorState, name: str, pattern: np.ndarray, area: Area) -> EditorState:
    """A pattern on the garment that is seen on an area; where no cloth is told from skin there, on all of it."""
    return state.to(looks.add(state.look, _cover(state, name, pattern, area)), f"“{name}” is a pattern now. {_HOW}")


def as_pattern(state: EditorState, name: str, pattern: np.ndarray, area: Area) -> Option | None:
    """The answer that a picture is a pattern for an area; None where it cannot go there."""
    try:
        worn = draw(looks.add(state.look, _cover(state, name, pattern, area)), SMALL_SIZE).picture
    except StudioError:
        return None
    label = f"A pattern: {area_label(area).lower()}"
    return Option(label, lambda now: put_on(now, name, pattern, area), thumb(worn))


def swatch_option(state: EditorState, name: str, picture: np.ndarray, region: str) -> Option | None:
    """The answer that a picture in which no garment is found is cloth itself; None for one of another shape."""
    import cv2

    if not may_be_swatch(picture):
        return None
    size = fitted_size(picture.shape[1], picture.shape[0], _PATTERN_SIDE)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return as_pattern(state, name, small, region if region in CLOTHES else _OFFERED[0])


def _cover(state: EditorState, name: str, pattern: np.ndarray, area: Area) -> Cover:
    cover = Cover(area, pattern=pattern, name=name, garment_only=True)
    cloth = cover.after(state.look.edits, state.look.person).cloth
    return cover if cloth is not None and cloth.any() else replace(cover, garment_only=False)
