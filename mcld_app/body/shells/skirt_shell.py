"""A skirt's shell: its tube, with the photo on it; open in front where the photo shows it open."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.shells.areas import grown
from mcld_app.body.shells.cloth_picture import layer_picture
from mcld_app.body.shells.opening import find_opening
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import LINING, MASKED, PLAIN, Shell, followed
from mcld_app.body.shells.tube import skirt_weights, tube_faces

_MIXED = 2.0  # pixels around legs that are mixed with them


def skirt_shell(scene: Scene, lining: np.ndarray, grid: np.ndarray, gathered: np.ndarray) -> Shell:
    """The shell of a skirt, or of what of a coat hangs from the hips.

    Args:
        scene: the person.
        lining: (H, W) bool, pixels that show the inner side of its back, see `lining.find_lining`.
        grid: (rows, columns, 3) float32, metres: its tube, on the person in the rest pose.
        gathered: of the same shape, see `Shell.gathered`.
    """
    rest = grid.reshape(-1, 3)
    weights = skirt_weights(rest)
    faces = tube_faces(*grid.shape[:2])
    points = scene.standing.seen(rest, weights)
    a, b, c = (points[faces[:, k], :2] for k in range(3))
    near = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
    covered = np.zeros(scene.silhouette.shape, np.uint8)
    cv2.fillPoly(covered, np.round(points[faces[near], :2]).astype(np.int32), 1)
    shown = (covered > 0) & scene.silhouette & ~scene.hands
    rest = rest - followed(rest, scene.standing.pose.body)
    gathered = gathered.reshape(-1, 3)
    opening = find_opening(scene, covered > 0, lining)
    if opening is None:
        picture, start = layer_picture(scene.photo, shown, shown, shown)
        return Shell("hips", rest, gathered, weights, np.concatenate([faces, faces[:, ::-1]]),
                     np.repeat(np.uint8([PLAIN, LINING]), len(faces)), points[:, :2] - start, picture)  # fmt: skip
    gap, legs = opening
    cloth = shown & ~grown(legs | gap, _MIXED)
    picture, (x, y) = layer_picture(scene.photo, covered > 0, cloth, cloth)
    places = points[:, :2] - (x, y)
    # Behind, where the same picture is seen, it is not open: there are two of them, side by side.
    height, width = picture.shape[:2]
    gap = gap[y : y + height, x : x + width]
    front = np.dstack([picture[..., :3], np.where(gap, 0, 255).astype(np.uint8)])
    column, row = np.clip(np.round(places).astype(int), 0, (width - 1, height - 1)).T
    closed = near & ~gap[row, column][faces].any(1)
    sides = [faces[near], faces[~near] + len(rest)]
    inner = np.concatenate([faces[closed], sides[1]])[:, ::-1]
    rest, gathered, weights = (np.concatenate([values, values]) for values in (rest, gathered, weights))
    kinds = np.repeat(np.uint8([MASKED, PLAIN, LINING]), [*map(len, sides), len(inner)])
    places = np.concatenate([places, places + np.float32([width, 0])])
    return Shell("hips", rest, gathered, weights, np.concatenate([*sides, inner]), kinds, places,
                 np.concatenate([front, picture], 1))  # fmt: skip
