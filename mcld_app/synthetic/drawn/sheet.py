"""Sheets: surfaces with skin weights and a place on a picture, and what is done to them when a person is dressed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Sheet:
    """A surface in the rest pose.

    Attributes:
        rest: (N, 3) float32, metres.
        home: (N, 3) float32, where the same vertices lie on the average adult: what cuts are measured on.
        weights: (N, 21) float32 skin weights.
        faces: (M, 3) int32, counter-clockwise seen from outside.
        places: (M, 3, 2) float32, corners on the sheet's own picture, 0..1 to the right and down.
    """

    rest: np.ndarray
    home: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    places: np.ndarray

    def moved(self, rest: np.ndarray) -> Sheet:
        return replace(self, rest=rest.astype(np.float32))

    def without(self, hidden: np.ndarray) -> Sheet:
        """Without the triangles (M,) bool `hidden`."""
        return replace(self, faces=self.faces[~hidden], places=self.places[~hidden])


def normals(rest: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (N, 3) float32. Vertices at one place share theirs, so seams of a sheet are not seen."""
    a, b, c = (rest[faces[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    _, same = np.unique(np.round(rest * 2e4).astype(np.int64) @ [1, 1 << 20, 1 << 40], return_inverse=True)
    flat = same[faces].ravel()
    out = np.stack([np.bincount(flat, np.repeat(n[:, k], 3), same.max() + 1) for k in range(3)], 1)[same]
    return (out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def clipped(sheet: Sheet, inside: np.ndarray) -> Sheet:
    """The part of a sheet where `inside` (N,), a value per vertex, is above 0; triangles on the edge are cut."""
    if (inside > 0).all():
        return sheet
    values = np.concatenate([sheet.rest, sheet.home, sheet.weights], 1)
    signs = inside[sheet.faces] > 0
    count = signs.sum(1)
    faces, places = [sheet.faces[count == 3]], [sheet.places[count == 3]]
    new: list[np.ndarray] = []
    start = len(values)
    for wanted in (1, 2):
        rows = np.flatnonzero(count == wanted)
        if not len(rows):
            continue
        # Turn each triangle so that the corner that differs from the two others comes first.
        first = (signs[rows] == (wanted == 1)).argmax(1)
        order = (first[:, None] + np.arange(3)) % 3
        f = np.take_along_axis(sheet.faces[rows], order, 1)
        p = np.take_along_axis(sheet.places[rows], order[..., None], 1)
        s = inside[f]
        cut_values, cut_places = [], []
        for other in (1, 2):
            t = (s[:, 0] / (s[:, 0] - s[:, other]))[:, None].astype(np.float32)
            cut_values.append(values[f[:, 0]] * (1 - t) + values[f[:, other]] * t)
            cut_places.append(p[:, 0] * (1 - t) + p[:, other] * t)
        one = start + np.arange(len(rows))
        two = one + len(rows)
        start += 2 * len(rows)
        new += cut_values
        a, b = cut_places
        if wanted == 1:
            faces.append(np.stack([f[:, 0], one, two], 1))
            places.append(np.stack([p[:, 0], a, b], 1))
        else:
            faces += [np.stack([one, f[:, 1], f[:, 2]], 1), np.stack([one, f[:, 2], two], 1)]
            places += [np.stack([a, p[:, 1], p[:, 2]], 1), np.stack([a, p[:, 2], b], 1)]
    every = np.concatenate([values, *new])
    kept, numbers = np.unique(np.concatenate(faces), return_inverse=True)
    every = every[kept].astype(np.float32)
    return Sheet(
        np.ascontiguousarray(every[:, :3]), np.ascontiguousarray(every[:, 3:6]), np.ascontiguousarray(every[:, 6:]),
        numbers.reshape(-1, 3).astype(np.int32), np.concatenate(places).astype(np.float32),
    )  # fmt: skip


def rim(sheet: Sheet) -> np.ndarray:
    """(R,) the vertices on a sheet's edges, seams of its picture left out."""
    _, same = np.unique(np.round(sheet.rest * 2e4).astype(np.int64) @ [1, 1 << 20, 1 << 40], return_inverse=True)
    f = same[sheet.faces]
    edges = np.sort(np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]]), 1)
    pairs, count = np.unique(edges, axis=0, return_counts=True)
    return np.flatnonzero(np.isin(same, pairs[count == 1]))


def pushed_out(sheet: Sheet, under: np.ndarray, facing: np.ndarray, distance: float) -> Sheet:
    """The sheet, nowhere nearer than `distance` metres to the surface with points and normals (K, 3) under it."""
    from scipy.spatial import cKDTree

    rest = sheet.rest.astype(np.float64)
    tree = cKDTree(under)
    for _ in range(2):
        far, k = tree.query(rest, k=4)
        height = np.einsum("nkc,nkc->nk", rest[:, None] - under[k], facing[k])
        share = 1 / (far + 1e-3)
        share /= share.sum(1, keepdims=True)
        lift = np.clip(distance - (height * share).sum(1), 0, 0.05) * (far[:, 0] < 0.06)
        way = (facing[k] * share[..., None]).sum(1)
        rest += way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6) * lift[:, None]
    return sheet.moved(rest)


def covered(
    points: np.ndarray, facing: np.ndarray, by: Sheet, reach: float = 0.06, from_rim: float = 0.022
) -> np.ndarray:
    """(N,) bool: which points with normals (N, 3) lie under a sheet, farther than `from_rim` metres from its edges."""
    from scipy.spatial import cKDTree

    edges = by.rest[by.faces] - by.rest[np.roll(by.faces, 1, axis=1)]
    spacing = float(np.percentile(np.linalg.norm(edges, axis=2), 75))
    far, k = cKDTree(by.rest).query(points, k=4, distance_upper_bound=reach)
    k_there = np.minimum(k, len(by.rest) - 1)
    way = by.rest[k_there] - points[:, None]
    same_side = (normals(by.rest, by.faces)[k_there] * facing[:, None]).sum(2) > 0.2
    height = (way * facing[:, None]).sum(2)
    beside = np.linalg.norm(way - height[..., None] * facing[:, None], axis=2)
    under = ((far < reach) & (height > -0.01) & (beside < max(0.018, 0.7 * spacing)) & same_side).any(1)
    edge = rim(by)
    if len(edge):
        on_edge = np.zeros(len(by.rest) + 1, bool)
        on_edge[edge] = True
        under &= ~on_edge[k[:, 0]]  # what lies beyond an edge has the edge next to it
        under &= cKDTree(by.rest[edge]).query(points)[0] > from_rim
    return under
