"""The skeleton: its bones with their parents and rest positions, and how those move with a person's shape.

Space: metres; x to the person's left, y up, z to the front; feet at y = 0. The rest pose stands with straight legs
and arms 45 degrees out. The average adult's joints come from `assets/body/`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcld_app.body.mannequin.human import skeleton_file

REST_ARM_ANGLE = 45.0
SIN, COS = np.sin(np.radians(REST_ARM_ANGLE)), np.cos(np.radians(REST_ARM_ANGLE))

# name -> parent; parents come before their children.
PARENTS: dict[str, str | None] = {"pelvis": None, "spine": "pelvis", "chest": "spine", "neck": "chest", "head": "neck"}
for _side in ("left", "right"):
    PARENTS |= {
        f"{_side}_{name}": parent if parent in PARENTS else f"{_side}_{parent}"
        for name, parent in {
            "clavicle": "chest", "shoulder": "clavicle", "elbow": "shoulder", "wrist": "elbow",
            "hip": "pelvis", "knee": "hip", "ankle": "knee", "toes": "ankle",
        }.items()
    }  # fmt: skip

# name -> (parent, rest position) of the average adult.
BONES: dict[str, tuple[str | None, tuple[float, float, float]]] = {
    name: (parent, tuple(skeleton_file()["joints"][name])) for name, parent in PARENTS.items()
}
SHOULDER = np.array(BONES["left_shoulder"][1])
_STARTS = np.array([place for _, place in BONES.values()])
_MOVES = np.array(
    [[table[name] for name in BONES] for table in (skeleton_file()["build"], *skeleton_file()["components"])]
)
COMPONENTS = len(_MOVES) - 1
"""How many numbers describe a person's shape, beside height and build."""


def joint_places(build: float = 0.0, shape: Sequence[float] = ()) -> np.ndarray:
    """(21, 3) float64, metres: where the joints of a person of that shape lie in the rest pose, in the order of
    `BONES`; `shape` names the first components, the others are 0."""
    amounts = np.array([build, *shape])
    return _STARTS + np.tensordot(amounts, _MOVES[: len(amounts)], 1)
