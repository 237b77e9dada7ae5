"""Feet from which long trousers are taken off: what of their hems lies on the feet turns to skin and shoe."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.shells.areas import touching
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.form_light import form_of_body
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.colours import away, typical, weighted_lab

_FEET, _SHINS = (5, 6), frozenset(range(11, 15))
_LOW, _ENDS = 0.35, 0.15  # metres above the floor: cloth below tells a hem's colours; below, it reaches the foot
_TOPLINE, _SOLE = 0.072, 0.03  # metres above the floor: where a low shoe ends; no hem hangs lower than the second
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
    toes = parts_mask({5, 6}) & texture.coverage & (place.z > _TOES)
    shoe, shares = typical(lab[toes], 3)
    if len(shoe):
        far = away(shoe, hem)
        shoe = shoe[(shares > 0.15) & (far > _SURER)] if len(hem) else shoe
    for foot in _FEET:
        mine = parts_mask({foot})
        like_hem = mine & texture.coverage & (place.y > _SOLE)
        if len(shoe):
            looked = lab[like_hem]
            like_hem[like_hem] = away(looked, shoe) + _SURER >= away(looked, hem)
        like_hem = cv2.morphologyEx(like_hem.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
        hems = touching(like_hem & mine, mine & (place.y > _TOPLINE))  # they hang down from the ankle
        own = mine & texture.coverage & ~_near(hems, _RIM)
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


def _near(texels: np.ndarray, reach: int) -> np.ndarray:
    return cv2.dilate(texels.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
