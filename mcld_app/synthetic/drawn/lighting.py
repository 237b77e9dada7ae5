"""How much light falls on each vertex of a posed figure."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.raster import rasterise
from mcld_app.synthetic.drawn.figure import Figure
from mcld_app.synthetic.drawn.parts import EYE, HAIR, SHOE, SKIN
from mcld_app.synthetic.drawn.posing import Posed
from mcld_app.synthetic.drawn.setting import Light

_SHADOW = 224  # pixels of the side of what the key light sees
_BIAS = 0.022  # metres behind what it sees that still lie in its light
_AMBIENT = 0.52
_LIDS = np.float32(0.68)  # of the light is left to eyes: lids, brows and lashes take the rest
_COARSE = 4  # pixels of the picture a pixel of the picture of depths stands for
# Kind -> (how far light wraps around, shine, how sharp it is)
_LOOKS = {SKIN: (0.22, 0.055, 14.0), EYE: (0.3, 0.10, 40.0), SHOE: (0.1, 0.05, 20.0), HAIR: (0.25, 0.0, 1.0)}
_CLOTH = (0.14, 0.0, 1.0)


def lit_and_shine(now: Posed, ready: Figure, light: Light, surface: tuple) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) float32, linear: how bright a white vertex is; and (N,) float32: what it mirrors of the key light.
    `surface` is faces, drawn and seen of the solid surface."""
    kinds = ready.kinds
    shadow = _in_light(now, light.key)
    towards = now.normals @ light.key
    wrap = _by_kind(kinds, 0)
    direct = np.repeat(np.clip((towards + wrap) / (1 + wrap), 0, 1)[:, None], 3, 1)
    # Red light goes deeper into skin.
    direct[:, 0] = np.where(kinds == SKIN, np.clip((towards + 0.42) / 1.42, 0, 1), direct[:, 0])
    share = (0.06 + 0.94 * shadow)[:, None]
    share = np.where(kinds[:, None] == EYE, share * _LIDS, share)
    ambient = light.falling_on(now.normals) * _openness(now, *surface)[:, None]
    half = light.key + np.array((0, 0, 1), np.float32)
    mirrored = np.clip(now.normals @ (half / np.linalg.norm(half)), 0, 1)
    shine = _by_kind(kinds, 1) * mirrored ** _by_kind(kinds, 2) * shadow * light.colour.mean()
    ambient = np.where(kinds[:, None] == EYE, ambient * _LIDS, ambient)
    return (_AMBIENT * ambient + light.colour * direct * share).astype(np.float32), shine.astype(np.float32)


def _by_kind(kinds: np.ndarray, k: int) -> np.ndarray:
    return np.array([_LOOKS.get(kind, _CLOTH)[k] for kind in range(HAIR + 1)], np.float32)[kinds]


def _openness(now: Posed, faces: np.ndarray, drawn: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(N,) float32 0..1: less where nearer surfaces are close by, from the picture of depths."""
    small = np.ascontiguousarray(seen[_COARSE // 2 :: _COARSE, _COARSE // 2 :: _COARSE])
    depth_of = now.seen[faces[drawn], 2].mean(1)
    solid = (small >= 0).astype(np.float32)
    depth = np.where(small >= 0, depth_of[small], 0).astype(np.float32)
    out = np.ones_like(depth)
    metre = np.ptp(now.seen[:, 1]) / max(float(np.ptp(now.points[:, 1])), 0.1) / _COARSE
    for reach, deep, strength in ((0.012, 0.02, 0.5), (0.035, 0.05, 0.55), (0.10, 0.12, 0.35)):
        k = 2 * max(1, round(reach * metre)) + 1
        near = cv2.blur(solid, (k, k))
        mean = cv2.blur(depth, (k, k)) / np.maximum(near, 1e-3)
        out *= 1 - strength * np.clip((mean - depth) / deep, 0, 1) * np.minimum(near * 1.3, 1)
    out = np.where(solid > 0, out, 1)
    x, y = now.seen[:, 0] / _COARSE, now.seen[:, 1] / _COARSE
    return _sampled(out, x, y)


def _in_light(now: Posed, key: np.ndarray) -> np.ndarray:
    """(N,) float32 0..1: how much of the key light reaches a vertex past the body."""
    across = np.cross((0, 1, 0), key)
    across /= np.linalg.norm(across)
    axes = np.stack([across, np.cross(key, across), key]).astype(np.float32)
    turned = now.points @ axes.T
    low, high = turned[:, :2].min(0), turned[:, :2].max(0)
    scale = (_SHADOW - 8) / float((high - low).max())
    flat = (turned[:, :2] - low) * scale + 4
    faces = body_faces()
    a, b, c = (flat[faces[:, k]] for k in range(3))
    towards = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) > 0
    shown = faces[towards]
    height = turned[shown, 2].mean(1)
    order = np.argsort(height)
    picture = rasterise(flat[shown[order]], (_SHADOW, _SHADOW))
    top = np.where(picture >= 0, height[order][picture], -9).astype(np.float32)
    x, y = flat[:, 0], flat[:, 1]
    out = np.zeros(len(x), np.float32)
    for dx, dy in ((-1.3, -0.5), (0.5, -1.3), (1.3, 0.5), (-0.5, 1.3)):
        column = np.clip(x + dx, 0, _SHADOW - 1).astype(np.int32)
        row = np.clip(y + dy, 0, _SHADOW - 1).astype(np.int32)
        out += np.clip(1.5 - (top[row, column] - turned[:, 2]) / _BIAS, 0, 1)
    return out / 4


def _sampled(picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    rows = -(-len(x) // 512)
    place = np.zeros((rows * 512, 2), np.float32)
    place[: len(x), 0], place[: len(x), 1] = x, y
    found = cv2.remap(picture, place.reshape(rows, 512, 2), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.ravel()[: len(x)]
