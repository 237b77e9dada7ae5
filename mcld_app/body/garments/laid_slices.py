"""Slices of the body that a garment was laid on, in its picture."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments.behind import MIDDLE, SLICE, Slices
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen

_ARMS = frozenset(range(15, 23))
_ONE = 400  # slices of one limb
_FLY, _CROTCH = 0.06, 0.84  # metres


def laid_slices(iuv: np.ndarray) -> Slices:
    """Of an IUV map (H, W, 3) uint8 that shows a garment alone, laid on the mannequin seen from in front."""
    pixel, texel = texels_seen(iuv)
    column, row = np.minimum(np.round(texel), 511).astype(int).T
    surface = rest_surface()
    x, y, along = (plane[row, column] for plane in (surface.x, surface.y, surface.arm))
    arm = iuv.reshape(-1, 3)[pixel, 0] >= 15
    one = np.clip(((np.where(arm, along, y) + 0.2) / SLICE).astype(np.int32), 0, _ONE - 1)
    limb = np.where(arm, np.where(x > 0, 1, 2), 0)
    number = np.full(iuv.shape[:2], -1, np.int32)
    number.ravel()[pixel] = one + _ONE * limb
    widest = np.zeros(3 * _ONE, np.float32)
    np.maximum.at(widest, one + _ONE * limb, np.abs(x))
    side = np.ones(iuv.shape[:2], np.float32)
    middle = np.zeros(iuv.shape[:2], bool)
    side.ravel()[pixel] = np.where(arm, 1, np.abs(x) / widest[one + _ONE * limb])
    bottom = not (~arm & (y > 1.15)).any()
    middle.ravel()[pixel] = ~arm & (np.abs(x) < (_FLY if bottom else MIDDLE)) & (y > _CROTCH)
    rows = pixel // iuv.shape[1]
    metre = (rows.max() - rows.min()) / max(float(y.max() - y.min()), 1e-3)
    return Slices(number, side, middle, float(metre))
