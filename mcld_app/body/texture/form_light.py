"""How bright each place of a body is by its form alone, lit from the front as in most photos."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.raster import interpolate

_SIDES, _FRONT, _BACK = 0.84, 1.03, 0.97


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
