"""The mannequin as it stands in one picture: its map, its depth, and where its bones take points of the rest pose."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mcld_app.body.mannequin.articulation import bone_transforms, rotation_about
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import kept_drawing, to_picture
from mcld_app.body.mannequin.skeleton import BONES, joint_places


@dataclass(frozen=True, eq=False)
class Standing:
    """A mannequin in a picture; arrays are read-only.

    Attributes:
        pose: how it stands.
        size: (height, width) of the picture in pixels.
        iuv: (H, W, 3) uint8, `rendering.draw_iuv` of it.
        depth: (H, W) float32, metres towards the camera, larger is nearer; -inf where there is no body.
        points: (6890, 3) float32, the body's vertices: x, y in pixels, and the same depth.
        moves: (21, 3, 4) float32, where each bone takes a rest point, in the space of `rendering.posed_vertices`.
    """

    pose: Pose
    size: tuple[int, int]
    iuv: np.ndarray = field(repr=False)
    depth: np.ndarray = field(repr=False)
    points: np.ndarray = field(repr=False)
    moves: np.ndarray = field(repr=False)

    @property
    def metre(self) -> float:
        """Pixels that a metre of the rest pose takes."""
        return self.size[0] / 2 * self.pose.zoom * self.pose.height

    def blended(self, weights: np.ndarray) -> np.ndarray:
        """(N, 3, 4) float32: the bones' moves mixed by skin weights (N, 21)."""
        return (weights @ self.moves.reshape(len(BONES), 12)).reshape(-1, 3, 4)

    def seen(self, rest: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """(N, 3) float32: rest points (N, 3) with their skin weights (N, 21) in the picture, as `points` are."""
        moves = self.blended(weights)
        world = np.einsum("nij,nj->ni", moves[..., :3], rest) + moves[..., 3]
        return to_picture(world.astype(np.float32), self.pose, self.size)

    def turned(self, directions: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """(N, 3) float32: directions of the rest pose as the camera sees them, of length 1: x to the picture's right,
        y down, z to the camera."""
        world = np.einsum("nij,nj->ni", self.blended(weights)[..., :3], directions)
        view = rotation_about("z", -self.pose.roll) @ rotation_about("x", self.pose.pitch)
        out = world @ view.T.astype(np.float32) * (1, -1, 1)
        return (out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def stand(pose: Pose, size: tuple[int, int]) -> Standing:
    """The mannequin of a pose in a picture of that (height, width); worked out once for a pose."""
    if (stand, size) not in pose.worked_out:
        drawing = kept_drawing(pose, size)
        moves = _world_moves(pose, drawing.joints)
        pose.worked_out[stand, size] = Standing(pose, size, drawing.iuv, drawing.depth, drawing.points, moves)
    return pose.worked_out[stand, size]


def _world_moves(pose: Pose, joints: np.ndarray) -> np.ndarray:
    """The bones' moves with turn, floor and height: the pelvis' joint tells where the figure was put."""
    starts = joint_places(pose.build, pose.shape)
    moves = bone_transforms(pose.angles, starts).astype(np.float64)
    turn = rotation_about("y", pose.yaw)
    moves = turn @ moves * pose.height
    moves[..., 3] += joints[0] - (moves[0, :, :3] @ starts[0] + moves[0, :, 3])
    moves = moves.astype(np.float32)
    moves.setflags(write=False)
    return moves
