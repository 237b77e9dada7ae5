"""An IUV map -> the mannequin's pose: each pixel of the map says which place of the body it shows.

The same solver as for landmarks (`pose_fit`), with some hundred pixels in their stead. It begins at the trunk, whose
pixels tell by a plane fit how it is turned, and goes on limb by limb, for a limb is found from the one it hangs on.
"""

from __future__ import annotations

import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.fitting import camera
from mcld_app.body.fitting.articulated import BodyPoints, Bones
from mcld_app.body.fitting.body_shape import joints
from mcld_app.body.fitting.camera import RIGHT, ROLL, SCALE, UNKNOWNS, UP, YAW, Canvas
from mcld_app.body.fitting.pose_fit import FittedPose, Term, huber, prior_term, solve
from mcld_app.body.fitting.silhouette import outline_term
from mcld_app.body.iuv import check_iuv
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.errors import IUVError

_PIXELS = 480  # that are fitted to; more find the same
_FEWEST = 30  # pixels on the body; of fewer, no pose is found
_SPREAD = 0.03  # metres by which a place on the body errs, as one of `_USUAL_PIXELS`
_USUAL_PIXELS = 200
_BOUND = 2.0  # spreads; what errs more counts as if it erred less
_STEPS = 8
_SETTLED = 3e-4
_REACH = 0.05  # metres to the map's outline

_TRUNK = frozenset({1, 2})
_STAGES: tuple[frozenset[int], ...] = (
    _TRUNK | {23, 24},
    _TRUNK | {23, 24, *range(7, 11), *range(15, 19)},  # with thighs and upper arms
    frozenset(range(1, 25)),
)


def fit_map(iuv: np.ndarray, *, name: str = "as in the picture") -> FittedPose:
    """The mannequin's pose by an IUV map, as it is seen in a picture of the map's size.

    Args:
        iuv: (H, W, 3) uint8, I, U, V of one person.
        name: of the pose.

    Raises:
        IUVError: it is no IUV map, or shows too little of a body.
    """
    check_iuv(iuv)
    size = iuv.shape[:2]
    points, pixels, parts = _sampled(iuv)
    canvas, unknowns = _begin(points, pixels, parts, size)
    prior = prior_term(unknowns[ROLL])
    for stage in _STAGES:
        used = np.isin(parts, list(stage))
        if np.count_nonzero(used) >= _FEWEST:
            term = _pixel_term(_some(points, used), canvas.to_metres(pixels[used]))
            unknowns = solve(unknowns, [term, prior], _STEPS, _SETTLED)
    everything = [_pixel_term(points, canvas.to_metres(pixels)), prior]
    body = (iuv[..., 0] > 0).astype(np.float32)
    rim = outline_term(unknowns, canvas, body, (0, 0, *size), _REACH)
    unknowns = solve(unknowns, [*everything, *([] if rim is None else [rim])], _STEPS, _SETTLED)
    return FittedPose(camera.to_pose(unknowns, canvas, name), float(np.exp(unknowns[SCALE]) * canvas.metre))


