"""Trouser legs that the photo cuts off, as they go on below: straight, off the calf, to a hem at the ankle.

The form is the legs' own skin, moved outwards: each place of it shows what the texture map has on the leg below.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import BodyShape
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.parts import parts_mask
from mcld_app.body.shells.limbs import limb_surface
from mcld_app.body.shells.tube import reach
from mcld_app.body.surface import rest_surface

_KNEE = float(BONES["left_hip"][1][1] - BONES["left_knee"][1][1])  # metres down a leg
_BEGINS, _COMES_OFF = 0.12, 0.20  # metres down a leg, where cloth begins to stand off; over which it does
_ENDS, _ROW, _BAND = 0.83, 0.02, 0.022  # metres down a leg: its end, between two rows; above and below one
_WAYS = 24  # directions in which a row is measured
_TAPER = 0.92  # of the width at the knee, at the hem
_ON_ANKLE = 0.014  # metres that a hem stands off the ankle at least
_CLEAR = 0.004  # metres between cloth and calf
_FALLS = 0.050, 0.042  # metres below the leg's end that the hem lies, behind and in front, where it lies on the shoe
_SOCK, _ANKLE = 0.16, (0.105, -0.03)  # metres above the floor, to where legs are in socks; a place above the shoe, y, z
_STIFF = 0.85  # of what the ankle turns skin there, and cloth not


@dataclass(frozen=True)
class CutLegs:
    """How trouser legs were seen that a photo cuts off.

    Attributes:
        seen: metres down the legs, from the hip, to where they are seen.
        ease: metres that they stand off the legs there.
    """

    seen: float
    ease: float


@dataclass(frozen=True, eq=False)
class TrouserLeg:
    """One leg on somebody in the rest pose; arrays are read-only.

    Attributes:
        rest: (N, 3) float32, metres; space as in `mannequin.body_mesh`.
        weights: (N, 21) float32, how much each bone moves a vertex.
        faces: (M, 3) int32, triangles, counter-clockwise seen from outside.
        texels: (M, 3, 2) float32, x and y on the texture map of what each corner shows.
    """

    rest: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    texels: np.ndarray


@lru_cache(maxsize=8)
def trouser_legs(cut: CutLegs, body: BodyShape) -> tuple[TrouserLeg, TrouserLeg]:
    """The left and the right leg of a person of that shape."""
    return _leg(cut, body, 1), _leg(cut, body, -1)


def _leg(cut: CutLegs, body: BodyShape, sign: int) -> TrouserLeg:
    faces, used, along = limb_surface("leg", sign)
    whole = body_mesh().shaped(body.build, body.shape)[used]
    straight = min(max(cut.seen, _KNEE), _ENDS - 0.1)  # from here on it hangs
    rows = np.arange(_BEGINS, _ENDS + _ROW / 2, _ROW)
    axis, around = _rows(whole, along, rows, straight)
    ease = cut.ease * np.clip((rows - _BEGINS) / _COMES_OFF, 0, 1)
    cloth = _hanging(around, ease, rows, straight)
    middle = np.stack([np.interp(along, rows, axis[:, k]) for k in (0, 1)], 1)
    level = whole[:, [0, 2]] - middle
    turn = np.arctan2(level[:, 1], level[:, 0])
    at_row = np.clip((along - rows[0]) / _ROW, 0, len(rows) - 1).astype(np.float32)
    wide = np.concatenate([cloth, cloth[:, :1]], 1).astype(np.float32)
    at_way = (turn / (2 * np.pi) % 1 * _WAYS).astype(np.float32)
    radius = cv2.remap(wide, at_way[None], at_row[None], cv2.INTER_LINEAR)[0]
    out = np.stack([np.cos(turn), np.sin(turn)], 1) * radius[:, None] + middle
    down = np.clip((along - straight) / (_end(sign, turn) - straight), 0, 1)
    start, end = (float(np.interp(a, rows, axis[:, 2])) for a in (straight, _ENDS))
    behind, before = _FALLS
    hem = end - behind + (behind - before) * (1 + np.sin(turn)) / 2
    height = np.where(down > 0, start + (hem - start) * down, whole[:, 1])
    rest = np.stack([out[:, 0], height, out[:, 1]], 1).astype(np.float32)
    kept = (along > _BEGINS)[faces].all(1)
    leg = TrouserLeg(rest, _stiff(body_mesh().weights[used], sign), faces[kept], _texels(sign)[kept])
    for array in (leg.rest, leg.weights, leg.faces, leg.texels):
        array.setflags(write=False)
    return leg


def _end(sign: int, turn: np.ndarray) -> np.ndarray:
    """(N,) metres down a leg to where its chart ends, in the directions `turn` (N,) of its vertices, radians."""
    faces, _, along = limb_surface("leg", sign)
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    last = np.unique(edges[count == 1])
    last = last[along[last] > _ENDS - 0.1]
    return np.interp(turn, turn[last], along[last], period=2 * np.pi)


def _rows(whole: np.ndarray, along: np.ndarray, rows: np.ndarray, straight: float) -> tuple[np.ndarray, np.ndarray]:
    """(R, 3) the axis of a leg, x, z and the height, which is a line from `straight` on; and (R, _WAYS) how far the
    leg goes from there in each direction."""
    own = [whole[np.abs(along - row) < _BAND] for row in rows]
    axis = np.array([[*(p.min(0) + p.max(0))[[0, 2]] / 2, p[:, 1].mean()] for p in own])
    for k in (0, 1):
        ends = (straight, rows[-1])
        axis[:, k] = np.where(rows > straight, np.interp(rows, ends, np.interp(ends, rows, axis[:, k])), axis[:, k])
    turn = np.arange(_WAYS) * (2 * np.pi / _WAYS)
    around = np.array([reach(p[:, [0, 2]] - at[:2], turn) for p, at in zip(own, axis, strict=True)])
    return axis, around


def _hanging(around: np.ndarray, ease: np.ndarray, rows: np.ndarray, straight: float) -> np.ndarray:
    """(R, _WAYS) how far cloth goes from a leg's axis: as far as the leg and its ease, and from `straight` on in a line
    to the hem, or over the calf and from there in one."""
    cloth = around + ease[:, None]
    first, last = int(np.searchsorted(rows, straight)), len(rows) - 1
    hem = _TAPER * cloth[first].mean()
    cloth[last] = np.maximum(hem, around[last] + _ON_ANKLE)
    cloth[first + 1 : last] = around[first + 1 : last] + _CLEAR
    for k in range(first, last):
        for end in range(k + 2, last + 1):
            share = ((rows[k:end] - rows[k]) / (rows[end] - rows[k]))[:, None]
            cloth[k:end] = np.maximum(cloth[k:end], cloth[k] * (1 - share) + cloth[end] * share)
    return cv2.GaussianBlur(cloth.astype(np.float32), (1, 3), 0.8)


def _stiff(weights: np.ndarray, sign: int) -> np.ndarray:
    """Skin weights (N, 21) of a leg's cloth: it follows the foot's turns but little."""
    side, names = "left" if sign > 0 else "right", list(BONES)
    knee, ankle = (names.index(f"{side}_{joint}") for joint in ("knee", "ankle"))
    out = weights.astype(np.float32).copy()
    out[:, knee] += _STIFF * out[:, ankle]
    out[:, ankle] *= 1 - _STIFF
    return out


@lru_cache(maxsize=1)
def in_socks() -> np.ndarray:
    """(512, 512, 2) float32: which texel, x and y, is seen of a leg that comes out of its trousers: at its end, one of
    the ankle below it, elsewhere its own. Read-only."""
    g = rest_surface()
    out = np.stack(np.meshgrid(np.arange(TEXTURE), np.arange(TEXTURE)), -1).astype(np.float32)
    for side in (g.x > 0, g.x < 0):
        ankle = np.where(parts_mask({5, 6}) & side, np.abs(g.y - _ANKLE[0]) + np.abs(g.z - _ANKLE[1]), np.inf)
        row, column = np.unravel_index(int(ankle.argmin()), ankle.shape)
        out[parts_mask(range(11, 15)) & side & (g.y < _SOCK)] = column, row
    out.setflags(write=False)
    return out


@lru_cache(maxsize=2)
def _texels(sign: int) -> np.ndarray:
    """(M, 3, 2) float32: the texels of the corners of `limb_surface`'s triangles."""
    own = np.isin(charts().face_part, range(7, 15)) & (sign * body_mesh().rest[body_faces()][..., 0].mean(1) > 0)
    return charts().face_texture[own]
