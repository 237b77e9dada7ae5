"""Landmarks and an outline -> the mannequin's pose: damped least squares (Gauss and Newton, Levenberg and Marquardt).

The unknowns are all joint angles, the shape and the camera (`camera`). What counts: the landmarks' places in the
picture; the differences of their depths along each limb; how far angles are from standing; and, in later rounds, the
outline (`silhouette`). What errs much counts as if it erred less (Huber, "Robust Estimation of a Location Parameter",
1964).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcld_app.body.fitting import body_shape, camera
from mcld_app.body.fitting.articulated import KEYS, LIMITS, Bones
from mcld_app.body.fitting.camera import PITCH, RIGHT, ROLL, SCALE, SHAPE, UNKNOWNS, UP, YAW, Canvas, Seen
from mcld_app.body.fitting.landmark_places import landmark_points, places
from mcld_app.body.fitting.landmarks import AT, Landmarks
from mcld_app.body.fitting.silhouette import outline_term
from mcld_app.body.mannequin.kinematics import step_within
from mcld_app.body.mannequin.pose import Pose
from mcld_app.errors import PoseError

Term = Callable[[np.ndarray, Bones], tuple[np.ndarray, np.ndarray]]
"""Unknowns and the skeleton at their angles -> residuals (M,), in spreads, and how they move, (M, UNKNOWNS)."""

_LEAST_SURE = 0.05  # what a point counts at least, so that a hidden limb has some place
_OUTSIDE = 0.15  # and at most, where it lies outside of the picture
_UNSURE = 0.5  # of a landmark: its joint is marked
_ROUNDS = (0.12, 0.08)  # metres on each side of the mannequin's outline in which the person's is looked for
_STEPS, _STEPS_A_ROUND = 10, 4
_SETTLED = 1e-3  # a step that lessens the cost by a smaller share was the last one
_UPSIDE_DOWN = np.radians(35.0)  # a trunk that leans more begins turned in the picture; less is bent sideways

# How far apart in depth: landmark, the one nearer to the trunk, and the spread of the difference in metres.
_DEPTHS: tuple[tuple[str, str, float], ...] = (
    ("left_shoulder", "right_shoulder", 0.05),
    ("left_hip", "right_hip", 0.05),
    ("left_ear", "right_ear", 0.04),
    *(
        (f"{side}_{far}" if far != "nose" else far, f"{side}_{near}", spread)
        for side in ("left", "right")
        for far, near, spread in (
            ("elbow", "shoulder", 0.06), ("wrist", "elbow", 0.06), ("knee", "hip", 0.06), ("ankle", "knee", 0.06),
            ("toes", "ankle", 0.06), ("nose", "ear", 0.04), ("shoulder", "hip", 0.08), ("nose", "shoulder", 0.08),
            ("index_finger", "wrist", 0.05), ("little_finger", "index_finger", 0.05),
        )
    ),
)  # fmt: skip
_LONG_BONES = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))

# How far from standing an angle is, about, in degrees; of a limb where nothing else is named.
_TURNS: dict[str, dict[str, float]] = {
    "spine": {"bend": 14, "side": 10, "twist": 12},
    "chest": {"bend": 14, "side": 10, "twist": 12},
    "neck": {"bend": 15, "side": 12, "twist": 20},
    "head": {"bend": 15, "side": 12, "twist": 20},
    "clavicle": {"": 8},
    "shoulder": {"": 50, "twist": 25},
    "hip": {"": 50, "twist": 25},
    "elbow": {"bend": 60, "twist": 30},
    "knee": {"": 60},
    "wrist": {"": 15},
    "ankle": {"": 15},
}
_USUAL = dict(zip(range(SHAPE.start, SHAPE.stop), body_shape.SPREADS, strict=True)) | {
    PITCH: np.radians(8), ROLL: np.radians(25), SCALE: 0.3,
}  # spreads of the rest


@dataclass(frozen=True, eq=False)
class FittedPose:
    """What was found.

    Attributes:
        pose: the mannequin's, in a picture of the size that was fitted to.
        metre: pixels of that picture a metre of the mannequin takes.
        unsure: landmarks that were hardly seen, see `landmarks.NAMES`: their joints stand as they may.
    """

    pose: Pose
    metre: float
    unsure: tuple[str, ...] = ()


def fit_pose(
    landmarks: Landmarks,
    size: tuple[int, int],
    outline: np.ndarray | None = None,
    *,
    inside: tuple[int, int, int, int] | None = None,
    name: str = "as in the photo",
) -> FittedPose:
    """The mannequin's pose by a person's landmarks and, where it is given, their outline.

    Args:
        landmarks: in pixels of the picture.
        size: its (height, width).
        outline: (*size,) float32, 0..1, where the person is.
        inside: (top, left, height, width) of what the picture shows of the photo; beyond, the outline says nothing.
        name: of the pose.

    Raises:
        PoseError: the landmarks are no body: all in one place, or not finite.
    """
    if not all(np.isfinite(array).all() for array in (landmarks.places, landmarks.sure, landmarks.space)):
        raise PoseError("These points are no body: some are no finite numbers.")
    canvas, unknowns = begin(landmarks, size)
    own = [*landmark_terms(landmarks, canvas), prior_term(unknowns[ROLL])]
    unknowns = solve(unknowns, own, _STEPS)
    for reach in _ROUNDS if outline is not None else ():
        rim = outline_term(unknowns, canvas, outline, inside or (0, 0, *size), reach)
        if rim is not None:
            unknowns = solve(unknowns, [*own, rim], _STEPS_A_ROUND)
    unsure = tuple(name for name in places() if landmarks.sure[AT[name]] < _UNSURE)
    metre = float(np.exp(unknowns[SCALE]) * canvas.metre)
    return FittedPose(camera.to_pose(unknowns, canvas, name), metre, unsure)


# --- Where to begin ------------------------------------------------------------------------------------------------


def begin(landmarks: Landmarks, size: tuple[int, int]) -> tuple[Canvas, np.ndarray]:
    """The picture in metres of the mannequin, and unknowns to begin with: turned as shoulders and hips are in space,
    limbs along their directions there."""
    numbers, _, _ = landmark_points()
    space, sure = landmarks.space * _to_mannequin(landmarks), _weights(landmarks, size)
    plain = Canvas(size, 1.0).to_metres(landmarks.places)
    flat, seen = space[numbers, :2], plain[numbers]
    middle, seen_middle = np.average(flat, axis=0, weights=sure), np.average(seen, axis=0, weights=sure)
    spread = (sure[:, None] * (flat - middle) ** 2).sum()
    metre = (sure[:, None] * (flat - middle) * (seen - seen_middle)).sum() / max(spread, 1e-9)
    if spread < 1e-6 or np.ptp(plain[numbers], axis=0).max() < 1:
        raise PoseError("These points are no body: they all lie in one place.")
    canvas = Canvas(size, max(float(metre), 1e-3 * max(size)))
    unknowns = np.zeros(UNKNOWNS)

    def between(array: np.ndarray, name: str) -> np.ndarray:
        return array[AT[f"left_{name}"]] - array[AT[f"right_{name}"]]

    upright = _middle(plain, "shoulder") - _middle(plain, "hip")
    lean = float(np.arctan2(*upright))
    unknowns[ROLL] = lean if abs(lean) > _UPSIDE_DOWN else 0.0
    across = (between(space, "shoulder") + between(space, "hip")) @ camera.view(unknowns)
    unknowns[YAW] = np.arctan2(-across[2], across[0])
    unknowns[[RIGHT, UP]] = seen_middle / canvas.metre - middle + _middle(space, "hip")[:2]
    _bend_limbs(unknowns, space @ camera.view(unknowns))
    return canvas, unknowns


def _to_mannequin(landmarks: Landmarks) -> float:
    """How much larger the mannequin is than the landmarks' body in space, by the long bones."""
    rest = dict(zip(places(), landmark_points()[1].rest, strict=True))
    pairs = [(f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in _LONG_BONES]
    ours = np.array([np.linalg.norm(rest[a] - rest[b]) for a, b in pairs])
    theirs = np.array([np.linalg.norm(landmarks.space[AT[a]] - landmarks.space[AT[b]]) for a, b in pairs])
    return float(np.clip(ours @ theirs / max(theirs @ theirs, 1e-9), 0.7, 1.6))


def _bend_limbs(unknowns: np.ndarray, body: np.ndarray) -> None:
    """Set the limbs' angles by the directions of their bones in the body's own space, (33, 3)."""

    def put(key: str, radians: float) -> None:
        number = KEYS.index(key)
        unknowns[number] = np.clip(radians, *LIMITS[number])

    def bend(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.arccos(np.clip(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9), -1, 1)))

    for side, sign in (("left", 1.0), ("right", -1.0)):
        upper_arm, lower_arm, thigh, shin = (
            (body[AT[f"{side}_{to}"]] - body[AT[f"{side}_{at}"]]) * (sign, 1.0, 1.0) for at, to in _LONG_BONES
        )
        raised = np.arctan2(upper_arm[0], np.hypot(*upper_arm[1:]))
        forward = np.arctan2(upper_arm[2], -upper_arm[1])
        if forward > LIMITS[KEYS.index(f"{side}_shoulder.forward"), 0]:
            put(f"{side}_shoulder.raise", raised)
            put(f"{side}_shoulder.forward", forward)
        else:  # up and behind the head: over the side
            put(f"{side}_shoulder.raise", np.pi - raised if upper_arm[1] > 0 else raised)
        put(f"{side}_elbow.bend", bend(upper_arm, lower_arm))
        put(f"{side}_hip.forward", np.arctan2(thigh[2], -thigh[1]))
        put(f"{side}_hip.side", np.arctan2(thigh[0], np.hypot(*thigh[1:])))
        put(f"{side}_knee.bend", bend(thigh, shin))


