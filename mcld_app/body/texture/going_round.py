"""Arms and legs all round: what was seen of a sleeve, a hem or skin goes on at the same height on the sides that no
picture shows."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.leg_light import form_light, lit_legs
from mcld_app.body.texture.seams import meet
from mcld_app.body.texture.skin import bare_limbs, skin_colour
from mcld_app.body.texture.texture_map import TextureMap

_ALIKE, _HEM, _LAST = 24.0, 90.0, 0.12  # grey levels between rings of one cloth, of two; metres of one that are looked at
_FOLD, _CLOTH = 0.06, 60.0  # metres over which one cloth is averaged; grey levels between its rings
_SHORT = 0.08  # metres of it that say too little of the leg
_FEW_BARE, _SKINS_HUE, _SKINS_LIGHT = 60, 16.0, 110.0  # texels; of Lab (8 bits): skin in shade
_RING, _FEW_IN_RING, _CALM = 0.015, 12, 3  # metres; texels; rings to either side


def go_round_limbs(
    image: np.ndarray, known: np.ndarray, own: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The unseen sides of legs and arms in the colours that were seen of either leg, or arm, at the same height: a hem
    in front is one in the back, and so is a sleeve's end. Past what was seen, in the last that was. An arm's unseen
    side is brought to the light of what was seen beside it, and a leg goes on in its light and texture (`leg_light`).

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.
        own: (512, 512) bool, those of them that a photo shows, where others come from the other half of the body.

    Returns:
        Both with the guesses added. What a photo shows is as it was, and so is all that was known of arms. Limbs of
        which nothing is known stay open.
    """
    for limb, place in ((_legs(), rest_surface().y), (_arms(), rest_surface().arm)):
        holes, told = limb & ~known, limb & known
        if not holes.any() or not told.any():
            continue
        middles, colours = ring_colours(image, told, place)
        if limb is not _arms():
            colours = _calm_cloth(middles, colours)
        guess, (at, steps) = np.zeros(image.shape, np.float32), _with_hems(middles, colours)
        guess[limb] = np.stack([np.interp(place[limb], at, channel) for channel in steps.T], 1)
        if limb is _arms():  # lit from one side
            image = np.where(holes[..., None], (guess + 0.5).astype(np.uint8), image)
            image = meet(image, known, holes, limb)
        else:
            guess = _legs_below(image, known, guess, middles, colours)
            image = lit_legs(image, known, known if own is None else own, guess, limb)
        known = known | holes
    return image, known


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
    at = np.insert(middles, np.repeat(hems + 1, 2), np.repeat(middles[hems + 1] - _RING / 2, 2) + np.tile((-1e-4, 0), len(hems)))
    between = np.stack([colours[hems], colours[hems + 1]], 1).reshape(-1, 3)
    return at, np.insert(colours, np.repeat(hems + 1, 2), between, 0)


def _legs_below(
    image: np.ndarray, known: np.ndarray, guess: np.ndarray, middles: np.ndarray, colours: np.ndarray
) -> np.ndarray:
    """The guess, (512, 512, 3) float32, changed below the rings `middles` (K,) with their `colours` (K, 3): legs go on
    as they are over the last stretch of one colour, for the very last ring lies at the photo's edge. Where that stretch
    is short, as below a skirt, whose shade lies on it, skin becomes that of the arms further down, and the leg is lit
    as legs are."""
    height, last = rest_surface().y, colours[0]
    alike = np.abs(colours - last).max(1) < _ALIKE
    count = int(np.argmin(alike)) if not alike.all() else len(alike)
    stretch = float(middles[count - 1] - middles[0]) + _RING
    calm = np.median(colours[:count][: round(_LAST / _RING)], 0)
    below = np.clip((middles[0] - height) / _LAST, 0, 1)[..., None]
    short = float(np.clip(2 - 2 * stretch / _SHORT, 0, 1))
    skin = _skin_like(image, known, last)
    if skin is not None:
        calm = calm + (skin - calm) * short
    light = 1 + (form_light()[..., None] - 1) * short
    return (guess + (calm - last) * below) * np.where(below > 0, 1 + (light - 1) * below, 1)


def _skin_like(image: np.ndarray, known: np.ndarray, colour: np.ndarray) -> np.ndarray | None:
    """The skin of bare arms, else of face and hands, (3,), where a colour (3,) RGB may be that in shade; else None."""
    seen = TextureMap(image, known)
    bare = image[bare_limbs(seen) & _arms() & known]
    skin = np.median(bare, 0).astype(np.uint8) if len(bare) >= _FEW_BARE else skin_colour(seen)
    if skin is None:
        return None
    both = np.stack([skin, np.clip(colour, 0, 255).astype(np.uint8)])[None]
    a, b = cv2.cvtColor(both, cv2.COLOR_RGB2LAB)[0].astype(float)
    return skin if np.hypot(*(a - b)[1:]) < _SKINS_HUE and abs(a[0] - b[0]) < _SKINS_LIGHT else None


def ring_colours(image: np.ndarray, told: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The colours of a limb, ring by ring.

    Args:
        image: (512, 512, 3) uint8 RGB.
        told: (512, 512) bool, some texels of the limb, at least one.
        place: (512, 512) float32, metres along it, from 0.

    Returns:
        (K,) places along it, rising, and (K, 3) the colours that it has there.
    """
    ring = (np.maximum(place[told], 0) / _RING).astype(int)
    order = np.argsort(ring, kind="stable")
    colours = np.split(image[told][order], np.cumsum(np.bincount(ring))[:-1])
    seen = [k for k, of_ring in enumerate(colours) if len(of_ring) >= _FEW_IN_RING]
    if not seen:
        seen, colours = [0], [image[told]]
    # The median over some rings keeps a hem and loses a crease or a hand.
    medians = np.array([np.median(colours[k], 0) for k in seen])
    calm = [np.median(medians[max(0, k - _CALM) : k + _CALM + 1], 0) for k in range(len(medians))]
    return (np.array(seen) + 0.5) * _RING, np.array(calm)


def _legs() -> np.ndarray:
    return region_mask("bottom")  # the lap too, which is the lower end of the torso's front


@lru_cache(maxsize=1)
def _arms() -> np.ndarray:
    return parts_mask(range(15, 23))
