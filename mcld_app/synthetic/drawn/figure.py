"""A drawn person made ready: one surface with one picture, kept for every pose they are drawn in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.human import human_body
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.synthetic.drawn.cloth import SIDE, cloth_picture
from mcld_app.synthetic.drawn.eyes import EYE_SIDE, eye_picture, eye_places
from mcld_app.synthetic.drawn.garments import KINDS, dressed
from mcld_app.synthetic.drawn.hair import SIDE as HAIR_SIDE
from mcld_app.synthetic.drawn.hair import hair_picture, hair_sheet
from mcld_app.synthetic.drawn.hands import eased
from mcld_app.synthetic.drawn.sheet import Sheet, covered, normals
from mcld_app.synthetic.drawn.skin import body_picture, head_picture
from mcld_app.synthetic.drawn.skin_places import (
    BODY,
    DARK,
    HEAD,
    head_triangles,
    inside_of_mouth,
    places_on_body,
    places_on_head,
)
from mcld_app.synthetic.drawn.spec import DrawnPerson, Head
from mcld_app.synthetic.drawn.store import heads

SKIN, EYE, CLOTH, SHOE, HANGING, HAIR = range(6)
"""What a triangle shows; hanging cloth and hair are not on the map of the body."""

_ABOVE = 0.006  # metres for each layer
_RACES, _FOLLOWED = ("african", "asian", "caucasian"), 0.04  # metres up to which a map follows cloth


@dataclass(frozen=True, eq=False)
class Figure:
    """A drawn person in the rest pose; arrays are read-only.

    Attributes:
        rest, normals: (N, 3) float32, metres; the 6890 vertices of the body's map come first, grown out to the
            cloth over them; they are corners of no face.
        weights: (N, 21) float32 skin weights.
        faces: (M, 3) int32, hair last; what hangs or is hair is there from both sides.
        shows: (M,) uint8, one of the kinds above.
        places: (M, 3, 2) float32, corners on `picture` in its pixels.
        picture: (H, W, 4) uint8 sRGB and alpha.
        above: (N,) float32, metres that a vertex counts as nearer than it is: cloth always hides what it lies on.
    """

    rest: np.ndarray
    normals: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    shows: np.ndarray
    places: np.ndarray
    picture: np.ndarray
    above: np.ndarray

    @property
    def solid(self) -> np.ndarray:
        """(K, 3): the first of `faces`, all that is not hair."""
        return self.faces[: self._hair]

    @property
    def solid_places(self) -> np.ndarray:
        return self.places[: self._hair]

    @property
    def solid_shows(self) -> np.ndarray:
        return self.shows[: self._hair]

    @cached_property
    def _hair(self) -> int:
        return int((self.shows != HAIR).sum())

    @cached_property
    def kinds(self) -> np.ndarray:
        """(N,) uint8: what each vertex shows; cloth where no triangle has it."""
        out = np.full(len(self.rest), CLOTH, np.uint8)
        out[self.faces.ravel()] = np.repeat(self.shows, 3)
        return out

    @property
    def size(self) -> int:
        """Bytes it takes."""
        arrays = (self.rest, self.normals, self.weights, self.faces, self.shows, self.places, self.picture, self.above)
        return sum(a.nbytes for a in arrays)


def body_of(person: DrawnPerson) -> np.ndarray:
    """(V, 3) float32: the rest positions of `HumanBody`'s vertices on a person, their head included."""
    h = human_body()
    amounts = np.array([person.body.build, *person.body.shape], np.float32)
    body = h.vertices + np.tensordot(amounts, h.directions[: len(amounts)], 1)
    body[heads().vertices] += head_moves(person.head)
    return body + _hands_of_body()


@lru_cache(maxsize=1)
def _hands_of_body() -> np.ndarray:
    return eased(human_body().vertices)


@lru_cache(maxsize=1)
def _hands_of_map() -> np.ndarray:
    return eased(body_mesh().rest)


