"""Which places of a sleeve, and of the line where it is sewn on, come to lie where on the mannequin."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from mcld_app.body.garments import body_lines as lines
from mcld_app.body.garments.frills import is_frilled, through_frills
from mcld_app.body.garments.outline import Outline, length_of, resampled
from mcld_app.body.garments.pairing import Pairs
from mcld_app.body.garments.sleeves import is_hidden, lower_edge

_LOOSE = 1.3  # of its true scale that cloth is drawn together between the middle and an arm: what is wider lies on it
_ARM_BEGINS = -0.018  # metres along the arm, where it leaves the shoulder
_ARM_ACROSS = 0.13  # metres of a sleeve that are seen from in front
_NARROW, _WIDENS = 0.3, 0.3  # of that, that is too narrow for a sleeve; of its length, on which it becomes so wide
_EDGE = 0.010  # metres inside of a sleeve's upper edge that are drawn: beside it lie shadows and bites
_BITES = 6.0  # per cent of an edge's length, over which it is evened out
_BENDS = 0.3  # of an edge's bends, that its threads have
_SHORTEST, _LOWER = 0.02, 8  # metres of a sleeve below the armpit that have a lower edge; places along that
_INSIDE, _TAPERS, _MOST = (0.028, 0.010), 0.04, 0.3  # metres inside of it, from the seam to the cuff; near its end less
# and less, and of the sleeve's width at most

_BESIDE = 0.014  # metres inside the seam that the trunk shows along it
_OFF_SEAM = (0.008, 0.017, 0.026)  # metres outside the seam that an arm shows along it

SEEN = (0.035, 0.055, 0.075)
"""Metres of an arm that are seen from in front, from the places of `lines.ARMHOLE` outwards."""

UNDER_ARM = 0.055
"""Metres along the arm from the shoulder joint to the body's armpit."""


def seam_top(way: np.ndarray, shoulder: float, reach: float) -> np.ndarray:
    """(2,) where on its way (N, 2) from the neck's corner to the cuff cloth leaves the shoulder for the arm: as far
    along it as on the body, `shoulder` metres of shoulder being followed by an arm covered down to `reach`."""
    share = shoulder / (shoulder + reach - _ARM_BEGINS)
    return resampled(way, 201)[round(200 * float(np.clip(share, 0, 1)))]


def add_armhole(
    pairs: Pairs, seam: Callable[[float], np.ndarray], armpit: float, scale: tuple[float, float], sign: int, *,
    drawn_in: bool, outer: Callable[[float], float] | None,
) -> None:  # fmt: skip
    """What lies where trunk and arm meet: the line from the shoulder down to the armpit, where sleeves are sewn on.
    Trunk and arm show what is a little beside it, each on its own side: nobody knows a seam to the pixel.

    Args:
        pairs: to which it is added.
        seam: gives the place in pixels at a height in metres.
        armpit: metres above the floor at which the cloth's armpit lies; below the body's own the trunk's side shows
            what is inside the seam.
        scale: the column of the middle, and the pixels of a metre.
        sign: 1 for the left side, -1 for the right.
        outer: gives, of a sleeve that lies on the body or behind it, the column at which it ends in a row; else None.
            An arm shows at least its own width of it, or what is seen would be drawn out around it.
        drawn_in: whether cloth that is too wide for the body is drawn together, so that the seam lies on the arm.
    """
    axis, metre = scale
    for y, off, wide in zip(lines.ARMHOLE, _OFF_SEAM, SEEN, strict=True):
        if armpit < y:
            point, place = lines.armhole(y), seam(y)
            if drawn_in:
                most = _LOOSE * metre * float(point.at(lines.body_mesh().rest)[0, 0])
                place = np.array([axis + sign * min(sign * (place[0] - axis), most), place[1]])
            pairs.add(point, place, sign)
            beside = place + np.array([sign * off * metre, 0])
            if outer is not None:
                beside = seen_from(outer, beside, wide * metre, sign)
            pairs.add(point, beside, sign, trunk=False, arm=True)
    inside = np.array([sign * _BESIDE * metre, 0])
    for y in np.linspace(armpit, lines.ARMHOLE[-1], 4)[1:-1].tolist():
        pairs.add(lines.side(y), seam(y) - inside, sign)


def seen_from(outer: Callable[[float], float], place: np.ndarray, wide: float, sign: int) -> np.ndarray:
    """A place (2,), moved inwards to where it is `wide` pixels from where the garment ends in its row, see
    `add_armhole`."""
    return np.array([sign * min(sign * place[0], sign * outer(float(place[1])) - wide), place[1]])


