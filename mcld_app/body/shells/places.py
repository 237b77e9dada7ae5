"""Where on the body a shell belongs: what clothes there bring along, or take the place of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

import numpy as np

from mcld_app.body.mannequin.skeleton import BONES, COS, SHOULDER, SIN
from mcld_app.body.shells.shell import Shell

LEGS, ARMS = frozenset(range(7, 15)), frozenset(range(15, 23))
"""DensePose parts."""

_THIGHS, _TRUNK = frozenset({7, 8, 9, 10}), frozenset({1, 2})
_SKIRT, _LIMB = 0.025, 0.040  # metres below a hem, where it may be mixed with what is below
_OF_LEG = ("hip", "knee", "ankle", "toes")


def covered_by(shell: Shell, parts: Set[int]) -> bool:
    """Whether a shell goes with what is worn on DensePose parts 1..24: a skirt and wide trousers with the thighs, wide
    sleeves with the arms, what hangs on the trunk, or joins that to the arms, with that; hair with none."""
    if shell.hangs_on == "head":
        return False
    if shell.hangs_on == "hips":
        return bool(parts & _THIGHS)
    if shell.hangs_on in ("trunk", "armpits"):
        return bool(parts & _TRUNK)
    return bool(parts & (_THIGHS if is_on_leg(shell) else ARMS))


def hems_of(shells: Sequence[Shell]) -> Iterator[tuple[frozenset[int], float, float]]:
    """Where on legs and arms shells end that hang there: `LEGS` or `ARMS`; metres down it, the height above the floor
    for legs, with its sign turned, and from the shoulder for arms; and metres below, where cloth may be mixed with what
    is below."""
    skirts = [float(shell.rest[:, 1].min()) for shell in shells if shell.hangs_on == "hips"]
    if skirts:
        yield LEGS, -min(skirts), _SKIRT
    for shell in shells:
        if shell.hangs_on != "limb":
            continue
        if is_on_leg(shell):
            yield LEGS, -float(shell.rest[:, 1].min()), _LIMB
        else:
            along = (np.abs(shell.rest[:, 0]) - SHOULDER[0]) * SIN - (shell.rest[:, 1] - SHOULDER[1]) * COS
            yield ARMS, float(along.max()), _LIMB


def is_on_leg(shell: Shell) -> bool:
    """Whether a shell follows the legs' bones, more than all others."""
    legs = [number for number, bone in enumerate(BONES) if bone.partition("_")[2].startswith(_OF_LEG)]
    return bool(shell.weights[:, legs].sum() > 0.5 * len(shell.weights))
