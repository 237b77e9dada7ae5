"""Necklines and armholes as smooth curves on the body: what a garment's picture shows of them in front, evened out
along itself, and the same from behind. Neither the picture's pixels nor the texels are in step with them.

Both are seen from in front, in metres of the resting body, by their distance from a place inside of the hole in every
direction: a neck's, and the shoulder joint's.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.garments import body_lines as lines
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen

FAR = 1.0
"""Metres inside, of what no edge is near."""

_TRUNK, _FRONT, _BACK = frozenset({1, 2}), frozenset({2}), frozenset({1})
_STEP = 0.025  # radians between two directions
_NECK, _ARM = (0.0, 1.55), (0.25, 1.40)  # metres: where necklines, and armholes, are looked at from
_LOWEST = 1.15  # metres above the floor: lower, nothing is a neckline's
_NECK_SIDE, _ACROSS = 1.5, 0.7  # radians off straight down, in which a neckline is looked for, and which it reaches
_UP, _DOWN = 1.45, -1.5  # radians off straight in, in which an armhole is
_EVEN = 0.05, 0.10  # radians over which a neckline, and an armhole, is evened out
_DEEPEST = 0.34  # metres of a neckline
_FEW = 8  # directions that tell a curve
_JUMP = 0.02  # metres from one direction to the next, that are no edge
_SHOULDER, _ON_SHOULDER = (0.06, 0.20), 0.007  # metres from the middle, where a shoulder's line runs; below it
_HALF_PIXEL = 0.0009  # metres
_ARMPIT, _AT_SIDE = 1.345, 0.012  # metres above the floor, of the body's armpit; from its side, where cloth reaches it
_NAPE, _STRAPS = 0.012, 0.05  # metres that a back's neckline is lower in its middle than at its ends; lower are straps
_MIDDLE = 0.03  # metres to either side of a back's middle


@dataclass(frozen=True, eq=False)
class _Around:
    """A hole's edge, seen from a place inside of it.

    Attributes:
        first: the first direction, radians; they are `_STEP` apart.
        away: (N,) metres to the edge in each direction.
    """

    first: float
    away: np.ndarray

    def beyond(self, direction: np.ndarray, away: np.ndarray) -> np.ndarray:
        """Metres that places, so far away in a direction (radians), lie beyond the edge."""
        at = np.clip((direction - self.first) / _STEP, 0, len(self.away) - 1)
        return away - np.interp(at, np.arange(len(self.away)), self.away)


def neckline_off(iuv: np.ndarray, extent: np.ndarray) -> np.ndarray | None:
    """Metres by which each texel of the trunk lies inside a garment, as far as its neckline says.

    Args:
        iuv: (H, W, 3) uint8, the garment's pixels only, laid on the mannequin from in front.
        extent: (512, 512) bool, its texels.

    Returns:
        (512, 512) float32, below 0 within the neckline; `FAR` off the trunk. None where the picture shows no neckline
        that is whole: it is open in front, or not there.
    """
    found = _front_neckline(iuv)
    if found is None:
        return None
    edge, ends = found
    surface = rest_surface()
    front = edge.beyond(*_polar(surface.x, _NECK[1] - surface.y))
    out, back = np.where(parts_mask(_FRONT), front, FAR), parts_mask(_BACK)
    (right, right_high), (left, left_high) = ends
    x, y = surface.x[back], surface.y[back]
    middle = back & extent & (np.abs(surface.x) < _MIDDLE)
    low = float(surface.y[middle].max()) if middle.any() else np.inf
    if low < min(right_high, left_high) - _STRAPS:
        out[back] = np.maximum(front[back], low - y)
    else:
        half = max((left - right) / 2, 1e-3)
        dip = _NAPE * np.clip(1 - ((x - (left + right) / 2) / half) ** 2, 0, 1)
        level = np.interp(x, [right, left], [right_high, left_high]) - dip
        out[back] = np.maximum(level - y, np.maximum(right - x, x - left))
    return out.astype(np.float32)


def armhole_off(iuv: np.ndarray) -> np.ndarray | None:
    """As `neckline_off`, of a garment without sleeves: as far as its armholes say. A back's are as far in as the
    front's."""
    place, surface = _shown(iuv), rest_surface()
    out = np.full(surface.x.shape, FAR, np.float32)
    trunk = parts_mask(_TRUNK)
    for sign in (1, -1):
        own = place[sign * place[:, 0] > 0]
        turn, away = _polar(own[:, 1] - _ARM[1], _ARM[0] - sign * own[:, 0])
        found = _nearest(turn, away, _DOWN, _UP)
        turns = _DOWN + np.arange(len(found)) * _STEP
        pit = _side_begins(own, sign)
        high = _ARM[1] + found * np.sin(turns)
        there = np.flatnonzero(np.isfinite(found) & (high > pit))
        if len(there) < _FEW:
            return None
        first, last = there[0], there[-1]
        whole = np.interp(np.arange(len(found)), there, found[there]) - _HALF_PIXEL
        tip = whole[last] * np.cos(turns[last])
        whole[last + 1 :] = tip / np.cos(turns[last + 1 :])  # straight up from the shoulder
        down = turns < min(turns[first], -0.05)
        whole[down] = np.minimum((_ARM[1] - pit) / -np.sin(turns[down]), 1.0)  # level at the armpit
        edge = _Around(_DOWN, _evened(whole, _EVEN[1]))
        mine = trunk & (sign * surface.x > 0)
        turn, away = _polar(surface.y[mine] - _ARM[1], _ARM[0] - sign * surface.x[mine])
        off = edge.beyond(turn, away)
        off[turn < turns[0]] = FAR
        out[mine] = off
    return out