def head_moves(head: Head) -> np.ndarray:
    """(H, 3) float32: how a head differs from the average one."""
    h = heads()
    out = np.zeros((len(h.vertices), 3), np.float32)
    for race, share in zip(_RACES, head.races, strict=True):
        for sex, much in (("male", head.man), ("female", 1 - head.man)):
            for age, part in (("old", head.old), ("young", 1 - head.old)):
                if share * much * part:
                    out += share * much * part * h.heads[f"{race}-{sex}-{age}"]
    for name, amount in head.knobs:
        out += amount * h.knobs[name]
    return out


@lru_cache(maxsize=6)
def figure(person: DrawnPerson) -> Figure:
    """A person made ready: about a second, then kept for the last few people."""
    body, h = body_of(person), heads()
    weights = human_body().weights
    sheets = dressed(person.garments, body, h.faces, person.seed)
    hair = hair_sheet(person.hair, body)
    skin = Sheet(body, human_body().vertices, weights, h.faces, places_on_body())
    on_head = head_triangles()
    skin_places = skin.places.copy()
    hidden = np.zeros(len(body), bool)
    facing = normals(body, h.faces)
    for garment, sheet in zip(person.garments, sheets, strict=True):
        if KINDS[garment.kind].region in ("head", "neck"):
            continue  # a face is seen through one, a chin over the other
        hidden |= covered(body, facing, sheet, from_rim=0.04)
    away = hidden[h.faces].all(1)
    sheets = _without_hidden(sheets)

    cells = _Cells()
    at_head = cells.add(np.dstack([head_picture(person), np.full(HEAD, 255, np.uint8)]))
    at_body = cells.add(np.dstack([body_picture(person), np.full(BODY, 255, np.uint8)]))
    skin_places += at_body
    skin_places[on_head] = places_on_head() + at_head
    parts = [(skin.rest, facing, weights, h.faces[~away], skin_places[~away], SKIN)]
    mouth = inside_of_mouth()
    dark = np.broadcast_to(at_body + DARK, (*mouth.shape, 2))
    parts.append((body, facing, weights, mouth, dark, SKIN))
    at_eye = cells.add(eye_picture(person.skin.iris))
    for faces in (human_body().left_eye, human_body().right_eye):
        used, numbers = np.unique(faces, return_inverse=True)
        numbers = numbers.reshape(-1, 3).astype(np.int32)
        spots = eye_places(body[used])[numbers] * (EYE_SIDE - 1) + at_eye
        parts.append((body[used], normals(body[used], numbers), weights[used], numbers, spots, EYE))
    for k, (garment, sheet) in enumerate(zip(person.garments, sheets, strict=True)):
        cloth = cloth_picture(garment, person.seed * 7 + k)
        at = cells.add(np.dstack([cloth, np.full(cloth.shape[:2], 255, np.uint8)]))
        kind = KINDS[garment.kind]
        shows = HANGING if kind.hangs else SHOE if kind.region == "shoes" else CLOTH
        spots = sheet.places * (SIDE - 1) + at
        parts.append((sheet.rest, normals(sheet.rest, sheet.faces), sheet.weights, sheet.faces, spots, shows))
    if hair is not None:
        spots = hair.places * (HAIR_SIDE - 1) + cells.add(hair_picture(person.hair))
        parts.append((hair.rest, _round(hair, body), hair.weights, hair.faces, spots, HAIR))
    grown = _grown(person, sheets)
    return _joined(grown, parts, cells.picture())


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


