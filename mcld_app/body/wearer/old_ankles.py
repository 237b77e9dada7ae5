"""Feet from which long trousers are taken off: what of their hems lies on the feet turns to skin and shoe."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.form_light import form_of_body
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.colours import away, typical, weighted_lab

_FEET, _SHINS = (5, 6), frozenset(range(11, 15))
_LOW, _ENDS = 0.35, 0.15  # metres above the floor: cloth below tells a hem's colours; below, it reaches the foot
_TOPLINE = 0.072  # metres above the floor, where a low shoe ends
_TOES = 0.06  # metres in front of the ankle: what is there is shoe, or toes
_SURER = 4.0  # of weighted Lab that a texel is nearer to the shoe's colours than to the hem's
_RIM = 2  # texels beside a hem, which are a blend
_FEW = 30  # texels that tell no colours


def without_old_hems(texture: TextureMap, cloth: np.ndarray, skin: Callable[[], np.ndarray]) -> TextureMap:
    """A person without the hems of trousers on their feet.

    Args:
        texture: what is seen of them.
        cloth: (512, 512) bool, the texels of the old trousers on the legs, seen or not.
        skin: gives (3,) float32 RGB, their skin in full light.
    """
    place = rest_surface()
    ends = cloth & parts_mask(_SHINS) & (place.y < _ENDS)
    if not ends.any():
        return texture
    lab, tone = weighted_lab(texture.image), skin()
    image, known = texture.image.copy(), texture.coverage.copy()
    hem, _ = typical(lab[cloth & texture.coverage & parts_mask(_SHINS) & (place.y < _LOW)], 3)
    feet = parts_mask({5, 6})
    toes = feet & texture.coverage & (place.z > _TOES)
    shoe, shares = typical(lab[toes], 3)
    if len(shoe):
        far = away(shoe, hem)
        shoe = shoe[(shares > 0.15) & (far > _SURER)] if len(hem) else shoe
    for foot in _FEET:
        mine = parts_mask({foot})
        own = mine & texture.coverage & (away(lab, shoe) + _SURER < away(lab, hem)) if len(shoe) else np.zeros_like(mine)
        own = cv2.morphologyEx(own.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        hems = (mine & texture.coverage & (own == 0)).astype(np.uint8)
        own = (own > 0) & (cv2.dilate(hems, np.ones((2 * _RIM + 1,) * 2, np.uint8)) == 0)
        ankle = mine & ~own & (place.y > _TOPLINE)
        lower = mine & ~own & ~ankle
        image[ankle] = np.clip(tone * form_of_body()[ankle][:, None], 0, 255)
        if np.count_nonzero(own) >= _FEW:
            left, top, width, height = cv2.boundingRect(mine.astype(np.uint8))
            box = slice(top, top + height), slice(left, left + width)
            filled = pull_push(image[box].astype(np.float32), own[box].astype(np.float32))
            image[box] = np.where(lower[box][..., None], np.clip(filled + 0.5, 0, 255), image[box]).astype(np.uint8)
            known |= lower
        known |= ankle
    return TextureMap(image, known)
