"""What of a top lies on the lap of a sitting person: its front goes on from the belly over the thighs, its back ends at
the seat, and its sides hang down between the two."""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.pose import BodyShape
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.tube import COLUMNS, tube

_HIP = np.array(BONES["left_hip"][1][1:])  # y, z
_RAISED = np.radians(85.0)  # as far thighs are raised, on the mean, of who sits
_COS, _SIN = float(np.cos(_RAISED)), float(np.sin(_RAISED))
_TURN = np.array([[_COS, _SIN], [-_SIN, _COS]])  # y, z of what such a thigh takes along
_LIES = 0.016  # metres that cloth lies above the skin of a thigh: trousers are below it
_FRONT = (-0.1, 0.4)  # of the way to the front: from where on cloth lies on thighs, and does
_SEAT = 0.90  # metres above the floor at which, at rest, what a person sits on begins
_THIGH = np.linspace(0.45, 0.95, 11)  # metres above the floor


def on_lap(grid: np.ndarray, follows: np.ndarray) -> np.ndarray:
    """Where the cloth of a top has to be at rest, so that raised thighs take it to where it lies on a lap.

    Args:
        grid: (R, COLUMNS + 1, 3) float, rows of it at rest, from above; its columns as those of `tube.tube`, the last
            one the first again.
        follows: (R, COLUMNS + 1), how far each point follows the thighs, 0..1.

    Returns:
        As `grid`, float64.
    """
    turn = np.arange(COLUMNS + 1) * (2 * np.pi / COLUMNS)
    front = np.clip((np.sin(turn) - _FRONT[0]) / (_FRONT[1] - _FRONT[0]), 0, 1)
    front = front * front * (3 - 2 * front)
    skin = tube(_THIGH, BodyShape()).rest
    skin = np.concatenate([skin, skin[:, :1]], 1)
    above = float(skin[5, :, 2].max()) - _HIP[1] + _LIES
    level = _HIP[0] + above
    belly = np.maximum([np.interp(level, grid[::-1, k, 1], grid[::-1, k, 2]) for k in range(COLUMNS + 1)], 0)
    fold = _HIP[0] + above * _SIN - (float(belly.max()) - _HIP[1]) * _COS
    below = np.maximum(fold - grid[..., 1], 0)
    along = (belly - _HIP[1]) / _SIN + below  # as far on the thighs as it would reach below the fold
    x, z = (
        np.stack([np.interp(_HIP[0] - along[:, k], _THIGH, skin[:, k, axis]) for k in range(COLUMNS + 1)], 1)
        for axis in (0, 2)
    )
    off = z - _HIP[1] + _LIES
    lap = np.stack([x, _HIP[0] - along * _COS + off * _SIN, _HIP[1] + along * _SIN + off * _COS], -1)
    hangs = np.stack([grid[..., 0], np.maximum(grid[..., 1], _SEAT), grid[..., 2]], -1)
    lies = ((below > 0) * front)[..., None]
    wanted = hangs * (1 - lies) + lap * lies
    # Each point is blended of one that stays and one that the thigh turns: found backwards.
    own = follows[..., None, None]
    blend = (1 - own) * np.eye(2) + own * _TURN
    held = follows[..., None] * (_HIP - _TURN @ _HIP)
    found = np.linalg.solve(blend, (wanted[..., 1:] - held)[..., None])[..., 0]
    return np.concatenate([wanted[..., :1], found], -1)
