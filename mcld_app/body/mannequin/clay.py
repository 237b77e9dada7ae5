"""The mannequin as a figure of clay under a lamp, in a suit, for people to look at: only who has read of DensePose sees
a pose in an IUV map."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.body_mesh import vertex_normals
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import body_faces, draw_surface, posed_vertices, to_picture
from mcld_app.body.raster import interpolate

_CLAY, _SUIT, _GROUND = (226, 214, 202), (104, 166, 158), (244, 244, 242)
_BARE = [3, 4, 5, 6, 23, 24]  # hands, feet and head
_DARKEST = 0.46  # of a colour, where the lamp does not reach
_LAMP = np.array([-0.38, 0.52, 0.76], np.float32)  # direction to it: from the left, above and in front
_FINER = 2  # drawn at that many times the size: edges are smooth


def draw_clay(pose: Pose, size: tuple[int, int] = (288, 198)) -> np.ndarray:
    """The mannequin in a pose, in a suit up to the neck, shaded by its form.

    Args:
        pose: what to draw.
        size: (height, width) in pixels.

    Returns:
        (height, width, 3) uint8, RGB, before a plain light ground.
    """
    large = size[0] * _FINER, size[1] * _FINER
    points = to_picture(posed_vertices(pose)[0], pose, large)
    flat = points * np.array([1, -1, large[0] / 2 * pose.zoom], np.float32)  # pixels along all three axes, y up
    corners, faces, seen = draw_surface(points, body_faces(), large)
    pixel, normal = interpolate(corners, vertex_normals(flat, body_faces())[body_faces()[faces]], seen)
    light = np.clip(normal @ _LAMP, 0, 1)[:, None]
    out = np.full((large[0] * large[1], 3), _GROUND, np.uint8)
    bare = np.isin(charts().face_part[faces[seen.ravel()[pixel]]], _BARE)
    out[pixel] = np.where(bare[:, None], _CLAY, _SUIT) * (_DARKEST + (1 - _DARKEST) * light) + 0.5
    return cv2.resize(out.reshape(*large, 3), size[::-1], interpolation=cv2.INTER_AREA)
