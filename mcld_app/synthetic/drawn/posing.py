"""A figure in a pose: points and normals as the camera sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mcld_app.body.mannequin.articulation import bone_transforms, rotation_about
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import to_picture
from mcld_app.body.mannequin.skeleton import BONES, joint_places
from mcld_app.synthetic.drawn.figure import Figure


@dataclass(frozen=True, eq=False)
class Posed:
    """A figure's vertices in a picture.

    Attributes:
        points: (N, 3) float32, metres: x to the picture's right, y up from the floor, z to the camera.
        normals: (N, 3) float32, of length 1, as the camera sees them: x to the right, y up, z to the camera.
        seen: (N, 3) float32: x, y in pixels, and the depth, larger is nearer.
        hips: metres from the floor up to the pelvis: soles and bent feet count.
    """

    points: np.ndarray
    normals: np.ndarray
    seen: np.ndarray
    hips: float

    def shifted(self, left: int, top: int) -> Posed:
        """The same in the part of the picture that begins at that pixel."""
        return replace(self, seen=self.seen - np.array([left, top, 0], np.float32))


def posed(figure: Figure, pose: Pose, size: tuple[int, int]) -> Posed:
    """A figure bent at its joints, turned, on the floor, in a picture of that (height, width)."""
    starts = joint_places(pose.build, pose.shape)
    moves = bone_transforms(pose.angles, starts)
    turn = rotation_about("y", pose.yaw).astype(np.float32)
    pelvis = turn @ (moves[0, :, :3] @ starts[0].astype(np.float32) + moves[0, :, 3])
    moves = np.einsum("ij,bjk->bik", turn, moves).astype(np.float32)
    blended = (moves.reshape(len(BONES), 12).T @ figure.weights.T).reshape(3, 4, -1)
    x, y, z = np.ascontiguousarray(figure.rest.T)
    points = blended[:, 0] * x + blended[:, 1] * y + blended[:, 2] * z + blended[:, 3]
    floor = np.array([pelvis[0], points[1].min(), pelvis[2]], np.float32)
    points = np.ascontiguousarray(((points - floor[:, None]) * np.float32(pose.height)).T)
    x, y, z = np.ascontiguousarray(figure.normals.T)
    facing = blended[:, 0] * x + blended[:, 1] * y + blended[:, 2] * z
    view = (rotation_about("z", -pose.roll) @ rotation_about("x", pose.pitch)).astype(np.float32)
    facing = view @ facing
    facing /= np.sqrt((facing * facing).sum(0)) + 1e-9
    seen = to_picture(points, pose, size)
    seen[:, 2] += figure.above
    return Posed(points, np.ascontiguousarray(facing.T), seen, float(pelvis[1] - floor[1]) * pose.height)
