"""What the body finder would make of a drawn picture, without its networks: points and an outline that err as it does.

The points lie where the true body has them, each off by about its own spread (`landmark_places`), limbs as a whole too;
in depth they err more. The outline is the true one on the finder's own coarse grid, its edge moved in and out smoothly;
now and then something beside the person belongs to it, or a piece is missing.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.fitting.landmark_places import places
from mcld_app.body.fitting.landmarks import AT, NAMES, Landmarks
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import body_faces, draw_surface, posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES, joint_places
from mcld_app.perception.body_landmarks import SIDE, Outline
from mcld_app.perception.people_finder import FoundPerson

_BADLY = 0.15  # of the people are found with large errors
_HIDDEN = 0.13  # metres that a point may lie under what is seen and not be hidden
_SMALL = 2  # pixels of the picture a pixel of the picture of depths stands for
_ROOM = 1.25  # the finder's square over the circle around the body
_LIMBS = (("elbow", "wrist", "little_finger", "index_finger", "thumb"), ("knee", "ankle", "heel", "toes"))
_MISSED, _TOO_MUCH = 0.12, 0.15  # how often a piece of the outline is missing, or something beside belongs to it


def simulated_sighting(pose: Pose, hips: float, alpha: np.ndarray, rng: np.random.Generator) -> FoundPerson:
    """Somebody as the finder might find them.

    Args:
        pose: the person's true pose, with their own body, in a picture of alpha's size.
        hips: metres from the floor up to the pelvis, as they were drawn.
        alpha: (H, W) uint8, how much of a pixel they cover.
        rng: makes the errors.
    """
    size = alpha.shape
    badly = rng.random() < _BADLY
    much = rng.uniform(1.8, 2.8) if badly else rng.uniform(0.6, 1.1)
    points, hidden = _true_points(pose, hips, size)
    metre = size[0] / 2 * pose.zoom
    landmarks = _with_errors(points, hidden, pose, metre, size, much, rng)
    square = _square(points, metre, rng)
    return FoundPerson(landmarks, Outline(_outline(alpha, square, metre, much, rng), square), 0.9, size)


@lru_cache(maxsize=1)
def _numbers() -> np.ndarray:
    """(33,) int: which of `places` each landmark lies at; points around an eye lie at it."""
    order = {name: number for number, name in enumerate(places())}
    return np.array([order[name.replace("_inner", "").replace("_outer", "")] for name in NAMES])


def _true_points(pose: Pose, hips: float, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(33, 3) where the landmarks are: x, y in pixels and the depth in metres; and (33,) bool, those that something
    hides."""
    mesh, bones = body_mesh(), list(BONES)
    carriers = [bones.index(place.joint) for place in places().values()]
    rest = joint_places(pose.build, pose.shape)[carriers] + np.array([place.offset for place in places().values()])
    body = np.concatenate([mesh.shaped(pose.build, pose.shape), rest]).astype(np.float32)
    vertices, joints = posed_vertices(
        pose, body, np.concatenate([mesh.weights, np.eye(len(bones), dtype=np.float32)[carriers]])
    )
    vertices[:, 1] += hips - joints[0, 1]
    seen = to_picture(vertices, pose, size)
    points = seen[len(mesh.rest) :].astype(np.float64)[_numbers()]
    small = seen[: len(mesh.rest)] / np.float32([_SMALL, _SMALL, 1])
    rows, columns = size[0] // _SMALL, size[1] // _SMALL
    _, drawn, shown = draw_surface(small, body_faces(), (rows, columns))
    depth = np.append(small[body_faces()[drawn], 2].mean(1), -np.inf)[shown]
    x, y = (np.clip(points[:, k] / _SMALL, 0, n - 1).astype(int) for k, n in ((0, columns), (1, rows)))
    return points, depth[y, x] - points[:, 2] > _HIDDEN