def _middle(array: np.ndarray, name: str) -> np.ndarray:
    return (array[AT[f"left_{name}"]] + array[AT[f"right_{name}"]]) / 2


def _weights(landmarks: Landmarks, size: tuple[int, int]) -> np.ndarray:
    """(N,) what each fitted landmark counts."""
    numbers, _, _ = landmark_points()
    at, sure = landmarks.places[numbers], np.clip(landmarks.sure[numbers], 0, 1)
    within = ((at >= -2) & (at <= np.array(size[::-1]) + 1)).all(1)
    return np.maximum(np.where(within, sure, np.minimum(sure, _OUTSIDE)), _LEAST_SURE)


# --- What counts ---------------------------------------------------------------------------------------------------


def landmark_terms(landmarks: Landmarks, canvas: Canvas, trust: float = 1.0, depth: float = 1.0) -> Iterable[Term]:
    """The landmarks' places in the picture, and the differences of their depths; `trust` and `depth` say what these
    count."""
    numbers, points, spreads = landmark_points()
    sure = _weights(landmarks, canvas.size) * trust
    targets = canvas.to_metres(landmarks.places[numbers])
    row = {int(number): at for at, number in enumerate(numbers)}
    far, near = (np.array([row[AT[pair[k]]] for pair in _DEPTHS]) for k in (0, 1))
    apart = landmarks.space[:, 2] * _to_mannequin(landmarks)
    steps = apart[numbers[far]] - apart[numbers[near]]
    steepness = np.sqrt(np.minimum(sure[far], sure[near])) / np.array([pair[2] for pair in _DEPTHS]) * depth

    def both(unknowns: np.ndarray, bones: Bones) -> tuple[np.ndarray, np.ndarray]:
        now: Seen = camera.seen(bones, points, unknowns)
        miss = now.places - targets
        weight = np.sqrt(sure) / spreads
        weight = (weight * huber(np.linalg.norm(miss, axis=1) * weight, 3.0))[:, None]
        deep = now.depths[far] - now.depths[near] - steps
        steep = steepness * huber(deep * steepness, 2.0)
        residuals = np.concatenate([(miss * weight).ravel(), deep * steep])
        slopes = (now.slopes * weight[..., None]).reshape(-1, UNKNOWNS)
        return residuals, np.concatenate([slopes, (now.depth_slopes[far] - now.depth_slopes[near]) * steep[:, None]])

    return (both,)


