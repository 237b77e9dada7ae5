"""The body of one drawn person: build and shape, a head of their own, hands at ease."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.human import human_body
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.synthetic.drawn.hands import eased
from mcld_app.synthetic.drawn.spec import DrawnPerson, Head
from mcld_app.synthetic.drawn.store import heads

RACES = ("african", "asian", "caucasian")
FOLLOWED = 0.04
"""Metres off the body up to which a map follows cloth."""

_BESIDE = 0.02  # metres beside a vertex's normal where cloth still lies over it


def body_of(person: DrawnPerson) -> np.ndarray:
    """(V, 3) float32: the rest positions of `HumanBody`'s vertices on a person, their head included."""
    h = human_body()
    amounts = np.array([person.body.build, *person.body.shape], np.float32)
    body = h.vertices + np.tensordot(amounts, h.directions[: len(amounts)], 1)
    body[heads().vertices] += _head_moves(person.head)
    return body + _hands_of_body()


def map_over(person: DrawnPerson, cloth: np.ndarray) -> np.ndarray:
    """(6890, 3) float32: the body's map's vertices on a person, moved out to cloth and shoes, whose vertices are
    (K, 3), up to `FOLLOWED` metres away."""
    from scipy.spatial import cKDTree

    mesh = body_mesh()
    rest = mesh.shaped(person.body.build, person.body.shape) + _hands_of_map()
    near, k = _on_the_head()
    rest = rest + (_head_moves(person.head)[k] * near[..., None]).sum(1)
    if not len(cloth):
        return rest.astype(np.float32)
    out = vertex_normals(rest, body_faces())
    far, k = cKDTree(cloth).query(rest, k=6, distance_upper_bound=FOLLOWED + 0.01)
    way = cloth[np.minimum(k, len(cloth) - 1)] - rest[:, None]
    height = (way * out[:, None]).sum(2)
    beside = np.linalg.norm(way - height[..., None] * out[:, None], axis=2)
    lies_over = (far < FOLLOWED + 0.01) & (beside < _BESIDE)
    lift = np.where(lies_over, height, 0).max(1).clip(0, FOLLOWED)
    for _ in range(3):
        lift = np.where(lift > 0.002, 0.5 * lift + 0.5 * _mean_around(lift), lift)
    return (rest + out * lift[:, None]).astype(np.float32)


def _mean_around(values: np.ndarray) -> np.ndarray:
    """(6890,) the mean over each vertex's neighbours."""
    faces, total = body_faces(), np.zeros(len(values))
    for a, b in ((0, 1), (1, 2), (2, 0)):
        total += np.bincount(faces[:, a], values[faces[:, b]], len(values))
        total += np.bincount(faces[:, b], values[faces[:, a]], len(values))
    return total / np.maximum(2 * np.bincount(faces.ravel(), minlength=len(values)), 1)


def _head_moves(head: Head) -> np.ndarray:
    """(H, 3) float32: how a head differs from the average one."""
    h = heads()
    out = np.zeros((len(h.vertices), 3), np.float32)
    for race, share in zip(RACES, head.races, strict=True):
        for sex, much in (("male", head.man), ("female", 1 - head.man)):
            for age, part in (("old", head.old), ("young", 1 - head.old)):
                out += np.float32(share * much * part) * h.heads[f"{race}-{sex}-{age}"]
    for name, amount in head.knobs:
        out += np.float32(amount) * h.knobs[name]
    return out


@lru_cache(maxsize=1)
def _on_the_head() -> tuple[np.ndarray, np.ndarray]:
    """How much each of the map's vertices follows three of the head's (6890, 3), and which (6890, 3)."""
    from scipy.spatial import cKDTree

    near, k = cKDTree(human_body().vertices[heads().vertices]).query(body_mesh().rest, k=3)
    share = (near < 0.02) / (near + 1e-4)
    return (share / np.maximum(share.sum(1, keepdims=True), 1e-6)).astype(np.float32), k


@lru_cache(maxsize=1)
def _hands_of_body() -> np.ndarray:
    return eased(human_body().vertices)


@lru_cache(maxsize=1)
def _hands_of_map() -> np.ndarray:
    return eased(body_mesh().rest)
