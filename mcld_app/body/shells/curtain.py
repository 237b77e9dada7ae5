"""Hair that hangs below the ears: a sheet around the back of neck and shoulders."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.piece import Piece
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import LINING, PLAIN

_TOP, _BOTTOM, _ROW = 1.735, 1.05, 0.015  # metres: where hanging hair is looked for
_STARTS = 1.665  # metres: it must come down to there
_SHOULDER = 1.525  # metres: hair that is seen down to there goes on behind the shoulder
_GOES_ON = 0.18  # metres, that far
_UNDER, _TUCKED = 0.07, 0.25  # metres of it under the cap, and how much narrower its edge is there
_ROWS, _COLUMNS = 11, 25
_TURN = 116.0  # degrees from the back to either side
_HALF = 0.075  # metres from the middle to the side of the head
_REACH = 0.25  # metres from the middle
_LEAST = 0.006  # metres of hair in a row
_OFF_BACK, _THICKEST = 0.012, 0.08  # metres behind the body: as thick as at the sides, within these


def curtain(scene: Scene, hair: np.ndarray) -> Piece | None:
    """The sheet of a scene's hair (H, W) bool; None where none hangs down."""
    body = scene.standing.pose.body
    whole = body_mesh().shaped(body.build, body.shape)
    heights = np.arange(_TOP, _BOTTOM, -_ROW)
    sides, there = _look(scene, hair, heights)
    begins = int(np.searchsorted(-heights, -_STARTS))
    if not there[:begins].any() or not there[begins - 1 : begins + 1].any():
        return None
    gone = np.flatnonzero(~there[begins:] & ~np.append(there[begins + 1 :], False))
    last = begins + (int(gone[0]) if len(gone) else len(heights) - begins) - 1
    end = float(heights[last])
    seen_end, end = end, end - (_GOES_ON if end < _SHOULDER else 0)
    rows = np.linspace(_TOP, end, _ROWS)
    widths = np.stack([_smooth(rows, heights[: last + 1], sides[: last + 1, k]) for k in (0, 1)], 1)
    tucked = 1 - _TUCKED * np.clip((rows - (_TOP - _UNDER)) / _UNDER, 0, 1)  # its upper edge lies under the cap
    thick = float(np.clip(np.median(widths[: _ROWS // 2]) - _HALF, _OFF_BACK, _THICKEST))
    rest = _sheet(rows, widths * tucked[:, None], _back(rows, whole) - thick)
    rest[:, 1] = _front_locks_end(rest[:, 1], seen_end, end)
    faces = _faces()
    lining = faces[:, ::-1]
    every = np.concatenate([faces, lining])
    return Piece(rest, hair_weights(rest), every, np.repeat(np.uint8([PLAIN, LINING]), len(faces)))


def _look(scene: Scene, hair: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far hair goes to the left and right of the middle, (R, 2) metres, NaN where there is none; and (R,) bool,
    whether there is any."""
    standing = scene.standing
    middle = np.stack([np.zeros_like(heights), heights, _depth_of_neck(heights)], 1).astype(np.float32)
    weights = hair_weights(middle)
    points = standing.seen(middle, weights)[:, :2]
    up = standing.turned(np.broadcast_to(np.float32([0, 1, 0]), middle.shape), weights)[:, :2]
    up = up / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-6)
    across = np.stack([-up[:, 1], up[:, 0]], 1)  # to the picture's right of an upright head
    steps = np.arange(0.0, _REACH, 0.003)
    out = np.full((len(heights), 2), np.nan)
    for k, sign in enumerate((-1, 1)):
        at = points[:, None] + sign * across[:, None] * (steps * standing.metre)[None, :, None]
        seen = cv2.remap(
            hair.astype(np.uint8), at[..., 0].astype(np.float32), at[..., 1].astype(np.float32), cv2.INTER_NEAREST
        )
        enough = seen.sum(1) * 0.003 > _LEAST
        out[enough, k] = steps[len(steps) - 1 - seen[:, ::-1].argmax(1)][enough]
    return out, np.isfinite(out).any(1)


def _depth_of_neck(heights: np.ndarray) -> np.ndarray:
    return np.interp(heights, [1.45, 1.63], [-0.02, 0.0])


def _smooth(rows: np.ndarray, heights: np.ndarray, found: np.ndarray) -> np.ndarray:
    known = np.isfinite(found)
    if not known.any():
        return np.full(len(rows), _HALF)
    out = np.interp(-rows, -heights[known], found[known])
    return cv2.GaussianBlur(out[:, None], (1, 3), 0.8)[:, 0]


def _sheet(rows: np.ndarray, widths: np.ndarray, back: np.ndarray) -> np.ndarray:
    turn = np.radians(np.linspace(-_TURN, _TURN, _COLUMNS))
    middle = np.interp(rows, [1.45, 1.63], [0.005, 0.012])
    side = np.where(np.sin(turn)[None] < 0, widths[:, :1], widths[:, 1:])
    x = side * np.sin(turn)[None]
    z = middle[:, None] - (middle - back)[:, None] * np.cos(turn)[None]
    y = np.broadcast_to(rows[:, None], x.shape)
    return np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)


def _front_locks_end(heights: np.ndarray, seen: float, end: float) -> np.ndarray:
    """(N,) the sheet's heights; locks in front of the ears go no further down than hair is seen."""
    turn = np.abs(np.linspace(-_TURN, _TURN, _COLUMNS))
    share = np.clip((turn - 60) / 30, 0, 1)[None]
    rows = heights.reshape(_ROWS, _COLUMNS)
    return (_TOP - (_TOP - rows) * (1 - share + share * (_TOP - seen) / (_TOP - end))).ravel()


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


def _faces() -> np.ndarray:
    """The sheet's triangles, counter-clockwise seen from outside."""
    number = np.arange(_ROWS * _COLUMNS, dtype=np.int32).reshape(_ROWS, _COLUMNS)
    a, b, c, d = number[:-1, :-1].ravel(), number[:-1, 1:].ravel(), number[1:, :-1].ravel(), number[1:, 1:].ravel()
    return np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
