"""Hair laid over a drawn figure: strands whose picture is open between them."""

from __future__ import annotations

import numpy as np

from mcld_app.body.raster import fragments, interpolated
from mcld_app.synthetic.drawn.figure import Figure
from mcld_app.synthetic.drawn.posing import Posed

_THERE = 110  # alpha from which a strand is there
_BEHIND = 0.012  # metres that strands may lie behind the skin's surface and still be seen: scalps differ


def hair_over(
    ready: Figure, now: Posed, light: np.ndarray, seen: np.ndarray, depth_of: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """What of the hair is seen.

    Args:
        light: (N, 4) float32 light and shine per vertex.
        seen: (H, W) int, the solid triangle at each pixel, -1 where there is none.
        depth_of: (K,) depths of those triangles.
        size: (H, W).

    Returns:
        flat pixel numbers (P,), each once, and places on the figure's picture, light and shine there (P, 6) float32.
    """
    faces, places = ready.faces[len(ready.solid) :], ready.places[len(ready.solid) :]
    a, b, c = (now.seen[faces[:, k]] for k in range(3))
    front = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
    faces, places = faces[front], places[front]
    order = np.argsort(now.seen[faces, 2].sum(1), kind="stable")
    faces, places = faces[order], places[order]
    corners = now.seen[faces, :2]
    pixel, tri = fragments(corners, size)
    if not len(pixel):
        return pixel, np.zeros((0, 6), np.float32)
    values = np.concatenate([places, now.seen[faces, 2:]], 2)
    found = interpolated(corners, values, pixel, tri, size[1])
    x, y = (np.clip(found[:, k] + 0.5, 0, ready.picture.shape[1 - k] - 1).astype(np.int32) for k in (0, 1))
    solid = seen.ravel()[pixel]
    nearer = (solid < 0) | (found[:, 2] > depth_of[solid] - _BEHIND)
    kept = np.flatnonzero((ready.picture[y, x, 3] > _THERE) & nearer)
    top = np.full(size[0] * size[1], -1, np.int32)
    top[pixel[kept]] = kept  # the last one at a pixel is the nearest
    at = np.flatnonzero(top >= 0)
    kept = top[at]
    on = interpolated(corners, light[faces], pixel[kept], tri[kept], size[1])
    return at, np.concatenate([found[kept, :2], on], 1)
