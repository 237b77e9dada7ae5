"""All that stands off the body of a garment that was laid on the mannequin."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments.far_side import FarSide
from mcld_app.body.garments.hanging import hanging_shells
from mcld_app.body.garments.laying import LaidGarment
from mcld_app.body.garments.under_arms import under_arms
from mcld_app.body.garments.wide_limbs import wide_limbs
from mcld_app.body.shells.shell import Shell


def garment_shells(laid: LaidGarment, far: FarSide, back: np.ndarray) -> tuple[Shell, ...]:
    """The shells of a garment: a skirt, loose cloth around the trunk and between that and the sleeves, wide sleeves or
    legs.

    Args:
        laid: the garment on the mannequin.
        far: its far side.
        back: (H, W, 3) uint8 RGB, its photo as it is from behind, but not mirrored.
    """
    fit, found = laid.fit, ()
    if laid.around is not None:
        found = hanging_shells(laid.around, fit.girth, top=laid.fall is None, patterned=far.patterned)
        if fit.limbs is not None:
            joins = (under_arms(shell, laid) for shell in found if shell.hangs_on == "trunk")
            found += tuple(shell for shell in joins if shell is not None)
    if fit.limbs is not None:
        girth = fit.girth if fit.limbs.limb == "leg" else 1.0  # nothing fills a sleeve in its picture
        found += wide_limbs(laid.photo, laid.iuv, laid.pose, fit.limbs, girth, back, far.patterned)
    return found
