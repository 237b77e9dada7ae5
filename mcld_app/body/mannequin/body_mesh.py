"""The body the charts are laid on: rest positions, bones and skin weights, built from the charts themselves.

`UV_Processed.mat` holds where each body vertex lies on its chart and which vertices the charts share, but no 3D
position. Sewn together along shared vertices, the charts form one closed surface. `sculpt` gives that surface a shape
of our own, `skin_weights` hangs it on bones. Since neighbours share vertices, no pose can tear a gap between two parts.

Space: metres; x to the person's left, y up, z to the front; feet at y = 0. The rest pose stands with straight legs
and arms 45 degrees out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from mcld_app.body.charts import cached_arrays
from mcld_app.body.mannequin.sewing import SewnCharts
from mcld_app.body.mannequin.shape import sculpt
from mcld_app.body.mannequin.skinning import skin_weights, thickness


@dataclass(frozen=True)
class BodyMesh:
    """The sewn body in its rest pose; arrays are read-only.

    Attributes:
        rest: (6890, 3) float32, metres.
        weights: (6890, 21) float32, how much each bone (in the order of `BONES`) moves a vertex; rows sum to 1.
        thicken: (6890, 3) float32, metres a vertex moves per unit of build.
    """

    rest: np.ndarray
    weights: np.ndarray
    thicken: np.ndarray


@lru_cache(maxsize=1)
def body_mesh() -> BodyMesh:
    """The figure; a few seconds the first time on a machine, milliseconds after that."""
    here = Path(__file__).parent
    modules = ("skeleton", "sewing", "shape", "skinning", "body_mesh")
    sources = b"".join((here / f"{name}.py").read_bytes() for name in modules)
    key = hashlib.sha256(sources).hexdigest()[:12]  # an edited shape is built anew
    arrays = cached_arrays("body_mesh", key, _build)
    made = BodyMesh(**{f.name: arrays[f.name] for f in fields(BodyMesh)})
    for f in fields(BodyMesh):
        getattr(made, f.name).setflags(write=False)
    return made


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (N, 3) float32 of a surface: area-weighted means over the triangles around each vertex."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    out = np.stack([np.bincount(faces.ravel(), np.repeat(n[:, k], 3), len(vertices)) for k in range(3)], 1)
    return (out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def _build() -> dict[str, np.ndarray]:
    c = SewnCharts()
    rest = sculpt(c)
    weights = skin_weights(rest, c)
    normals = vertex_normals(rest, c.body[c.faces])
    return {
        "rest": rest.astype(np.float32),
        "weights": weights.astype(np.float32),
        "thicken": (normals * thickness(weights)[:, None]).astype(np.float32),
    }
