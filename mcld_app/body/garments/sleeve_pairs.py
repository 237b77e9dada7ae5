"""Which places of a sleeve, and of the line where it is sewn on, come to lie where on the mannequin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcld_app.body.garments import body_lines as lines
from mcld_app.body.garments.frills import is_frilled, through_frills
from mcld_app.body.garments.outline import Outline, resampled
from mcld_app.body.garments.pairing import Pairs
from mcld_app.body.garments.sleeves import is_hidden, lower_edge

_LOOSE = 1.3  # of its true scale that cloth is drawn together between the middle and an arm: what is wider lies on it
_ARM_BEGINS = -0.018  # metres along the arm, where it leaves the shoulder
_ARM_ACROSS = 0.13  # metres of a sleeve that are seen from in front
_UNDER_ARM, _UNDER_SLEEVE = 0.055, 0.05  # metres along the arm to the armpit; the shortest lower edge of a sleeve


def seam_top(way: np.ndarray, shoulder: float, reach: float) -> np.ndarray:
    """(2,) where on its way (N, 2) from the neck's corner to the cuff cloth leaves the shoulder for the arm: as far
    along it as on the body, `shoulder` metres of shoulder being followed by an arm covered down to `reach`."""
    share = shoulder / (shoulder + reach - _ARM_BEGINS)
    return resampled(way, 201)[round(200 * float(np.clip(share, 0, 1)))]


def add_armhole(
    pairs: Pairs, tip: np.ndarray, pit: np.ndarray, armpit: float, row_at: Callable[[float], float],
    beside: tuple[float, float], scale: tuple[float, float], sign: int,
) -> None:  # fmt: skip
    """What lies where trunk and arm meet: the line from the shoulder down to the armpit, where sleeves are sewn on,
    from its `tip` to its `pit` in pixels; the latter lies `armpit` metres high, and heights in the rows that `row_at`
    gives. Below the body's own armpit the trunk's side shows what is so many pixels `beside` it, inside, and the arm's
    lower edge what is outside, by the second of them. Its `scale`, the column of the middle and the pixels of a metre,
    tells where cloth is so wide that the seam lies on the arm; with endless metres it never does."""
    axis, metre = scale

    def on_seam(y: float) -> np.ndarray:
        share = float(np.clip((row_at(y) - tip[1]) / max(pit[1] - tip[1], 1.0), 0, 1))
        return tip + (pit - tip) * share

    for y in lines.ARMHOLE:
        if armpit < y:
            point, place = lines.armhole(y), on_seam(y)
            most = _LOOSE * metre * float(point.at(lines.body_mesh().rest)[0, 0])
            pairs.add(point, np.array([axis + sign * min(sign * (place[0] - axis), most), place[1]]), sign)
    inside, outside = (np.array([sign * off, 0]) for off in beside)
    for y in np.linspace(armpit, lines.ARMHOLE[-1], 4)[1:-1].tolist():
        pairs.add(lines.side(y), on_seam(y) - inside, sign)
        pairs.add(lines.arm_edge(_UNDER_ARM + lines.ARMHOLE[-1] - y, False), on_seam(y) + outside, sign)


def armpit_on_arm(reach: float, armpit: float) -> float:
    """Metres along the arm at which cloth's armpit lies on its lower edge, of a sleeve that goes down to `reach`: below
    the arm's own, as far down the arm as `armpit`, its metres above the floor, is down the trunk."""
    return min(_UNDER_ARM + max(lines.ARMHOLE[-1] - armpit, 0.0), max(_UNDER_ARM, reach - _UNDER_SLEEVE))


def _not_narrower(outline: Outline, upper: np.ndarray, lower: np.ndarray, least: float) -> np.ndarray:
    """Lower ends of a sleeve (N, 2), at least so many pixels from the upper ones, as far as the garment goes: of a
    sleeve that lies behind the body a strip is seen, which would be drawn out to bars around an arm."""
    across = lower - upper
    wide = np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1.0)
    wanted = upper + across * np.maximum(least / wide, 1)
    column, row = np.clip(np.round(wanted).astype(int), 0, np.array(outline.mask.shape[::-1]) - 1).T
    return np.where(outline.mask[row, column][:, None], wanted, lower)


def add_sleeve(
    pairs: Pairs, outline: Outline, points: dict[str, np.ndarray], side: str, sign: int, ends: tuple[float, float],
    beside: float, metre: float,
) -> None:  # fmt: skip
    """A sleeve's two edges; `ends` are metres: how far down the arm it reaches, and its armpit's height; at the armpit
    it shows what is `beside` pixels from the seam. A `metre` is so many pixels."""
    reach, armpit = ends
    tip, pit, cuff = (points[f"{side}_{name}"] for name in ("shoulder", "armpit", "cuff"))
    upper = resampled(through_frills(outline, outline.way(tip, cuff)), 6)
    lower = resampled(lower_edge(outline, pit, cuff, sign), 6)
    if is_hidden(outline, pit) and not is_frilled(outline):
        lower[1:] = _not_narrower(outline, upper[1:], lower[1:], _ARM_ACROSS * metre)
    down = armpit_on_arm(reach, armpit)
    first = lower[1] - lower[0]
    lower[0] = lower[0] + first * min(beside / max(float(np.linalg.norm(first)), 1.0), 0.5)
    for share, above, below in zip(np.linspace(0, 1, 6), upper, lower, strict=True):
        if share:
            pairs.add(lines.arm_edge(_ARM_BEGINS + (reach - _ARM_BEGINS) * share, True), above, sign)
        if reach > _UNDER_ARM + 0.02:
            pairs.add(lines.arm_edge(down + (reach - down) * share, False), below, sign)
    if reach <= _UNDER_ARM + 0.02:
        pairs.add(lines.arm_edge(max(reach, _UNDER_ARM), False), lower[-1], sign)
