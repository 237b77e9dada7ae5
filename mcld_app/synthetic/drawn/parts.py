"""The parts of a drawn person, each a surface with its cell of the person's one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcld_app.body.mannequin.human import human_body
from mcld_app.synthetic.drawn.bodies import body_of
from mcld_app.synthetic.drawn.cloth import SIDE, cloth_picture
from mcld_app.synthetic.drawn.eyes import EYE_SIDE, eye_picture, eye_places
from mcld_app.synthetic.drawn.garments import KINDS, WAIST, arm_share, dressed
from mcld_app.synthetic.drawn.hair import SIDE as HAIR_SIDE
from mcld_app.synthetic.drawn.hair import hair_picture, hair_sheet
from mcld_app.synthetic.drawn.sheet import Sheet, covered, normals
from mcld_app.synthetic.drawn.skin import body_picture, head_picture
from mcld_app.synthetic.drawn.skin_places import (
    DARK,
    head_triangles,
    inside_of_mouth,
    places_on_body,
    places_on_head,
)
from mcld_app.synthetic.drawn.spec import DrawnPerson
from mcld_app.synthetic.drawn.store import heads

SKIN, EYE, CLOTH, SHOE, HANGING, HAIR = range(6)
"""What a triangle shows; hanging cloth and hair are not on the map of the body."""

_SKIN_SEEN = 0.04  # metres from a hem inwards where skin stays, since one may look under the cloth
_WIDEST = 1500  # pixels of the picture that all cells share


@dataclass(frozen=True, eq=False)
class Part:
    """A surface in the rest pose, with the corners (M, 3, 2) of its faces on the shared picture.

    Attributes:
        shows: one of the kinds above.
        wears: 1 + the number of the garment it is, 0 where it is none.
    """

    rest: np.ndarray
    normals: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    places: np.ndarray
    shows: int
    wears: int = 0


def parts_of(person: DrawnPerson) -> tuple[list[Part], np.ndarray, np.ndarray]:
    """A person's parts, hair last; their picture (H, W, 4) uint8 sRGB and alpha; and the vertices (K, 3) of what
    lies on the body."""
    body = body_of(person)
    sheets = dressed(person.garments, body, heads().faces, person.seed)
    cells = _Cells()
    parts = [*_skin(person, body, sheets, cells), *_eyes(person, body, cells)]
    for k, (garment, sheet) in enumerate(zip(person.garments, _without_hidden(sheets), strict=True)):
        kind = KINDS[garment.kind]
        shows = HANGING if kind.hangs else SHOE if kind.region == "shoes" else CLOTH
        spots = sheet.places * (SIDE - 1) + cells.add(cloth_picture(garment, person.seed * 7 + k))
        out = normals(sheet.rest, sheet.faces)
        parts.append(Part(sheet.rest, out, sheet.weights, sheet.faces, spots, shows, 1 + k))
    hair = hair_sheet(person.hair, body)
    if hair is not None:
        spots = hair.places * (HAIR_SIDE - 1) + cells.add(hair_picture(person.hair))
        parts.append(Part(hair.rest, _round(hair, body), hair.weights, hair.faces, spots, HAIR))
    lying = [s.rest for g, s in zip(person.garments, sheets, strict=True) if not KINDS[g.kind].hangs]
    return parts, cells.picture(), np.concatenate(lying) if lying else np.zeros((0, 3), np.float32)


def _skin(person: DrawnPerson, body: np.ndarray, sheets: list[Sheet], cells: _Cells) -> list[Part]:
    """The skin that clothes leave to be seen, and what is behind the lips."""
    faces, weights = heads().faces, human_body().weights
    facing = normals(body, faces)
    hidden = np.zeros(len(body), bool)
    for garment, sheet in zip(person.garments, sheets, strict=True):
        if KINDS[garment.kind].region not in ("head", "neck"):  # out of one a face looks, over the other a chin
            hidden |= covered(body, facing, sheet, from_rim=_SKIN_SEEN)
        if KINDS[garment.kind].hangs:  # thighs must not come through when they are raised
            up = human_body().vertices[:, 1]
            hem = sheet.home[:, 1].min() + _SKIN_SEEN
            hidden |= (up > hem) & (up < WAIST) & (arm_share(weights) < 0.1)
    away = hidden[faces].all(1)
    at_head, at_body = cells.add(head_picture(person)), cells.add(body_picture(person))
    places = places_on_body() + at_body
    places[head_triangles()] = places_on_head() + at_head
    mouth = inside_of_mouth()
    dark = np.broadcast_to(at_body + DARK, (*mouth.shape, 2))
    return [
        Part(body, facing, weights, faces[~away], places[~away], SKIN),
        Part(body, facing, weights, mouth, dark, SKIN),
    ]


def _eyes(person: DrawnPerson, body: np.ndarray, cells: _Cells) -> list[Part]:
    h, out = human_body(), []
    at = cells.add(eye_picture(person.skin.iris))
    for faces in (h.left_eye, h.right_eye):
        used, numbers = np.unique(faces, return_inverse=True)
        numbers = numbers.reshape(-1, 3).astype(np.int32)
        spots = eye_places(body[used])[numbers] * (EYE_SIDE - 1) + at
        out.append(Part(body[used], normals(body[used], numbers), h.weights[used], numbers, spots, EYE))
    return out


def _without_hidden(sheets: list[Sheet]) -> list[Sheet]:
    """The sheets without what others lie over."""
    out = []
    for k, sheet in enumerate(sheets):
        hidden = np.zeros(len(sheet.rest), bool)
        facing = normals(sheet.rest, sheet.faces)
        for over in sheets[k + 1 :]:
            hidden |= covered(sheet.rest, facing, over)
        out.append(sheet.without(hidden[sheet.faces].all(1)))
    return out


def _round(hair: Sheet, body: np.ndarray) -> np.ndarray:
    """Normals of hair: mostly those of the head it lies around, so that strands do not flicker."""
    on_head = body[heads().vertices]
    middle = np.array([0.0, (on_head[:, 1].max() + on_head[:, 1].min()) / 2 + 0.03, on_head[:, 2].mean()])
    way = hair.rest - middle
    way[:, 1] = np.clip(way[:, 1], -0.03, 0.12)
    out = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6)
    own = normals(hair.rest, hair.faces)
    own *= np.sign((own * out).sum(1, keepdims=True) + 1e-6)
    out = 0.65 * out + 0.35 * own
    return (out / np.linalg.norm(out, axis=1, keepdims=True)).astype(np.float32)


class _Cells:
    """Pictures side by side on one."""

    def __init__(self) -> None:
        self._cells: list[tuple[np.ndarray, int, int]] = []
        self._x, self._y, self._row = 0, 0, 0

    def add(self, cell: np.ndarray) -> np.ndarray:
        """Place a picture (h, w, 3 or 4); returns where its first pixel lies, (2,) x and y."""
        height, width = cell.shape[:2]
        if self._x + width > _WIDEST:
            self._x, self._y, self._row = 0, self._y + self._row, 0
        self._cells.append((cell, self._x, self._y))
        place = np.array([self._x, self._y], np.float32)
        self._x, self._row = self._x + width, max(self._row, height)
        return place

    def picture(self) -> np.ndarray:
        """(H, W, 4) uint8; where a cell has no alpha, 255."""
        width = max(x + cell.shape[1] for cell, x, _ in self._cells)
        out = np.full((self._y + self._row, width, 4), 255, np.uint8)
        for cell, x, y in self._cells:
            out[y : y + cell.shape[0], x : x + cell.shape[1], : cell.shape[2]] = cell
        return out
