"""What shows on trunk and thighs beside an arm, or on the arm beside them, and is not theirs.

Along the flank the mannequin's limit lies a few centimetres beside the photo's: there it shows the arm's skin, the
shade of the armpit, or the ground between arm and trunk. None of these is a colour that the trunk has at that height
further in. So a pixel beside an arm is believed where its colour agrees with the garment next to it, and only there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.fitting.coarse import coarse_lab, coarse_size, on_map
from mcld_app.body.fitting.mixing import from_beyond, hanging_on
from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.lengths import length
from mcld_app.body.mannequin.skeleton import COS, SHOULDER, SIN

_TRUNK, _ARMS, _HANDS = (1, 2, 7, 8, 9, 10), tuple(range(15, 23)), (3, 4)
_LEFT_ARM = (15, 17, 19, 21)
_ARMPIT = 1.335  # metres above the floor; higher, trunk and arm are one surface
_BAND = 0.05  # metres from the limit, in which colours have to agree
_NEAR_ARM = 0.07  # metres to the arm that hides the flank, or hangs beside it
_HALF_ARM, _DEEP = 0.05, 0.6  # metres; of an arm's half width: so far in, it has its own colours
_GROUND = 0.015  # metres outside of the outline, where ground is ground for sure
_LEVEL = 0.025  # metres up or down, or along an arm, within which a limb has its colours
_BIN, _COLOURS, _BLOCK = 0.01, 600, 128  # metres; colours that are looked at for each; pixels at once
_LIGHT = (0.5, 1.0, 1.0)  # what differences in Lab (8 bits) count: light falls off along a flank
_OTHER = 15.0  # of that: so far from all of the trunk's colours, it is none of its
_NEAR, _OTHER_NEAR = 0.02, 8.0  # metres from the limit, in which less is enough
_TELLS, _NEARER = 5.0, 0.5  # of that; of the distance to the limb's own: nearer to another's colour, it is that
_ALIKE, _UNSURE = 8.0, 0.025  # of that: arm and trunk of one cloth; metres on the arm, for the limit may lie elsewhere
_BLEND = 0.006  # metres on the trunk in which it is mixed with the arm
_ROWS = 384  # height of the picture this is worked out on


@dataclass(frozen=True, eq=False)
class _Limb:
    """The trunk, or the arms, in a picture of (H, W).

    Attributes:
        pixels: bool, those that may be mistaken.
        inner: bool, those that have its own colours for sure.
        limit: bool, what lies beyond it, as far as that is another limb or the ground.
        beside: bool, the other limb, as far as it hides this one.
        level: float32, metres up, or along the arm.
        is_nearer: whether it hides the other.
    """

    pixels: np.ndarray
    inner: np.ndarray
    limit: np.ndarray
    beside: np.ndarray
    level: np.ndarray
    is_nearer: bool


def beside_arms(photo: np.ndarray, iuv: np.ndarray, outline: np.ndarray, metre: float) -> np.ndarray:
    """Pixels of a person's map beside the limit between arm and trunk, or thigh, that show something else.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, their map.
        outline: (H, W) float32, 0..1, where they are.
        metre: pixels a metre of them takes.

    Returns:
        (H, W) bool.
    """
    size, small = coarse_size(iuv.shape[:2], _ROWS)
    metre *= small
    low = cv2.resize(iuv, size, interpolation=cv2.INTER_NEAREST)
    trunk, arms = _limbs(low, metre)
    if not (trunk.pixels.any() and arms.pixels.any()):
        return np.zeros(iuv.shape[:2], bool)
    colour = coarse_lab(photo, size)
    colour = cv2.blur(colour * np.float32(_LIGHT), (3, 3))
    person = cv2.resize(outline, size, interpolation=cv2.INTER_AREA) >= 0.5
    outside = _away(person | (low[..., 0] > 0)) > _GROUND * metre
    ground = from_beyond(colour, outside, metre) if outside.any() else None
    out = _not_its_own(trunk, arms, colour, ground, metre) | _not_its_own(arms, trunk, colour, ground, metre)
    return on_map(out, iuv)


def _limbs(iuv: np.ndarray, metre: float) -> tuple[_Limb, _Limb]:
    """Trunk and arms of a small map."""
    part, places = iuv[..., 0], rest_places(iuv)
    place = places[..., 1]
    trunk, arms, hands = (np.isin(part, parts) for parts in (_TRUNK, _ARMS, _HANDS))
    low = trunk & (place < _ARMPIT)
    # Where one surface goes on into the other, as at the shoulder, there is no limit.
    beyond = ~trunk & ~(arms & (place > _ARMPIT))
    depth = _away(~arms)
    widest = cv2.dilate(depth, np.ones((2 * math.ceil(_HALF_ARM * metre) + 1,) * 2, np.uint8))
    return (
        _Limb(low, trunk & (_away(beyond) > _BAND * metre), beyond, arms | hands, place, False),
        _Limb(arms, arms & (depth > _DEEP * widest), low | (part == 0), low, _along_arms(places, part), True),
    )


def _not_its_own(
    limb: _Limb, other: _Limb, colour: np.ndarray, ground: np.ndarray | None, metre: float
) -> np.ndarray:
    """(H, W) bool: the pixels of a limb that show something else, and those mixed with them. `colour` and `ground` are
    (H, W, 3) float32, weighted Lab: what is seen, and what the ground behind has there."""
    out = np.zeros(limb.pixels.shape, bool)
    from_limit, from_other = _away(limb.limit), _away(limb.beside)
    near = limb.pixels & ~limb.inner & (from_limit < _BAND * metre) & (from_other < _NEAR_ARM * metre)
    if not near.any() or not limb.inner.any():
        return out
    row = np.broadcast_to(np.arange(len(near), dtype=np.float32)[:, None] / np.float32(metre), near.shape)
    own = _apart(colour, near, limb.level, limb.inner, limb.level)
    theirs = _apart(colour, near, row, other.inner, row)
    strange_to = theirs if ground is None else np.minimum(theirs, length((colour - ground)[near]))
    strange = (own > _TELLS) & (strange_to < _NEARER * own)
    border = np.zeros_like(out)
    if limb.is_nearer:
        border[near] = (theirs < _ALIKE) & (from_other[near] < _UNSURE * metre)
    else:
        strange |= own > np.where(from_limit[near] < _NEAR * metre, _OTHER_NEAR, _OTHER)
        border[near] = from_other[near] < _BLEND * metre
    out[near] = strange & np.isfinite(own)
    out = hanging_on(out, border | (limb.limit & (_away(limb.pixels) < 2.5)), math.ceil(_BAND * metre))
    square = np.ones((3, 3), np.uint8)
    across = (cv2.dilate(border.astype(np.uint8), square) > 0) & ~limb.pixels  # for the small map is a pixel off
    return (cv2.dilate(out.astype(np.uint8), square) > 0) | border | across


def _away(pixels: np.ndarray) -> np.ndarray:
    """(H, W) float32: how many pixels it is to the nearest of some pixels, (H, W) bool."""
    return cv2.distanceTransform((~pixels).astype(np.uint8), cv2.DIST_L2, 5)


def _along_arms(places: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(H, W) float32: metres along its arm that a pixel shows, those of the right arm 10 metres further. `places` are
    (H, W, 3) on the resting body, `part` (H, W)."""
    left = np.isin(part, _LEFT_ARM)
    along = np.where(left, places[..., 0], -places[..., 0]) * SIN - places[..., 1] * COS
    along -= SHOULDER[0] * SIN - SHOULDER[1] * COS
    return np.nan_to_num(along + np.where(left, 0, 10)).astype(np.float32)