def _sampled(iuv: np.ndarray) -> tuple[BodyPoints, np.ndarray, np.ndarray]:
    """Pixels of the map: the body's places they show, x and y (N, 2), and their parts (N,). Small parts are not left
    out: of each, as many as of the others as far as there are."""
    pixel, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), TEXTURE - 1).astype(np.int64).T
    face = charts().face_of_texel[row, column]
    usable = np.flatnonzero(face >= 0)
    parts = iuv[..., 0].ravel()[pixel]
    if len(usable) < _FEWEST:
        raise IUVError("The IUV map shows too little of a body to tell its pose. Give one that shows more of it.")
    kinds, counts = np.unique(parts[usable], return_counts=True)
    share = -(-_PIXELS // len(kinds))
    taken = []
    for kind, count in zip(kinds, counts, strict=True):
        own = usable[parts[usable] == kind]
        taken.append(own[np.linspace(0, count - 1, min(share, count)).astype(int)])
    chosen = np.concatenate(taken)
    pixels = np.stack([pixel[chosen] % iuv.shape[1], pixel[chosen] // iuv.shape[1]], 1).astype(np.float64)
    return _body_places(face[chosen], xy[chosen].astype(np.float64)), pixels, parts[chosen]


def _body_places(faces: np.ndarray, xy: np.ndarray) -> BodyPoints:
    """Where places (N, 2) of the texture map lie on the body, each on a triangle of the charts."""
    corners = charts().face_texture[faces].astype(np.float64)
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]

    def cross(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]

    area = cross(b - a, c - a)
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    second = np.clip(cross(xy - a, c - a) / area, 0, 1)
    third = np.clip(cross(b - a, xy - a) / area, 0, 1 - second)
    shares = np.stack([1 - second - third, second, third], 1)
    vertices = charts().body_vertex[charts().faces[faces]]
    body = camera.body_points()
    rest, weights = (np.einsum("nk,nkc->nc", shares, array[vertices]) for array in (body.rest, body.weights))
    return BodyPoints(rest, np.einsum("nk,ankc->anc", shares, body.directions[:, vertices]), weights)


def _some(points: BodyPoints, used: np.ndarray) -> BodyPoints:
    return BodyPoints(points.rest[used], points.directions[:, used], points.weights[used])


def _begin(
    points: BodyPoints, pixels: np.ndarray, parts: np.ndarray, size: tuple[int, int]
) -> tuple[Canvas, np.ndarray]:
    """How the trunk is turned, and where: its pixels are a linear function of its places, whose two rows are the
    picture's right and up as the body sees them. Without a trunk, of all pixels."""
    trunk = np.isin(parts, list(_TRUNK))
    used = trunk if np.count_nonzero(trunk) >= _FEWEST else np.ones(len(parts), bool)
    rest = points.rest[used] - joints()[0][0]
    plain = Canvas(size, 1.0).to_metres(pixels[used])
    middle, seen_middle = rest.mean(0), plain.mean(0)
    # A flat piece says nothing across itself: a little pull towards nothing keeps that direction small.
    spread = (rest - middle).T @ (rest - middle)
    pull = 0.02 * np.trace(spread) / 3 * np.eye(3)
    linear = np.linalg.solve(spread + pull, (rest - middle).T @ (plain - seen_middle)).T
    right, up = linear
    metre = max(float(np.linalg.norm(up)), float(np.linalg.norm(right)), 1e-3 * max(size))
    unknowns = np.zeros(UNKNOWNS)
    # The body's own upright axis in the picture gives the roll, and what is left gives the yaw.
    roll = np.arctan2(right[1], up[1])
    unknowns[ROLL] = roll if abs(roll) > np.radians(35) else 0.0
    across = np.cos(unknowns[ROLL]) * right - np.sin(unknowns[ROLL]) * up
    unknowns[YAW] = _facing(points, parts, across)
    turned = middle @ camera.view(unknowns).T
    unknowns[[RIGHT, UP]] = seen_middle / metre - turned[:2]
    return Canvas(size, metre), unknowns


def _facing(points: BodyPoints, parts: np.ndarray, across: np.ndarray) -> float:
    """The yaw, radians: by how the body's own left lies in the picture; where it lies across, by which side is seen:
    what is seen looks at the camera."""
    yaw = float(np.arctan2(across[2], across[0]))
    trunk = np.isin(parts, list(_TRUNK))
    if np.count_nonzero(trunk) < _FEWEST:
        return yaw
    middle = camera.body_points().rest[:, 2].mean()
    front = float(np.mean(points.rest[trunk, 2] - middle))
    side = float(np.mean(points.rest[trunk, 0]))
    # Of the two turns that look alike from far away, the one that shows the side that is seen.
    looks = np.array([yaw, np.pi - yaw])
    shown = np.cos(looks) * front - np.sin(looks) * side
    return float(looks[int(shown.argmax())]) if abs(np.cos(yaw)) < 0.5 else yaw


def _pixel_term(points: BodyPoints, targets: np.ndarray) -> Term:
    """What the pixels count."""
    base = 1 / _SPREAD / np.sqrt(max(1.0, len(targets) / _USUAL_PIXELS))

    def term(unknowns: np.ndarray, bones: Bones) -> tuple[np.ndarray, np.ndarray]:
        now = camera.seen(bones, points, unknowns)
        miss = now.places - targets
        weight = (base * huber(np.linalg.norm(miss, axis=1) / _SPREAD, _BOUND))[:, None]
        return (miss * weight).ravel(), (now.slopes * weight[..., None]).reshape(-1, UNKNOWNS)

    return term
