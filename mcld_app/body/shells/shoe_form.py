"""Shoes: the feet's skin drawn as one closed form, so that no toes show through what covers them.

The form is made of slices across the foot. Each is the convex hull of what of the foot lies a few centimetres before
and behind it, which closes the gaps between the toes, and a few millimetres more, which a shoe is larger. A place of it
shows what the skin nearest to it shows: the texture map and the photo know feet, and need not know of shoes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, cached_arrays, charts
from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.pose import BodyShape
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.raster import interpolate
from mcld_app.body.shells.shell import directions
from mcld_app.body.surface import rest_surface

_SLICES, _ROUND = 161, 161  # of the table of texels
_EVERY = 7  # of them is a vertex
_REACH = 0.035  # metres before and behind a slice, whose skin it goes around
_LARGER, _TIP = 0.005, 0.012  # metres that a shoe is larger than the foot; of its rounded ends
_TOPLINE, _OPEN = 0.068, 0.015  # metres above the floor where a low shoe ends; how far in front of the ankle it is open
_CLOSE = 0.03  # metres below its opening, over which it comes close to the skin
_OUTSIDE = 0.012  # metres outside of the shoe, from where the nearest skin is looked for
_INSIDE, _FACES = 0.014, 0.5  # metres to the shoe, and how far skin looks at it; between two toes it does not
_FRONT, _TIPS = 0.09, 0.022  # metres in front of the ankle, from where skin further back is taken; how far
_NEAREST, _TOGETHER = 6, 10.0  # places of the skin that are averaged, and texels between them where they are one place
_CALM = 4  # places of the table to each side


@dataclass(frozen=True, eq=False)
class Shoes:
    """A pair of shoes on the average adult in the rest pose; arrays are read-only.

    Attributes:
        rest: (N, 3) float32, metres; space as in `mannequin.body_mesh`.
        directions: (1 + K, N, 3) float32, how a vertex moves with build and shape, see `shell.directions`.
        weights: (N, 21) float32, how much each bone moves a vertex.
        faces: (M, 3) int32, triangles, counter-clockwise seen from outside.
        places: (N, 2) float32, x and y of a vertex on `texels`.
        texels: (h, w, 2) float32, which texel of the texture map is seen where.
    """

    rest: np.ndarray
    directions: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    places: np.ndarray
    texels: np.ndarray

    def on(self, body: BodyShape) -> np.ndarray:
        """(N, 3) float32: the rest positions on a person of another shape; `body.height` counts for nothing here."""
        amounts = np.array([body.build, *body.shape], np.float32)
        return self.rest + np.tensordot(amounts, self.directions[: len(amounts)], 1)


@lru_cache(maxsize=1)
def shoes() -> Shoes:
    """The pair; half a second the first time on a machine, milliseconds after that."""
    body = body_mesh()
    told = Path(__file__).read_bytes() + body.rest.tobytes() + body.directions.tobytes()
    arrays = cached_arrays("shoes", hashlib.sha256(told).hexdigest()[:12], _build)
    made = Shoes(**{f.name: arrays[f.name] for f in fields(Shoes)})
    for f in fields(Shoes):
        getattr(made, f.name).setflags(write=False)
    return made


def _build() -> dict[str, np.ndarray]:
    left = _left_shoe()
    rest, texels = [left], [_texels(left)]
    rest.append(left * np.float32((-1, 1, 1)))
    texels.append(_texels(rest[1]))
    chosen = np.append(np.arange(0, _SLICES - 1, _EVERY), _SLICES - 1)
    around = np.append(np.arange(0, _ROUND - 1, _EVERY), _ROUND - 1)
    vertices = [side[np.ix_(chosen, around)].reshape(-1, 3) for side in rest]
    x, y = np.meshgrid(around, chosen)
    places = [np.stack([x.ravel(), y.ravel() + k * _SLICES], 1) for k in (0, 1)]
    number = np.arange(x.size).reshape(x.shape)
    a, b, c, d = (p.ravel() for p in (number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]))
    outside = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    faces = [outside, outside[:, ::-1] + x.size]
    both = np.concatenate(vertices).astype(np.float32)
    return {
        "rest": both,
        "directions": directions(both),
        "weights": _weights(both),
        "faces": np.concatenate(faces).astype(np.int32),
        "places": np.concatenate(places).astype(np.float32),
        "texels": np.concatenate(texels),
    }


def _left_shoe() -> np.ndarray:
    """(slices, round, 3) float32, metres: from the heel to the tip, and around each slice, first and last the same."""
    c, rest = charts(), body_mesh().rest
    foot = rest[np.unique(c.body_vertex[c.faces[c.face_part == 5]])]
    foot = foot[(foot[:, 1] < _TOPLINE) | (foot[:, 2] > _OPEN)]
    back, tip = foot[:, 2].min(), foot[:, 2].max()
    along = (1 - np.cos(np.linspace(0, np.pi, _SLICES))) / 2
    z = back - _LARGER + along * (tip - back + 2 * _LARGER)
    inner = np.clip(z, back + _TIP, tip - _TIP)
    angle = np.linspace(0, 2 * np.pi, _ROUND)
    towards = np.stack([np.cos(angle), np.sin(angle)], 1)
    middles, radii = zip(*(_slice(foot, at, towards) for at in inner), strict=True)
    middle = cv2.GaussianBlur(np.array(middles, np.float32), (1, 0), 0.001, sigmaY=3, borderType=cv2.BORDER_REPLICATE)
    radius = cv2.GaussianBlur(np.array(radii, np.float32), (1, 0), 0.001, sigmaY=3, borderType=cv2.BORDER_REPLICATE)
    end = np.sqrt(np.maximum(1 - ((z - inner) / (_TIP + _LARGER)) ** 2, 0))
    flat = middle[:, None] + towards[None] * (radius * end[:, None])[..., None]
    return np.dstack([flat, np.broadcast_to(z[:, None, None], (*flat.shape[:2], 1))]).astype(np.float32)


def _slice(foot: np.ndarray, at: float, towards: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The middle (2,) of the slice at that z, and how far it goes from there in each of the directions (R, 2): the
    convex hull of where lines between the foot's points before and behind it cross it."""
    before = foot[(foot[:, 2] >= at) & (foot[:, 2] < at + _REACH)]
    behind = foot[(foot[:, 2] < at) & (foot[:, 2] > at - _REACH)]
    share = ((at - behind[:, 2])[:, None] / np.maximum(before[None, :, 2] - behind[:, None, 2], 1e-6))[..., None]
    crossed = (behind[:, None, :2] * (1 - share) + before[None, :, :2] * share).reshape(-1, 2)
    hull = cv2.convexHull(crossed.astype(np.float32))[:, 0]
    low, high = hull.min(0), hull.max(0)
    middle = (low + high) / 2
    edge = np.roll(hull, -1, 0) - hull
    normal = np.stack([edge[:, 1], -edge[:, 0]], 1) / np.maximum(np.linalg.norm(edge, axis=1, keepdims=True), 1e-9)
    away = ((hull - middle) * normal).sum(1)
    normal, away = normal * np.where(away < 0, -1, 1)[:, None], np.abs(away)
    cosine = towards @ normal.T
    skin, shoe = (
        np.where(cosine > 1e-3, (away + more) / np.maximum(cosine, 1e-3), np.inf).min(1) for more in (0, _LARGER)
    )
    # Towards its opening a shoe lies close.
    off = np.clip((_TOPLINE - middle[1] - towards[:, 1] * skin) / _CLOSE, 0, 1) if at < _OPEN else 1.0
    return middle, skin + (shoe - skin) * off


