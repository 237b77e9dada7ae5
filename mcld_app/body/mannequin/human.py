"""The human body of `assets/body/`: an average adult in the rest pose, and what changes with a person's shape.

Made by `tools/make_body.py` from CC0 data; its README.md names the source. Space and rest pose as in `body_mesh`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mcld_app.errors import StudioError

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "body"
MESH, SKELETON = FOLDER / "human.npz", FOLDER / "skeleton.json"


@dataclass(frozen=True)
class HumanBody:
    """The body; arrays are read-only. Vertices: skin, eyeballs, then the shells that clothes are made of.

    Attributes:
        vertices: (N, 3) float32, metres.
        directions: (1 + K, N, 3) float32, metres a vertex moves per unit of build, and of each component of shape.
        weights: (N, 21) float32, how much each bone (in the order of `BONES`) moves a vertex; rows sum to 1.
        outer: (M, 3) int32, the triangles seen from outside: skin without the inside of the mouth, the eyes' fronts.
        skin, left_eye, right_eye: (., 3) int32, all triangles of them.
        tights, skirt: (., 3) int32, a smooth shell over the body below the neck, and one from the waist to the feet.
        twins: (N,) int32, each vertex's mirror image.
        masks: "face", "lips", "ears", "eyelids", "fingernails", "toenails", "inside_mouth" -> (N,) uint8, how much a
            vertex belongs to it.
    """

    vertices: np.ndarray
    directions: np.ndarray
    weights: np.ndarray
    outer: np.ndarray
    skin: np.ndarray
    left_eye: np.ndarray
    right_eye: np.ndarray
    tights: np.ndarray
    skirt: np.ndarray
    twins: np.ndarray
    masks: MappingProxyType[str, np.ndarray]


@lru_cache(maxsize=1)
def human_body() -> HumanBody:
    """The body; some 100 ms the first time in a process.

    Raises:
        StudioError: where a file of `assets/body/` is missing or damaged.
    """
    try:
        with np.load(MESH, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        step = stored["step"]
        moves = np.concatenate([stored["build"][None], stored["components"]])
        weights = np.zeros((len(stored["vertices"]), len(skeleton_file()["joints"])), np.float32)
        np.put_along_axis(weights, stored["bones"].astype(np.int64), stored["shares"] / np.float32(255), 1)
        found: dict[str, Any] = {
            name: stored[name].astype(np.int32)
            for name in ("outer", "skin", "left_eye", "right_eye", "tights", "skirt", "twins")
        }
        masks = {name[5:]: values for name, values in stored.items() if name.startswith("mask_")}
        found |= {"vertices": stored["vertices"] * step + stored["middle"], "directions": moves * step}
        found |= {"weights": weights, "masks": MappingProxyType(masks)}
        body = HumanBody(**found)
    except (OSError, KeyError, ValueError) as error:
        raise StudioError(f"The human body, {MESH}, is missing or damaged. Get the studio's files again.") from error
    for array in (*(getattr(body, f.name) for f in fields(HumanBody) if f.name != "masks"), *masks.values()):
        array.setflags(write=False)
    return body


@lru_cache(maxsize=1)
def skeleton_file() -> dict[str, Any]:
    """`skeleton.json`: "joints" and "build" (bone -> x, y, z), "components" (a list of such tables), "landmarks".

    Raises:
        StudioError: where it is missing or damaged.
    """
    try:
        return json.loads(SKELETON.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StudioError(f"The skeleton, {SKELETON}, is missing or damaged. Get the studio's files again.") from error
