"""Where each texel of the texture map lies on the resting body, in metres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.raster import interpolate


@dataclass(frozen=True)
class RestSurface:
    """Where each texel of the texture map lies on the resting body; all (512, 512), 0 off the body.

    Attributes:
        part: uint8, DensePose part 1..24.
        x, y, z: float32, metres; x to the person's left, y up, z to the front.
        along: float32, metres along the cloth: down the trunk and the legs, out along the arms.
        across: float32, metres across it.
        arm: float32, metres from the shoulder along the arm (only on arms and hands).
    """

    part: np.ndarray
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    along: np.ndarray
    across: np.ndarray
    arm: np.ndarray


@lru_cache(maxsize=1)
def rest_surface() -> RestSurface:
    """The resting body under the texture map."""
    c = charts()
    pixel, place = interpolate(c.face_texture, body_mesh().rest[c.body_vertex[c.faces]], c.face_of_texel)
    xyz = np.zeros((TEXTURE * TEXTURE, 3), np.float32)
    xyz[pixel] = place
    x, y, z = np.ascontiguousarray(xyz.T).reshape(3, TEXTURE, TEXTURE)
    part = c.part_map
    shoulder, elbow = np.array(BONES["left_shoulder"][1]), np.array(BONES["left_elbow"][1])
    axis = (elbow - shoulder) / np.linalg.norm(elbow - shoulder)
    on_arm = np.isin(part, (3, 4, *range(15, 23)))
    arm = np.where(on_arm, (np.abs(x) - shoulder[0]) * axis[0] + (y - shoulder[1]) * axis[1], 0)
    along = np.where(on_arm, arm, 1.5 - y)
    legs = np.isin(part, range(5, 15))
    heights, *axis_of_leg = np.array([BONES[f"left_{name}"][1] for name in ("ankle", "knee", "hip")])[:, [1, 0, 2]].T
    leg_x, leg_z = (np.interp(y, heights, places) for places in axis_of_leg)
    turn = np.arctan2(z - leg_z * legs, x - np.sign(x) * leg_x * legs)
    across = np.where(on_arm, z, np.where(legs, 0.075 * turn, 0.14 * turn))
    across = np.where(np.isin(part, (1, 2)), np.where(part == 2, x, 0.42 - x), across)
    fields = (x, y, z, along.astype(np.float32), across.astype(np.float32), arm.astype(np.float32))
    for array in fields:
        array.setflags(write=False)
    return RestSurface(part, *fields)