def _grown(person: DrawnPerson, sheets: list[Sheet]) -> np.ndarray:
    """(6890, 3) float32: the body's map's vertices, moved out to cloth and shoes up to 4 cm away."""
    from scipy.spatial import cKDTree

    mesh = body_mesh()
    rest = mesh.shaped(person.body.build, person.body.shape) + _hands_of_map()
    near, k = cKDTree(human_body().vertices[heads().vertices]).query(mesh.rest, k=3)
    share = (near < 0.02) / (near + 1e-4)
    share /= np.maximum(share.sum(1, keepdims=True), 1e-6)
    rest = rest + (head_moves(person.head)[k] * share[..., None]).sum(1)
    out = vertex_normals(rest, body_faces())
    cloth = [s.rest for g, s in zip(person.garments, sheets, strict=True) if not KINDS[g.kind].hangs]
    if not cloth:
        return rest.astype(np.float32)
    points = np.concatenate(cloth)
    far, k = cKDTree(points).query(rest, k=6, distance_upper_bound=_FOLLOWED + 0.01)
    way = points[np.minimum(k, len(points) - 1)] - rest[:, None]
    height = (way * out[:, None]).sum(2)
    beside = np.linalg.norm(way - height[..., None] * out[:, None], axis=2)
    good = (far < _FOLLOWED + 0.01) & (beside < 0.02)
    lift = np.where(good, height, 0).max(1).clip(0, _FOLLOWED)
    faces = body_faces()
    for _ in range(3):
        mean = np.zeros(len(rest))
        count = np.bincount(faces.ravel(), minlength=len(rest)) * 2
        for a, b in ((0, 1), (1, 2), (2, 0)):
            mean += np.bincount(faces[:, a], lift[faces[:, b]], len(rest))
            mean += np.bincount(faces[:, b], lift[faces[:, a]], len(rest))
        lift = np.where(lift > 0.002, 0.5 * lift + 0.5 * mean / np.maximum(count, 1), lift)
    return (rest + out * lift[:, None]).astype(np.float32)


class _Cells:
    """Pictures side by side on one."""

    def __init__(self) -> None:
        self._cells: list[tuple[np.ndarray, int, int]] = []
        self._x, self._y, self._row = 0, 0, 0

    def add(self, cell: np.ndarray) -> np.ndarray:
        """Place a picture (h, w, 4); returns where its first pixel lies, (2,) x and y."""
        height, width = cell.shape[:2]
        if self._x + width > 1500:
            self._x, self._y, self._row = 0, self._y + self._row, 0
        self._cells.append((cell, self._x, self._y))
        place = np.array([self._x, self._y], np.float32)
        self._x, self._row = self._x + width, max(self._row, height)
        return place

    def picture(self) -> np.ndarray:
        """(H, W, 4) uint8."""
        height = self._y + self._row
        out = np.zeros((height, max(x + c.shape[1] for c, x, _ in self._cells), 4), np.uint8)
        for cell, x, y in self._cells:
            out[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
        return out


def _joined(grown: np.ndarray, parts: list[tuple], picture: np.ndarray) -> Figure:
    rest, facing, weights = [grown], [vertex_normals(grown, body_faces())], [body_mesh().weights]
    above = [np.zeros(len(grown), np.float32)]
    faces, places, shows = [], [], []
    start = len(grown)
    for points, normal, weight, triangles, spots, what in parts:
        used, numbers = np.unique(triangles, return_inverse=True)
        numbers = numbers.reshape(-1, 3)
        rest.append(points[used])
        facing.append(normal[used])
        weights.append(weight[used])
        above.append(np.full(len(used), 0.0 if what in (SKIN, EYE, HAIR) else _ABOVE * len(above), np.float32))
        both = [numbers, numbers[:, ::-1]] if what in (HANGING, HAIR) else [numbers]
        both_spots = [spots, spots[:, ::-1]] if what in (HANGING, HAIR) else [spots]
        faces += [side + start for side in both]
        places += both_spots
        shows.append(np.full(len(both) * len(numbers), what, np.uint8))
        start += len(used)
    out = Figure(
        np.concatenate(rest).astype(np.float32), np.concatenate(facing).astype(np.float32),
        np.concatenate(weights).astype(np.float32), np.concatenate(faces).astype(np.int32), np.concatenate(shows),
        np.concatenate(places).astype(np.float32), picture,
        np.concatenate(above),
    )  # fmt: skip
    for array in (out.rest, out.normals, out.weights, out.faces, out.shows, out.places, out.picture, out.above):
        array.setflags(write=False)
    return out
