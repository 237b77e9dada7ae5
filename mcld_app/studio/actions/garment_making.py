"""Garments cut out of a picture, made ready to be worn, and pictures of them worn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mcld_app.body.garments.cutout import Cutout, cut_by_hand, cut_out
from mcld_app.body.garments.guess_kind import likely_kinds
from mcld_app.body.garments.marking import Marking, usual_points
from mcld_app.editing import look as looks
from mcld_app.editing.area import Area
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import FlatGarment, read_garment_picture
from mcld_app.editing.garment import Garment
from mcld_app.editing.preview import SMALL_SIZE, draw
from mcld_app.errors import PictureError, StudioError
from mcld_app.studio import parsing
from mcld_app.studio.pictures import thumb
from mcld_app.studio.state import EditorState, Note

_MOST_AT_ONCE = 6


def made(name: str, cutout: Cutout, kind: str) -> Garment:
    """A garment that was cut out, as one of a kind, ready to be worn; PictureError where it cannot be."""
    garment = FlatGarment.of(name, cutout, kind).garment
    try:
        _ = garment.layer(garment.region)
    except StudioError as error:
        raise PictureError(str(error)) from error
    return garment


def made_as(name: str, cutout: Cutout, kinds: tuple[str, ...]) -> tuple[list[Garment], str]:
    """A garment as each of some kinds that it can be, and what was wrong with the first that it cannot."""
    garments, wrong = [], []
    for kind in kinds:
        try:
            garments.append(made(name, cutout, kind))
        except PictureError as error:
            wrong.append(str(error))
    return garments, next(iter(wrong), "")


def mark_by_hand(picture: np.ndarray, kind: str, cutout: Cutout | None = None) -> Marking:
    """A picture with whatever is found of its garment, for a person to put right."""
    cutout = cutout or cut_by_hand(picture)
    return Marking(cutout, usual_points(cutout, kind))


def list_pictures(state: EditorState, files: list[Mapping], count: int) -> EditorState:
    """The garments of several pictures in the list, to be put on one by one."""
    if not files:
        raise StudioError("Drop one photo, or two files at once: a photo and its IUV map.")
    taken, left = [], []
    for file in files[:_MOST_AT_ONCE]:
        name = parsing.stem(file)
        try:
            cutout = cut_out(read_garment_picture(parsing.file_bytes(file)))
            garments, _ = made_as(name, cutout, likely_kinds(cutout))
        except StudioError:
            garments = []
        (taken if garments else left).append(name)
        state = state.with_garment(garments[0]) if garments else state
    if not taken:
        raise StudioError(
            f"None of these {count} files shows a garment alone. Drop one photo, or two files at once: a photo and its "
            "IUV map."
        )
    said = f"{len(taken)} of {count} pictures are garments in the list now: drag one onto the person."
    if left:
        said += f" No garment alone is found in “{'”, “'.join(left)}”: drop it by itself."
    if count > _MOST_AT_ONCE:
        said += f" {_MOST_AT_ONCE} at once are the most."
    return replace(state, note=Note(said, "info" if len(taken) == count else "warning"))


def worn_thumb(state: EditorState, garment: Garment, area: Area) -> str:
    """A small picture of the look with a garment on; of the garment, where it cannot be put on."""
    try:
        return thumb(draw(looks.add(state.look, Wear(garment, area)), SMALL_SIZE).picture)
    except StudioError:
        return thumb(garment.donor.picture)


