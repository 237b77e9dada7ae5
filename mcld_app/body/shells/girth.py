"""Cloth of a known length around: how far a tube of it stands off hips and legs, and how its rows above follow."""

from __future__ import annotations

import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.tube import COLUMNS, Tube, skirt_weights

_DEPTH = 0.45  # of what cloth stands off at the sides, at its front and back
_CLEAR = 0.004  # metres between body and cloth at least
_MOST = 0.45  # metres that cloth stands off
_HALVINGS = 24
_PELVIS, _TRUNK = 0.98, 1.06  # metres: below, cloth follows pelvis and legs; above, what of the trunk is level with it
_BAND = 0.03  # metres
_SPINE = tuple(list(BONES).index(name) for name in ("pelvis", "spine", "chest"))


def standing_off(around: Tube, lengths: np.ndarray) -> np.ndarray:
    """How far cloth stands off the tightest tube, so that each row is of its length: (R, COLUMNS) float32, metres.

    Tight cloth goes around the body; wider cloth hangs down from what is above; what is more still stands off, at the
    sides more than in front and behind.

    Args:
        around: the tightest tube.
        lengths: (R,) metres once around.
    """
    turn = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    wide = np.abs(np.cos(turn)) + _DEPTH * np.abs(np.sin(turn))
    low, high = np.zeros(len(lengths)), np.full(len(lengths), 1 + _MOST)

    def off(amount: np.ndarray) -> np.ndarray:
        """0: tight; 1: hanging straight down; above: so many metres more at the sides."""
        straight = np.clip(amount, 0, 1)[:, None] * around.hang
        return np.maximum(straight, _CLEAR) + np.maximum(amount - 1, 0)[:, None] * wide

    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        short = once_around(around.rest + around.outwards * off(middle)[..., None]) < lengths
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return off(low).astype(np.float32)


def spanned(around: Tube, off: np.ndarray) -> np.ndarray:
    """Cloth that hangs, (R, COLUMNS) float32, metres off the tube: in front and behind it spans what goes in between
    two rows, such as the hollow behind the knees, instead of following it; `off` is how far it would follow.

    At the sides it stays as it is, and so do the first and the last row.
    """
    middle = around.rest.mean((0, 1))
    out_there = ((around.rest - middle) * around.outwards).sum(-1) + off
    heights, span = around.rest[:, 0, 1], out_there.copy()
    for first in range(len(heights)):
        for last in range(first + 2, len(heights)):
            share = ((heights[first] - heights[first:last]) / (heights[first] - heights[last]))[:, None]
            line = out_there[first] * (1 - share) + out_there[last] * share
            span[first:last] = np.maximum(span[first:last], line)
    turn = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    return (off + (span - out_there) * np.abs(np.sin(turn))).astype(np.float32)


def once_around(rows: np.ndarray) -> np.ndarray:
    """(R,) metres: the length of each row of closed rows of points (R, C, 3)."""
    return np.linalg.norm(rows - np.roll(rows, -1, 1), axis=-1).sum(1)


def tube_weights(rest: np.ndarray, hem: float = 0.0) -> np.ndarray:
    """(N, 21) float32: how a garment's cloth at points (N, 3) of the rest pose follows: as a skirt does that ends at
    `hem` metres, and above the hips as the trunk at its height, the same all around."""
    mesh = body_mesh()
    trunk = np.unique(body_faces()[np.isin(charts().face_part, (1, 2))])
    heights = np.arange(_PELVIS, 1.34, 0.01)
    level = np.zeros((len(heights), len(BONES)), np.float32)
    for row, y in enumerate(heights):
        near = trunk[np.abs(mesh.rest[trunk, 1] - y) < _BAND]
        level[row, list(_SPINE)] = mesh.weights[near][:, list(_SPINE)].mean(0)
    level /= level.sum(1, keepdims=True)
    above = np.stack([np.interp(rest[:, 1], heights, column) for column in level.T], 1)
    share = np.clip((rest[:, 1:2] - _PELVIS) / (_TRUNK - _PELVIS), 0, 1)
    return (above * share + skirt_weights(rest, hem) * (1 - share)).astype(np.float32)
