"""A fit of the mannequin to an IUV map by U and V alone, for tests: how near can the body of this studio come to a real
one's map? Angles, build, shape and camera by least squares over points of the map; nothing looks at outlines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.iuv import resize_iuv
from mcld_app.body.mannequin.articulation import bone_transforms, rotation_about
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import JOINTS, SETTINGS, SHAPE_LIMIT, Pose
from mcld_app.body.mannequin.rendering import draw_iuv, posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES, joint_places
from mcld_app.body.raster import interpolate
from mcld_app.body.texture.texture_map import texels_seen

KEYS = [f"{joint.name}.{axis}" for joint in JOINTS.values() if "toes" not in joint.name for axis in joint.axes]
LIMITS = np.radians([JOINTS[key.partition(".")[0]].axes[key.partition(".")[2]] for key in KEYS])
_N = len(KEYS)
_S = 4  # components of shape that are fitted
_LOW = np.concatenate([LIMITS[:, 0] - 1e-6, [-1, -2 * np.pi, -0.6, -0.6, 0.02, -3, -3], [-SHAPE_LIMIT] * _S])
_HIGH = np.concatenate([LIMITS[:, 1] + 1e-6, [2, 2 * np.pi, 0.6, 0.6, 4, 3, 3], [SHAPE_LIMIT] * _S])


@dataclass(frozen=True)
class Agreement:
    """How a drawn map agrees with a real one: IoU of the outlines, the share of the common pixels that show the same
    part, and the mean difference of U and V there, of 255."""

    iou: float
    same_part: float
    uv_error: float


def fit_by_uv(iuv: np.ndarray, points: int = 500) -> Pose:
    """The pose whose body points lie nearest to where an IUV map (H, W, 3) of somebody facing the camera shows them."""
    from scipy.optimize import least_squares

    height, width = iuv.shape[:2]
    pixel, rest, moved, weights = _body_points(iuv, points)
    wanted = np.stack([pixel % width, pixel // width], 1).astype(float)
    dear = np.array([0.04 if _stiff(key) else 0.03 if "twist" in key else 0.02 for key in KEYS])

    def seen(x: np.ndarray) -> np.ndarray:
        angles = dict(zip(KEYS, np.degrees(x[:_N]).tolist(), strict=True))
        shape = x[_N + 7 :]
        joints = joint_places(x[_N], shape)
        moves = bone_transforms(angles, joints)
        blended = (weights @ moves.reshape(len(BONES), 12)).reshape(-1, 3, 4)
        own = rest + np.tensordot([x[_N], *shape], moved, 1)
        place = np.einsum("nij,nj->ni", blended[..., :3], own) + blended[..., 3]
        place = (place - joints[0]) @ rotation_about("y", np.degrees(x[_N + 1])).T
        view = rotation_about("z", -np.degrees(x[_N + 3])) @ rotation_about("x", np.degrees(x[_N + 2]))
        return (place @ view.T)[:, :2]

    def picture(x: np.ndarray) -> np.ndarray:
        flat = seen(x)
        scale = x[_N + 4] * height
        return np.stack([x[_N + 5] * height + flat[:, 0] * scale, x[_N + 6] * height - flat[:, 1] * scale], 1)

    start = np.zeros(_N + 7 + _S)
    flat = seen(start) * (1, -1)
    spread, there = flat - flat.mean(0), wanted - wanted.mean(0)
    scale = (spread * there).sum() / (spread**2).sum()
    start[_N + 4] = scale / height
    start[_N + 5 : _N + 7] = (wanted.mean(0) - scale * flat.mean(0)) / height

    def missing(x: np.ndarray, outlier: float) -> np.ndarray:
        off = (picture(x) - wanted) / scale
        far = np.linalg.norm(off, axis=1) + 1e-9
        softer = np.where(far < outlier, 1, np.sqrt(np.maximum(outlier * (2 * far - outlier), 0)) / far)
        data = (off * softer[:, None]).ravel() * 10 / np.sqrt(len(off))
        return np.concatenate([data, dear * x[:_N], (0.1, 0.3, 0.1) * x[[_N, _N + 2, _N + 3]], 0.02 * x[_N + 7 :]])

    # From within the limits: at a limit the solver hardly moves. The steps of its derivative are wide, since the
    # mannequin is worked out in single precision.
    x = np.clip(start, _LOW + 0.1 * (_HIGH - _LOW), _HIGH - 0.1 * (_HIGH - _LOW))
    x[_N:] = start[_N:]
    for outlier in (1e9, 0.04):
        x = least_squares(missing, x, bounds=(_LOW, _HIGH), max_nfev=20, diff_step=1e-3, args=(outlier,)).x
    return _pose(x, (height, width))


def agreement(pose: Pose, iuv: np.ndarray) -> Agreement:
    """How the mannequin's map agrees with a real one, at a third of its size and down to its last row."""
    small = resize_iuv(iuv, (iuv.shape[0] // 3, iuv.shape[1] // 3))
    body = small[..., 0] > 0
    drawn = draw_iuv(pose, small.shape[:2])
    drawn[np.flatnonzero(body.any(1))[-1] + 1 :] = 0
    ours = drawn[..., 0] > 0
    same = (drawn[..., 0] == small[..., 0]) & body
    difference = np.abs(drawn[..., 1:].astype(int) - small[..., 1:]).mean(-1)
    return Agreement(
        float((ours & body).sum() / (ours | body).sum()),
        float(same.sum() / (ours & body).sum()),
        float(difference[same].mean()),
    )


def _stiff(key: str) -> bool:
    return key.startswith(("spine", "chest", "neck", "head")) or "clavicle" in key


def _body_points(iuv: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Flat pixels (N,) of the map; of what each shows: the rest place (N, 3), its ways with build and shape
    (1 + S, N, 3), its weights (N, 21)."""
    c, body = charts(), body_mesh()
    moved = body.directions[: 1 + _S].transpose(1, 0, 2).reshape(len(body.rest), -1)
    values = np.concatenate([body.rest, body.weights, moved], 1)[c.body_vertex[c.faces]]
    filled, found = interpolate(c.face_texture, values, c.face_of_texel)
    row_of = np.full(c.face_of_texel.size, -1)
    row_of[filled] = np.arange(len(filled))
    pixel, texel = texels_seen(iuv)
    column, row = np.minimum(np.round(texel), c.face_of_texel.shape[0] - 1).astype(int).T
    at = row_of[row * c.face_of_texel.shape[1] + column]
    pixel, at = pixel[at >= 0], at[at >= 0]
    chosen = np.random.default_rng(0).choice(len(pixel), min(count, len(pixel)), replace=False)
    told = found[at[chosen]].astype(float)
    bones = 3 + len(BONES)
    return pixel[chosen], told[:, :3], told[:, bones:].reshape(-1, 1 + _S, 3).transpose(1, 0, 2), told[:, 3:bones]


def _pose(x: np.ndarray, size: tuple[int, int]) -> Pose:
    angles = {
        key: float(np.clip(np.degrees(value), *JOINTS[key.partition(".")[0]].axes[key.partition(".")[2]]))
        for key, value in zip(KEYS, x[:_N], strict=True)
    }
    yaw, pitch, roll = ((np.degrees(value) + 180) % 360 - 180 for value in x[_N + 1 : _N + 4])
    found = {"build": x[_N], "yaw": yaw, "pitch": pitch, "roll": roll, "zoom": 2 * x[_N + 4]}
    shape = tuple(np.clip(x[_N + 7 :], -SHAPE_LIMIT, SHAPE_LIMIT).tolist())
    found = {name: float(np.clip(value, *SETTINGS[name][:2])) for name, value in found.items()}
    pose = Pose("fitted", angles, shape=shape, **found)
    at = to_picture(posed_vertices(pose)[1][:1], pose, size)[0]
    metre = size[0] / 2 * pose.zoom
    moved = (x[_N + 5] * size[0] - at[0]) / metre, (at[1] - x[_N + 6] * size[0]) / metre
    return pose.replace(shift_x=float(np.clip(moved[0], -3, 3)), shift_y=float(np.clip(moved[1], -3, 3)))
