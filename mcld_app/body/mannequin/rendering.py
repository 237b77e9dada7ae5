"""The mannequin in a pose as an IUV map.

The DensePose charts, laid on the figure, are bent at about 20 joints (linear blend skinning) and rasterised.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.articulation import bone_transforms, rotation_about
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.fingers import finger_moves
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.skeleton import BONES, joint_places
from mcld_app.body.raster import interpolate, rasterise


@dataclass(frozen=True, eq=False)
class Drawing:
    """The mannequin drawn in a pose; arrays are read-only.

    Attributes:
        iuv: (H, W, 3) uint8, see `draw_iuv`.
        pixel: (N,) int32, flat numbers of the pixels that show the body.
        texel: (N, 2) float32, what each of them shows: x and y on the texture map. The same as U and V say, without
            their steps.
        depth: (H, W) float32, metres towards the camera, larger is nearer; -inf where there is no body.
        points: (6890, 3) float32, the body's vertices as `to_picture` has them.
        joints: (21, 3) float32, as `posed_vertices` has them.
    """

    iuv: np.ndarray
    pixel: np.ndarray
    texel: np.ndarray
    depth: np.ndarray
    points: np.ndarray
    joints: np.ndarray


def kept_drawing(pose: Pose, size: tuple[int, int] = (512, 352)) -> Drawing:
    """The mannequin of a pose, drawn once for it."""
    if (kept_drawing, size) not in pose.worked_out:
        vertices, joints = posed_vertices(pose)
        points = to_picture(vertices, pose, size)
        surface = draw_surface(points, body_faces(), size)
        pixel, values = _over(surface, np.concatenate([charts().face_texture, points[body_faces(), 2:]], 2))
        depth = np.full(size, -np.inf, np.float32)
        depth.ravel()[pixel] = values[:, 2]
        texel = np.ascontiguousarray(values[:, :2])
        arrays = _iuv(surface, size), pixel.astype(np.int32), texel, depth, points, joints
        for array in arrays:
            array.setflags(write=False)
        pose.worked_out[kept_drawing, size] = Drawing(*arrays)
    return pose.worked_out[kept_drawing, size]


def draw_iuv(pose: Pose, size: tuple[int, int] = (512, 352)) -> np.ndarray:
    """The IUV map of the mannequin in a pose.

    Args:
        pose: what to draw.
        size: (height, width) in pixels.

    Returns:
        (height, width, 3) uint8, I 0..24, U, V; background 0.
    """
    return _iuv(_surface(pose, size), size)


_Surface = tuple[np.ndarray, np.ndarray, np.ndarray]


def _surface(pose: Pose, size: tuple[int, int]) -> _Surface:
    points, _ = posed_vertices(pose)
    return draw_surface(to_picture(points, pose, size), body_faces(), size)


def _over(surface: _Surface, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    corners, faces, seen = surface
    return interpolate(corners, values[faces], seen)


def _iuv(surface: _Surface, size: tuple[int, int]) -> np.ndarray:
    _, faces, seen = surface
    pixel, uv = _over(surface, charts().uv[charts().faces] * 255)
    out = np.zeros((size[0] * size[1], 3), np.uint8)
    out[pixel, 0] = charts().face_part[faces[seen.ravel()[pixel]]]
    out[pixel, 1:] = uv + 0.5
    return out.reshape(*size, 3)


@lru_cache(maxsize=1)
def body_faces() -> np.ndarray:
    """(13776, 3) int32: each chart triangle's corners as body vertices. Read-only."""
    c = charts()
    out = c.body_vertex[c.faces]
    out.setflags(write=False)
    return out


def posed_vertices(
    pose: Pose, rest: np.ndarray | None = None, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and joints in metres, float32: turned by yaw, feet on the floor (the body's lowest point at y = 0),
    pelvis over x = z = 0; x to the picture's right, y up, z to the camera.

    Args:
        pose: what to do with them.
        rest: (N, 3) rest positions, the 6890 body vertices first; default the figure's own, with the pose's shape.
        weights: (N, 21) skin weights of those.

    Returns:
        vertices (N, 3) and joints (21, 3).
    """
    f = body_mesh()
    if rest is None or weights is None:
        rest, weights = f.shaped(pose.build, pose.shape), f.weights
    bent = finger_moves(pose.angles)
    if bent is not None:
        rest = np.concatenate([rest[: len(bent)] + bent, rest[len(bent) :]])
    starts = joint_places(pose.build, pose.shape)
    moves = bone_transforms(pose.angles, starts)
    blended = (moves.reshape(len(BONES), 12).T @ weights.T).reshape(3, 4, -1)
    x, y, z = np.ascontiguousarray(rest.T)
    points = (blended[:, 0] * x + blended[:, 1] * y + blended[:, 2] * z + blended[:, 3]).T
    joints = np.einsum("nij,nj->ni", moves[..., :3], starts.astype(np.float32)) + moves[..., 3]
    turn = rotation_about("y", pose.yaw).astype(np.float32)
    points, joints = points @ turn.T, joints @ turn.T
    floor = np.array([joints[0, 0], points[: len(f.rest), 1].min(), joints[0, 2]], np.float32)
    scale = np.float32(pose.height)
    return (points - floor) * scale, (joints - floor) * scale


def to_picture(points: np.ndarray, pose: Pose, size: tuple[int, int]) -> np.ndarray:
    """World points (N, 3), metres, to (N, 3): x right and y down in pixels, and the depth (larger = nearer), seen from
    far away (no perspective). The middle of the picture shows a point 0.89 m above the floor."""
    height, width = size
    scale = height / 2.0 * pose.zoom
    view = (rotation_about("z", -pose.roll) @ rotation_about("x", pose.pitch)).astype(np.float32)
    turned = (points - np.array([0.0, 0.89, 0.0], np.float32)) @ view.T
    x = width / 2 - 0.5 + (turned[:, 0] + pose.shift_x) * scale
    y = height / 2 - 0.5 - (turned[:, 1] + pose.shift_y) * scale
    return np.stack([x, y, turned[:, 2]], 1).astype(np.float32)


def draw_surface(
    xyz: np.ndarray, faces: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rasterise a surface back to front; triangles seen from behind are left out.

    Args:
        xyz: (N, 3) from `to_picture`.
        faces: (M, 3) int, counter-clockwise seen from outside.
        size: (height, width).

    Returns:
        corners (K, 3, 2), numbers of the K drawn faces in drawing order, and (height, width) int32 indices into those,
        -1 where nothing is seen.
    """
    i, j, k = faces.T
    px, py, pz = np.ascontiguousarray(xyz.T)
    x0, x1, x2, y0, y1, y2 = px[i], px[j], px[k], py[i], py[j], py[k]
    area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
    right = np.maximum(np.maximum(x0, x1), x2) >= 0
    left = np.minimum(np.minimum(x0, x1), x2) <= size[1] - 1
    keep = np.flatnonzero((area < 0) & left & right)
    keep = keep[np.argsort((pz[i] + pz[j] + pz[k])[keep], kind="stable")]
    corners = xyz[faces[keep], :2]
    return corners, keep, rasterise(corners, size)
