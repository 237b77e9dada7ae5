"""The neck from which a high collar is taken off."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.form_light import form_of_body
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.colours import away, typical, weighted_lab

_HEAD, _TRUNK = frozenset({23, 24}), frozenset({1, 2})
_NECK, _CHEST = 1.57, 1.15  # metres above the floor: below the first is neck; above the second a top tells its colours
_SHADES = (1.0, 0.8, 0.6, 0.45)  # of the light that falls on a neck
_SURER = 4.0  # of weighted Lab that a texel is nearer to the top's colours than to skin's
_AROUND = 0.03  # metres by which a guess made of the collar goes on above it
_LEAST, _RIM = 60, 5  # texels of a collar; texels around it, which are a blend
_UNDER = 0.8  # of the light below a chin


def without_old_collar(texture: TextureMap, before: TextureMap, cloth: np.ndarray, tone: np.ndarray) -> TextureMap:
    """A person without the part of an old top that lies on the neck.

    Args:
        texture: what is seen of them, the top taken off the rest of the body.
        before: the same with the top on.
        cloth: (512, 512) bool, the texels of their old clothes on trunk and limbs, seen or not.
        tone: (3,) float32 RGB, their skin in full light.
    """
    place, seen = rest_surface(), before.coverage
    neck = parts_mask(_HEAD) & (place.y < _NECK)
    lab = weighted_lab(before.image)
    top, shares = typical(lab[cloth & seen & parts_mask(_TRUNK) & (place.y > _CHEST)], 4)
    top = top[shares > 0.1]
    if not len(top):
        return texture
    shades = np.clip(np.outer(_SHADES, tone), 0, 255).astype(np.uint8)
    skin = cv2.cvtColor(shades[None], cv2.COLOR_RGB2LAB)[0].astype(np.float32) * np.float32((0.5, 1, 1))
    collar, looked = np.zeros(seen.shape, np.uint8), lab[neck & seen]
    collar[neck & seen] = away(looked, top) + _SURER < away(looked, skin)
    collar = cv2.morphologyEx(collar, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if np.count_nonzero(collar) < _LEAST:
        return texture
    ends = float(np.percentile(place.y[collar > 0], 95)) + _AROUND
    near = cv2.dilate(collar, np.ones((2 * _RIM + 1,) * 2, np.uint8)) > 0
    gone = neck & near | parts_mask(_HEAD) & ~seen & (place.y < ends)
    image = texture.image.copy()
    image[gone] = np.clip(tone * _UNDER * form_of_body()[gone][:, None], 0, 255)
    return TextureMap(image, texture.coverage | gone)
