"""The tube around hips and both legs that a skirt is a wider one of, in the rest pose."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import BodyShape
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES

COLUMNS = 32
_PARTS = (1, 2, *range(7, 15))  # trunk and legs
_BAND = 0.022  # metres above and below a row, whose vertices it goes around
_HIPS = 1.0  # metres: cloth hangs from below there
_FOLD = 0.16  # metres less, over which cloth in front goes from pelvis to thigh
_BENT = 0.03  # metres below the knee at which the shortest cloth that bends there ends
_SPANS = 0.5  # metres across that cloth spans at a hem below the knees: it hangs from both legs
_WAYS = 72  # directions that a slice is measured in


@dataclass(frozen=True, eq=False)
class Tube:
    """Rows of points around hips and legs; row 0 is the highest.

    Attributes:
        rest: (R, COLUMNS, 3) float32, metres; column 0 is at the person's left, the next ones go to the front.
        outwards: (R, COLUMNS, 3) float32, level directions away from the tube, of length 1.
        weights: (R, COLUMNS, 21) float32, skin weights; rows sum to 1.
        hang: (R, COLUMNS) float32, metres outwards to where cloth would hang straight down from what is above.
    """

    rest: np.ndarray = field(repr=False)
    outwards: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    hang: np.ndarray = field(repr=False)


def tube(heights: np.ndarray, body: BodyShape, hangs_from: float = _HIPS) -> Tube:
    """The tightest tube around a person's hips and legs at heights (R,), metres in the rest pose; below `hangs_from`
    cloth hangs straight down."""
    mesh = body_mesh()
    covered = np.unique(body_faces()[np.isin(charts().face_part, _PARTS)])
    points = mesh.shaped(body.build, body.shape)[covered]
    turn = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    way = np.stack([np.cos(turn), np.zeros(COLUMNS), np.sin(turn)], 1)
    rest, hang = [], []
    for y in heights:
        own = points[np.abs(points[:, 1] - y) < _BAND][:, [0, 2]]
        above = points[(points[:, 1] > y - _BAND) & (points[:, 1] < max(hangs_from, y + _BAND))][:, [0, 2]]
        middle = (own.min(0) + own.max(0)) / 2
        radius = reach(own - middle, turn)
        x, z = middle[:, None] + radius * np.stack([np.cos(turn), np.sin(turn)])
        rest.append(np.stack([x, np.full(COLUMNS, y), z], 1))
        hang.append(np.maximum(reach(above - middle, turn) - radius, 0))
    rest = np.stack(rest)
    outwards = np.broadcast_to(way, rest.shape)
    weights = skirt_weights(rest.reshape(-1, 3)).reshape(*rest.shape[:2], -1)
    return Tube(rest.astype(np.float32), outwards.astype(np.float32), weights, np.float32(hang))


def reach(points: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """How far the hull of points (N, 2) goes from 0, 0 in directions `turn` (K,), radians: (K,)."""
    around = np.arange(_WAYS) * (2 * np.pi / _WAYS)
    support = (points @ np.stack([np.cos(around), np.sin(around)])).max(0)
    along = np.cos(turn[:, None] - around[None])
    return np.where(along > 0.05, support[None] / np.maximum(along, 0.05), np.inf).min(1)


def skirt_weights(rest: np.ndarray, hem: float = 0.0) -> np.ndarray:
    """(N, 21) float32: how cloth at points (N, 3) of the rest pose follows: pelvis, then thighs, then lower legs, each
    side its own leg and the middle both. Cloth that ends at `hem` metres, not far below the knees, is bent there by
    then: else it would stand out before them like a board."""
    names = list(BONES)
    hip, knee = BONES["left_hip"][1][1], BONES["left_knee"][1][1]
    front = np.clip(0.5 + (rest[:, 2] - BONES["pelvis"][1][2]) / 0.16, 0, 1)  # a thigh folds up from the groin
    down = np.clip((hip + 0.02 + 0.01 * front - rest[:, 1]) / (0.30 - _FOLD * front), 0, 1)
    start, over = 0.06, 0.20
    if knee - start - over < hem < knee - _BENT:
        start, over = 0.0, knee - hem - 0.5 * _BENT
    low = np.clip((knee - start - rest[:, 1]) / over, 0, 1)
    left = np.clip(0.5 + rest[:, 0] / (0.22 + _SPANS * low), 0, 1)
    out = np.zeros((len(rest), len(names)), np.float32)
    out[:, names.index("pelvis")] = 1 - down
    for side, share in (("left", left), ("right", 1 - left)):
        out[:, names.index(f"{side}_hip")] = down * (1 - low) * share
        out[:, names.index(f"{side}_knee")] = down * low * share
    return out


def tube_faces(rows: int, columns: int) -> np.ndarray:
    """(2 * (rows - 1) * columns, 3) int32: a tube's triangles, counter-clockwise seen from outside; the last column
    goes on in the first."""
    number = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    after = np.roll(number, -1, 1)
    a, b, c, d = number[:-1].ravel(), after[:-1].ravel(), number[1:].ravel(), after[1:].ravel()
    return np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
