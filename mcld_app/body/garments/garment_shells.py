"""All that stands off the body of a garment that was laid on the mannequin."""

from __future__ import annotations

from mcld_app.body.garments.back import extent_alone, is_patterned, with_back
from mcld_app.body.garments.back_places import with_places_behind
from mcld_app.body.garments.hanging import hanging_shells
from mcld_app.body.garments.laying import LaidGarment
from mcld_app.body.garments.wide_limbs import wide_limbs
from mcld_app.body.shells.shell import Shell
from mcld_app.body.texture.photo_places import photo_places
from mcld_app.body.texture.photo_reading import photo_source
from mcld_app.body.texture.texture_map import TextureMap


def garment_shells(laid: LaidGarment, texture: TextureMap) -> tuple[Shell, ...]:
    """The shells of a garment: a skirt, loose cloth around the trunk, wide sleeves or legs.

    Args:
        laid: the garment on the mannequin.
        texture: the texture map taken from it: it tells whether the garment is patterned.
    """
    fit, found, patterned = laid.fit, (), is_patterned(texture)
    if laid.around is not None:
        found = hanging_shells(laid.around, fit.girth, top=laid.fall is None, patterned=patterned)
    if fit.limbs is not None:
        extent, through = extent_alone(texture), None
        if patterned:
            places = with_places_behind(photo_places(laid.iuv), extent, laid.iuv[..., 0] > 0)
            through = photo_source(laid.photo, places)
        whole = with_back(texture, extent)
        girth = fit.girth if fit.limbs.limb == "leg" else 1.0  # nothing fills a sleeve in its picture
        found += wide_limbs(laid.photo, laid.iuv, laid.pose, fit.limbs, girth, whole, through)
    return found
