"""A piece of what somebody in a photo wears, as a garment of its own: without their skin and hair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcld_app.body.shells.find import fitted_hair, found_hair
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.photo_places import rim_of
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.pieces import PIECES, Pieces, find_pieces
from mcld_app.editing.area import Area, parts_of
from mcld_app.editing.garment import Garment, clothes_of
from mcld_app.editing.person import Person
from mcld_app.errors import StudioError

_REGION = {"top": "upper", "bottom": "bottom", "dress": "body", "shoes": "shoes"}
_THIGHS, _TRUNK, _FEET = frozenset({7, 8, 9, 10}), frozenset({1, 2}), frozenset({5, 6})


def pieces_of(person: Person) -> Pieces:
    """What a person wears in their photo, piece by piece; worked out once."""
    kept = person.worked_out
    if "pieces" not in kept:
        kept["pieces"] = _pieces_of(person)
    return kept["pieces"]


def worn_piece(person: Person, piece: str) -> Garment:
    """A piece of what somebody wears, to be worn by others.

    Args:
        person: who wears it.
        piece: a key of `PIECES`.

    Raises:
        StudioError: where there is no such piece, or the photo does not show it.
    """
    if piece not in PIECES:
        raise StudioError(f"There is no piece {str(piece)[:40]!r}. The pieces are: {', '.join(PIECES)}.")
    pieces = pieces_of(person)
    if piece not in pieces.shown:
        has = ", ".join(PIECES[name].lower() for name in pieces.shown) or "nothing that can be taken"
        raise StudioError(
            f"“{person.name}” shows no {PIECES[piece].lower()} that can be taken. The photo shows: {has}. Choose one "
            "of these, or another photo."
        )
    garments = person.worked_out.setdefault("garments", {})
    if piece not in garments:
        garments[piece] = _piece(person, piece, pieces)
    return garments[piece]


def piece_for(person: Person, area: Area) -> Garment:
    """What of a person's clothes is meant by an area of the body: the piece that is worn there; all they wear, where
    the area takes in more than one, or nothing tells the pieces apart."""
    parts, shown = parts_of(area), pieces_of(person).shown
    above, below, feet = parts & _TRUNK, parts & _THIGHS, parts & _FEET
    wanted = [name for name, there in (("top", above), ("bottom", below), ("shoes", feet)) if there]
    if "dress" in shown and (above or below):
        return worn_piece(person, "dress")
    if len(wanted) == 1 and wanted[0] in shown:
        return worn_piece(person, wanted[0])
    return clothes_of(person)


def _pieces_of(person: Person) -> Pieces:
    fit = person.fit if person.fit is not None and person.fit.sighting is not None else None
    try:
        hair = fitted_hair(fit) if fit is not None else found_hair(person.photo, person.iuv)
    except StudioError:  # too little of a body to tell its pose
        hair = np.zeros(person.iuv.shape[:2], bool)
    hips = [shell for shell in person.shells if shell.hangs_on == "hips"]
    ends = float(hips[0].rest[:, 1].min()) if hips else None
    return find_pieces(person.photo, person.iuv, person.texture, hair=hair, unsure=_unsure(person), skirt=ends)


def _unsure(person: Person) -> np.ndarray:
    return rim_of(person.iuv) if person.doubtful is None else person.doubtful


def _piece(person: Person, piece: str, pieces: Pieces) -> Garment:
    shown = pieces.shown[piece]
    iuv = np.where(shown[..., None], person.iuv, np.uint8(0))
    doubtful = (_unsure(person) | pieces.mixed) & shown
    sure = np.where(doubtful[..., None], np.uint8(0), iuv)
    if not sure.any():
        sure, doubtful = iuv, None
    texture = extract(person.photo, sure)
    extent = pieces.extents[piece]
    donor = replace(person, name=f"{person.name}’s {PIECES[piece].lower()}", sample="", iuv=iuv, doubtful=doubtful,
                    texture=TextureMap(texture.image, texture.coverage & extent))  # fmt: skip
    skirt = any(shell.hangs_on == "hips" for shell in person.shells)
    kind = {"top": "top", "bottom": "skirt" if skirt else "trousers", "dress": "dress", "shoes": ""}[piece]
    return Garment(donor.name, donor, _REGION[piece], extent, kind, wearer=person, piece=piece)
