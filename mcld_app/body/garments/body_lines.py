"""Lines on the resting mannequin that a garment's outline is laid along: its sides, its arms' and legs' edges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES, COS, SHOULDER, SIN
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface

_TRUNK, _THIGHS, _LEGS = frozenset({1, 2}), frozenset(range(7, 11)), frozenset(range(7, 15))
_LEFT_ARM, _LEFT_LEG = frozenset({4, 15, 17, 19, 21}), frozenset({5, 8, 10, 12, 14})
_ALONG, _ACROSS = np.array([SIN, -COS, 0.0]), np.array([COS, SIN, 0.0])
_HEAD, _AT_NECK = frozenset({23, 24}), 0.10  # metres to the side, within which a trunk may end at a neck
_NECK_ROOM = 0.009  # metres of skin between cloth and the charts' end, for an edge to be drawn
_LEAST_CHEST = 1.30  # metres above the floor; above, the trunk's side is inside the shoulder

ARMHOLE = (1.42, 1.38, 1.345)
"""Metres above the floor, down the front of where trunk and arm meet; the last is the armpit."""

WRIST = float((np.array(BONES["left_wrist"][1]) - SHOULDER) @ _ALONG)
"""Metres along the arm from the shoulder joint to the wrist."""


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Points on edges of the mannequin's mesh, so that they go along with every pose.

    Attributes:
        ends: (N, 2) int, the two vertices each lies between.
        share: (N,) float64, how far from the first to the second.
    """

    ends: np.ndarray
    share: np.ndarray

    def at(self, vertices: np.ndarray) -> np.ndarray:
        """(N, K): where they are, given the vertices (6890, K) of the body."""
        a, b = vertices[self.ends[:, 0]], vertices[self.ends[:, 1]]
        return a + (b - a) * self.share[:, None]

    def pick(self, index: int) -> SurfacePoints:
        """One of them alone."""
        return SurfacePoints(self.ends[[index]], self.share[[index]])

    def mirrored(self) -> SurfacePoints:
        """The same places on the body's other side."""
        return SurfacePoints(body_mesh().twins[self.ends], self.share)


def joined(points: list[SurfacePoints]) -> SurfacePoints:
    """All of them, in order."""
    return SurfacePoints(np.concatenate([p.ends for p in points]), np.concatenate([p.share for p in points]))


def side(y: float) -> SurfacePoints:
    """The left side of the trunk, or of the left leg, at a height in metres above the floor."""
    parts = _TRUNK if y > _LEAST_CHEST else _TRUNK | _LEGS
    return _outermost(_cut(parts, 1, y), (1, 0, 0))


def inner_leg(y: float) -> SurfacePoints:
    """The inner side of the left leg at a height."""
    return _outermost(_cut(_LEFT_LEG, 1, y), (-1, 0, 0))


def shoulder_line(x: float) -> SurfacePoints:
    """The top of the left shoulder, from the neck outwards, at a distance from the middle in metres."""
    return _outermost(_cut(_TRUNK | _LEFT_ARM, 0, x), (0, 1, 0))


def front(y: float, x: float = 0.0) -> SurfacePoints:
    """The front of the trunk or the thighs at a height, about `x` metres to the left of the middle."""
    found = _cut(_TRUNK | _THIGHS, 1, y)
    place = found.at(body_mesh().rest)
    return found.pick(int((np.abs(place[:, 0] - x) + 10.0 * (place[:, 2] < 0)).argmin()))


def armhole(y: float) -> SurfacePoints:
    """Where the front of the trunk and the left arm meet, at a height in metres above the floor."""
    seam = _armhole()
    place = body_mesh().rest[seam]
    nearest = seam[np.abs(place[:, 1] - y).argmin()]
    return SurfacePoints(np.array([[nearest, nearest]]), np.zeros(1))


