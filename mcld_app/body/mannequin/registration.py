"""The charts' 6,890 vertices laid on the human body.

Nothing tells where on a body a chart's vertex lies but the charts themselves: their mesh is dense where eyes, mouth,
ears, fingers and toes are. Those places are landmarks; from a first guess (`tubes`) the surface then moves in rounds
towards the nearest points of the body that face the same way, bending as little as it can, and less stiffly each round.

Left and right stay mirror images all the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mcld_app.body.mannequin import chart_landmarks
from mcld_app.body.mannequin.human import HumanBody, human_body, skeleton_file
from mcld_app.body.mannequin.mirror import mirror_twins
from mcld_app.body.mannequin.sewing import SewnCharts
from mcld_app.body.mannequin.skeleton import BONES, PARENTS
from mcld_app.body.mannequin.tube_weights import tube_weights
from mcld_app.body.mannequin.tubes import TUBE_JOINTS, sculpt
from mcld_app.body.mannequin.warps import soft_warp, thin_plate, turn_onto

_FACING = 0.04  # metres that two normals at a right angle count as apart, over the square root of two
_ROUNDS = 30
_STIFF = (30.0, 0.8)  # how stiffly the surface bends, in the first round and in the last
_SLIDING = 0.25  # how much of a pull along the surface is followed
# On a real DensePose map a person's features are seen 6 to 9 mm above the rings (those are a mean body's, and the
# network's maps are smooth). What counts is where real faces come to lie.
_LOWER = 0.008
_CANDIDATES = 8  # nearest samples whose triangles a vertex may end up on
_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Registration:
    """Where each vertex of the charts lies on the human body.

    Attributes:
        corners: (6890, 3) int32, vertices of `HumanBody` around it.
        shares: (6890, 3) float32, how much of each; rows sum to 1.
        twins: (6890,) int32, each vertex's mirror image.
        gap: (6890,) float32, metres from where the bending surface ended to the body, closed by the last step.
    """

    corners: np.ndarray
    shares: np.ndarray
    twins: np.ndarray
    gap: np.ndarray

    def on_body(self, values: np.ndarray) -> np.ndarray:
        """What the human body's vertices have, (..., N, C), at the charts' vertices: (..., 6890, C)."""
        return np.einsum("...vkc,vk->...vc", values[..., self.corners, :], self.shares)


def register() -> Registration:
    """Lay the charts on the body; some ten seconds."""
    c, body = SewnCharts(), human_body()
    faces = c.body[c.faces]
    twins = mirror_twins(faces, c.middle_edge())
    surface = _Surface(body)

    def even(places: np.ndarray) -> np.ndarray:
        return (places + places[twins] * _MIRROR) / 2

    places = even(sculpt(c))
    places = even(_on_our_bones(places, tube_weights(places, c)))
    marked, goals, firm = _landmarks(c, twins)
    places = even(_hands_feet_and_head(places, c, twins))
    places = _settled(places, c, faces, surface, twins, marked, goals, firm)
    corners, shares, gap = surface.nearest(places, _normals(places, faces))
    # The face slides down on the body, see `_LOWER`.
    places = even(np.einsum("nkc,nk->nc", surface.vertices[corners], shares))
    places[:, 1] -= _LOWER * _in_the_face(places)
    corners, shares, _ = surface.nearest(places, _normals(places, faces))
    return Registration(corners, shares, twins, gap)


def _in_the_face(places: np.ndarray) -> np.ndarray:
    """(N,) 0..1: how far in the middle of the face a place lies."""
    chin, eye = (np.array(skeleton_file()["landmarks"][name]) for name in ("chin", "eye_in"))
    up = np.interp(places[:, 1], [chin[1] - 0.04, chin[1] - 0.01, eye[1] + 0.01, eye[1] + 0.06], [0, 1, 1, 0])
    to_the_front = np.interp(places[:, 2], [eye[2] - 0.08, eye[2] - 0.02], [0, 1])
    return up * to_the_front


def _on_our_bones(places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The first guess with its bones as long and as they lie in the human body."""
    ours = {name: np.array(place) for name, (_, place) in BONES.items()}
    following = {parent: child for child, parent in PARENTS.items() if parent not in (None, "chest", "pelvis")}
    following |= {"pelvis": "spine", "chest": "neck"}
    moves = np.zeros((len(BONES), 3, 4))
    for k, name in enumerate(BONES):
        kind = name.rpartition("_")[2]
        scale = {"clavicle": 1.05, "ankle": 1.1, "toes": 1.1, "head": 1.0}.get(kind, 1.05)
        turn = np.eye(3) * scale
        if name in following and kind not in ("clavicle", "ankle"):
            child = following[name]
            theirs, here = TUBE_JOINTS[child] - TUBE_JOINTS[name], ours[child] - ours[name]
            longer = np.linalg.norm(here) / np.linalg.norm(theirs)
            if kind in ("pelvis", "spine", "chest", "neck"):
                turn = np.diag([1.08, longer, 1.08])
            else:
                turn = turn_onto(theirs, here) * longer
        moves[k] = np.concatenate([turn, (ours[name] - turn @ TUBE_JOINTS[name])[:, None]], 1)
    blended = (weights @ moves.reshape(len(BONES), 12)).reshape(-1, 3, 4)
    return np.einsum("nij,nj->ni", blended[..., :3], places) + blended[..., 3]


