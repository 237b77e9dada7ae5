"""A piece of what somebody in a photo wears, as a garment of its own: without their skin and hair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from mcld_app.body.fitting.map_fit import fit_map
from mcld_app.body.shells.drawing import draw_shells
from mcld_app.body.shells.find import fitted_hair, found_hair
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.standing import stand
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.photo_places import rim_of
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.pieces import PIECES, Pieces, find_pieces
from mcld_app.body.wearer.taking_off import Old, old_cloth
from mcld_app.editing.area import Area, parts_of
from mcld_app.editing.garment import Garment, clothes_of
from mcld_app.editing.person import Person
from mcld_app.errors import StudioError

_REGION = {"top": "upper", "bottom": "bottom", "dress": "body", "shoes": "shoes", "outfit": "outfit"}
_SPECK = 0.0008  # of the photo: smaller pieces have no outline
_COLOURS = ((230, 40, 60), (40, 90, 230), (30, 160, 70), (240, 170, 0))
_THIGHS, _UPPER, _FEET = frozenset({7, 8, 9, 10}), frozenset({1, 2, *range(15, 23)}), frozenset({5, 6})


def pieces_of(person: Person) -> Pieces:
    """What a person wears in their photo, piece by piece; worked out once."""
    return _known(person)[0]


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
        garments[piece] = _piece(person, piece)
    return garments[piece]


def piece_for(person: Person, area: Area) -> Garment:
    """What of a person's clothes is meant by an area of the body: the piece that is worn there; all they wear, where
    the area takes in more than one, or nothing tells the pieces apart."""
    parts, shown = parts_of(area), pieces_of(person).shown
    above, below, feet = parts & _UPPER, parts & _THIGHS, parts & _FEET
    wanted = [name for name, there in (("top", above), ("bottom", below), ("shoes", feet)) if there]
    if "dress" in shown and (above or below) and not (feet and "outfit" in shown):
        return worn_piece(person, "dress")
    if len(wanted) == 1 and wanted[0] in shown:
        return worn_piece(person, wanted[0])
    return worn_piece(person, "outfit") if len(wanted) > 1 and "outfit" in shown else clothes_of(person)


def old_clothes(person: Person, later: np.ndarray) -> Old:
    """What is known of the clothes somebody wears in their photo, to take them off; worked out once.

    Args:
        person: who wears them.
        later: (512, 512) bool, texels of clothes that were put on since.
    """
    if "old" not in person.worked_out:
        pieces = pieces_of(person)
        begins = [float(shell.rest[:, 1].max()) for shell in person.shells if shell.hangs_on == "hips"]
        shows = "bottom" in pieces.shown and bool(begins)
        bottom = np.median(person.photo[pieces.shown["bottom"]], 0).astype(np.uint8) if shows else None
        cloth = old_cloth(pieces, person.texture)
        person.worked_out["old"] = cloth, pieces.hem, bottom, max(begins, default=None) if shows else None
    cloth, hem, bottom, skirt = person.worked_out["old"]
    return Old(cloth, hem, person.filled.image, bottom, later, skirt, pieces_of(person).strip)


def _known(person: Person) -> tuple[Pieces, np.ndarray]:
    if "pieces" not in person.worked_out:
        person.worked_out["pieces"] = _pieces_of(person)
    return person.worked_out["pieces"]


def _pieces_of(person: Person) -> tuple[Pieces, np.ndarray]:
    """A person's pieces, and their map with what a skirt covers on it."""
    fit = person.fit if person.fit is not None and person.fit.sighting is not None else None
    hair = hair_of(person)
    skirts = [shell for shell in person.shells if shell.hangs_on == "hips"]
    iuv = person.iuv if fit is not None or not skirts else _with_skirt(person, skirts)
    texture = person.texture if iuv is person.iuv else extract(person.photo, iuv)
    ends = min((float(shell.rest[:, 1].min()) for shell in skirts), default=None)
    return find_pieces(person.photo, iuv, texture, hair=hair, unsure=_unsure(person, iuv), skirt=ends), iuv


def hair_of(person: Person) -> np.ndarray:
    """(H, W) bool, the pixels of a person's photo that show hair which stands off the head or hangs down from it;
    worked out once."""
    if "hair" not in person.worked_out:
        fit = person.fit if person.fit is not None and person.fit.sighting is not None else None
        try:
            found = fitted_hair(fit) if fit is not None else found_hair(
                person.photo, person.iuv, person.standing, person.silhouette
            )  # fmt: skip
        except StudioError:  # too little of a body to tell its pose
            found = np.zeros(person.iuv.shape[:2], bool)
        person.worked_out["hair"] = found
    return person.worked_out["hair"]


def _with_skirt(person: Person, skirts: Sequence[Shell]) -> np.ndarray:
    """A map that has no skirts on it, as those of DensePose, with the mannequin's own where one is seen: else nothing
    of it would be on the texture map."""
    size = person.iuv.shape[:2]
    pose = fit_map(person.iuv).pose
    hangs = np.any([layer.picture[..., 3] > 0 for layer in draw_shells(skirts, pose, size)], axis=0)
    return np.where((hangs & (person.iuv[..., 0] == 0))[..., None], stand(pose, size).iuv, person.iuv)


def _unsure(person: Person, iuv: np.ndarray) -> np.ndarray:
    return rim_of(iuv) if person.doubtful is None else person.doubtful


def _piece(person: Person, piece: str) -> Garment:
    pieces, whole = _known(person)
    shown = pieces.shown[piece]
    iuv = np.where(shown[..., None], whole, np.uint8(0))
    doubtful = (_unsure(person, whole) | pieces.mixed) & shown
    sure = np.where(doubtful[..., None], np.uint8(0), iuv)
    if not sure.any():
        sure, doubtful = iuv, None
    texture = extract(person.photo, sure)
    extent = pieces.extents[piece]
    donor = replace(person, name=f"{person.name}’s {PIECES[piece].lower()}", sample="", iuv=iuv, doubtful=doubtful,
                    texture=TextureMap(texture.image, texture.coverage & extent))  # fmt: skip
    skirt = any(shell.hangs_on == "hips" for shell in person.shells)
    kind = {"top": "top", "bottom": "skirt" if skirt else "trousers", "dress": "dress"}.get(piece, "")
    return Garment(donor.name, donor, _REGION[piece], extent, kind, wearer=person, piece=piece)


def outlines(person: Person) -> dict[str, list[np.ndarray]]:
    """The outline of each piece in the photo: piece -> polygons (N, 2) float32, x and y as 0..1 of its width and
    height; the whole outfit, which is all of them, has none."""
    height, width = person.photo.shape[:2]
    out = {}
    for name, shown in pieces_of(person).shown.items():
        if name == "outfit":
            continue
        found, _ = cv2.findContours(shown.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        large = [line for line in found if cv2.contourArea(line) > _SPECK * height * width]
        lines = [cv2.approxPolyDP(line, 0.002 * height, True)[:, 0] for line in large]
        out[name] = [(line / np.float32((width, height))).astype(np.float32) for line in lines]
    return out


def marked_pieces(person: Person) -> np.ndarray:
    """How a photo was understood, (H, W, 3) uint8 RGB: each piece outlined in a colour of its own."""
    out = person.photo.copy()
    size = np.float32(out.shape[1::-1])
    for colour, lines in zip(_COLOURS, outlines(person).values(), strict=False):
        for line in lines:
            cv2.polylines(out, [np.round(line * size).astype(np.int32)], True, colour, 3, cv2.LINE_AA)
    return out