def _front_neckline(iuv: np.ndarray) -> tuple[_Around, list[tuple[float, float]]] | None:
    """A neckline's front, seen from the neck, and its ends on the right and on the left shoulder, x and y in metres;
    None where there is none that is whole."""
    place = _shown(iuv)
    place = place[place[:, 1] > _LOWEST]
    found = _nearest(*_polar(place[:, 0], _NECK[1] - place[:, 1]), -_NECK_SIDE, _NECK_SIDE)
    turns = -_NECK_SIDE + np.arange(len(found)) * _STEP
    there = _before_shoulders(found, turns)
    if len(there) < _FEW:
        return None
    first, last = int(there[0]), int(there[-1])
    across = turns[first] < -_ACROSS and turns[last] > _ACROSS and last - first < len(there) + 2
    if not across or found[there].max() > _DEEPEST:
        return None
    whole = np.full(len(found), np.inf)
    own = np.interp(np.arange(first, last + 1), there, found[there]) - _HALF_PIXEL
    whole[first : last + 1] = _evened(own, _EVEN[0])
    ends = [(whole[k] * np.sin(turns[k]), _NECK[1] - whole[k] * np.cos(turns[k])) for k in (first, last)]
    for part, (x, _) in ((slice(0, first), ends[0]), (slice(last + 1, None), ends[1])):
        whole[part] = x / np.sin(turns[part])  # straight up from the shoulder
    return _Around(-_NECK_SIDE, whole), ends


def _shown(iuv: np.ndarray) -> np.ndarray:
    """(N, 2) float32: x and y on the resting body of the pixels that show a garment on the trunk's front."""
    _, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), 511).astype(int).T
    mine = parts_mask(_FRONT)[row, column]
    surface = rest_surface()
    return np.stack([surface.x[row, column], surface.y[row, column]], 1)[mine]


def _polar(aside: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Radians off the way `along`, and metres, of places."""
    return np.arctan2(aside, along), np.hypot(aside, along)


def _nearest(turn: np.ndarray, away: np.ndarray, first: float, last: float) -> np.ndarray:
    """(N,) metres to the nearest place in each direction from `first` to `last`, NaN where there is none."""
    number = np.round((turn - first) / _STEP).astype(int)
    out = np.full(round((last - first) / _STEP) + 1, np.inf)
    inside = (number >= 0) & (number < len(out))
    np.minimum.at(out, number[inside], away[inside])
    return np.where(np.isfinite(out), out, np.nan)


def _before_shoulders(found: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """The directions with an edge, of those (N,) that are given with their metres and their radians, that belong to a
    neckline: where it reaches a shoulder's line, or jumps away, one looks along the shoulder."""
    there = np.flatnonzero(np.isfinite(found))
    aside = np.arange(_SHOULDER[0], _SHOULDER[1], 0.01)
    ridge = lines.joined([lines.shoulder_line(float(x)) for x in aside]).at(lines.body_mesh().rest)[:, 1]
    away, turn = found[there], turns[there]
    high = _NECK[1] - away * np.cos(turn) > np.interp(np.abs(away * np.sin(turn)), aside, ridge) - _ON_SHOULDER
    ends = np.flatnonzero(high[:-1] & high[1:] | (np.abs(np.diff(away)) > _JUMP))
    middle = int(np.searchsorted(there, len(found) // 2))
    first, last = max(ends[ends < middle], default=-1) + 1, min(ends[ends >= middle], default=len(there))
    return there[first : last + 1]


def _evened(values: np.ndarray, radians: float) -> np.ndarray:
    """A curve (N,) evened out along itself, its ends going straight on; single places that are off do not count."""
    calm = cv2.medianBlur(values.astype(np.float32)[:, None], 5)[:, 0]
    sigma = radians / _STEP
    wide = int(3 * sigma) + 1
    long = np.pad(calm, wide, mode="reflect", reflect_type="odd")
    weight = np.exp(-0.5 * (np.arange(-wide, wide + 1) / sigma) ** 2)
    return np.convolve(long, weight / weight.sum(), "valid")


def _side_begins(place: np.ndarray, sign: int) -> float:
    """Metres above the floor at which a garment, seen at places (N, 2) on one side, begins at the body's side."""
    heights = np.arange(_LOWEST, _ARMPIT, 0.005)
    sides = np.array([lines.half_width(float(y)) for y in heights])
    low = place[(place[:, 1] < _ARMPIT) & (place[:, 1] > _LOWEST)]
    at_side = sign * low[:, 0] > np.interp(low[:, 1], heights, sides) - _AT_SIDE
    return float(low[at_side, 1].max()) if at_side.any() else _ARMPIT
