"""Shells in any pose, and over the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_surface
from mcld_app.body.raster import interpolate
from mcld_app.body.shells.shell import LINING, MASKED, Shell
from mcld_app.body.shells.standing import Standing, stand

_BEHIND = 0.004  # metres that a shell may lie under the skin and still be seen: cloth lies on it
_SHADE = 0.7  # of a lining's light
_OPAQUE = 96  # of alpha


@dataclass(frozen=True, eq=False)
class Layer:
    """A shell in a picture.

    Attributes:
        picture: (H, W, 4) uint8 RGBA; alpha is 255 or 0.
        depth: (H, W) float32, metres towards the camera as in `Standing.depth`; -inf where nothing is.
    """

    picture: np.ndarray
    depth: np.ndarray


def draw_shells(shells: Sequence[Shell], pose: Pose, size: tuple[int, int] = (512, 352)) -> tuple[Layer, ...]:
    """Each shell in a pose of anybody.

    Args:
        shells: what to draw.
        pose: of the mannequin that wears them; its shape is the wearer's.
        size: (height, width) of the picture in pixels.
    """
    if not shells:
        return ()
    standing = stand(pose, size)
    return tuple(_draw(shell, standing) for shell in shells)


def over_body(picture: np.ndarray, depth: np.ndarray, layers: Sequence[Layer]) -> tuple[np.ndarray, np.ndarray]:
    """The body with shells before and behind it.

    Args:
        picture: (H, W, 4) uint8 RGBA, the body's.
        depth: (H, W) float32, the body's: `stand(pose, size).depth`.
        layers: from `draw_shells` in the same pose and size.

    Returns:
        (H, W, 4) uint8 RGBA, and (H, W) float32, the depth of what is seen.
    """
    picture, depth = picture.copy(), np.where(picture[..., 3] > 0, depth, np.float32(-np.inf))
    for layer in layers:
        nearer = (layer.picture[..., 3] > 0) & (layer.depth > depth - _BEHIND)
        picture[nearer] = layer.picture[nearer]
        depth[nearer] = layer.depth[nearer]
    return picture, depth


def _draw(shell: Shell, standing: Standing) -> Layer:
    size = standing.size
    points = standing.seen(shell.in_pose(standing.pose), shell.weights)
    corners, faces, seen = draw_surface(points, shell.faces, size)
    values = np.concatenate([shell.places, points[:, 2:]], 1)[shell.faces[faces]]
    pixel, value = interpolate(corners, values, seen)
    picture, depth = np.zeros((size[0] * size[1], 4), np.uint8), np.full(size[0] * size[1], -np.inf, np.float32)
    if len(pixel):
        rows = -(-len(pixel) // 512)
        where = np.zeros((rows * 512, 2), np.float32)
        where[: len(pixel)] = value[:, :2]
        colour = cv2.remap(
            shell.picture, where.reshape(rows, 512, 2), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).reshape(-1, 4)[: len(pixel)]
        kind = shell.kinds[faces[seen.ravel()[pixel]]]
        colour[kind == LINING, :3] = colour[kind == LINING, :3] * np.float32(_SHADE)
        there = (colour[:, 3] >= _OPAQUE) | (kind != MASKED)
        colour[:, 3] = 255
        picture[pixel[there]] = colour[there]
        depth[pixel[there]] = value[there, 2]
    return Layer(picture.reshape(*size, 4), depth.reshape(size))
