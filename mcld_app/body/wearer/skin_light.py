"""Skin that no picture shows, in the light that falls on what is seen of it: all over the body at once, so that it
meets what is seen on both sides of every seam.

The light is one for all of a person, a brightness that changes evenly with the way a surface faces (the first three of
the harmonics of R. Ramamoorthi and P. Hanrahan, An Efficient Representation for Irradiance Environment Maps, SIGGRAPH
2001), told from the skin that is seen; behind it is as in front. What is left, the difference between that and what is
seen, goes on over the body's mesh from vertex to vertex and fades. No form is made up: the body is the average adult's.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.garments.body_lines import along_arm
from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.parts import parts_mask
from mcld_app.body.raster import interpolate

_USUAL = np.array([0.0, 0.05, 0.22])  # how the logarithm of brightness grows to the left, upwards and to the front
_TRUSTED, _MOST = 0.04, 0.35  # how much skin must differ in its ways to tell more than that; the strongest light
_FEW = 200  # texels that tell light
_STEP = 5  # of the texels, one in so many is looked at
_ODD = 12  # per cent at either end that do not count: shine, creases, hair
_FADES, _ROUNDS = 0.012, 90  # what a difference loses from vertex to vertex; steps that it goes on
_CLEAR, _PULL = 4.0, 4.0  # texels that tell a vertex' colour for sure; how much it weighs beside a neighbour's
_OFF = 0.45  # of a colour, that light may make it differ
_GRAIN = 0.8  # grey levels of skin's grain at most
_TRUNK, _ARMS, _HANDS, _HEAD = frozenset({1, 2}), frozenset(range(15, 23)), frozenset({3, 4}), frozenset({23, 24})
_NECK, _WRIST = 1.60, 0.64  # metres: above the floor, up to where a neck is; along the arm, up to where a wrist is


def skin_at(
    holes: np.ndarray, image: np.ndarray, sure: np.ndarray, also: np.ndarray, tone: np.ndarray
) -> np.ndarray:
    """The skin of trunk, arms and neck where nothing shows it.

    Args:
        holes: (512, 512) bool, N texels that are asked for.
        image: (512, 512, 3) uint8 RGB, the texture map.
        sure: (512, 512) bool, where it shows skin beside which other skin is to lie.
        also: (512, 512) bool, where it shows skin that tells of the light alone.
        tone: (3,) RGB, the skin's colour where it faces the front, for where too little is seen.

    Returns:
        (N, 3) uint8 RGB.
    """
    way = _light(image, sure | also)
    at = np.flatnonzero(sure)
    seen = image.reshape(-1, 3)[at].astype(np.float32)
    light = _falls_on(at, way)
    usual = (np.abs(seen / (tone * light) - 1) < _OFF).all(1)
    body = usual & ~parts_mask(_HEAD).ravel()[at]
    if np.count_nonzero(body) >= _FEW:
        tone = np.median(seen[body] / light[body], 0)
    off = np.clip(seen / (tone * light) - 1, -_OFF, _OFF)[usual]
    wanted = np.flatnonzero(holes)
    colours = tone * _falls_on(wanted, way) * (1 + _gone_on(at[usual], off, wanted))
    return np.clip(colours + _grain(image, sure).ravel()[wanted, None] + 0.5, 0, 255).astype(np.uint8)


def _falls_on(at: np.ndarray, way: np.ndarray) -> np.ndarray:
    """(N, 1) float32: how bright texels, flat numbers (N,), are in a light, 1 where they face the front."""
    return np.exp(_normals().reshape(-1, 3)[at] @ way.astype(np.float32) - way[2])[:, None].astype(np.float32)


def _light(image: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(3,) how the logarithm of brightness grows with the way that skin faces: to the left, upwards, to the front."""
    at = np.flatnonzero(skin)[::_STEP]
    if len(at) < _FEW / _STEP:
        return _USUAL
    normal = _normals().reshape(-1, 3)[at].astype(np.float64)
    bright = np.log(np.maximum(image.reshape(-1, 3)[at].mean(1), 8.0))
    on_head = parts_mask(_HEAD).ravel()[at]
    rest = bright - normal @ _USUAL
    for limb in (on_head, ~on_head):  # a face may be paler than arms
        if limb.any():
            rest[limb] -= np.median(rest[limb])
    low, high = np.percentile(rest, (_ODD, 100 - _ODD))
    usual = (rest >= low) & (rest <= high)
    ways = normal[usual] - normal[usual].mean(0)
    more = np.linalg.solve(ways.T @ ways / len(ways) + _TRUSTED * np.eye(3), ways.T @ rest[usual] / len(ways))
    found = _USUAL + more
    return found * min(1.0, _MOST / max(float(np.linalg.norm(found)), 1e-6))


