"""What is left of an old garment beside a new one: its hem below a shorter top, its waistband above trousers."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.colours import away, typical, weighted_lab
from mcld_app.body.wearer.hem import WAYS, way_of

_TRUNK, _LEGS = frozenset({1, 2}), frozenset(range(7, 15))
_BAND = 0.07  # metres from the new garment in which the old one may be left
_BEYOND = 0.16  # metres: from the band's end to there one sees what is really worn beside it
_INSIDE = 0.12  # metres within the new garment: what is there was the old one
_EDGE, _SHARE = 0.015, 0.3  # metres along the edge, and how much of it must look like the old one
_SURER = 5.0  # of weighted Lab that a texel is nearer to the old garment's colours
_BLEND = 4  # texels around what is left that show a blend of old and new
_LEAST = 60  # texels that tell colours


def without_old_rim(before: TextureMap, after: TextureMap, taken: np.ndarray) -> TextureMap:
    """A person in a new garment without what is left of the old one around the waist: it takes the colours of what is
    worn beside it.

    Args:
        before: the person, the old garment on.
        after: the same, the new one on.
        taken: (512, 512) bool, the texels that the new one covers or bares.
    """
    left = _left(before, taken)
    if not left.any():
        return after
    beside = _waist() & ~taken & ~_near(left, _BLEND) & after.coverage
    filled = pull_push(after.image.astype(np.float32), beside.astype(np.float32))
    image = np.where(left[..., None], np.clip(filled + 0.5, 0, 255).astype(np.uint8), after.image)
    return TextureMap(image, after.coverage | left)


def _left(before: TextureMap, taken: np.ndarray) -> np.ndarray:
    """(512, 512) bool: the texels beside the new garment that show the old one."""
    out = np.zeros_like(taken)
    mine = taken & _waist()
    if np.count_nonzero(mine) < _LEAST or np.count_nonzero(_waist() & ~taken) < _LEAST:
        return out
    away_from_it = _beyond(mine)
    if away_from_it is None:
        return out
    seen = before.coverage & _waist()
    band = seen & ~taken & (away_from_it > 0) & (away_from_it < _BAND)
    beside = seen & ~taken & (away_from_it >= _BAND) & (away_from_it < _BEYOND)
    inside = seen & taken & (away_from_it <= 0) & (away_from_it > -_INSIDE)
    if min(map(np.count_nonzero, (band, beside, inside))) < _LEAST:
        return out
    lab = weighted_lab(before.image)
    old, _ = typical(lab[inside], 3)
    kept, _ = typical(lab[beside], 4)
    out[band] = away(lab[band], old) + _SURER < away(lab[band], kept)
    out = cv2.morphologyEx(out.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    at_edge = band & (away_from_it < _EDGE)
    if np.count_nonzero(out & at_edge) < _SHARE * np.count_nonzero(at_edge):
        return np.zeros_like(out)  # a stripe, or a button
    # What the photo does not show there is guessed from the old garment.
    unseen = _waist() & ~taken & ~before.coverage & (away_from_it > 0) & (away_from_it < _BAND)
    return _near(out, _BLEND) & band | unseen


def _near(texels: np.ndarray, reach: int) -> np.ndarray:
    return cv2.dilate(texels.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0


def _beyond(taken: np.ndarray) -> np.ndarray | None:
    """(512, 512) float32, metres that texels of trunk and legs lie beyond a garment's edge at the waist: below a top's
    hem, or above a waistband, below 0 within the garment; None where it has no such edge."""
    place = rest_surface()
    way = way_of(place.x, place.z)
    middle = float(np.median(place.y[taken]))
    lies_above = middle > float(np.median(place.y[_waist() & ~taken]))
    edge = np.full(WAYS, np.inf if lies_above else -np.inf)
    (np.minimum if lies_above else np.maximum).at(edge, way[taken], place.y[taken])
    known = np.isfinite(edge)
    if not known.any():
        return None
    edge = np.interp(np.arange(WAYS), np.flatnonzero(known), edge[known], period=WAYS)
    return (edge[way] - place.y if lies_above else place.y - edge[way]).astype(np.float32)


def _waist() -> np.ndarray:
    return parts_mask(_TRUNK | _LEGS)
