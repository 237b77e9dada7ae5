"""Between two face identities."""

from __future__ import annotations

import numpy as np

from mcld_app.errors import StudioError

_PARALLEL = 1e-4  # radians: below that, or that near to opposite, there is no arc to follow


def between(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """The identity that lies a share of the way from one to another: its direction by spherical interpolation
    (Shoemake, 1985), because what an ArcFace identity says lies in its direction; its length by linear interpolation.

    Args:
        first, second: (512,) float, raw identities. All zeros is no face; there is no way to or from it, so the nearer
            of the two is taken.
        share: 0 (the first) to 1 (the second).

    Returns:
        (512,) float32.

    Raises:
        StudioError: for identities of different lengths: two models made them.
    """
    a, b = (np.asarray(x, np.float64).ravel() for x in (first, second))
    if len(a) != len(b):
        raise StudioError("These two face identities come from different models. Take both from their photos again.")
    long_a, long_b = np.linalg.norm(a), np.linalg.norm(b)
    if not long_a or not long_b:
        return np.float32(a if share < 0.5 else b)
    u, v = a / long_a, b / long_b
    angle = np.arccos(np.clip(u @ v, -1, 1))
    if angle < _PARALLEL or np.pi - angle < _PARALLEL:
        way = u if share < 0.5 else v
    else:
        way = (np.sin((1 - share) * angle) * u + np.sin(share * angle) * v) / np.sin(angle)
    return np.float32(((1 - share) * long_a + share * long_b) * way)
