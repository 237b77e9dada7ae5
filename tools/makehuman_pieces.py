"""Hair, clothes, shoes and skins of MakeHuman, bound to the body of assets/body/.

A piece's vertex lies at a mix of three of the body's vertices and an offset, so it follows shape and pose. Pictures are
cropped to what the piece shows of them; of clothes they say how light or dark a place is, not which colour it has.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from makehuman_base import Base
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from mcld_app.body.mannequin.skeleton import BONES

LARGEST = 400  # pixels of a piece's picture
HAIR_SIDE = 320
MARGIN = 4


@dataclass(frozen=True)
class Clothing:
    """A piece as it is stored: `arrays` (refs, shares, offsets, faces, places) and its picture (h, w, 1, 3 or 4)."""

    arrays: dict[str, np.ndarray]
    picture: np.ndarray


def read_clothing(folder: Path, piece: int | None, way: str, base: Base) -> Clothing:
    """One piece of a proxy's folder, bound to the body."""
    told = json.loads((folder / f"{folder.name}.json").read_text("utf-8"))
    table = np.array(told["faces"]).reshape(-1, 10)
    quads, spots = table[:, 1:5], table[:, 6:10]
    refs, shares = np.array(told["ref_vIdxs"]), np.array(told["weights"], float)
    offsets = np.array(told["offsets"], float) / 10
    if piece is not None:
        edges = np.concatenate([quads[:, [0, 1]], quads[:, [1, 2]], quads[:, [2, 3]]])
        count = len(refs)
        graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count))
        label = connected_components(graph, False)[1]
        wanted = (label == _piece_number(label, piece))[quads].all(1)
        quads, spots = quads[wanted], spots[wanted]
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    corners = np.concatenate([spots[:, [0, 1, 2]], spots[:, [0, 2, 3]]])
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 0] != faces[:, 2])
    faces, corners = faces[whole], corners[whole]
    used, faces = np.unique(faces, return_inverse=True)
    refs, shares, offsets = refs[used], shares[used], offsets[used]
    refs, shares, offsets = _onto_kept(refs, shares, offsets, base)
    weights = np.einsum("nk,nkb->nb", np.abs(shares), base.body.weights[refs])
    weights /= weights.sum(1, keepdims=True)
    turned = np.einsum("nb,bij,nj->ni", weights, base.turns, offsets)
    places = np.array(told["uvs"][0], float).reshape(-1, 2)[corners] * (1, -1) + (0, 1)
    picture, places = _picture(folder, told, places % 1.0001, way)
    return Clothing(
        {
            "refs": refs.astype(np.uint16), "shares": shares.astype(np.float16),
            "offsets": np.round(turned / 3e-5).astype(np.int16), "faces": faces.reshape(-1, 3).astype(np.uint16),
            "places": np.round(places * 65535).astype(np.uint16),
        },
        picture,
    )  # fmt: skip


def _piece_number(label: np.ndarray, piece: int) -> int:
    """The number of the n-th piece that is more than a button."""
    big = [k for k in range(label.max() + 1) if (label == k).sum() > 60]
    return big[piece]


def _onto_kept(refs: np.ndarray, shares: np.ndarray, offsets: np.ndarray, base: Base) -> tuple:
    """The same places said by vertices that the body keeps."""
    numbers = base.number[refs]
    lost = (numbers < 0).any(1)
    if lost.any():
        places = (base.vertices[refs[lost]] * shares[lost][..., None]).sum(1) / 10 + offsets[lost]
        _, near = base.nearest.query(places * 10, k=3)
        numbers[lost], shares[lost] = near, 1 / 3
        offsets[lost] = places - base.vertices[base.kept[near]].mean(1) / 10
    return numbers, shares, offsets


