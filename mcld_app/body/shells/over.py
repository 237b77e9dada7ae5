"""Shells over each other: a top's hem hangs over the skirt, or the wide trousers, that are worn with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mcld_app.body.shells.places import is_on_leg
from mcld_app.body.shells.shell import Shell

_APART = 0.006  # metres between the two
_WAYS, _BAND = 32, 0.04  # directions, and metres of height, in which they are compared
_STARTS = 0.10  # metres above the lower one's upper edge, over which the upper one begins to give way


def worn_over(shells: Sequence[Shell]) -> tuple[Shell, ...]:
    """The shells with each one of the trunk at least as wide, from the waist down, as what hangs from the hips or
    stands off the legs."""
    if not any(shell.hangs_on == "trunk" for shell in shells):
        return tuple(shells)
    below = [shell for shell in shells if shell.hangs_on == "hips"]
    legs = [shell for shell in shells if shell.hangs_on == "limb" and is_on_leg(shell)]
    if not below and not legs:
        return tuple(shells)
    # What is one garment, a dress, ends where the other begins.
    return tuple(
        _widened(shell, [other for other in below if shell.rest[:, 1].min() < other.rest[:, 1].max() - _BAND], legs)
        if shell.hangs_on == "trunk" else shell
        for shell in shells
    )  # fmt: skip


def _widened(shell: Shell, below: list[Shell], legs: list[Shell]) -> Shell:
    hanging, lying = shell.rest, shell.rest + shell.gathered
    for other in below:
        hanging = _around(hanging, other.rest)
        lying = _around(lying, other.rest + other.gathered)
    if legs:
        both = np.concatenate([leg.rest for leg in legs])
        near = both[both[:, 1] > shell.rest[:, 1].min() - _BAND]
        if len(near) > _WAYS:  # on a raised thigh it lies as it did
            hanging = _around(hanging, near)
    return replace(shell, rest=hanging, gathered=lying - hanging)


def _around(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Points (N, 3), where they lie within others, moved outwards on their own level."""
    middle = (others[:, [0, 2]].min(0) + others[:, [0, 2]].max(0)) / 2
    way, reach = _turned(others, middle)
    highest = float(others[:, 1].max())
    table = np.zeros((_WAYS, int((highest - others[:, 1].min()) / _BAND) + 2))
    np.maximum.at(table, (way, ((highest - others[:, 1]) / _BAND).astype(int)), reach)
    table = np.maximum(np.maximum(table, np.roll(table, 1, 0)), np.roll(table, -1, 0))
    level = np.arange(table.shape[1])
    for row in table:  # rows of a tube may lie farther apart than bands
        if row.any():
            row[:] = np.interp(level, level[row > 0], row[row > 0])
    table[:, 1:] = np.maximum(table[:, 1:], table[:, :-1])
    way, reach = _turned(points, middle)
    at = np.clip(((highest - points[:, 1]) / _BAND).astype(int), 0, table.shape[1] - 1)
    share = np.clip(1 - (points[:, 1] - highest) / _STARTS, 0, 1)
    more = np.maximum(table[way, at] + _APART - reach, 0) * share / np.maximum(reach, 1e-6)
    out = points.copy()
    out[:, [0, 2]] += (points[:, [0, 2]] - middle) * more[:, None]
    return out


def _turned(points: np.ndarray, middle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of points (N, 3) about an upright axis through x and z: the number of their direction, and how far off it they
    are, metres."""
    away = points[:, [0, 2]] - middle
    turn = np.arctan2(away[:, 1], away[:, 0]) / (2 * np.pi) * _WAYS
    return np.round(turn).astype(int) % _WAYS, np.linalg.norm(away, axis=1)
