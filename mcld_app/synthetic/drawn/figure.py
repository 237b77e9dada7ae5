"""A drawn person made ready: one surface with one picture, kept for every pose they are drawn in."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.once import cached_property
from mcld_app.synthetic.drawn.bodies import map_over
from mcld_app.synthetic.drawn.checks import check_person
from mcld_app.synthetic.drawn.parts import CLOTH, EYE, HAIR, HANGING, SKIN, Part, parts_of
from mcld_app.synthetic.drawn.spec import DrawnPerson

_ABOVE = 0.006  # metres for each layer


@dataclass(frozen=True, eq=False)
class Figure:
    """A drawn person in the rest pose; arrays are read-only.

    Attributes:
        rest, normals: (N, 3) float32, metres; the 6890 vertices of the body's map come first, grown out to the
            cloth over them; they are corners of no face.
        weights: (N, 21) float32 skin weights.
        faces: (M, 3) int32, hair last; what hangs or is hair is there from both sides.
        shows: (M,) uint8, a kind of `parts`.
        wears: (M,) uint8, as `Part.wears`.
        places: (M, 3, 2) float32, corners on `picture` in its pixels.
        picture: (H, W, 4) uint8 sRGB and alpha.
        above: (N,) float32, metres that a vertex counts as nearer than it is: cloth always hides what it lies on.
    """

    rest: np.ndarray
    normals: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    shows: np.ndarray
    wears: np.ndarray
    places: np.ndarray
    picture: np.ndarray
    above: np.ndarray

    def __post_init__(self) -> None:
        for field in fields(self):
            getattr(self, field.name).setflags(write=False)

    @property
    def solid(self) -> np.ndarray:
        """(K, 3): the first of `faces`, all that is not hair."""
        return self.faces[: self._hair]

    @property
    def solid_places(self) -> np.ndarray:
        return self.places[: self._hair]

    @cached_property
    def solid_labels(self) -> np.ndarray:
        """(K,) uint8: 1 + what a triangle shows, and 16 times `wears`."""
        return (1 + self.shows[: self._hair] + 16 * self.wears[: self._hair]).astype(np.uint8)

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
        return sum(getattr(self, field.name).nbytes for field in fields(self))


@lru_cache(maxsize=6)
def figure(person: DrawnPerson) -> Figure:
    """A person made ready: about half a second, then kept for the last few people.

    Raises:
        StudioError: where they have or wear what cannot be drawn, or are not dressed.
    """
    check_person(person)
    parts, picture, lying = parts_of(person)
    grown = map_over(person, lying)
    first = Part(grown, vertex_normals(grown, body_faces()), body_mesh().weights, *_NO_FACES, CLOTH)
    parts = [_used(part) for part in parts]
    starts = np.cumsum([len(grown)] + [len(part.rest) for part in parts])
    faces, places, shows, wears = [], [], [], []
    for part, start in zip(parts, starts, strict=False):
        for step in (1, -1) if part.shows in (HANGING, HAIR) else (1,):
            faces.append(part.faces[:, ::step] + start)
            places.append(part.places[:, ::step])
            shows.append(np.full(len(part.faces), part.shows, np.uint8))
            wears.append(np.full(len(part.faces), part.wears, np.uint8))
    every = [first, *parts]
    above = [0.0 if p.shows in (SKIN, EYE, HAIR) else _ABOVE * k for k, p in enumerate(every)]
    return Figure(
        *(np.concatenate([getattr(p, n) for p in every]).astype(np.float32) for n in ("rest", "normals", "weights")),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(shows),
        np.concatenate(wears),
        np.concatenate(places).astype(np.float32),
        picture,
        np.repeat(np.float32(above), [len(p.rest) for p in every]),
    )


_NO_FACES = np.zeros((0, 3), np.int32), np.zeros((0, 3, 2), np.float32)


def _used(part: Part) -> Part:
    """The part without vertices that no face has."""
    used, numbers = np.unique(part.faces, return_inverse=True)
    kept = (part.rest[used], part.normals[used], part.weights[used])
    return Part(*kept, numbers.reshape(-1, 3), part.places, part.shows, part.wears)
