"""What is guessed of a head brought to what was seen of it: skin to skin, hair to hair."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.parts import region_mask
from mcld_app.body.texture.seams import meet, soften
from mcld_app.body.texture.skin import likely_skin
from mcld_app.body.texture.texture_map import TextureMap

_MOST = 90.0  # grey levels that light changes on one head: a lamp lights one cheek, and the other lies in the shade
_HUE = 13.0  # of Lab's a and b, 8 bits: nearer to the skin's is skin, in whatever light
_DARKEST = 0.3  # of the skin's lightness: darker is hair, brows and lashes


def join_head(image: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """A head without a border between what was seen and what was guessed.

    Args:
        image: (512, 512, 3) uint8 RGB, without holes.
        seen: (512, 512) bool, texels that stay as they are.

    Returns:
        (512, 512, 3) uint8 RGB.
    """
    head = region_mask("head")
    guessed = head & ~seen
    if not guessed.any() or not (seen & head).any():
        return image
    skin = _like_skin(image, seen)
    # Apart, or the light of the hair would be taken for that of the skin beside it.
    for alike in (skin, ~skin):
        image = meet(image, seen & alike, guessed & alike, head, _MOST)
    return soften(image, seen, guessed, head)


def _like_skin(image: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(512, 512) bool: texels that may be the person's skin by their colour."""
    own = cv2.cvtColor(likely_skin(TextureMap(image, seen)).reshape(1, 1, 3), cv2.COLOR_RGB2LAB).astype(np.float32)[0, 0]
    lab = cv2.cvtColor(cv2.medianBlur(image, 5), cv2.COLOR_RGB2LAB).astype(np.float32)
    off = lab - own
    return (np.hypot(off[..., 1], off[..., 2]) < _HUE) & (lab[..., 0] > _DARKEST * own[0])
