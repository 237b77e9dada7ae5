"""Where each pixel of the skin's pictures lies on the average body: what a face is painted by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.mannequin.human import human_body
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.raster import interpolate, rasterise
from mcld_app.synthetic.drawn.store import heads

HEAD = (800, 436)
"""Height and width of a head's picture, in pixels."""

BODY = (384, 384)
"""The same of the picture of the rest of the skin."""


@dataclass(frozen=True, eq=False)
class SkinPlaces:
    """What the pixels of a picture of skin show; arrays (H, W), read-only.

    Attributes:
        x, y, z: float32, metres in the rest pose; x to the person's left, y up, z to the front.
        masks: as `HumanBody.masks`, float32 0..1.
        shown: bool, whether a pixel shows skin at all.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    masks: dict[str, np.ndarray]
    shown: np.ndarray


DARK = (2.0, 2.0)
"""x and y of a pixel of the body's picture that is dark, as the inside of a mouth is."""


def inside_of_mouth() -> np.ndarray:
    """(M, 3) int32: triangles behind the lips, so that nobody can look through a mouth that stands open a little."""
    body = human_body()
    inside = body.masks["inside_mouth"] > 60
    outer = np.sort(body.outer, 1) @ [1, 1 << 20, 1 << 40]
    faces = body.skin[inside[body.skin].any(1)]
    return faces[~np.isin(np.sort(faces, 1) @ [1, 1 << 20, 1 << 40], outer)]


def head_triangles() -> np.ndarray:
    """(M,) bool: which of `store.Heads.faces` lie on the head's picture."""
    h = heads()
    on_head = human_body().weights[:, list(BONES).index("head")][h.faces].min(1) > 0.5
    left, top, right, bottom = h.box
    x, y = h.places[..., 0], h.places[..., 1]
    return on_head & ((x > left) & (x < right) & (y > top) & (y < bottom)).all(1)


def places_on_head() -> np.ndarray:
    """(M, 3, 2) float32: pixels of the head's picture for the corners of `head_triangles`."""
    h = heads()
    left, top, right, bottom = h.box
    share = (h.places[head_triangles()] - (left, top)) / (right - left, bottom - top)
    return (share * (HEAD[1], HEAD[0]) - 0.5).astype(np.float32)


def places_on_body() -> np.ndarray:
    """(M, 3, 2) float32: pixels of the body's picture for the corners of all `store.Heads.faces`."""
    return (heads().places * (BODY[1], BODY[0]) - 0.5).astype(np.float32)


@lru_cache(maxsize=2)
def skin_places(of_head: bool) -> SkinPlaces:
    """The places of the head's picture, or of the body's."""
    body, h = human_body(), heads()
    faces = h.faces[head_triangles()] if of_head else h.faces
    corners = places_on_head() if of_head else places_on_body()
    size = HEAD if of_head else BODY
    values = np.column_stack([body.vertices, *(body.masks[name] / np.float32(255) for name in body.masks)])
    pixel, found = interpolate(corners, values[faces], rasterise(corners, size, overlap=0.6))
    filled = np.zeros((size[0] * size[1], values.shape[1]), np.float32)
    filled[pixel] = found
    shown = np.zeros(size[0] * size[1], bool)
    shown[pixel] = True
    planes = np.ascontiguousarray(filled.T).reshape(-1, *size)
    for k in range(3, len(planes)):
        planes[k] = cv2.GaussianBlur(planes[k], (0, 0), 0.8)
    planes.setflags(write=False)
    return SkinPlaces(*planes[:3], dict(zip(body.masks, planes[3:], strict=True)), shown.reshape(size))
