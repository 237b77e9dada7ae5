"""A neighbour's pixels along the limits of what is seen of a limb.

Where an arm hangs before the hip, the mannequin's arm ends a centimetre or two beside the photo's: skin lies on the
map's trousers, or cloth on its arm, and shadow where the two meet; and where a narrow gap between them was taken for
the person, the ground. In another pose that would run down the flank.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from mcld_app.body.fitting.coarse import coarse_lab, coarse_size, on_map
from mcld_app.body.fitting.mixing import from_beyond, from_inside, hanging_on, mixed_in, unlike_within, well_within
from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.lengths import length

_LIMBS = (  # torso and head, arms, legs
    (1, 2, 23, 24),
    (3, 16, 18, 20, 22),
    (4, 15, 17, 19, 21),
    (6, 7, 9, 11, 13),
    (5, 8, 10, 12, 14),
)
_JUMP = 0.06  # metres on the resting body between neighbouring pixels: one limb before another
_BAND = 0.045  # metres from such a border, in which a neighbour's pixels are looked for
_ASIDE, _ALONG = 0.14, 0.05  # metres beside a pixel, and up or down, within which its limb may have its colour
_BEYOND = 0.012  # metres on the other side of it, where the neighbour is seen for sure
_GROUND = 0.015  # metres outside of the outline, where ground is ground for sure
_GAP = 0.012  # metres from a border or a gap in the map, in which ground is looked for
_SHADOW, _DARKER, _SAME_HUE = 0.015, 26.0, 16.0  # metres from it; of Lab (8 bits): the shade between two limbs
_ROWS = 384  # height of the picture this is worked out on


def of_neighbours(photo: np.ndarray, iuv: np.ndarray, outline: np.ndarray, metre: float) -> np.ndarray:
    """Pixels of a person's map that show a limb before or behind their own, or shade or ground between the two.

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
    colour = coarse_lab(photo, size)
    low = cv2.resize(iuv, size, interpolation=cv2.INTER_NEAREST)
    part, border = low[..., 0], _borders(low)
    person = cv2.resize(outline, size, interpolation=cv2.INTER_AREA) >= 0.5
    outside = cv2.distanceTransform((person | (part > 0)).astype(np.uint8) ^ 1, cv2.DIST_L2, 5) > _GROUND * metre
    holes = cv2.dilate((person & (part == 0)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ground = from_beyond(colour, outside, metre) if outside.any() else None
    out = np.zeros(part.shape, bool)
    for limb in _LIMBS:
        mine = np.isin(part, limb)
        edge, gap = border & mine, holes & mine
        if not (edge.any() or gap.any()):
            continue
        left, top, across, down = cv2.boundingRect(mine.astype(np.uint8))
        margin = round(4 * _BAND * metre) + 2
        box = slice(max(top - margin, 0), top + down + margin), slice(max(left - margin, 0), left + across + margin)
        behind = None if ground is None else ground[box]
        found = _on_limb(colour[box], part[box], mine[box], (edge[box], gap[box]), behind, metre)
        out[box] |= cv2.dilate(found.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0  # what is mixed with it
    return on_map(out, iuv)


def _on_limb(
    colour: np.ndarray,
    part: np.ndarray,
    mine: np.ndarray,
    edges: tuple[np.ndarray, np.ndarray],
    ground: np.ndarray | None,
    metre: float,
) -> np.ndarray:
    """(h, w) bool: the pixels of one limb, `mine`, that show what lies beyond its `edges`: those pixels of it that lie
    beside other limbs, and those beside gaps in the map."""
    away, from_gap = (cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 5) for edge in edges)
    outside, depth = (cv2.distanceTransform(area.astype(np.uint8), cv2.DIST_L2, 5) for area in (~mine, mine))
    reach = round(_ASIDE * metre), round(_ALONG * metre)
    strange = mine & unlike_within(colour, well_within(mine, depth), *reach)
    torso = np.isin(part, _LIMBS[0])
    own, others = from_inside(colour, np.where(mine, part, 0), depth), (part > 0) & ~mine
    near, beyond = strange & (away < _BAND * metre), others & (away < 2.5)
    sure = others & (outside > _BEYOND * metre) & (away < 2 * _BAND * metre)
    found = np.zeros(mine.shape, bool)
    if sure.any():
        found |= mixed_in(colour, own, from_beyond(colour, sure, metre), near, beyond, math.ceil(_BAND * metre))
    hue = length((colour - own)[..., 1:])
    dark = strange & (away < _SHADOW * metre) & (own[..., 0] - colour[..., 0] > _DARKER) & (hue < _SAME_HUE)
    found |= hanging_on(dark | found, beyond, math.ceil(_SHADOW * metre))
    if ground is not None:
        # On a torso beside an arm it is as well a strap, or a print's white.
        near = strange & (np.where(torso, from_gap, np.minimum(away, from_gap)) < _GAP * metre)
        beyond |= found | ((part == 0) & (from_gap < 2.5))
        found |= mixed_in(colour, own, ground, near, beyond, math.ceil(_GAP * metre))
    return found


def _borders(iuv: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels beside which a place of the body is seen that is far from theirs on the resting body."""
    place = rest_places(iuv)
    limb = np.zeros(25, np.uint8)
    for number, parts in enumerate(_LIMBS):
        limb[list(parts)] = number
    limb = limb[iuv[..., 0]]
    torso, legs = limb == 0, limb >= 3
    out = np.zeros(iuv.shape[:2], bool)
    for step in ((slice(1, None), slice(None)), (slice(None), slice(1, None))):
        back = tuple(slice(None, -1) if part.start else part for part in step)
        jump = length(place[step] - place[back]) > _JUMP  # none to the ground, which is no place
        jump &= (limb[step] != limb[back]) & ~(torso[step] & legs[back] | legs[step] & torso[back])  # those meet
        out[step] |= jump
        out[back] |= jump
    return out
