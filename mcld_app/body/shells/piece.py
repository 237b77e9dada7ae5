"""A piece of a shell while it is made, on the photographed person's own body."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Piece:
    """As in `Shell`, but on the person's own body: rest (N, 3), weights (N, 21), faces (M, 3), kinds (M,)."""

    rest: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    faces: np.ndarray = field(repr=False)
    kinds: np.ndarray = field(repr=False)


def facing(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(M,) bool: which triangles (M, 3) show their outside, of points (N, 3) in the picture."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
