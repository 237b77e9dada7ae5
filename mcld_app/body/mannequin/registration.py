"""The charts' 6,890 vertices laid on the human body.

Nothing tells where on a body a chart's vertex lies but the charts themselves: their mesh is dense where eyes, mouth,
ears, fingers and toes are. Those places are landmarks; from a first guess (`tubes`) the surface then moves in rounds
towards the nearest points of the body that face the same way, bending as little as it can, and less stiffly each round.
Lips, nostrils and lids lie in folds, in which such a surface crumples: the face is laid once more (`face_laying`).

Left and right stay mirror images all the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcld_app.body.mannequin import chart_landmarks
from mcld_app.body.mannequin.face_laying import lay_face
from mcld_app.body.mannequin.human import human_body, skeleton_file
from mcld_app.body.mannequin.mirror import mirror_twins
from mcld_app.body.mannequin.sewing import SewnCharts
from mcld_app.body.mannequin.skeleton import BONES, PARENTS
from mcld_app.body.mannequin.surface_points import BodySurface, unit_normals
from mcld_app.body.mannequin.tube_weights import tube_weights
from mcld_app.body.mannequin.tubes import TUBE_JOINTS, sculpt
from mcld_app.body.mannequin.warps import soft_warp, thin_plate, turn_onto

_ROUNDS = 30
_STIFF = (30.0, 0.8)  # how stiffly the surface bends, in the first round and in the last
_SLIDING = 0.25  # how much of a pull along the surface is followed
# On a real DensePose map a person's features are seen above the rings (those are a mean body's, and the network's maps
# are smooth): eyes and nose by some 5 mm, mouth and chin by 8. What counts is where real faces come to lie.
_LOWER = 0.008
_LOWER_EYES = 0.65  # of that, for what is as high as the nose or higher
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
    """Lay the charts on the body; some five seconds."""
    c, body = SewnCharts(), human_body()
    faces = c.body[c.faces]
    twins = mirror_twins(faces, c.middle_edge())
    surface = BodySurface(body)

    def even(places: np.ndarray) -> np.ndarray:
        return (places + places[twins] * _MIRROR) / 2

    places = even(sculpt(c))
    places = even(_on_our_bones(places, tube_weights(places, c)))
    marked, goals, firm = _landmarks(c, twins)
    places = even(_hands_feet_and_head(places, c, twins))
    places = _settled(places, c, faces, surface, twins, marked, goals, firm)
    corners, shares, gap = surface.nearest(places, unit_normals(places, faces))
    places = _lowered(even(np.einsum("nkc,nk->nc", surface.vertices[corners], shares)))
    corners, shares, _ = surface.nearest(places, unit_normals(places, faces))
    face, corners_there, shares_there = lay_face(c, body, places, twins, marked, _lowered(goals))
    corners[face], shares[face] = corners_there, shares_there
    return Registration(corners, shares, twins, gap)


def _lowered(places: np.ndarray) -> np.ndarray:
    """Places (N, 3), those in the face slid down, see `_LOWER`."""
    return places - _LOWER * _in_the_face(places)[:, None] * (0, 1, 0)


def _in_the_face(places: np.ndarray) -> np.ndarray:
    """(N,) 0..1: how much of `_LOWER` a place slides down."""
    marks = skeleton_file()["landmarks"]
    chin, mouth, nose, eye = (np.array(marks[name]) for name in ("chin", "mouth_middle", "nose_tip", "eye_in"))
    heights = [chin[1] - 0.04, chin[1] - 0.01, mouth[1], nose[1], eye[1] + 0.01, eye[1] + 0.06]
    up = np.interp(places[:, 1], heights, [0, 1, 1, _LOWER_EYES, _LOWER_EYES, 0])
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


def _settled(places, c: SewnCharts, faces, surface: BodySurface, twins, marked, goals, firm) -> np.ndarray:
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
        normals = unit_normals(places, faces)
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
