"""What `assets/drawing/` holds: shapes of heads, hair, clothes, skins, light and grounds (`tools/make_drawing.py`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from mcld_app.body.mannequin.human import human_body
from mcld_app.errors import StudioError

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "drawing"
STEP = np.float32(3e-5)  # metres; what offsets are rounded to


@dataclass(frozen=True, eq=False)
class Piece:
    """Hair or a garment, bound to the body; arrays are read-only.

    Attributes:
        refs: (N, 3) int32, vertices of `HumanBody` that a vertex follows.
        shares: (N, 3) float32, how much of each; rows sum to 1.
        offsets: (N, 3) float32, metres from there, in the rest pose.
        faces: (M, 3) int32, counter-clockwise seen from outside.
        places: (M, 3, 2) float32, corners on the piece's picture, 0..1 to the right and down.
    """

    refs: np.ndarray
    shares: np.ndarray
    offsets: np.ndarray
    faces: np.ndarray
    places: np.ndarray

    def on(self, body: np.ndarray) -> np.ndarray:
        """(N, 3) float32: where its vertices lie on a body of those rest positions (V, 3)."""
        return np.einsum("nkc,nk->nc", body[self.refs], self.shares) + self.offsets

    @property
    def weights(self) -> np.ndarray:
        """(N, 21) float32 skin weights; rows sum to 1."""
        found = np.einsum("nkb,nk->nb", human_body().weights[self.refs], np.abs(self.shares))
        return (found / found.sum(1, keepdims=True)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Heads:
    """How heads differ from the average adult's; arrays are read-only.

    Attributes:
        vertices: (H,) int32, the vertices of `HumanBody` that move.
        heads: "RACE-SEX-AGE" -> (H, 3) float32, metres.
        knobs: name -> (H, 3) float32, metres per unit.
        faces: (M, 3) int32, the skin's outer triangles.
        places: (M, 3, 2) float32, their corners on the skin's picture, 0..1 to the right and down.
        box: left, top, right, bottom of the head's part of that picture.
    """

    vertices: np.ndarray
    heads: dict[str, np.ndarray]
    knobs: dict[str, np.ndarray]
    faces: np.ndarray
    places: np.ndarray
    box: tuple[float, float, float, float]


@lru_cache(maxsize=1)
def heads() -> Heads:
    """The shapes of heads.

    Raises:
        StudioError: where the file is missing or damaged.
    """
    a = _arrays("head")
    step = a["step"]
    places = a["places"].astype(np.float32) / 65535
    places[..., 1] = 1 - places[..., 1]
    return Heads(
        a["vertices"].astype(np.int32),
        {str(name): shape * step for name, shape in zip(a["head_names"], a["heads"], strict=True)},
        {str(name): shape * step for name, shape in zip(a["knob_names"], a["knobs"], strict=True)},
        a["faces"].astype(np.int32),
        places,
        tuple(float(v) for v in a["box"]),
    )


@lru_cache(maxsize=64)
def piece(kind: str, name: str) -> Piece:
    """A piece of `kind` "hair" or "clothes".

    Raises:
        StudioError: where there is none of that name.
    """
    stored = _arrays(kind)
    if f"{name}/refs" not in stored:
        raise StudioError(f"There is no {kind} “{name}” among what drawn people are made of.")
    a = {key: stored[f"{name}/{key}"] for key in ("refs", "shares", "offsets", "faces", "places")}
    shares = a["shares"].astype(np.float32)
    return Piece(
        a["refs"].astype(np.int32),
        shares / shares.sum(1, keepdims=True),
        a["offsets"] * STEP,
        a["faces"].astype(np.int32),
        a["places"].astype(np.float32) / 65535,
    )


@lru_cache(maxsize=64)
def picture(name: str) -> np.ndarray:
    """A picture of the folder by its name without ".webp": (h, w, 3) uint8 RGB, or (h, w, 4) RGBA. Read-only."""
    from PIL import Image

    try:
        with Image.open(FOLDER / f"{name}.webp") as file:
            found = np.array(file.convert("RGBA" if "A" in file.mode else "RGB"))
    except OSError as error:
        raise _damaged(f"{name}.webp") from error
    found.setflags(write=False)
    return found


@lru_cache(maxsize=1)
def lights() -> dict[str, dict[str, np.ndarray]]:
    """Name -> "around" (9, 3), "key" (3,) and "colour" (3,) float32, see `light`."""
    try:
        table = json.loads((FOLDER / "lights.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged("lights.json") from error
    return {name: {key: np.array(v, np.float32) for key, v in entry.items()} for name, entry in table.items()}


def resized(name: str, width: int, height: int) -> np.ndarray:
    """`picture` at another size, (height, width, 3 or 4) uint8."""
    return cv2.resize(picture(name), (width, height), interpolation=cv2.INTER_LINEAR)


@lru_cache(maxsize=4)
def _arrays(name: str) -> dict[str, np.ndarray]:
    try:
        with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except (OSError, ValueError) as error:
        raise _damaged(f"{name}.npz") from error


def _damaged(name: str) -> StudioError:
    return StudioError(f"{FOLDER / name} is missing or damaged. Get the studio's files again.")