def prior_term(roll: float = 0.0) -> Term:
    """How far the unknowns are from a person who stands, of usual build, seen from their own height, in a picture that
    is turned by `roll` radians."""
    numbers, spreads = _priors()
    usual = np.where(numbers == ROLL, roll, 0.0)

    def standing(unknowns: np.ndarray, bones: Bones) -> tuple[np.ndarray, np.ndarray]:
        slopes = np.zeros((len(numbers), UNKNOWNS))
        slopes[np.arange(len(numbers)), numbers] = 1 / spreads
        return (unknowns[numbers] - usual) / spreads, slopes

    return standing


@lru_cache(maxsize=1)
def _priors() -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the unknowns that have a usual value, and their spreads."""
    spreads = []
    for key in KEYS:
        joint, _, axis = key.partition(".")
        usual = _TURNS[joint.rpartition("_")[2]]
        spreads.append(np.radians(usual[axis] if axis in usual else usual[""]))
    return np.array([*range(len(KEYS)), *_USUAL]), np.array([*spreads, *_USUAL.values()])


def huber(residuals: np.ndarray, bound: float) -> np.ndarray:
    """What residuals are multiplied by, so that beyond the bound they cost in proportion and not by their square."""
    size = np.abs(residuals)
    return np.sqrt(np.where(size < bound, 1.0, bound / np.maximum(size, 1e-9)))


# --- The solver ----------------------------------------------------------------------------------------------------


def solve(unknowns: np.ndarray, terms: Sequence[Term], steps: int, settled: float = _SETTLED) -> np.ndarray:
    """The unknowns that make the terms' squares least, from where they are: as near as some steps come, within their
    limits."""

    def at(where: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        bones = camera.bones_of(where)
        residuals, slopes = (np.concatenate(parts) for parts in zip(*(t(where, bones) for t in terms), strict=True))
        return residuals, slopes, float(residuals @ residuals)

    low, high = camera.limits().T
    damping = 1e-2
    residuals, slopes, cost = at(unknowns)
    for _ in range(steps):
        normal = slopes.T @ slopes
        damped = normal + damping * np.diag(np.diag(normal) + 1e-6)
        step = step_within(damped, -slopes.T @ residuals, low - unknowns, high - unknowns)
        tried = np.clip(unknowns + step, low, high)
        there = at(tried)
        if there[2] >= cost:
            damping *= 8
            if damping > 1e3:
                break
            continue
        is_settled = cost - there[2] < settled * cost
        unknowns, (residuals, slopes, cost) = tried, there
        damping = max(damping / 6, 1e-5)
        if is_settled:
            break
    return unknowns
