"""Garments cut out of a picture, made ready to be worn, and pictures of them worn."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments.cutout import Cutout, cut_by_hand
from mcld_app.body.garments.marking import Marking, usual_points
from mcld_app.editing import look as looks
from mcld_app.editing.area import Area
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import FlatGarment
from mcld_app.editing.garment import Garment
from mcld_app.editing.preview import SMALL_SIZE, draw
from mcld_app.errors import PictureError, StudioError
from mcld_app.studio.pictures import thumb
from mcld_app.studio.state import EditorState


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


def worn_thumb(state: EditorState, garment: Garment, area: Area) -> str:
    """A small picture of the look with a garment on; of the garment, where it cannot be put on."""
    try:
        return thumb(draw(looks.add(state.look, Wear(garment, area)), SMALL_SIZE).picture)
    except StudioError:
        return thumb(garment.donor.picture)