def _with_errors(
    points: np.ndarray,
    hidden: np.ndarray,
    pose: Pose,
    metre: float,
    size: tuple[int, int],
    much: float,
    rng: np.random.Generator,
) -> Landmarks:
    spread = np.array([place.spread for place in places().values()])[_numbers()]
    off = rng.normal(0, 0.7, (len(NAMES), 3)) * spread[:, None]
    off[:, 2] += rng.normal(0, 0.03, len(NAMES))
    for side in ("left", "right"):
        for limb in _LIMBS:
            off[[AT[f"{side}_{name}"] for name in limb]] += rng.normal(0, (0.012, 0.012, 0.10))
    off *= much * np.where(hidden, 1.7, 1.0)[:, None]
    x, y = points[:, 0], points[:, 1]
    outside = (x < 0) | (y < 0) | (x > size[1] - 1) | (y > size[0] - 1)
    off[outside] *= 1.5
    sure = np.where(hidden, rng.uniform(0.1, 0.7, len(NAMES)), rng.uniform(0.85, 1.0, len(NAMES)))
    sure = np.where(outside, rng.uniform(0.0, 0.2, len(NAMES)), sure)
    space = points * (1 / metre, -1 / metre, rng.uniform(0.8, 1.05))
    space = space - (space[AT["left_hip"]] + space[AT["right_hip"]]) / 2 + off
    # Who is seen from the side is taken to be turned less, by up to 22 degrees; and all by some degrees.
    side_on = np.sin(np.radians(pose.yaw))
    turn = np.radians(rng.normal(0, 5) * much - np.sign(side_on) * side_on**2 * rng.uniform(0, 22))
    turn *= 1.0 if abs(pose.yaw) <= 90 else -1.0
    c, s = np.cos(turn), np.sin(turn)
    space = space @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T
    places_found = points[:, :2] + off[:, :2] * (metre, -metre)
    return Landmarks(places_found, sure, space)


def _square(points: np.ndarray, metre: float, rng: np.random.Generator) -> np.ndarray:
    """(2, 3): from the finder's square to pixels of the picture."""
    hips = (points[AT["left_hip"], :2] + points[AT["right_hip"], :2]) / 2
    reach = np.linalg.norm(points[:, :2] - hips, axis=1).max() + 0.12 * metre
    side, angle = 2 * _ROOM * reach * rng.uniform(0.9, 1.1), np.radians(rng.normal(0, 6))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn * side / SIDE, hips - turn @ np.full(2, side / 2)])


def _outline(alpha: np.ndarray, square: np.ndarray, metre: float, much: float, rng: np.random.Generator) -> np.ndarray:
    """(256, 256) float32, 0..1."""
    cell = float(np.hypot(*square[:, 0]))  # pixels
    blurred = cv2.GaussianBlur(alpha, (0, 0), max(0.3, 0.4 * cell))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    body = cv2.warpAffine(blurred, square, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE) >= 128
    body = body.astype(np.uint8)
    centimetre = metre / 100 / cell
    reach = 2 * max(1, round(rng.uniform(0.4, 1.4) * centimetre)) + 1  # narrow gaps, as between fingers, are closed
    body = cv2.morphologyEx(body, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    inside = cv2.distanceTransform(body, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - body, cv2.DIST_L2, 5)
    inside = cv2.GaussianBlur(inside - np.float32(0.5) * np.sign(inside), (0, 0), 1.3)  # no stairs
    inside += centimetre * rng.normal(0.15, 0.2 * much)
    for reach, strength in ((7.0, 0.25), (22.0, 0.4)):
        inside += centimetre * strength * much * _smooth_noise(reach, rng)
    for chance, adds in ((_MISSED, False), (_TOO_MUCH, True)):
        if rng.random() < chance and body.any():
            inside = _with_blot(inside, rng.uniform(2, 6) * centimetre, adds, rng)
    return (1 / (1 + np.exp(-np.clip(inside / rng.uniform(0.15, 0.4), -30, 30)))).astype(np.float32)


def _smooth_noise(reach: float, rng: np.random.Generator) -> np.ndarray:
    """(256, 256) float32 of mean 0 and spread 1, alike within `reach` cells."""
    cells = max(4, round(SIDE / (2 * reach)))
    coarse = rng.normal(0, 1, (cells, cells)).astype(np.float32)
    noise = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return noise / noise.std()


def _with_blot(inside: np.ndarray, radius: float, adds: bool, rng: np.random.Generator) -> np.ndarray:
    """The distances to the outline with a round piece more, or less, somewhere on it."""
    rows, columns = np.nonzero(np.abs(inside) < 1)
    if not len(rows):
        return inside
    at = int(rng.integers(len(rows)))
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    away = np.hypot((x - columns[at]) * rng.uniform(0.6, 1.0), (y - rows[at]) * rng.uniform(0.6, 1.0)) - radius
    return np.maximum(inside, -away) if adds else np.minimum(inside, away)
