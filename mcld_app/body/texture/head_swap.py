"""Heads on the texture map: another one's put on, without the collar that reaches up the neck."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.parts import region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.skin import skin_colour
from mcld_app.body.texture.texture_map import TextureMap

_NECK, _CHIN = 1.51, 1.55  # metres: where the head's charts begin, and where the neck ends
_SLICE = 0.02  # metres of a neck that are judged as one
_STRANGE = 14.0  # in CIELAB's a and b; necks of the sample people are within 6 of their skin, collars 26 and more away


def collar(texture: TextureMap) -> np.ndarray:
    """The neck's texels that clothes cover, from below up to where skin begins: (512, 512) bool; empty where the skin's
    colour is not known."""
    out, skin = np.zeros(texture.coverage.shape, bool), skin_colour(texture)
    if skin is None:
        return out
    own = cv2.cvtColor(skin.reshape(1, 1, 3), cv2.COLOR_RGB2LAB).astype(np.float32)[0, 0]
    for neck, before in _neck():
        seen = before[texture.coverage.ravel()[before]]
        if len(seen) < 10:
            continue
        lab = cv2.cvtColor(texture.image.reshape(-1, 1, 3)[seen], cv2.COLOR_RGB2LAB)[:, 0].astype(np.float32) - own
        if np.median(np.hypot(lab[:, 1], lab[:, 2])) <= _STRANGE:
            break
        out.ravel()[neck] = True
    return out


@lru_cache(maxsize=1)
def _neck() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The neck from below, slice by slice: flat numbers of the texels up to there, and of those of the slice that lie
    before the ears, since hair hangs down at the back."""
    head, height, front = region_mask("head"), rest_surface().y, rest_surface().z > 0
    slices = []
    for low in np.arange(_NECK, _CHIN, _SLICE):
        part = head & (height >= low) & (height < low + _SLICE)
        slices.append((np.flatnonzero(head & (height < low + _SLICE)), np.flatnonzero(part & front)))
    return tuple(slices)


def bare_head(donor: TextureMap) -> np.ndarray:
    """A head to be put on others, (512, 512, 3) uint8 RGB texels: its holes filled, and skin where the donor wears a
    collar. This is the costly half of `put_head_on`, and depends on the donor alone."""
    skin, image = skin_colour(donor), fill(donor, through=True).image
    return image if skin is None else np.where(collar(donor)[..., None], skin, image)


def put_head_on(
    texture: TextureMap, bare: np.ndarray, share: float = 1.0, *, seen: np.ndarray | None = None
) -> TextureMap:
    """Another one's head on a texture map, hair and all. Collars belong to the clothes: the person's own stays.

    Args:
        texture: the person, as the edits before left them.
        bare: the other head, see `bare_head`.
        share: 0 (the person's own head) to 1 (the other one); between them the two are mixed.
        seen: (512, 512) bool, the texels of the other head that are no guess; the rest of the head becomes a hole.
            None: it has no holes.
    """
    head = region_mask("head") & ~collar(texture)
    image, theirs = texture.image.copy(), bare[head]
    if share == 1:  # the usual one, in a fraction of the time
        image[head] = theirs
    else:
        own = np.where(texture.coverage[head][:, None], image[head], theirs)
        image[head] = own * np.float32(1 - share) + theirs * np.float32(share) + 0.5
    coverage = texture.coverage | head
    if seen is not None:
        image[head & ~seen] = 0
        coverage &= seen | ~head
    return TextureMap(image, coverage)
