"""All that stands off the body of a garment that was laid on the mannequin."""

from __future__ import annotations

from mcld_app.body.garments.back import is_patterned
from mcld_app.body.garments.hanging import hanging_shells
from mcld_app.body.garments.laying import LaidGarment
from mcld_app.body.shells.shell import Shell
from mcld_app.body.texture.texture_map import TextureMap


def garment_shells(laid: LaidGarment, texture: TextureMap) -> tuple[Shell, ...]:
    """The shells of a garment: a skirt, loose cloth around the trunk, wide sleeves or legs.

    Args:
        laid: the garment on the mannequin.
        texture: the texture map taken from it: it tells whether the garment is patterned.
    """
    patterned = is_patterned(texture)
    if laid.around is None:
        return ()
    return hanging_shells(laid.around, laid.fit.girth, top=laid.fall is None, patterned=patterned)