def _foot_points(part: int) -> np.ndarray:
    g = rest_surface()
    return np.stack([field[g.part == part] for field in (g.x, g.y, g.z)], 1)


def _texels(shoe: np.ndarray) -> np.ndarray:
    """(slices, round, 2) float32: which texel of the foot is the nearest to each place of a shoe (slices, round, 3)."""
    from scipy.spatial import cKDTree

    part = 5 if shoe[..., 0].mean() > 0 else 6
    row, column = np.nonzero(rest_surface().part == part)
    foot = _foot_points(part)
    away, nearest = cKDTree(shoe.reshape(-1, 3)).query(foot)
    outwards = (shoe.reshape(-1, 3)[nearest] - foot) / np.maximum(away, 1e-6)[:, None]
    outer = (away < _INSIDE) & ((outwards * _normals()[row, column]).sum(1) > _FACES)
    texel, foot = np.stack([column, row], 1).astype(np.float32)[outer], foot[outer]
    middle = shoe.mean(1, keepdims=True)
    outwards = shoe - middle
    outwards /= np.maximum(np.linalg.norm(outwards, axis=2, keepdims=True), 1e-6)
    at = shoe + outwards * _OUTSIDE
    at[..., 2] -= _TIPS * np.clip((at[..., 2] - _FRONT) / (shoe[..., 2].max() - _FRONT), 0, 1)
    away, near = cKDTree(foot).query(at, k=_NEAREST)
    found = texel[near]
    together = np.linalg.norm(found - found[..., :1, :], axis=3) < _TOGETHER
    share = together / (away - away[..., :1] + 1e-3)
    return _calmed(((found * share[..., None]).sum(2) / share.sum(2)[..., None]).astype(np.float32))


def _normals() -> np.ndarray:
    """(512, 512, 3) float32: which way the resting body's skin looks at each texel."""
    c, faces = charts(), body_faces()
    normals = vertex_normals(body_mesh().rest, faces)
    pixel, value = interpolate(c.face_texture, normals[faces], c.face_of_texel)
    out = np.zeros((TEXTURE * TEXTURE, 3), np.float32)
    out[pixel] = value
    return out.reshape(TEXTURE, TEXTURE, 3)


def _calmed(texels: np.ndarray) -> np.ndarray:
    """The same averaged over a few places in each direction, but not across a seam of the charts."""
    total, count = np.zeros_like(texels), np.zeros(texels.shape[:2], np.float32)
    closed = np.pad(texels[:, :-1], ((_CALM, _CALM), (0, 0), (0, 0)), "edge")
    closed = np.pad(closed, ((0, 0), (_CALM, _CALM + 1), (0, 0)), "wrap")
    for down in range(2 * _CALM + 1):
        for right in range(2 * _CALM + 1):
            beside = closed[down : down + len(texels), right : right + texels.shape[1]]
            near = np.linalg.norm(beside - texels, axis=2) < _TOGETHER
            total, count = total + beside * near[..., None], count + near
    return total / count[..., None]


def _weights(points: np.ndarray) -> np.ndarray:
    """(N, 21) float32: skin weights as the body's nearest vertices have them."""
    from scipy.spatial import cKDTree

    body = body_mesh()
    away, near = cKDTree(body.rest).query(points, k=_NEAREST)
    share = 1 / (away + 2e-3) ** 2
    share /= share.sum(1, keepdims=True)
    return np.einsum("nk,nkb->nb", share, body.weights[near]).astype(np.float32)
