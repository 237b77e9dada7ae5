"""Where a trunk meets an arm that hung beside it: cloth below the armhole and skin in it, or a sleeve's cloth in both.

Photos show the flank under an arm along its limit of sight, mixed with the arm. With the arm raised all of it is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.lengths import length
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.skin import likely_skin
from mcld_app.body.texture.texture_map import TextureMap

_LOW, _HIGH, _ARMPIT = 1.24, 1.42, 1.335  # metres above the floor; from the last on, trunk and arm are one surface
_FLANK, _SIDE = 0.115, 0.07  # metres beside the middle, from where on a trunk turns to its side; before and behind it
_HOLE = 0.022  # metres around an arm, which an armhole leaves bare
_BELOW = 0.030  # metres from an arm, beyond which a flank wears what the trunk wears
_ARM, _SLEEVE = (0.02, 0.11), (0.03, 0.12)  # metres along an arm: its root; where it tells whether there is a sleeve
_MOST, _FEW = 0.6, 60  # of some texels; texels to tell by
_SHADED, _OTHER = (0.5, 1.0, 1.0), 14.0  # what differences in Lab (8 bits) count; so far from skin is no skin
_HUE, _DARKEST = 9.0, 0.35  # of a and b, and of lightness: skin in the shade
_LIMIT = 12  # texels beside what was not seen
_END, _SOME, _BLOCKS = 0.05, 2, 32  # metres of an arm that meet the trunk; every so many of its texels; at a time


@dataclass(frozen=True, eq=False)
class _Zone:
    """Texels, (512, 512) bool: a trunk's flank below its arm, the root of that arm, where its sleeve would be; and
    (512, 512) float32, metres from the flank's texels to the arm."""

    flank: np.ndarray
    root: np.ndarray
    sleeve: np.ndarray
    away: np.ndarray


def astray_at_armholes(texture: TextureMap) -> np.ndarray:
    """Texels, (512, 512) bool, at the limit of sight between arm and trunk that show the other: skin on a flank that
    wears a top, cloth on a bare arm, skin on a sleeve. None where skin and top cannot be told apart by their colours.
    """
    out = np.zeros_like(texture.coverage)
    is_skin = told_apart(texture.image, texture.coverage)
    if is_skin is None:
        return out
    unseen = (~texture.coverage & parts_mask({1, 2, *range(15, 19)})).astype(np.uint8)
    near = cv2.dilate(unseen, np.ones((2 * _LIMIT + 1,) * 2, np.uint8)) > 0
    side = np.abs(rest_surface().z) < _SIDE
    for zone in _zones():
        bare = _is_bare(zone, is_skin, texture.coverage)
        if bare is None:
            continue
        if bare:
            out |= zone.flank & (zone.away > _BELOW) & side & is_skin
            out |= zone.root & ~is_skin
        else:
            out |= (zone.flank | zone.root) & is_skin
    return out & near & texture.coverage


def guess_armholes(image: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unseen upper end of the flanks, where arm and trunk are one surface: skin within an armhole, cloth beside it.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.

    Returns:
        Both with the guesses added; what was known is as it was. Nothing is guessed where skin and top cannot be told
        apart.
    """
    is_skin = told_apart(image, known)
    if is_skin is None:
        return image, known
    out, done = image.copy(), known.copy()
    trunk = parts_mask({1, 2})
    left, top, width, height = cv2.boundingRect(trunk.astype(np.uint8))
    box = slice(top, top + height), slice(left, left + width)
    cloth = pull_push(image[box].astype(np.float32), (known & trunk & ~is_skin)[box].astype(np.float32))
    for zone in _zones():
        bare = _is_bare(zone, is_skin, known)
        holes = zone.flank & ~known & ((rest_surface().y > _ARMPIT) | (zone.away < _HOLE))
        if bare is None or not holes.any():
            continue
        guess = cloth
        skins = zone.sleeve & known & is_skin
        if bare and skins.any():
            share = np.clip((_HOLE - zone.away[box]) / 0.004 + 0.5, 0, 1)[..., None]
            guess = cloth * (1 - share) + np.median(image[skins], 0) * share
        out[box][holes[box]] = (guess[holes[box]] + 0.5).astype(np.uint8)
        done |= holes
    return out, done


def told_apart(image: np.ndarray, known: np.ndarray) -> np.ndarray | None:
    """(512, 512) bool, which texels of an image (512, 512, 3) uint8 RGB have the skin's colour; None where the trunk
    wears nothing else, by its texels that are `known`, (512, 512) bool."""
    surface = rest_surface()
    chest = parts_mask({1, 2}) & known & (np.abs(surface.x) < _FLANK) & (surface.y > _LOW) & (surface.y < _ARMPIT)
    if np.count_nonzero(chest) < _FEW:
        return None
    skin = likely_skin(TextureMap(image, known)).reshape(1, 1, 3)
    own = cv2.cvtColor(skin, cv2.COLOR_RGB2LAB).astype(np.float32)[0, 0]
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    off = lab - own
    shaded = (np.hypot(off[..., 1], off[..., 2]) < _HUE) & (lab[..., 0] > _DARKEST * own[0]) & (off[..., 0] < 0)
    is_skin = (length(off * np.float32(_SHADED)) < _OTHER) | shaded
    return is_skin if is_skin[chest].mean() < 1 - _MOST else None


def _is_bare(zone: _Zone, is_skin: np.ndarray, known: np.ndarray) -> bool | None:
    """Whether an arm wears no sleeve; None where too little of it is known, or it is neither."""
    told = is_skin[zone.sleeve & known]
    if len(told) < _FEW or 1 - _MOST < told.mean() < _MOST:
        return None
    return bool(told.mean() >= _MOST)


@lru_cache(maxsize=1)
def _zones() -> tuple[_Zone, _Zone]:
    """Of the left and the right arm."""
    g = rest_surface()
    places = np.stack([g.x, g.y, g.z], -1)
    trunk = parts_mask({1, 2}) & (np.abs(g.x) > _FLANK) & (g.y > _LOW) & (g.y < _HIGH)
    arms = parts_mask(range(15, 19))
    away = np.full(g.x.shape, np.inf, np.float32)
    ends = places[arms & (g.arm < _END)][::_SOME]
    away[trunk] = np.concatenate([_nearest(some, ends) for some in np.array_split(places[trunk], _BLOCKS)])
    away.setflags(write=False)
    zones = []
    for side in (g.x > 0, g.x < 0):
        root, sleeve = (arms & side & (g.arm > low) & (g.arm < high) for low, high in (_ARM, _SLEEVE))
        zones.append(_Zone(trunk & side, root, sleeve, away))
    return zones[0], zones[1]


def _nearest(places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N,) metres from places (N, 3) to the nearest of others (M, 3)."""
    squares = (places**2).sum(1)[:, None] + (others**2).sum(1) - 2 * places @ others.T
    return np.sqrt(np.maximum(squares.min(1), 0))