def _apart(
    colour: np.ndarray, pixels: np.ndarray, level: np.ndarray, others: np.ndarray, level_of_others: np.ndarray
) -> np.ndarray:
    """(N,) float32: how far the colour of each of N pixels, (H, W) bool, is from the nearest of those that `others`,
    (H, W) bool, have at the same level, (H, W) metres; infinite where there are none."""
    out = np.full(np.count_nonzero(pixels), np.inf, np.float32)
    at, of_others = np.floor(level[pixels] / _BIN), level_of_others[others]
    order = np.argsort(of_others, kind="stable")
    mine, theirs, of_others = colour[pixels], colour[others][order], of_others[order]
    for number in np.unique(at):
        first, last = np.searchsorted(of_others, (number * _BIN - _LEVEL, (number + 1) * _BIN + _LEVEL))
        some = theirs[first : last : max(1, (last - first) // _COLOURS)]
        if len(some):
            lengths = (some**2).sum(1)
            here = np.flatnonzero(at == number)
            for start in range(0, len(here), _BLOCK):  # large tables of distances would stay in the process
                block = here[start : start + _BLOCK]
                own = mine[block]
                squares = (own**2).sum(1)[:, None] + lengths - 2 * own @ some.T
                out[block] = np.sqrt(np.maximum(squares.min(1), 0))
    return out