def _along_edge(way: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(N, 2): places at shares (N,) of an edge (M, 2), without the bites that a cut-out leaves in it."""
    even = resampled(way, 101)
    calm = cv2.GaussianBlur(even[:, None], (1, 31), _BITES, borderType=cv2.BORDER_REPLICATE)[:, 0]
    ends = np.clip(np.minimum(np.arange(101), np.arange(101)[::-1]) / (2 * _BITES), 0, 1)[:, None]
    even += (calm - even) * ends
    return np.stack([np.interp(shares, np.linspace(0, 1, 101), even[:, k]) for k in (0, 1)], 1)


def _straight_across(
    outline: Outline, upper: np.ndarray, ends: np.ndarray, wide: float, middle: np.ndarray
) -> np.ndarray:
    """Lower ends (N, 2) of a sleeve that lies on the body or behind it, straight across from upper ones and `wide`
    pixels away, or as far as the garment goes: nobody sees where it ends, and between it and where its edge seems to
    run, a pattern would be askew and drawn out to bars.

    Args:
        outline: of the garment.
        upper: (N, 2), evenly spread on the sleeve's upper edge.
        ends: (N, 2), where its lower edge seems to run.
        wide: pixels that are seen of a sleeve from in front.
        middle: (2,), of the sleeve.
    """
    across = _inwards(upper, middle)  # a sleeve's head is round, and its threads run straight on
    across = across * _BENDS + across.mean(0) * (1 - _BENDS)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    steps = np.linspace(0.0, wide, 48)[1:]
    tried = upper[:, None] + across[:, None] * steps[:, None]
    column, row = np.moveaxis(np.clip(np.round(tried).astype(int), 0, np.array(outline.mask.shape[::-1]) - 1), -1, 0)
    there = outline.mask[row, column]
    begun = np.logical_or.accumulate(there, 1)
    gone = (~there & begun).argmax(1)
    far = np.where((~there & begun).any(1), steps[np.maximum(gone - 1, 0)], np.where(begun.any(1), wide, 0.0))
    begins = abs(float((ends[0] - upper[0]) @ across[0]))  # at the armpit it is as wide as it is above that
    wider = np.clip(np.linspace(0, 1, len(upper)) / _WIDENS, 0, 1)
    far = np.where(far > _NARROW * wide, np.minimum(far, begins + (far - begins) * wider), 0)
    out = np.where((far > 0)[:, None], upper + across * far[:, None], ends)
    out[0] = ends[0]
    return out


def _inwards(way: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """(N, 2) of length 1: across a way (N, 2) at each of its places, to the side on which `middle` lies."""
    along = np.gradient(cv2.GaussianBlur(way[:, None], (1, 3), 0, borderType=cv2.BORDER_REPLICATE)[:, 0], axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    across *= np.where(((middle - way) * across).sum(1, keepdims=True) < 0, -1, 1)
    return across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)


def add_sleeve(
    pairs: Pairs, outline: Outline, points: dict[str, np.ndarray], side: str, sign: int, reach: float,
    seam: np.ndarray, metre: float,
) -> float:  # fmt: skip
    """A sleeve's two edges, each by its own length: the upper one from the shoulder to the cuff's outer end, the lower
    one down the `seam` (N, 2), from the height of the body's armpit to the cloth's, and on to the cuff's inner end.
    What is drawn is a little inside of that: there lie folds and shadows, and beside the seam the trunk's print.

    Args:
        pairs: to which they are added.
        outline: of the garment.
        points: its key points in pixels.
        side: "left" or "right", and its `sign`, 1 or -1.
        reach: metres along the arm that it ends at.
        seam: see above; `metre` pixels of it are a metre.

    Returns:
        metres along the arm at which the cloth's armpit lies on it.
    """
    tip, pit, cuff = (points[f"{side}_{name}"] for name in ("shoulder", "armpit", "cuff"))
    hidden = is_hidden(outline, pit) and not is_frilled(outline)
    middle = (tip + cuff) / 2 + (pit - tip) / 2
    upper = resampled(through_frills(outline, outline.way(tip, cuff)), 6)
    if hidden:
        upper = _along_edge(outline.way(tip, cuff), np.linspace(0, 1, 6))
        upper = upper + _inwards(upper, middle) * _EDGE * metre
    under = lower_edge(outline, pit, cuff, sign)
    for share, above in zip(np.linspace(0, 1, 6)[1:], upper[1:], strict=True):
        pairs.add(lines.arm_edge(_ARM_BEGINS + (reach - _ARM_BEGINS) * share, True), above, sign, trunk=False, arm=True)
    length = reach - UNDER_ARM
    if length <= _SHORTEST:
        pairs.add(lines.arm_edge(max(reach, UNDER_ARM), False), under[-1], sign, trunk=False, arm=True)
        return UNDER_ARM
    whole, shares = np.concatenate([seam, under]), np.linspace(0, 1, _LOWER)
    lower, across = resampled(whole, _LOWER), resampled(upper, _LOWER)
    if hidden:
        along = (UNDER_ARM + length * shares - _ARM_BEGINS) / (reach - _ARM_BEGINS)
        across = _along_edge(outline.way(tip, cuff), along)
        lower = _straight_across(outline, across, lower, _ARM_ACROSS * metre, middle)
    total = max(length_of(whole), 1.0)
    inside = np.interp(shares * total / metre, [0, total / metre], _INSIDE) * metre
    inside *= 0 if hidden else np.clip((1 - shares) * total / (_TAPERS * metre), 0, 1)
    wide = np.linalg.norm(across - lower, axis=1)
    wide[0] = wide[1]  # the first lies beside the seam's upper end
    lower = lower + _inwards(lower, (tip + cuff) / 2) * np.minimum(inside, _MOST * wide)[:, None]
    for share, below in zip(shares, lower, strict=True):
        pairs.add(lines.arm_edge(UNDER_ARM + length * share, False), below, sign, trunk=False, arm=True)
    return UNDER_ARM + length * min(length_of(seam) / total, 1.0)
