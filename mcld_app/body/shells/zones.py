"""Which part of the clothes a shell belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.shell import Shell

ZONES = {
    "head": frozenset({23, 24}),
    "trunk": frozenset({1, 2}),
    "arms": frozenset(range(15, 23)),
    "legs": frozenset({7, 8, 9, 10}),
}
"""Zone -> the DensePose parts whose clothes its shells are; what hangs from the hips is the thighs'."""

_LEGS = [list(BONES).index(f"{side}_{joint}") for side in ("left", "right") for joint in ("hip", "knee", "ankle")]


def zone_of(shell: Shell) -> str:
    """The key of `ZONES` that a shell belongs to."""
    if shell.hangs_on == "limb":
        return "legs" if float(shell.weights[:, _LEGS].sum()) > 0.5 * len(shell.weights) else "arms"
    return {"head": "head", "hips": "legs", "trunk": "trunk"}[shell.hangs_on]


def zones_in(parts: Iterable[int]) -> frozenset[str]:
    """The zones of which an area of DensePose parts takes in at least one part."""
    there = frozenset(parts)
    return frozenset(zone for zone, own in ZONES.items() if own & there)


def in_zones(shells: Iterable[Shell], zones: Iterable[str]) -> tuple[Shell, ...]:
    """The shells that belong to these zones."""
    wanted = frozenset(zones)
    return tuple(shell for shell in shells if zone_of(shell) in wanted)
