"""Where on the body a shell belongs: what clothes there bring along, or take the place of."""

from __future__ import annotations

from collections.abc import Set

from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.shell import Shell

_THIGHS, _TRUNK, _ARMS = frozenset({7, 8, 9, 10}), frozenset({1, 2}), frozenset(range(15, 23))
_OF_LEG = ("hip", "knee", "ankle", "toes")


def covered_by(shell: Shell, parts: Set[int]) -> bool:
    """Whether a shell goes with what is worn on DensePose parts 1..24: a skirt and wide trousers with the thighs, wide
    sleeves with the arms, what hangs on the trunk with that; hair with none."""
    if shell.hangs_on == "head":
        return False
    if shell.hangs_on == "hips":
        return bool(parts & _THIGHS)
    if shell.hangs_on == "trunk":
        return bool(parts & _TRUNK)
    return bool(parts & (_THIGHS if is_on_leg(shell) else _ARMS))


def is_on_leg(shell: Shell) -> bool:
    """Whether a shell follows the legs' bones, more than all others."""
    legs = [number for number, bone in enumerate(BONES) if bone.partition("_")[2].startswith(_OF_LEG)]
    return bool(shell.weights[:, legs].sum() > 0.5 * len(shell.weights))
