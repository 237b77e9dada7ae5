"""The body the charts are laid on: rest positions, skin weights, and how both follow a person's shape.

`UV_Processed.mat` holds where each body vertex lies on its chart and which vertices the charts share, but no 3D
position. Sewn together along shared vertices, the charts form one closed surface; `registration` lays it on the human
body of `assets/body/`. Since neighbours share vertices, no pose can tear a gap between two parts.

Space: metres; x to the person's left, y up, z to the front; feet at y = 0. The rest pose stands with straight legs
and arms 45 degrees out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from mcld_app.body.charts import cached_arrays
from mcld_app.body.mannequin.human import MESH, SKELETON, human_body
from mcld_app.body.mannequin.skeleton import PARENTS


@dataclass(frozen=True)
class BodyMesh:
    """The sewn body in its rest pose, the average adult's; arrays are read-only.

    Attributes:
        rest: (6890, 3) float32, metres.
        weights: (6890, 21) float32, how much each bone (in the order of `BONES`) moves a vertex; rows sum to 1.
        directions: (1 + K, 6890, 3) float32, metres a vertex moves per unit of build, and per standard deviation of
            each of K components of shape.
        twins: (6890,) int32, each vertex's mirror image.
        gap: (6890,) float32, metres from where the bent surface came to rest to the human body: closed in `rest`.
    """

    rest: np.ndarray
    weights: np.ndarray
    directions: np.ndarray
    twins: np.ndarray
    gap: np.ndarray

    def shaped(self, build: float, shape: Sequence[float] = ()) -> np.ndarray:
        """(6890, 3) float32: the rest positions of a person of that build, and of those first components of shape."""
        amounts = np.array([build, *shape], np.float32)
        if not amounts.any():
            return self.rest
        return self.rest + np.tensordot(amounts, self.directions[: len(amounts)], 1)


@lru_cache(maxsize=1)
def body_mesh() -> BodyMesh:
    """The body; some five seconds the first time on a machine, milliseconds after that."""
    here = Path(__file__).parent
    modules = (
        "body_mesh", "chart_landmarks", "face_laying", "human", "mirror", "registration", "sewing", "surface_points",
        "tube_weights", "tubes", "warps",
    )  # fmt: skip
    sources = [*(here / f"{name}.py" for name in modules), here.parent / "thin_plate.py"]
    key = hashlib.sha256(b"".join(file.read_bytes() for file in (*sources, MESH, SKELETON))).hexdigest()[:12]
    arrays = cached_arrays("body_mesh", key, _build)  # an edited body or registration is built anew
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
    from mcld_app.body.mannequin.registration import register

    found, body = register(), human_body()

    def even(values: np.ndarray) -> np.ndarray:  # the same on both sides
        return (values + values[..., found.twins, :] * (-1, 1, 1)) / 2

    weights = found.on_body(body.weights)
    names = list(PARENTS)
    other = [names.index(_other_side(name)) for name in names]
    return {
        "rest": even(found.on_body(body.vertices)).astype(np.float32),
        "weights": ((weights + weights[found.twins][:, other]) / 2).astype(np.float32),
        "directions": even(found.on_body(body.directions)).astype(np.float32),
        "twins": found.twins,
        "gap": found.gap,
    }


def _other_side(bone: str) -> str:
    side, _, kind = bone.partition("_")
    return f"{'right' if side == 'left' else 'left'}_{kind}" if kind else bone
