"""A limb's colours, ring by ring along it."""

from __future__ import annotations

import numpy as np

RING = 0.015
"""Metres along a limb that are one ring."""

_FEW_IN_RING, _CALM = 12, 3  # texels; rings to either side


def ring_colours(image: np.ndarray, told: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The colours of a limb, ring by ring.

    Args:
        image: (512, 512, 3) uint8 RGB.
        told: (512, 512) bool, some texels of the limb, at least one.
        place: (512, 512) float32, metres along it, from 0.

    Returns:
        (K,) places along it, rising, and (K, 3) the colours that it has there.
    """
    ring = (np.maximum(place[told], 0) / RING).astype(int)
    order = np.argsort(ring, kind="stable")
    colours = np.split(image[told][order], np.cumsum(np.bincount(ring))[:-1])
    seen = [k for k, of_ring in enumerate(colours) if len(of_ring) >= _FEW_IN_RING]
    if not seen:
        seen, colours = [0], [image[told]]
    # The median over some rings keeps a hem and loses a crease or a hand.
    medians = np.array([np.median(colours[k], 0) for k in seen])
    calm = [np.median(medians[max(0, k - _CALM) : k + _CALM + 1], 0) for k in range(len(medians))]
    return (np.array(seen) + 0.5) * RING, np.array(calm)