def _picture(folder: Path, told: dict, places: np.ndarray, way: str) -> tuple[np.ndarray, np.ndarray]:
    """The piece's picture, cropped, and the corners' places on the crop, 0..1."""
    file = folder / told["materials"][0]["mapDiffuse"]
    colour = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    side = np.array([colour.shape[1], colour.shape[0]])
    low = np.maximum(np.floor(places.min((0, 1)) * side - MARGIN), 0).astype(int)
    high = np.minimum(np.ceil(places.max((0, 1)) * side + MARGIN), side).astype(int)
    places = ((places * side - low) / (high - low)).clip(0, 1)
    box = np.s_[low[1] : high[1], low[0] : high[0]]
    if way == "hair":
        grey = colour[..., :3].max(2) * 0.5 + colour[..., :3].mean(2) * 0.5
        alpha = colour[..., 3] if colour.shape[2] == 4 else np.full(grey.shape, 255)
        picture = np.dstack([_evened(grey, alpha > 100), alpha])[box]
    elif way == "colour":
        picture = colour[box][..., 2::-1]
    else:
        picture = _relief(folder, colour, way)[box][..., None]
    scale = min(1.0, (HAIR_SIDE if way == "hair" else LARGEST) / max(picture.shape[:2]))
    width, height = (max(8, round(n * scale)) for n in (picture.shape[1], picture.shape[0]))
    small = cv2.resize(picture.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.clip(small.reshape(height, width, -1), 0, 255).astype(np.uint8), places


def _evened(grey: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Strands with a middle of 128 and the contrast of natural hair: 128 times how light a place is."""
    mean, spread = grey[shown].mean(), grey[shown].std()
    return np.clip(128 + (grey - mean) * min(2.0, 34 / max(spread, 1)), 20, 255)


def _relief(folder: Path, colour: np.ndarray, way: str) -> np.ndarray:
    """How light or dark folds and seams make a cloth, 128 where they do nothing."""
    name = folder.name
    out = np.ones(colour.shape[:2], np.float32)
    normal_file, hollow_file = (folder / "textures" / f"{name}_{kind}.png" for kind in ("normal", "ao"))
    if normal_file.exists():
        normal = cv2.imread(str(normal_file))[..., ::-1].astype(np.float32) / 127.5 - 1
        slope = np.where((normal[..., 2] > 0.2)[..., None], normal, 0)
        out *= 1 + 0.9 * (-0.5 * slope[..., 0] + 0.6 * slope[..., 1])
    if hollow_file.exists():
        hollow = cv2.imread(str(hollow_file), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
        out *= np.clip(0.55 + 0.45 * hollow / max(np.percentile(hollow, 90), 0.1), 0.7, 1.05)
    if way == "denim":
        light = colour[..., :3].mean(2).astype(np.float32)
        out *= np.clip(light / np.median(light[light < 190]), 0.5, 1.6) ** 0.6
    return np.clip(out * 128, 10, 255)


def skin_maps(folder: Path, wanted: dict[str, str], base: Base, goal: Path) -> tuple:
    """Write what skins show of a head: `skin-NAME.webp`, colour over the mean of the face, 128 where they are equal.

    Only heads: trunk and limbs are drawn by rule. Returns what part of the whole picture that is: left, top, right,
    bottom, 0..1.
    """
    told_of_head = base.head_arrays()
    on_head = base.body.weights[:, list(BONES).index("head")][told_of_head["faces"]].min(1) > 0.5
    spots = told_of_head["places"][on_head].reshape(-1, 2) / 65535 * (1, -1) + (0, 1)
    spots = spots[spots[:, 0] > 0.5]  # the lips' inner side lies elsewhere on it
    low, high = spots.min(0), spots.max(0)
    for name, source in wanted.items():
        told = json.loads((folder / source / f"{source}.json").read_text("utf-8"))
        file = next(iter(_pictures_named(told)))
        picture = cv2.imread(str(folder / source / file))[..., ::-1].astype(np.float32)
        a, b = np.floor(low * 512 - 2).astype(int).clip(0, 512), np.ceil(high * 512 + 2).astype(int).clip(0, 512)
        crop = picture[a[1] : b[1], a[0] : b[0]]
        tall, wide = crop.shape[:2]
        face = crop[int(0.38 * tall) : int(0.56 * tall), int(0.6 * wide) : int(0.92 * wide)]
        middle = np.median(face.reshape(-1, 3), axis=0)
        write_picture(goal / f"skin-{name}.webp", np.clip(crop / middle * 128, 0, 255).astype(np.uint8))
    return tuple(np.array([*a, *b]) / 512)


def _pictures_named(told: object) -> list[str]:
    """Every picture that a material's JSON names."""
    if isinstance(told, dict):
        return [name for value in told.values() for name in _pictures_named(value)]
    if isinstance(told, list):
        return [name for value in told for name in _pictures_named(value)]
    return [told] if isinstance(told, str) and told.endswith(".png") and "thumb" not in told else []


def write_picture(file: Path, picture: np.ndarray) -> None:
    """Write a picture (h, w, 1..4) as WebP; of two channels the second is how much of a pixel is there."""
    if picture.shape[2] == 2:
        picture = picture[..., [0, 0, 0, 1]]
    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    image.save(file, quality=82, method=6, alpha_quality=70)
