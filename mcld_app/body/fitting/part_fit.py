"""The parts of a body alone -> the mannequin's pose, where nothing says which place of a part a pixel shows.

Joints lie where two parts meet: they make a skeleton, and its pose the first guess. Then each part of the mannequin is
stretched over the same part of the picture, which gives every pixel a place; the map that this makes is fitted like any
other (`map_fit`), and again from there.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.map_fit import fit_map
from mcld_app.body.framing import frame_iuv, plan_frame
from mcld_app.body.keypoint_pose import pose_of_skeleton
from mcld_app.body.keypoints import Skeleton
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.errors import PoseError

_SIZE = (512, 352)
_ROUNDS = 3
_PIXELS = 120  # of each part that get a place, spread over it
_DRAWN = 2000  # of the mannequin's own pixels of a part that they may get it from
_FEWEST = 6  # pixels; what is smaller tells nothing
_OTHER = 0.2  # of the largest piece; smaller ones are cut off by what is in front
_TRUNK, _HEAD = (1, 2), (23, 24)
_SIDES = {  # upper arm, lower arm, hand, thigh, lower leg, foot
    "left": ((15, 17), (19, 21), (4,), (8, 10), (12, 14), (5,)),
    "right": ((16, 18), (20, 22), (3,), (7, 9), (11, 13), (6,)),
}


def fit_parts(parts: np.ndarray, *, name: str = "as in the picture") -> Pose:
    """The mannequin's pose by the part that each pixel shows, as the 11:16 picture around that person shows it.

    Args:
        parts: (H, W) uint8, 0..24, of one person.
        name: of the pose.

    Raises:
        PoseError: too few parts meet to tell a pose.
        IUVError: too little of a body is seen.
    """
    small = _framed(_of_one(parts))
    try:
        tried = [pose_of_skeleton(Skeleton(_joints(small), _SIZE), name=name)]
    except PoseError as error:
        raise PoseError(
            "These parts tell no pose: both shoulders or both hips, and two joints more, must be seen, where one part "
            "meets the next. Choose a picture that shows more of the body, and not from the side."
        ) from error
    for _ in range(_ROUNDS):
        tried.append(fit_map(_placed(small, draw_iuv(tried[-1], _SIZE)), name=name).pose)
    return max(tried, key=lambda pose: _agreement(small, draw_iuv(pose, _SIZE)[..., 0]))


def _agreement(parts: np.ndarray, drawn: np.ndarray) -> float:
    """Pixels that show the same part in both, by those that show any in either."""
    return float(((parts == drawn) & (parts > 0)).sum() / max(((parts > 0) | (drawn > 0)).sum(), 1))


def _of_one(parts: np.ndarray) -> np.ndarray:
    """The parts of the largest person: without other pieces that have a trunk of their own."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((parts > 0).astype(np.uint8))
    if count <= 2:
        return parts
    sizes = stats[:, cv2.CC_STAT_AREA] * (np.arange(count) > 0)
    others = [piece for piece in np.unique(labels[np.isin(parts, _TRUNK)]) if piece != sizes.argmax()]
    whole = [piece for piece in others if sizes[piece] > _OTHER * sizes.max()]
    return np.where(np.isin(labels, whole), 0, parts).astype(np.uint8)


def _framed(parts: np.ndarray) -> np.ndarray:
    """(512, 352): the parts as the picture around the person shows them."""
    planes = np.repeat(parts[..., None], 3, 2)
    return np.ascontiguousarray(frame_iuv(planes, plan_frame(planes, target=_SIZE))[..., 0])


def _joints(parts: np.ndarray) -> dict[str, tuple[float, float]]:
    """Where joints are, x and y in pixels: in the middle of where two parts touch; the nose in the head's."""
    found = {}
    for side, (upper, lower, hand, thigh, shin, foot) in _SIDES.items():
        meet = {"shoulder": (_TRUNK, upper), "elbow": (upper, lower), "wrist": (lower, hand), "hip": (_TRUNK, thigh),
                "knee": (thigh, shin), "ankle": (shin, foot)}  # fmt: skip
        for joint, (one, other) in meet.items():
            found[f"{side}_{joint}"] = _grown(parts, one) & _grown(parts, other)
    found["nose"] = np.isin(parts, _HEAD)
    places = {name: np.nonzero(where) for name, where in found.items()}
    return {name: (float(x.mean()), float(y.mean())) for name, (y, x) in places.items() if len(y) >= _FEWEST}


def _grown(parts: np.ndarray, some: tuple[int, ...]) -> np.ndarray:
    return cv2.dilate(np.isin(parts, some).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


def _placed(parts: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """An IUV map (H, W, 3) of some pixels of each part: each has the place of the mannequin's pixel that lies in its
    part as they do, both parts being moved and stretched to the same middle and spread."""
    out = np.zeros((*parts.shape, 3), np.uint8)
    for part in range(1, 25):
        here, there = np.argwhere(parts == part), np.argwhere(drawn[..., 0] == part)
        if min(len(here), len(there)) < _FEWEST:
            continue
        some, others = _spread(here, _PIXELS), _spread(there, _DRAWN)
        apart = _levelled(some, here)[:, None] - _levelled(others, there)[None]
        nearest = others[(apart**2).sum(-1).argmin(1)]
        out[some[:, 0], some[:, 1]] = drawn[nearest[:, 0], nearest[:, 1]]
    return out


def _spread(pixels: np.ndarray, most: int) -> np.ndarray:
    return pixels[np.linspace(0, len(pixels) - 1, min(len(pixels), most)).astype(int)]


def _levelled(some: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    return ((some - pixels.mean(0)) / (pixels.std(0) + 1e-3)).astype(np.float32)
