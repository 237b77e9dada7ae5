"""The skeleton: its bones with their parents and rest positions, and the measures of the rest pose.

Space: metres; x to the person's left, y up, z to the front; feet at y = 0. The rest pose stands with straight legs
and arms 45 degrees out.
"""

from __future__ import annotations

import numpy as np

REST_ARM_ANGLE = 45.0
SIN, COS = np.sin(np.radians(REST_ARM_ANGLE)), np.cos(np.radians(REST_ARM_ANGLE))
ARM = {"shoulder": 0.0, "elbow": 0.275, "wrist": 0.525}  # along the arm, metres
PRONATION = 65.0
LEAN = 22.0
SHOULDER = np.array([0.172, 1.420, -0.012])


def _on_arm(d: float) -> tuple[float, float, float]:
    return tuple(SHOULDER + d * np.array([SIN, -COS, 0.0]))


_LEFT = {
    "clavicle": ("chest", (0.030, 1.425, -0.005)),
    "shoulder": ("clavicle", _on_arm(0.0)),
    "elbow": ("shoulder", _on_arm(ARM["elbow"])),
    "wrist": ("elbow", _on_arm(ARM["wrist"])),
    "hip": ("pelvis", (0.088, 0.915, -0.005)),
    "knee": ("hip", (0.098, 0.500, 0.004)),
    "ankle": ("knee", (0.104, 0.085, -0.022)),
    "toes": ("ankle", (0.108, 0.020, 0.105)),
}

# name -> (parent, rest position); parents come before their children.
BONES: dict[str, tuple[str | None, tuple[float, float, float]]] = {
    "pelvis": (None, (0.0, 0.950, -0.005)),
    "spine": ("pelvis", (0.0, 1.070, -0.012)),
    "chest": ("spine", (0.0, 1.220, -0.018)),
    "neck": ("chest", (0.0, 1.470, -0.020)),
    "head": ("neck", (0.0, 1.560, -0.008)),
}
for _side, _sign in (("left", 1.0), ("right", -1.0)):
    for _name, (_parent, (_x, _y, _z)) in _LEFT.items():
        _full = _parent if _parent in ("chest", "pelvis") else f"{_side}_{_parent}"
        BONES[f"{_side}_{_name}"] = (_full, (_sign * _x, _y, _z))
