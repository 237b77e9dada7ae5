"""The mannequin's map bent to a person's outline, and what of it must not be printed on the texture map.

A fitted mannequin misses the person's rim by a few centimetres. Along its own rim it is known how far; inside, the map
is shifted by a smooth field that takes these values at the rim and none in the middle of trunk and limbs. What remains
doubtful is left open: behind the edge of a nearer limb, around hands, at the rim, and where skin of a hand shows on
cloth. Holes are filled later, from what was seen.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.fitting.landmarks import AT, Landmarks
from mcld_app.body.fitting.silhouette import crossings, extended, is_within
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import body_faces, draw_surface, posed_vertices, to_picture
from mcld_app.body.texture.pull_push import pull_push

_ROWS = 384  # height of the small picture the field of shifts is worked out on
_REACH = 0.05  # metres a rim is shifted at most
_STILL = 0.012  # metres a hand's or the head's rim may move outwards: hair and what a hand holds are no skin
_MIDDLE = 0.03  # metres from the rim at least, where a limb has a middle
_MIDDLE_WEIGHT = 0.3
_HANDS, _HEAD, _LOWER_ARMS = (3, 4), (23, 24), (19, 20, 21, 22)

_CLOTH = 0.05  # metres that loose cloth stands off the body's map, at most
_BEHIND = 0.010  # metres on a far limb beside the edge of a nearer one
_STEP = 0.05  # metres nearer, to be another limb
_AROUND_HAND = 0.030
_AT_RIM = 0.007
_SLIVER = 0.004  # metres: half of it

_HAND_REACH = 0.12  # metres from a hand, in which its skin is looked for
_SKIN, _SHADE = 13.0, 55.0  # of Lab (8 bits): how far a hand's colour goes in a and b, and in lightness
_TOO_MUCH = 0.75  # of the square around a hand: then the cloth has the skin's colour
_LEAST_HAND = 0.25  # of the mannequin's hand that lies on the skin: then the rest of it lies beside the hand
_HAND_POINTS = ("wrist", "little_finger", "index_finger", "thumb")


def snap(
    iuv: np.ndarray, outline: np.ndarray, metre: float, inside: tuple[int, int, int, int] | None = None
) -> np.ndarray:
    """A map bent so that its rim meets a person's, and cut off where they are not.

    Args:
        iuv: (H, W, 3) uint8, the mannequin's.
        outline: (H, W) float32, 0..1, the person's.
        metre: pixels a metre of the mannequin takes.
        inside: (top, left, height, width) of what the outline is known of; default: all.

    Returns:
        (H, W, 3) uint8.
    """
    height, width = outline.shape
    small = min(1.0, _ROWS / height)
    size = (max(2, round(height * small)), max(2, round(width * small)))
    part = cv2.resize(iuv[..., 0], size[::-1], interpolation=cv2.INTER_NEAREST)
    inside = inside or (0, 0, height, width)
    known = cv2.resize(extended(outline, inside), size[::-1], interpolation=cv2.INTER_AREA)
    metre *= small
    met = crossings(part > 0, known, metre, _REACH)
    at = met.pixels
    used = np.isfinite(met.away) & is_within(met.points, tuple(side * small for side in inside), margin=1.0)
    keeps = np.isin(part[at[:, 1], at[:, 0]], (*_HANDS, *_HEAD))
    used &= ~(keeps & (met.away > _STILL * metre))
    # The field says where to read: what is to be seen at the person's rim lies at the mannequin's.
    away = (met.normals * met.away[:, None])[used]
    target = np.clip(np.round(met.points[used] + away).astype(int), 0, (size[1] - 1, size[0] - 1))
    field, weight = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
    field[target[:, 1], target[:, 0], :2] = -away
    weight[target[:, 1], target[:, 0]] = 1
    depth = cv2.distanceTransform((part > 0).astype(np.uint8), cv2.DIST_L2, 3)
    middle = (depth >= 0.8 * cv2.dilate(depth, np.ones((9, 9), np.uint8))) & (depth > _MIDDLE * metre)
    field[middle] = 0
    weight[middle] = np.maximum(weight[middle], _MIDDLE_WEIGHT)
    shifts = cv2.GaussianBlur(pull_push(field, weight)[..., :2], (0, 0), max(1.0, 0.01 * metre))
    shifts = cv2.resize(shifts, (width, height), interpolation=cv2.INTER_LINEAR) / np.float32(small)
    shifts += _grid(height, width)
    bent = cv2.remap(iuv, shifts, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    bent[outline < 0.5] = 0
    return bent


def extend(iuv: np.ndarray, outline: np.ndarray, metre: float) -> np.ndarray:
    """A snapped map that goes on over loose cloth: what of the person it misses shows the place of the body next to it,
    as far as `_CLOTH` goes. Hair and what a hand holds stay off. The arguments are `snap`'s."""
    body = iuv[..., 0] > 0
    missed = (outline >= 0.5) & ~body
    if not missed.any() or not body.any():
        return iuv
    distance, label = cv2.distanceTransformWithLabels(
        (~body).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros(label.max() + 1, np.int64)
    nearest[label[body]] = np.flatnonzero(body)
    where = np.flatnonzero(missed & (distance < _CLOTH * metre))
    taken = iuv.reshape(-1, 3)[nearest[label.ravel()[where]]]
    is_cloth = ~np.isin(taken[:, 0], (*_HANDS, *_HEAD))
    out = iuv.copy()
    out.reshape(-1, 3)[where[is_cloth]] = taken[is_cloth]
    return out


@lru_cache(maxsize=2)
def _grid(height: int, width: int) -> np.ndarray:
    """(height, width, 2) float32: each pixel's own x and y."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    grid = np.stack([x, y], -1)
    grid.setflags(write=False)
    return grid


def doubtful(
    pose: Pose,
    iuv: np.ndarray,
    outline: np.ndarray,
    metre: float,
    photo: np.ndarray | None = None,
    landmarks: Landmarks | None = None,
) -> np.ndarray:
    """Pixels of a snapped map that must not be printed.

    Args:
        pose: the mannequin's, in this picture.
        iuv: (H, W, 3) uint8, the snapped map.
        outline: (H, W) float32, 0..1, the person's.
        metre: pixels a metre of the mannequin takes.
        photo: (H, W, 3) uint8 RGB; and
        landmarks: of the person, in its pixels; to see where skin of a hand shows on cloth.

    Returns:
        (H, W) bool.
    """
    out = _behind_edges(pose, iuv.shape[:2], metre)
    rim = cv2.erode((outline >= 0.5).astype(np.uint8), _disc(_AT_RIM * metre), borderValue=1) == 0
    out |= rim
    if photo is not None and landmarks is not None:
        out |= _hand_prints(photo, iuv, landmarks, metre)
    return out & (iuv[..., 0] > 0)


def slivers(iuv: np.ndarray, doubt: np.ndarray, metre: float) -> np.ndarray:
    """Pixels of a map (H, W, 3) uint8, (H, W) bool, that hang on to doubtful ones, (H, W) bool, in strips so thin that
    they are doubtful, too: what is seen there shines far around on the texture map. Fingers are as thin."""
    sure = (iuv[..., 0] > 0) & ~doubt
    wide = cv2.morphologyEx(sure.astype(np.uint8), cv2.MORPH_OPEN, _disc(_SLIVER * metre), borderValue=1) > 0
    return sure & ~wide & ~np.isin(iuv[..., 0], _HANDS)


def _behind_edges(pose: Pose, size: tuple[int, int], metre: float) -> np.ndarray:
    """(size) bool: what lies just beside a nearer limb's edge, or around a hand."""
    small = min(1.0, _ROWS / size[0])
    rows, columns = max(2, round(size[0] * small)), max(2, round(size[1] * small))
    points = to_picture(posed_vertices(pose)[0], pose, size)
    points[:, :2] = (points[:, :2] + 0.5) * np.float32(small) - 0.5
    _, faces, seen = draw_surface(points, body_faces(), (rows, columns))
    depth, part = np.full((rows, columns), -np.inf, np.float32), np.zeros((rows, columns), np.uint8)
    body = seen >= 0
    depth[body] = points[body_faces()[faces], 2].mean(1)[seen[body]]
    part[body] = charts().face_part[faces[seen[body]]]
    nearer = cv2.dilate(depth, _disc(_BEHIND * metre * small))
    out = body & (nearer - np.where(body, depth, 0) > _STEP)
    hands = np.isin(part, _HANDS)
    hand = cv2.dilate(np.where(hands, depth, -np.inf).astype(np.float32), _disc(_AROUND_HAND * metre * small))
    out |= body & ~hands & ~np.isin(part, _LOWER_ARMS) & (hand > depth)
    return cv2.resize(out.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _hand_prints(photo: np.ndarray, iuv: np.ndarray, landmarks: Landmarks, metre: float) -> np.ndarray:
    """(H, W) bool: skin-coloured pixels of trunk and legs that hang together with a hand, for they are the hand itself,
    where the mannequin's lies beside it; and what of the mannequin's hand shows no skin."""
    out = np.zeros(iuv.shape[:2], bool)
    for side in ("left", "right"):
        points = landmarks.places[[AT[f"{side}_{name}"] for name in _HAND_POINTS]]
        middle, reach = points.mean(0), _HAND_REACH * metre
        left, top = np.maximum((middle - reach).astype(int), 0)
        right, bottom = np.minimum((middle + reach).astype(int) + 1, photo.shape[1::-1])
        if landmarks.sure[AT[f"{side}_wrist"]] < 0.5 or right - left < 3 or bottom - top < 3:
            continue
        window = slice(top, bottom), slice(left, right)
        core = np.zeros((bottom - top, right - left), np.uint8)
        hull = cv2.convexHull(np.round(points - (left, top)).astype(np.int32).reshape(-1, 1, 2))
        cv2.fillPoly(core, [hull], 1)
        if np.count_nonzero(core) < 6:
            continue
        lab = cv2.cvtColor(np.ascontiguousarray(photo[window]), cv2.COLOR_RGB2LAB).astype(np.float32)
        away = lab - np.median(lab[core > 0], axis=0)
        skin = (np.hypot(away[..., 1], away[..., 2]) < _SKIN) & (np.abs(away[..., 0]) < _SHADE)
        _, label = cv2.connectedComponents((skin | (core > 0)).astype(np.uint8))
        y, x = np.mgrid[top:bottom, left:right]
        joined = np.isin(label, np.unique(label[core > 0])) & (label > 0)
        joined &= np.hypot(x - middle[0], y - middle[1]) < reach
        if joined.mean() > _TOO_MUCH:
            joined = core > 0
        part = iuv[..., 0][window]
        hand = np.isin(part, _HANDS)
        if (joined & hand).sum() > _LEAST_HAND * hand.sum():
            out[window] |= hand & ~joined
        joined = cv2.dilate(joined.astype(np.uint8), _disc(0.006 * metre)) > 0
        out[window] |= joined & ~hand & ~np.isin(part, _LOWER_ARMS)
    return out


def _disc(radius: float) -> np.ndarray:
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