def _landmarks(c: SewnCharts, twins: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices that are landmarks (L,), their places on the body (L, 3), and whether each is of the head (L,)."""
    found = [(*mark, True) for mark in chart_landmarks.of_head(c)]
    found += [(vertex, place, False) for vertex, place in chart_landmarks.tips(c)]
    found += [(int(twins[vertex]), place * _MIRROR, firm) for vertex, place, firm in found if twins[vertex] != vertex]
    vertices, places, firm = zip(*found, strict=True)
    return np.array(vertices), np.array(places), np.array(firm)


def _hands_feet_and_head(places: np.ndarray, c: SewnCharts, twins: np.ndarray) -> np.ndarray:
    """The first guess with its fingers, toes and face where the body's are; made on the left."""
    out = places.copy()
    wrist = np.array(BONES["left_wrist"][1])
    outwards = (wrist - np.array(BONES["left_elbow"][1])) / np.linalg.norm(wrist - np.array(BONES["left_elbow"][1]))
    pairs = [((out[a] + out[b]) / 2, goal) for a, b, goal in chart_landmarks.fingers(c)]
    pairs += [(wrist, wrist), (wrist - 0.06 * outwards, wrist - 0.06 * outwards)]
    hand = np.flatnonzero(c.member[4])
    out[hand] = soft_warp(*map(np.array, zip(*pairs, strict=True)), out[hand], 0.035)

    foot = np.flatnonzero(c.member[5])
    ankle = np.flatnonzero(c.member[5] & c.member[[12, 14]].any(0))
    pairs = [((out[a] + out[b]) / 2, goal) for a, b, goal in chart_landmarks.toes(c)]
    pairs += [(out[foot[out[foot, 2].argmin()]], chart_landmarks.heel()), *((place, place) for place in out[ankle])]
    out[foot] = thin_plate(*map(np.array, zip(*pairs, strict=True)), out[foot], 1e-3)

    head = c.member[[23, 24]].any(0)
    neck = np.flatnonzero(head & c.member[[1, 2]].any(0))
    marks = chart_landmarks.of_head(c)
    marks += [(int(twins[vertex]), place * _MIRROR) for vertex, place in marks if twins[vertex] != vertex]
    start = np.array([out[vertex] for vertex, _ in marks] + list(out[neck]))
    goal = np.array([place for _, place in marks] + list(out[neck]))
    out[head] = thin_plate(start, goal, out[head], 1e-3)

    # The left's mirror image on the right, and no step between hand and arm, foot and leg.
    for limb in (hand, foot):
        out[twins[limb]] = out[limb] * _MIRROR
    adjacency = c.adjacency()
    degree = np.asarray(adjacency.sum(1)).ravel()
    for joint in ("left_wrist", "right_wrist", "left_ankle", "right_ankle"):
        near = np.linalg.norm(out - np.array(BONES[joint][1]), axis=1) < 0.045
        for _ in range(12):
            out[near] = (out[near] + (adjacency[near] @ out) / degree[near][:, None]) / 2
    return out


def _settled(places, c: SewnCharts, faces, surface: _Surface, twins, marked, goals, firm) -> np.ndarray:
    """The surface after all rounds: (6890, 3)."""
    import scipy.sparse as sp
    from scipy.sparse.linalg import splu

    adjacency = c.adjacency()
    laplace = sp.identity(c.count) - sp.diags(1 / np.asarray(adjacency.sum(1)).ravel()) @ adjacency
    bend = np.ones(c.count)
    bend[c.member[[23, 24]].any(0)] = 2.5
    bend[c.member[[3, 4]].any(0)] = 1.5
    bending = (laplace.T @ sp.diags(bend) @ laplace).tocsc()
    hands = c.member[[3, 4]].any(0)
    for share in np.linspace(0, 1, _ROUNDS):
        normals = _normals(places, faces)
        points, facing = surface.closest(places, normals)
        pull = points - places
        agree = (facing * normals).sum(1)
        weight = np.where(agree > 0.3, 1.0, 0.02) / (1 + (pull**2).sum(1) / 0.03**2)
        weight[hands] *= np.where(agree[hands] > 0.6, 1.0, 0.05)
        weight[marked] = np.where(firm, 20 * (1 - 0.7 * share), 3 * (1 - 0.9 * share))
        across = (pull * facing).sum(1, keepdims=True) * facing
        step = across + _SLIDING * (pull - across)
        step[marked] = goals - places[marked]
        stiff = _STIFF[0] + share * (_STIFF[1] - _STIFF[0])
        system = (sp.diags(weight) + stiff * bending).tocsc()
        solver = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        places = places + solver.solve(weight[:, None] * step)
        places = (places + places[twins] * _MIRROR) / 2
    return places


def _normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    out = np.stack([np.bincount(faces.ravel(), np.repeat(n[:, k], 3), len(vertices)) for k in range(3)], 1)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)


class _Surface:
    """The body's outside as points to look for, each with its normal and its triangle."""

    def __init__(self, body: HumanBody) -> None:
        self.vertices = body.vertices.astype(np.float64)
        self.triangles = body.outer
        normals = _normals(self.vertices, self.triangles)
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
