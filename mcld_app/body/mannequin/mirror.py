"""Left and right of the sewn charts: which vertex is which one's mirror image."""

from __future__ import annotations

import numpy as np

from mcld_app.errors import StudioError


def mirror_twins(faces: np.ndarray, middle: tuple[int, int]) -> np.ndarray:
    """(N,) int32: each vertex's twin, its own where it lies on the middle line.

    The charts of the two sides are not quite mirror images, but the surface is sewn of the same triangles on both: from
    an edge of the middle line, which is its own twin, they are walked on both sides at once.

    Args:
        faces: (M, 3) int, counter-clockwise triangles of a closed surface.
        middle: two neighbours on the middle line.

    Raises:
        StudioError: where the two sides are sewn differently.
    """
    third = {}
    for a, b, c in faces.tolist():
        third[a, b], third[b, c], third[c, a] = c, a, b
    twin = {middle[0]: middle[0], middle[1]: middle[1]}
    waiting, done = [middle], set()
    while waiting:
        a, b = waiting.pop()
        if (a, b) in done:
            continue
        done.add((a, b))
        here, there = third[a, b], third.get((twin[b], twin[a]))
        if there is None or twin.setdefault(here, there) != there:
            raise StudioError("The charts' left and right sides are sewn differently.")
        waiting += [(b, a), (here, b), (a, here)]
    out = np.full(int(faces.max()) + 1, -1, np.int32)
    out[list(twin)] = list(twin.values())
    if (out < 0).any() or (out[out] != np.arange(len(out))).any():
        raise StudioError("The charts' left and right sides are sewn differently.")
    return out