def _gone_on(at: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(N, 3) float32: values (M, 3) that are known on texels `at`, flat numbers (M,), as they go on over the body and
    fade, on others, (N,)."""
    c, (number, around) = charts(), _upper_body()
    corners = number[c.body_vertex[c.faces]]
    count = len(around) - 1
    own = corners[c.face_of_texel.ravel()[at]]
    weight = np.bincount(own.ravel(), minlength=count + 1)[:count].astype(np.float32)
    sums = [np.bincount(own.ravel(), np.repeat(plane, 3), count + 1)[:count] for plane in values.T]
    pull = np.minimum(weight / _CLEAR, 1.0) * _PULL
    aim = np.stack(sums).astype(np.float32) / np.maximum(weight, 1) * pull
    whole = pull + (around[:-1] < count).sum(1) + np.float32(_FADES)
    found = np.zeros((3, count + 1), np.float32)
    beside = np.ascontiguousarray(around[:-1].T)
    for _ in range(_ROUNDS):
        total = aim.copy()
        for column in beside:
            total += found[:, column]
        found[:, :-1] = total / whole
    asked = np.full(c.face_of_texel.shape, -1, c.face_of_texel.dtype)
    asked.ravel()[wanted] = c.face_of_texel.ravel()[wanted]
    pixel, value = interpolate(c.face_texture, found.T[corners], asked)
    out = np.zeros((asked.size, 3), np.float32)
    out[pixel] = value
    return out[wanted]


def _grain(image: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(512, 512) float32, grey levels: as fine and as strong as that of the skin that is seen."""
    if np.count_nonzero(skin) < _FEW:
        return np.zeros(skin.shape, np.float32)
    green = cv2.extractChannel(image, 1)
    strong = float(np.median(np.abs(cv2.absdiff(green, cv2.blur(green, (5, 5)))[skin])))
    return _noise() * np.float32(min(strong, _GRAIN))


@lru_cache(maxsize=1)
def _noise() -> np.ndarray:
    out = cv2.GaussianBlur(np.random.default_rng(1).normal(size=(TEXTURE, TEXTURE)).astype(np.float32), (0, 0), 0.8)
    out /= out.std()
    out.setflags(write=False)
    return out


@lru_cache(maxsize=1)
def _normals() -> np.ndarray:
    """(512, 512, 3) float32: the way each texel of the resting body faces, its back as its front;
    to the front off it. Read-only."""
    c = charts()
    normals = vertex_normals(body_mesh().rest, body_faces())[c.body_vertex[c.faces]]
    pixel, normal = interpolate(c.face_texture, normals, c.face_of_texel)
    out = np.zeros((TEXTURE * TEXTURE, 3), np.float32)
    out[:, 2] = 1
    out[pixel] = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    out[:, 2] = np.abs(out[:, 2])
    out = out.reshape(TEXTURE, TEXTURE, 3)
    out.setflags(write=False)
    return out


@lru_cache(maxsize=1)
def _upper_body() -> tuple[np.ndarray, np.ndarray]:
    """(6890,) the number of each vertex of trunk, arms and neck, all others having the one after the last; and
    (N + 1, K) the numbers of those beside it, filled up with that. Read-only."""
    faces, rest, part = body_faces(), body_mesh().rest, charts().face_part
    used = np.zeros(len(rest), bool)
    used[np.unique(faces[np.isin(part, sorted(_TRUNK | _ARMS))])] = True
    neck = np.unique(faces[np.isin(part, sorted(_HEAD))])
    used[neck[rest[neck, 1] < _NECK]] = True
    hand = np.unique(faces[np.isin(part, sorted(_HANDS))])
    used[hand[along_arm(rest[hand]) < _WRIST]] = True
    count = np.count_nonzero(used)
    number = np.where(used, np.cumsum(used) - 1, count)
    edges = number[np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])]
    edges = edges[(edges < count).all(1)]
    own, other = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0).T
    place = np.arange(len(own)) - np.searchsorted(own, own)
    around = np.full((count + 1, int(place.max()) + 1), count)
    around[own, place] = other
    number.setflags(write=False)
    around.setflags(write=False)
    return number, around
