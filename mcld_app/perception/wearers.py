"""Garments from photos of people who wear them."""

from __future__ import annotations

from mcld_app.body.photo import read_sized_photo
from mcld_app.checkpoints.wheel_models import how_to_get
from mcld_app.editing.garment import Garment
from mcld_app.editing.person import Source
from mcld_app.editing.worn_garment import worn_piece
from mcld_app.errors import StudioError
from mcld_app.perception.detections import detect_people


def worn_garment(name: str, picture: Source, piece: str, who: int = 0) -> Garment:
    """A piece of what somebody in a photo wears.

    Args:
        name: what the page calls the photo.
        picture: the photo, as a file's path or its bytes.
        piece: a key of `wearer.pieces.PIECES`.
        who: which of several people, the largest being 0.

    Raises:
        NobodyFound: where nobody is found in it.
        StudioError: where nothing is installed that finds people, or the photo does not show that piece.
    """
    photo, stored = read_sized_photo(picture)
    found = detect_people(name, photo, stored)
    if found is None:
        raise StudioError(
            f"Nothing is installed here to find a person in a photo. {how_to_get()} Or give a picture of the garment "
            "alone."
        )
    return worn_piece(found.person(who), piece)
