"""Ground that shows at a person's rim.

A person's outline, found on a picture of 256 pixels, is off by a pixel of that here and there: a centimetre or two of
wall or street lies within it, and would run as a sliver along arms and legs in every other pose. Such pixels look like
the ground beside them and not like the person further in.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.coarse import coarse_lab, coarse_size, on_map
from mcld_app.body.fitting.mixing import from_beyond, from_inside, mixed_in

_BAND = 0.035  # metres from the outline inwards, in which ground is looked for
_BEYOND = 0.015  # metres outside of it, where ground is ground for sure
_ROWS = 512  # height of the picture this is worked out on


def ground_at_rim(photo: np.ndarray, iuv: np.ndarray, outline: np.ndarray, metre: float) -> np.ndarray:
    """Pixels of a person's map that show the ground behind them.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, their map.
        outline: (H, W) float32, 0..1, where they are.
        metre: pixels a metre of them takes.

    Returns:
        (H, W) bool.
    """
    size, small = coarse_size(outline.shape, _ROWS)
    metre *= small
    colour = coarse_lab(photo, size)
    person = cv2.resize(outline, size, interpolation=cv2.INTER_AREA) >= 0.5
    part = cv2.resize(iuv[..., 0], size, interpolation=cv2.INTER_NEAREST)
    outside = cv2.distanceTransform((~person).astype(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.distanceTransform(person.astype(np.uint8), cv2.DIST_L2, 5)
    sure = outside > _BEYOND * metre
    if not sure.any():
        return np.zeros(iuv.shape[:2], bool)
    ground, own = from_beyond(colour, sure, metre), from_inside(colour, part, depth)
    out = mixed_in(colour, own, ground, (part > 0) & (depth < _BAND * metre), ~person)
    return on_map(out, iuv)
