"""Heads on the texture map: another one's put on, without the collar that reaches up the neck."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.dressing import fill, skin_colour
from mcld_app.body.parts import region_mask
from mcld_app.body.texture import TextureMap
from mcld_app.body.wardrobe import ground

_CHIN = 1.54  # metres; the head's charts begin at 1.46
_SLICE = 0.02  # metres of a neck that are judged as one
_STRANGE = 14.0  # in CIELAB's a and b; necks of the sample people are within 6 of their skin, collars 26 and more away


def collar(texture: TextureMap) -> np.ndarray:
    """The neck's texels that clothes cover, from below up to where skin begins: (512, 512) bool; empty where the skin's
    colour is not known."""
    out, skin = np.zeros(texture.coverage.shape, bool), skin_colour(texture)
    if skin is None:
        return out
    lab, own = (cv2.cvtColor(x, cv2.COLOR_RGB2LAB).astype(np.float32) for x in (texture.image, skin.reshape(1, 1, 3)))
    off = np.hypot(*np.moveaxis((lab - own)[..., 1:], -1, 0))
    head, height = region_mask("head"), ground().y
    for low in np.arange(1.46, _CHIN, _SLICE):
        part = head & (height >= low) & (height < low + _SLICE)
        seen = part & texture.coverage & (ground().z > 0)  # hair hangs down at the back
        if np.count_nonzero(seen) < 10:
            continue
        if np.median(off[seen]) <= _STRANGE:
            break
        out |= head & (height < low + _SLICE)
    return out


def put_head_on(
    texture: TextureMap, donor: TextureMap, share: float = 1.0, *, filled: TextureMap | None = None
) -> TextureMap:
    """Another one's head on a texture map, hair and all. Collars belong to the clothes: the person's own stays, and
    where the donor wears one, the donor's skin is put in its place.

    Args:
        texture: the person, as the edits before left them.
        donor: as their photo shows them.
        share: 0 (the person's own head) to 1 (the donor's); between them the two are mixed.
        filled: the donor without holes, where that is at hand.
    """
    head = region_mask("head") & ~collar(texture)
    other, skin = (filled or fill(donor)).image, skin_colour(donor)
    if skin is not None:
        other = np.where(collar(donor)[..., None], skin, other)
    own = np.where(texture.coverage[..., None], texture.image, other)
    mixed = own * np.float32(1 - share) + other * np.float32(share)
    image = np.where(head[..., None], (mixed + 0.5).astype(np.uint8), texture.image)
    return TextureMap(image, texture.coverage | head)
