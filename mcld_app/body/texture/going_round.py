"""Arms and legs all round: what was seen of a sleeve, a hem or skin goes on at the same height on the sides that no
picture shows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.seams import meet

_RING, _FEW_IN_RING, _CALM = 0.015, 12, 3  # metres; texels; rings to either side


def go_round_limbs(image: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unseen sides of legs and arms in the colours that were seen of either leg, or arm, at the same height: a hem
    in front is one in the back, and so is a sleeve's end. Past what was seen, in the last that was. An arm's unseen
    side is brought to the light of what was seen beside it.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.

    Returns:
        Both with the guesses added; what was known is as it was. Limbs of which nothing is known stay open.
    """
    for limb, place in ((_legs(), rest_surface().y), (_arms(), rest_surface().arm)):
        holes, told = limb & ~known, limb & known
        if not holes.any() or not told.any():
            continue
        middles, colours = ring_colours(image, told, place)
        image = image.copy()
        image[holes] = np.stack([np.interp(place[holes], middles, channel) + 0.5 for channel in colours.T], 1)
        if limb is _arms():  # lit from one side, where a leg's front and back differ by more than the light
            image = meet(image, known, holes, limb)
        known = known | holes
    return image, known


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
