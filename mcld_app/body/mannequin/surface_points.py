"""The human body's outside as points to look for: what is nearest to a place and faces the same way."""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.human import HumanBody
from mcld_app.once import cached_property

_FACING = 0.04  # metres that two normals at a right angle count as apart, over the square root of two
_CANDIDATES = 8  # nearest samples whose triangles a vertex may end up on


def unit_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(N, 3) float64: area-weighted means over the triangles (M, 3) around each vertex (N, 3)."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    out = np.stack([np.bincount(faces.ravel(), np.repeat(n[:, k], 3), len(vertices)) for k in range(3)], 1)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)


class BodySurface:
    """The body's outside as points to look for, each with its normal and its triangle."""

    def __init__(self, body: HumanBody) -> None:
        self.vertices = body.vertices.astype(np.float64)
        self.triangles = body.outer
        normals = unit_normals(self.vertices, self.triangles)
        a, b, c = (self.vertices[self.triangles[:, k]] for k in range(3))
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
        middle = (a + b + c) / 3
        fine = (middle[:, 1] > 1.54) | (np.abs(middle[:, 0]) > 0.54)  # head and hands
        count = np.maximum(1, np.round(area / np.where(fine, 0.0022, 0.005) ** 2)).astype(int)
        self.owner = np.repeat(np.arange(len(area)), count)
        rng = np.random.default_rng(0)
        root, split = np.sqrt(rng.random(len(self.owner))), rng.random(len(self.owner))
        mix = np.stack([1 - root, root * (1 - split), root * split], 1)
        corners = self.triangles[self.owner]
        self.points = np.einsum("nkc,nk->nc", self.vertices[corners], mix)
        facing = np.einsum("nkc,nk->nc", normals[corners], mix)
        self.facing = facing / np.linalg.norm(facing, axis=1, keepdims=True)

    @cached_property
    def _tree(self):
        from scipy.spatial import cKDTree

        return cKDTree(np.hstack([self.points, _FACING * self.facing]))

    def closest(self, places: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The sample nearest to each place that faces as it does: points and normals (N, 3)."""
        _, k = self._tree.query(np.hstack([places, _FACING * normals]))
        return self.points[k], self.facing[k]

    def nearest(self, places: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The exact nearest points on the triangles around: corners (N, 3), shares (N, 3), distances (N,)."""
        _, k = self._tree.query(np.hstack([places, _FACING * normals]), k=_CANDIDATES)
        corners = self.triangles[self.owner[k]]  # (N, K, 3)
        shares = _shares(places[:, None], *(self.vertices[corners[..., i]] for i in range(3)))
        found = np.einsum("nkic,nki->nkc", self.vertices[corners], shares)
        distance = np.linalg.norm(found - places[:, None], axis=2)
        best = distance.argmin(1)[:, None]
        take = np.take_along_axis
        return (
            take(corners, best[..., None], 1)[:, 0].astype(np.int32),
            take(shares, best[..., None], 1)[:, 0].astype(np.float32),
            take(distance, best, 1)[:, 0].astype(np.float32),
        )


def _shares(place: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Barycentric shares (..., 3) of the point of each triangle that is nearest to `place`."""
    ab, ac, ap = b - a, c - a, place - a
    d11, d12, d22 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    e1, e2 = (ab * ap).sum(-1), (ac * ap).sum(-1)
    area = np.maximum(d11 * d22 - d12 * d12, 1e-18)
    s, t = (d22 * e1 - d12 * e2) / area, (d11 * e2 - d12 * e1) / area
    inside = (s >= 0) & (t >= 0) & (s + t <= 1)
    # Outside, the nearest point lies on one of the three edges.
    on_ab, on_ac = np.clip(e1 / np.maximum(d11, 1e-18), 0, 1), np.clip(e2 / np.maximum(d22, 1e-18), 0, 1)
    bc = c - b
    on_bc = np.clip((bc * (place - b)).sum(-1) / np.maximum((bc * bc).sum(-1), 1e-18), 0, 1)
    zero = np.zeros_like(s)
    choices = np.stack([np.stack([on_ab, zero], -1), np.stack([zero, on_ac], -1), np.stack([1 - on_bc, on_bc], -1)])
    found = a + choices[..., :1] * ab + choices[..., 1:] * ac
    edge = np.linalg.norm(found - place, axis=-1).argmin(0)
    outside = np.take_along_axis(choices, edge[None, ..., None], 0)[0]
    st = np.where(inside[..., None], np.stack([s, t], -1), outside)
    return np.concatenate([1 - st.sum(-1, keepdims=True), st], -1)