def arm_edge(along: float, upper: bool) -> SurfacePoints:
    """The left arm's upper or lower edge, so many metres from the shoulder joint towards the wrist."""
    return _outermost(_cut(_LEFT_ARM, None, along), _ACROSS if upper else -_ACROSS)


def along_arm(place: np.ndarray) -> np.ndarray:
    """(N,) metres along the arm of resting places (N, 3) on either side."""
    left = place * np.where(place[:, :1] < 0, (-1, 1, 1), 1)
    return (left - SHOULDER) @ _ALONG


def half_width(y: float) -> float:
    """Metres from the body's middle to its side at a height."""
    return float(side(y).at(body_mesh().rest)[0, 0])


def _outermost(points: SurfacePoints, direction: tuple[float, float, float] | np.ndarray) -> SurfacePoints:
    return points.pick(int((points.at(body_mesh().rest) @ np.asarray(direction)).argmax()))


@lru_cache(maxsize=512)
def _cut(parts: frozenset[int], axis: int | None, level: float) -> SurfacePoints:
    """Where a plane cuts the edges of the parts: at x, y or z = level, or (None) across the left arm."""
    edges = _edges(parts)
    value = body_mesh().rest.astype(np.float64)
    value = (value - SHOULDER) @ _ALONG if axis is None else value[:, axis]
    first, second = value[edges[:, 0]], value[edges[:, 1]]
    crossed = np.flatnonzero((first - level) * (second - level) <= 0)
    if not len(crossed):  # beyond the part's end: its last vertex
        nearest = edges[np.abs(first - level).argmin(), 0]
        return SurfacePoints(np.array([[nearest, nearest]]), np.zeros(1))
    rise = second[crossed] - first[crossed]
    share = np.where(np.abs(rise) > 1e-9, (level - first[crossed]) / np.where(rise == 0, 1, rise), 0.5)
    return SurfacePoints(edges[crossed], np.clip(share, 0, 1))


@lru_cache(maxsize=1)
def below_neck() -> np.ndarray:
    """(512, 512) float32: metres that each texel's place lies below the height at which the trunk ends all around the
    neck, drawn as a smooth curve below where the charts end in a zigzag; large where there is no neck. Read-only."""
    part, rest = charts().face_part, body_mesh().rest
    trunk, head = (np.unique(body_faces()[np.isin(part, sorted(parts))]) for parts in (_TRUNK, _HEAD))
    ends = rest[np.intersect1d(trunk, head)].astype(np.float64)
    middle = ends.mean(0)
    surface = rest_surface()

    def waves(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        turn = np.arctan2(z - middle[2], x - middle[0])
        return np.stack([np.ones_like(turn), *(f(k * turn) for k in (1, 2) for f in (np.cos, np.sin))], -1)

    own = waves(ends[:, 0], ends[:, 2])
    curve = np.linalg.lstsq(own, ends[:, 1], rcond=None)[0]
    lowest = float((ends[:, 1] - own @ curve).min()) - _NECK_ROOM
    out = (waves(surface.x, surface.z) @ curve + lowest - surface.y).astype(np.float32)
    out[~parts_mask(_TRUNK) | (np.abs(surface.x) > _AT_NECK)] = 1.0
    out.setflags(write=False)
    return out


@lru_cache(maxsize=1)
def _armhole() -> np.ndarray:
    """The vertices that the front of the trunk shares with the left arm."""
    part, rest = charts().face_part, body_mesh().rest
    trunk, arm = (np.unique(body_faces()[np.isin(part, sorted(parts))]) for parts in (_TRUNK, _LEFT_ARM))
    seam = np.intersect1d(trunk, arm)
    return seam[rest[seam, 2] > SHOULDER[2]]


@lru_cache(maxsize=8)
def _edges(parts: frozenset[int]) -> np.ndarray:
    faces = body_faces()[np.isin(charts().face_part, sorted(parts))]
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return np.unique(np.sort(pairs, axis=1), axis=0)
