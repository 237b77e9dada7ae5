"""Hands that no picture shows, or only in part: skin, and no sleeve."""

from __future__ import annotations

import numpy as np

from mcld_app.body.parts import region_mask
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.skin import likely_skin
from mcld_app.body.texture.texture_map import TextureMap

_FEW = 60  # texels of the hands that are too few to tell their colour by


def guess_hands(image: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hands without holes: they go on as they are seen (gloves stay gloves), or are bare where they were not.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.

    Returns:
        Both with the guesses added; what was known is as it was. Where nothing at all is known, nothing is guessed.
    """
    hands = region_mask("hands")
    holes, told = hands & ~known, hands & known
    if not holes.any() or not known.any():
        return image, known
    out = image.copy()
    if np.count_nonzero(told) < _FEW:
        out[holes] = likely_skin(TextureMap(image, known))
    else:
        rows, columns = np.flatnonzero(hands.any(1)), np.flatnonzero(hands.any(0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        smooth = pull_push(image[box].astype(np.float32), told[box].astype(np.float32))
        out[box][holes[box]] = smooth[holes[box]] + 0.5
    return out, known | holes
