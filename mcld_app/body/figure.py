"""The body the charts are laid on: rest positions, bones and skin weights, built from the charts themselves.

`UV_Processed.mat` holds where each body vertex lies on its chart and which vertices the charts share, but no 3D
position. Sewn together along shared vertices, the charts form one closed surface. `sculpt` gives that surface a shape
of our own, `rig` hangs it on bones. Since neighbours share vertices, no pose can tear a gap between two parts.

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

REST_ARM_ANGLE = 45.0
SIN, COS = np.sin(np.radians(REST_ARM_ANGLE)), np.cos(np.radians(REST_ARM_ANGLE))
ARM = {"shoulder": 0.0, "elbow": 0.275, "wrist": 0.525}  # along the arm, metres
PRONATION = 65.0
LEAN = 22.0
SHOULDER = np.array([0.172, 1.420, -0.012])


def _on_arm(d: float) -> tuple[float, float, float]:
    return tuple(SHOULDER + d * np.array([SIN, -COS, 0.0]))


_LEFT = {
    "clavicle": ("chest", (0.030, 1.425, -0.005)),
    "shoulder": ("clavicle", _on_arm(0.0)),
    "elbow": ("shoulder", _on_arm(ARM["elbow"])),
    "wrist": ("elbow", _on_arm(ARM["wrist"])),
    "hip": ("pelvis", (0.088, 0.915, -0.005)),
    "knee": ("hip", (0.098, 0.500, 0.004)),
    "ankle": ("knee", (0.104, 0.085, -0.022)),
    "toes": ("ankle", (0.108, 0.020, 0.105)),
}

# name -> (parent, rest position); parents come before their children.
BONES: dict[str, tuple[str | None, tuple[float, float, float]]] = {
    "pelvis": (None, (0.0, 0.950, -0.005)),
    "spine": ("pelvis", (0.0, 1.070, -0.012)),
    "chest": ("spine", (0.0, 1.220, -0.018)),
    "neck": ("chest", (0.0, 1.470, -0.020)),
    "head": ("neck", (0.0, 1.560, -0.008)),
}
for _side, _sign in (("left", 1.0), ("right", -1.0)):
    for _name, (_parent, (_x, _y, _z)) in _LEFT.items():
        _full = _parent if _parent in ("chest", "pelvis") else f"{_side}_{_parent}"
        BONES[f"{_side}_{_name}"] = (_full, (_sign * _x, _y, _z))


@dataclass(frozen=True)
class Figure:
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
def figure() -> Figure:
    """The figure; a few seconds the first time on a machine, milliseconds after that."""
    here = Path(__file__).parent
    sources = b"".join((here / f"{name}.py").read_bytes() for name in ("figure", "sculpt", "rig"))
    key = hashlib.sha256(sources).hexdigest()[:12]  # an edited shape is built anew
    arrays = cached_arrays("figure", key, _build)
    made = Figure(**{f.name: arrays[f.name] for f in fields(Figure)})
    for f in fields(Figure):
        getattr(made, f.name).setflags(write=False)
    return made


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (N, 3) float32 of a surface: area-weighted means over the triangles around each vertex."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    out = np.stack([np.bincount(faces.ravel(), np.repeat(n[:, k], 3), len(vertices)) for k in range(3)], 1)
    return (out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def _build() -> dict[str, np.ndarray]:
    from mcld_app.body.rig import skin_weights, thickness
    from mcld_app.body.sculpt import SewnCharts, sculpt

    c = SewnCharts()
    rest = sculpt(c)
    weights = skin_weights(rest, c)
    normals = vertex_normals(rest, c.body[c.faces])
    return {
        "rest": rest.astype(np.float32),
        "weights": weights.astype(np.float32),
        "thicken": (normals * thickness(weights)[:, None]).astype(np.float32),
    }
