"""Arms and legs all round: what was seen of a sleeve, a hem or skin goes on at the same height on the sides that no
picture shows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.texture.leg_colours import leg_colours
from mcld_app.body.texture.leg_light import lit_legs
from mcld_app.body.texture.seams import meet
from mcld_app.body.texture.sleeves import guess_arms


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
    for limb in (_legs(), _arms()):
        holes, told = limb & ~known, limb & known
        if not holes.any() or not told.any():
            continue
        if limb is _arms():  # lit from one side
            image = meet(guess_arms(image, known), known, holes, limb)
        else:
            image = lit_legs(image, known, known if own is None else own, leg_colours(image, known, limb), limb)
        known = known | holes
    return image, known


def _legs() -> np.ndarray:
    return region_mask("bottom")  # the lap too, which is the lower end of the torso's front


@lru_cache(maxsize=1)
def _arms() -> np.ndarray:
    return parts_mask(range(15, 23))
