"""Hair that hangs below the ears: a sheet around the back of neck and shoulders."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.curtain_front import front_line
from mcld_app.body.shells.scene import Scene

_TOP, _BOTTOM, _ROW = 1.735, 1.05, 0.015  # metres: where hanging hair is looked for
_STARTS = 1.665  # metres: it must come down to there
_SHOULDER = 1.525  # metres: hair that is seen down to there goes on behind the shoulder
_GOES_ON = 0.18  # metres, that far
_UNDER, _TUCKED = 0.05, 0.25  # metres of it under the cap, and how much narrower its edge is there
_ROWS, _COLUMNS = 11, 25
_TURN, _BEHIND_EAR = 180.0, 76.0  # degrees from the back around to the cheek; where an ear is seen, hair ends behind it
_HALF = 0.075  # metres from the middle to the side of the head
_REACH = 0.25  # metres from the middle
_LEAST = 0.006  # metres of hair in a row
_BEHIND, _BEFORE = 0.012, 0.016  # metres of hair beside an ear: it hangs behind it, or covers it
_FADES, _FADES_LONG = 0.03, 0.07  # metres over which locks end; behind the shoulder nobody knows where
_OFF_BACK, _THICKEST = 0.012, 0.08  # metres behind the body: as thick as at the sides, within these


@dataclass(frozen=True, eq=False)
class Curtain:
    """Hanging hair on the person's own body, as a grid of R rows from the top down and C columns around the back.

    Attributes:
        rest: (R, C, 3) float32, metres.
        weights: (R, C, 21) float32.
        fades: metres above its lower edge, over which its locks end.
    """

    rest: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    fades: float


def curtain(scene: Scene, hair: np.ndarray) -> Curtain | None:
    """The sheet of a scene's hair (H, W) bool; None where none hangs down."""
    body = scene.standing.pose.body
    whole = body_mesh().shaped(body.build, body.shape)
    heights = np.arange(_TOP, _BOTTOM, -_ROW)
    sides, seen = _look(scene, hair, heights)
    there = np.isfinite(sides).any(1)
    begins = int(np.searchsorted(-heights, -_STARTS))
    if not there[:begins].any() or not there[begins - 1 : begins + 1].any():
        return None
    gone = np.flatnonzero(~there[begins:] & ~np.append(there[begins + 1 :], False))
    last = begins + (int(gone[0]) if len(gone) else len(heights) - begins) - 1
    seen_end = float(heights[last])
    goes_on = seen_end < _SHOULDER
    fades = _FADES_LONG if goes_on else _FADES
    seen_end -= fades / 2
    end = seen_end - (_GOES_ON if goes_on else 0)
    rows = np.linspace(_TOP, end, _ROWS)
    widths = np.stack([_smooth(rows, heights[: last + 1], sides[: last + 1, k]) for k in (0, 1)], 1)
    tucked = 1 - _TUCKED * np.clip((rows - (_TOP - _UNDER)) / _UNDER, 0, 1)  # its upper edge lies under the cap
    thick = float(np.clip(np.median(widths[: _ROWS // 2]) - _HALF, _OFF_BACK, _THICKEST))
    turn = np.radians(np.interp(np.linspace(-1, 1, _COLUMNS), (-1, 0, 1), _turns(heights, seen)))
    front = front_line(scene, hair, rows, widths)
    front[..., 0] *= tucked[:, None]
    rest = _sheet(turn, rows, widths * tucked[:, None], (_back(rows, whole) - thick) * tucked, front)
    rest[..., 1] = _front_locks_end(turn, rest[..., 1], seen_end, end)
    return Curtain(rest, hair_weights(rest.reshape(-1, 3)).reshape(*rest.shape[:2], -1), fades)


def _turns(heights: np.ndarray, seen: np.ndarray) -> tuple[float, float, float]:
    """Degrees from the back to which hair goes on either side, and 0 between them. Little of it is `seen` (R, 2),
    metres at `heights` (R,), beside an ear that it hangs behind; where it covers one, it begins at the cheek."""
    marks = skeleton_file()["landmarks"]
    beside = (heights > marks["ear_lobe"][1]) & (heights < marks["ear_top"][1])
    share = np.clip((seen[beside].mean(0) - _BEHIND) / (_BEFORE - _BEHIND), 0, 1)
    left, right = _BEHIND_EAR + (_TURN - _BEHIND_EAR) * share
    return -float(left), 0.0, float(right)


def _look(scene: Scene, hair: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far hair goes to the left and right of the middle, (R, 2) metres, NaN where there is none; and how much of it
    is seen, (R, 2) metres."""
    standing = scene.standing
    middle = np.stack([np.zeros_like(heights), heights, _depth_of_neck(heights)], 1).astype(np.float32)
    weights = hair_weights(middle)
    points = standing.seen(middle, weights)[:, :2]
    up = standing.turned(np.broadcast_to(np.float32([0, 1, 0]), middle.shape), weights)[:, :2]
    up = up / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-6)
    across = np.stack([-up[:, 1], up[:, 0]], 1)  # to the picture's right of an upright head
    steps = np.arange(0.0, _REACH, 0.003)
    out, much = np.full((len(heights), 2), np.nan), np.zeros((len(heights), 2))
    for k, sign in enumerate((-1, 1)):
        at = points[:, None] + sign * across[:, None] * (steps * standing.metre)[None, :, None]
        seen = cv2.remap(
            hair.astype(np.uint8), at[..., 0].astype(np.float32), at[..., 1].astype(np.float32), cv2.INTER_NEAREST
        )
        much[:, k] = seen.sum(1) * 0.003
        enough = much[:, k] > _LEAST
        out[enough, k] = steps[len(steps) - 1 - seen[:, ::-1].argmax(1)][enough]
    return out, much


def _depth_of_neck(heights: np.ndarray) -> np.ndarray:
    return np.interp(heights, [1.45, 1.63], [-0.02, 0.0])


def _smooth(rows: np.ndarray, heights: np.ndarray, found: np.ndarray) -> np.ndarray:
    known = np.isfinite(found)
    if not known.any():
        return np.full(len(rows), _HALF)
    out = np.interp(-rows, -heights[known], found[known])
    return cv2.GaussianBlur(out[:, None], (1, 3), 0.8)[:, 0]


def _sheet(turn: np.ndarray, rows: np.ndarray, widths: np.ndarray, back: np.ndarray, front: np.ndarray) -> np.ndarray:
    """(R, C, 3) float32: from the middle of the back to the sides, and from there on a round way in to the face's line
    `front` (R, 2, 2)."""
    middle = np.interp(rows, [1.45, 1.63], [0.005, 0.012])[:, None]
    right = turn > 0
    side = np.where(right, widths[:, 1:], widths[:, :1])
    line = np.where(right[None, :, None], front[:, 1:], front[:, :1])
    around, before = np.abs(turn)[None], np.clip(np.abs(turn) - np.pi / 2, 0, None)[None]
    behind = around <= np.pi / 2
    x = np.where(behind, side * np.sin(around), line[..., 0] + (side - line[..., 0]) * np.cos(before))
    z = np.where(
        behind, middle - (middle - back[:, None]) * np.cos(around), middle + (line[..., 1] - middle) * np.sin(before)
    )
    y = np.broadcast_to(rows[:, None], x.shape)
    return np.stack([np.where(right, x, -x), y, z], -1).astype(np.float32)


def _front_locks_end(turn: np.ndarray, heights: np.ndarray, seen: float, end: float) -> np.ndarray:
    """(R, C) the sheet's heights; locks in front of the ears go no further down than hair is seen."""
    share = np.clip((np.degrees(np.abs(turn)) - 60) / 30, 0, 1)[None]
    return _TOP - (_TOP - heights) * (1 - share + share * (_TOP - seen) / (_TOP - end))


def _back(rows: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """(R,) how far back the body reaches at and above each height, metres."""
    near = whole[np.abs(whole[:, 0]) < 0.10]
    back = np.array([near[np.abs(near[:, 1] - y) < 0.02, 2].min() for y in rows])
    return np.minimum.accumulate(back)  # hair hangs straight down


def hair_weights(rest: np.ndarray) -> np.ndarray:
    """(N, 21) float32: hanging hair follows the head, and lower down neck and chest."""
    names = list(BONES)
    out = np.zeros((len(rest), len(names)), np.float32)
    head = np.clip((rest[:, 1] - 1.42) / 0.16, 0, 1)
    out[:, names.index("head")] = head
    out[:, names.index("neck")] = out[:, names.index("chest")] = (1 - head) / 2
    return out
