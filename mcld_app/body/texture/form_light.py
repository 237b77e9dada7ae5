"""How bright each place of a body is by its form alone: lit from the front as in most photos, and in its hollows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.raster import interpolate

_SIDES, _FRONT, _BACK = 0.84, 1.03, 0.97
_ROUNDS = 8  # of smoothing: what lies below its smooth surroundings is a hollow
_DEEP, _DARK = 0.006, 0.45  # metres below them, and by how much it is darker there
_LEAST, _MOST = 0.5, 1.12  # of its light; an ear's rim catches more
_EAR = 0.066, 0.040, 0.03  # metres from the middle; from an ear's own middle, up and down, and in depth


@lru_cache(maxsize=1)
def form_of_body() -> np.ndarray:
    """(512, 512) float32, about 1, darker where the resting body turns away to its sides; 1 off the body. Read-only."""
    c, mesh = charts(), body_mesh()
    normals = vertex_normals(mesh.rest, body_faces())[c.body_vertex[c.faces]]
    pixel, normal = interpolate(c.face_texture, normals, c.face_of_texel)
    towards = normal[:, 2]
    out = np.ones(TEXTURE * TEXTURE, np.float32)
    out[pixel] = _SIDES + (np.where(towards > 0, _FRONT, _BACK) - _SIDES) * np.abs(towards)
    out = out.reshape(TEXTURE, TEXTURE)
    out.setflags(write=False)
    return out


@lru_cache(maxsize=1)
def hollows_of_head() -> np.ndarray:
    """(512, 512) float32, about 1: on the head darker in the hollows of an ear, behind it and below the jaw, where
    little light comes, and brighter on the ear's rim; 1 elsewhere. Read-only."""
    c, rest, faces = charts(), body_mesh().rest, body_faces()
    smooth = _smoothed(rest.astype(np.float64), faces)
    deep = ((smooth - rest) * vertex_normals(rest, faces)).sum(1)
    light = np.clip(1 - _DARK / _DEEP * deep, _LEAST, _MOST)
    marks = skeleton_file()["landmarks"]
    ear = np.mean([marks[f"ear_{side}"] for side in ("top", "lobe", "front", "back")], axis=0)
    off = np.abs(rest - ear)
    on_ear = (np.abs(rest[:, 0]) > _EAR[0]) & (off[:, 1] < _EAR[1]) & (off[:, 2] < _EAR[2])
    light = np.where(on_ear, light, np.minimum(light, 1))
    head = np.isin(c.face_part, (23, 24))
    values = np.where(head[:, None], light[c.body_vertex[c.faces]], 1)[..., None]
    pixel, value = interpolate(c.face_texture, values, c.face_of_texel)
    out = np.ones(TEXTURE * TEXTURE, np.float32)
    out[pixel] = value[:, 0]
    out = out.reshape(TEXTURE, TEXTURE)
    out.setflags(write=False)
    return out


def _smoothed(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Vertices (N, 3) of triangles (M, 3), each moved towards the middle of its neighbours, some times over."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    own, other = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0).T
    count = np.maximum(np.bincount(own, minlength=len(points)), 1)[:, None]
    for _ in range(_ROUNDS):
        around = np.stack([np.bincount(own, plane[other], len(points)) for plane in points.T], 1) / count
        points = (points + around) / 2
    return points
