"""The colours of legs at each height, and further down than anything was seen."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.leg_light import form_light
from mcld_app.body.texture.rings import RING, ring_colours
from mcld_app.body.texture.skin import bare_limbs, skin_colour
from mcld_app.body.texture.texture_map import TextureMap

_ARMS, _LEGS = frozenset(range(15, 23)), frozenset(range(7, 15))
_HIPS = 0.95  # metres above the floor
_ALIKE, _HEM = 24.0, 90.0  # grey levels between rings of one cloth at most, of two at least
_FOLD, _CLOTH = 0.06, 25.0  # metres over which one cloth is averaged; grey levels between its rings
_LAST = 0.12  # metres of the last cloth that was seen, or skin, as which it goes on
_SHORT = 0.08  # metres of it that say too little of the leg
_FEW_BARE, _SKINS_HUE, _SKINS_LIGHT = 60, 16.0, 110.0  # texels; of Lab (8 bits): skin in shade
_SKINS_RED = 0.3  # of the skin's redness, in its shade at least


def leg_colours(image: np.ndarray, known: np.ndarray, legs: np.ndarray) -> np.ndarray:
    """What legs are like at the height of each of their texels.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour, some of the legs' among them.
        legs: (512, 512) bool.

    Returns:
        (512, 512, 3) float32, RGB; it means something on the legs.
    """
    height = rest_surface().y
    middles, colours = ring_colours(image, legs & known, height)
    colours = _calm_cloth(middles, colours)
    at, steps = _with_hems(middles, colours)
    guess = np.zeros(image.shape, np.float32)
    guess[legs] = np.stack([np.interp(height[legs], at, channel) for channel in steps.T], 1)
    return _below(image, known, guess, middles, colours)


def end_in_cloth(image: np.ndarray, known: np.ndarray) -> tuple[bool, float]:
    """Whether the last that was seen of legs, down them, is cloth and no skin; and how many metres above the floor that
    is. Legs of which nothing was seen are clad, and seen to the hips.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.
    """
    height, seen = rest_surface().y, parts_mask(_LEGS) & known
    if np.count_nonzero(seen) < _FEW_BARE:
        return True, _HIPS
    middles, colours = ring_colours(image, seen, height)
    last = np.median(colours[: round(_LAST / RING)], 0)
    return _skin_like(image, known, last) is None, float(middles[0])


def _calm_cloth(middles: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Rings of one cloth (K, 3), at K places, averaged over some: what was seen of a fold or a faded place in front is
    no band around the leg."""
    apart = np.abs(middles[:, None] - middles) / _FOLD
    alike = np.abs(colours[:, None] - colours).max(2) < _CLOTH
    share = np.exp(-(apart**2) / 2) * alike
    return (share / share.sum(1, keepdims=True)) @ colours


def _with_hems(middles: np.ndarray, colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rings with a step where a hem lies between two of them: without it the one cloth would fade into the other over
    what was not seen there."""
    hems = np.flatnonzero(np.abs(np.diff(colours, axis=0)).max(1) > _HEM)
    where = np.repeat(hems + 1, 2)
    edges = np.repeat(middles[hems + 1] - RING / 2, 2) + np.tile((-1e-4, 0), len(hems))
    both = np.stack([colours[hems], colours[hems + 1]], 1).reshape(-1, 3)
    return np.insert(middles, where, edges), np.insert(colours, where, both, 0)


def _below(
    image: np.ndarray, known: np.ndarray, guess: np.ndarray, middles: np.ndarray, colours: np.ndarray
) -> np.ndarray:
    """The guess, (512, 512, 3) float32, changed below the rings `middles` (K,) with their `colours` (K, 3): legs go on
    as they are over the last stretch of one colour, for the very last ring lies at the photo's edge. Where that stretch
    is short, as below a skirt, whose shade lies on it, skin becomes that of the arms further down, and the leg is lit
    as legs are."""
    last = colours[0]
    alike = np.abs(colours - last).max(1) < _ALIKE
    count = len(alike) if alike.all() else int(np.argmin(alike))
    stretch = float(middles[count - 1] - middles[0]) + RING
    calm = np.median(colours[:count][: round(_LAST / RING)], 0)
    short = float(np.clip(2 - 2 * stretch / _SHORT, 0, 1))
    skin = _skin_like(image, known, last)
    if skin is not None:
        calm = calm + (skin - calm) * short
    below = np.clip((middles[0] - rest_surface().y) / _LAST, 0, 1)[..., None]
    light = 1 + (form_light()[..., None] - 1) * short * below
    return (guess + (calm - last) * below) * light


def _skin_like(image: np.ndarray, known: np.ndarray, colour: np.ndarray) -> np.ndarray | None:
    """The skin of bare arms, else of face and hands, (3,), where a colour (3,) RGB may be that in shade; else None."""
    seen = TextureMap(image, known)
    bare = image[bare_limbs(seen) & parts_mask(_ARMS) & known]
    skin = np.median(bare, 0).astype(np.uint8) if len(bare) >= _FEW_BARE else skin_colour(seen)
    if skin is None:
        return None
    both = np.stack([skin, np.clip(colour, 0, 255).astype(np.uint8)])[None]
    a, b = cv2.cvtColor(both, cv2.COLOR_RGB2LAB)[0].astype(float)
    alike = np.hypot(*(a - b)[1:]) < _SKINS_HUE and abs(a[0] - b[0]) < _SKINS_LIGHT
    green = b[1] - 128 < _SKINS_RED * (a[1] - 128)  # shade makes skin browner, never olive
    return skin if alike and not green else None
