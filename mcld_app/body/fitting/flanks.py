"""What shows on trunk and thighs beside an arm, or on the arm beside them, and is not theirs.

Along the flank the mannequin's limit lies a few centimetres beside the photo's: there it shows the arm's skin, the
shade of the armpit, or the ground between arm and trunk. None of these is a colour that the trunk has at that height
further in. So a pixel beside an arm is believed where its colour agrees with the garment next to it, and only there.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE
from mcld_app.body.fitting.mixing import from_beyond, hanging_on
from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen

_TRUNK, _ARMS, _HANDS = (1, 2, 7, 8, 9, 10), tuple(range(15, 23)), (3, 4)
_LEFT_ARM = (15, 17, 19, 21)
_ARMPIT = 1.335  # metres above the floor; higher, trunk and arm are one surface
_BAND = 0.05  # metres from the limit, in which colours have to agree
_NEAR_ARM = 0.07  # metres to the arm that hides the flank, or hangs beside it
_DEEP = 0.6  # of an arm's half width: so far in, it has its own colours
_GROUND = 0.015  # metres outside of the outline, where ground is ground for sure
_LEVEL = 0.025  # metres up or down, or along an arm, within which a limb has its colours
_BIN = 0.01  # metres
_COLOURS = 40  # of a bin that are looked at
_LIGHT = (0.5, 1.0, 1.0)  # what differences in Lab (8 bits) count: light falls off along a flank
_OTHER = 15.0  # of that: so far from all of the trunk's colours, it is none of its
_TELLS, _NEARER = 5.0, 0.5  # of that; of the distance to the limb's own: nearer to another's colour, it is that
_ROWS = 384  # height of the picture this is worked out on


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
    height, width = iuv.shape[:2]
    small = min(1.0, _ROWS / height)
    size = max(2, round(width * small)), max(2, round(height * small))
    metre *= small
    low = cv2.resize(iuv, size, interpolation=cv2.INTER_NEAREST)
    part, place = low[..., 0], rest_places(low)[..., 1]
    trunk, arms = np.isin(part, _TRUNK), np.isin(part, _ARMS)
    with_hands = arms | np.isin(part, _HANDS)
    out = np.zeros(part.shape, bool)
    if not (trunk.any() and arms.any()):
        return np.zeros((height, width), bool)
    colour = cv2.cvtColor(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB).astype(np.float32)
    colour = cv2.blur(colour * np.float32(_LIGHT), (3, 3))
    outside = _away((cv2.resize(outline, size, interpolation=cv2.INTER_AREA) >= 0.5) | (part > 0)) > _GROUND * metre
    ground = from_beyond(colour, outside, metre) if outside.any() else None
    row = np.broadcast_to(np.arange(size[1])[:, None] / np.float32(metre), part.shape)
    along = _along_arms(low)
    # Where one surface goes on into the other, as at the shoulder, there is no limit.
    limit = {"trunk": ~trunk & ~(arms & (place > _ARMPIT)), "arms": (trunk & (place < _ARMPIT)) | (part == 0)}
    depth = {"trunk": _away(limit["trunk"]), "arms": _away(~arms)}
    widest = cv2.dilate(depth["arms"], np.ones((2 * math.ceil(0.05 * metre) + 1,) * 2, np.uint8))
    inner = {"trunk": trunk & (depth["trunk"] > _BAND * metre), "arms": arms & (depth["arms"] > _DEEP * widest)}
    for mine, other, level, limb in (("trunk", "arms", place, trunk & (place < _ARMPIT)), ("arms", "trunk", along, arms)):
        neighbour = with_hands if mine == "trunk" else limit["arms"] & trunk
        from_limit = _away(limit[mine])
        near = limb & ~inner[mine] & (from_limit < _BAND * metre) & (_away(neighbour) < _NEAR_ARM * metre)
        if not near.any() or not inner[mine].any():
            continue
        own = _apart(colour, near, level, inner[mine], level)
        others = _apart(colour, near, row, inner[other], row)
        if ground is not None:
            others = np.minimum(others, np.linalg.norm(colour - ground, axis=2)[near])
        strange = (own > _TELLS) & (others < _NEARER * own)
        if mine == "trunk":
            strange |= own > _OTHER
        found = np.zeros(part.shape, bool)
        found[near] = strange & np.isfinite(own)
        found = hanging_on(found, limit[mine] & (_away(limb) < 2.5), math.ceil(_BAND * metre))
        out |= limb & (cv2.dilate(found.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)  # what is mixed with it
    return (cv2.resize(out.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0) & (iuv[..., 0] > 0)


def _away(pixels: np.ndarray) -> np.ndarray:
    """(H, W) float32: how many pixels it is to the nearest of some pixels, (H, W) bool."""
    return cv2.distanceTransform((~pixels).astype(np.uint8), cv2.DIST_L2, 5)


def _along_arms(iuv: np.ndarray) -> np.ndarray:
    """(H, W) float32: metres along its arm that a pixel shows, those of the right arm 10 metres further."""
    pixel, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), TEXTURE - 1).astype(np.int64).T
    out = np.zeros(iuv.shape[0] * iuv.shape[1], np.float32)
    out[pixel] = rest_surface().arm[row, column]
    return out.reshape(iuv.shape[:2]) + np.where(np.isin(iuv[..., 0], _LEFT_ARM), np.float32(0), np.float32(10))


def _apart(
    colour: np.ndarray, pixels: np.ndarray, level: np.ndarray, others: np.ndarray, level_of_others: np.ndarray
) -> np.ndarray:
    """(N,) float32: how far the colour of each of N pixels, (H, W) bool, is from the nearest of those that `others`,
    (H, W) bool, have at the same level, (H, W) metres; infinite where there are none."""
    out = np.full(np.count_nonzero(pixels), np.inf, np.float32)
    mine, theirs = colour[pixels], colour[others]
    at, at_theirs = level[pixels], level_of_others[others]
    order = np.argsort(at_theirs, kind="stable")
    theirs, at_theirs = theirs[order], at_theirs[order]
    for bin_ in np.unique(np.floor(at / _BIN)):
        here = np.flatnonzero(np.floor(at / _BIN) == bin_)
        low, high = np.searchsorted(at_theirs, (bin_ * _BIN - _LEVEL, (bin_ + 1) * _BIN + _LEVEL))
        some = theirs[low:high]
        some = some[:: max(1, len(some) // (_COLOURS * 5))]
        if len(some):
            out[here] = np.linalg.norm(mine[here, None] - some[None], axis=2).min(1)
    return out
