"""Shells over each other: a top's hem hangs over the skirt that is worn with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mcld_app.body.shells.shell import Shell

_APART = 0.006  # metres between the two
_WAYS, _BAND = 32, 0.04  # directions, and metres of height, in which they are compared
_STARTS = 0.06  # metres above the lower one's upper edge, over which the upper one begins to give way


def worn_over(shells: Sequence[Shell]) -> tuple[Shell, ...]:
    """The shells with each one of the trunk at least as wide, from the waist down, as what hangs from the hips."""
    below = [shell for shell in shells if shell.hangs_on == "hips"]
    if not below or not any(shell.hangs_on == "trunk" for shell in shells):
        return tuple(shells)
    # What is one garment, a dress, ends where the other begins.
    return tuple(
        _widened(shell, [other for other in below if shell.rest[:, 1].min() < other.rest[:, 1].max() - _BAND])
        if shell.hangs_on == "trunk" else shell
        for shell in shells
    )  # fmt: skip


def _widened(shell: Shell, below: list[Shell]) -> Shell:
    rest = shell.rest.copy()
    for other in below:
        middle = (other.rest[:, [0, 2]].min(0) + other.rest[:, [0, 2]].max(0)) / 2
        way, height, reach = _around(other.rest, middle)
        highest = float(other.rest[:, 1].max())
        table = np.zeros((_WAYS, int((highest - other.rest[:, 1].min()) / _BAND) + 2))
        np.maximum.at(table, (way, ((highest - height) / _BAND).astype(int)), reach)
        table = np.maximum(table, np.roll(table, 1, 0) * (table == 0))
        level = np.arange(table.shape[1])
        for row in table:  # rows of a tube may lie farther apart than bands
            if row.any():
                row[:] = np.interp(level, level[row > 0], row[row > 0])
        own_way, own_height, own_reach = _around(rest, middle)
        at = np.clip(((highest - own_height) / _BAND).astype(int), 0, table.shape[1] - 1)
        share = np.clip(1 - (own_height - highest) / _STARTS, 0, 1)
        more = np.maximum((table[own_way, at] + _APART - own_reach) * share, 0)
        outwards = (rest[:, [0, 2]] - middle) / np.maximum(own_reach, 1e-6)[:, None]
        rest[:, [0, 2]] += outwards * more[:, None]
    return replace(shell, rest=rest)


def _around(rest: np.ndarray, middle: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of points (N, 3) about an upright axis through x and z: the number of their direction, height and distance."""
    away = rest[:, [0, 2]] - middle
    turn = np.arctan2(away[:, 1], away[:, 0]) / (2 * np.pi) * _WAYS
    return np.round(turn).astype(int) % _WAYS, rest[:, 1], np.linalg.norm(away, axis=1)
