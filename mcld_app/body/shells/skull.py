"""The mannequin's head above the chin, finer than the body's mesh: hair that is pushed outwards from it is rounder."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.mannequin.rendering import body_faces

_ROUND = 0.75  # of the way to the normals' planes


@lru_cache(maxsize=1)
def skull() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The head's triangles above the chin, each cut into four, (M, 3); the numbers (N,) of the body's vertices that
    they begin with; and (E, 2) which of those the others, one after the other, lie halfway between."""
    chin = skeleton_file()["landmarks"]["chin"][1]
    faces = body_faces()[charts().face_part >= 23]
    faces = faces[(body_mesh().rest[faces][..., 1] > chin - 0.01).all(1)]
    used, number = np.unique(faces, return_inverse=True)
    a, b, c = number.reshape(-1, 3).T
    sides = np.sort(np.stack([np.stack([a, b], 1), np.stack([b, c], 1), np.stack([c, a], 1)]), axis=2)
    edges, middle = np.unique(sides.reshape(-1, 2), axis=0, return_inverse=True)
    ab, bc, ca = middle.reshape(3, -1) + len(used)
    cut = [np.stack(corners, 1) for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return np.concatenate(cut).astype(np.int32), used, edges


def with_middles(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Values (N, K) of the vertices that `skull` begins with and, one after the other, those of the middles of edges
    (E, 2): (N + E, K) float32."""
    return np.concatenate([values, values[edges].mean(1)]).astype(np.float32)


def rounded(points: np.ndarray, normals: np.ndarray, edges: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """Points whose last ones, the edges' middles, are as round as the normals are (Boubekeur and Alexa, Phong
    Tessellation, 2008): hair pushed outwards from a coarse skull has corners. Only as far as they face the camera, or
    away from it: at the rim the outline tells."""
    ends, flat = len(points) - len(edges), points[len(points) - len(edges) :]
    onto = [((flat - points[k]) * normals[k]).sum(1, keepdims=True) * normals[k] for k in edges.T]
    out = points.copy()
    out[ends:] -= (onto[0] + onto[1]) / 2 * (_ROUND * towards[ends:, None])
    return out
