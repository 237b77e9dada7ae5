"""The small dark blot where a garment's two legs part: a shadow in its picture, which a body's crotch, that is wider
than the gap between two flat legs, would show enlarged, like a stain."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.garments.ground import lab_of

_REACH, _AT = 0.04, 0.012  # metres from the crotch: how far a blot may reach, and how near it must come
_DARKER = 12.0  # L units below the cloth around it
_RIM, _SOFT = 3, 2  # pixels: of a garment's edge that are half ground; of a shadow's soft edge
_FEW = 4  # pixels; a smaller reach shows nothing


def without_crotch_shadow(picture: np.ndarray, mask: np.ndarray, crotch: np.ndarray, metre: float) -> np.ndarray:
    """The picture with the cloth around a blot at the crotch drawn over it; the same one where there is none. What goes
    on farther is no blot but a seam, a fold or a print, and stays.

    Args:
        picture: (H, W, 3) uint8 RGB.
        mask: (H, W) bool, the garment.
        crotch: (2,) x, y in pixels.
        metre: pixels of a metre of cloth.
    """
    x, y = np.round(crotch).astype(int)
    reach = round(_REACH * metre)
    top, left = max(y - 2 * reach, 0), max(x - 2 * reach, 0)
    part = np.s_[top : max(y + 2 * reach, 0), left : max(x + 2 * reach, 0)]
    cloth = mask[part]
    if reach < _FEW or not cloth.any():
        return picture
    light = lab_of(picture[part])[..., 0]
    row, column = np.ogrid[: cloth.shape[0], : cloth.shape[1]]
    away = np.hypot(row + top - y, column + left - x)
    dark = cloth & (away < reach) & (light < np.median(light[cloth]) - _DARKER)
    _, number = cv2.connectedComponents(dark.astype(np.uint8))
    near, far = (np.unique(number[dark & there]) for there in (away < _AT * metre, away > reach - 2))
    blot = np.isin(number, np.setdiff1d(near, far))
    if not blot.any():
        return picture
    blot = cv2.dilate(blot.astype(np.uint8), np.ones((2 * _SOFT + 1,) * 2, np.uint8))
    inner = cv2.erode(cloth.astype(np.uint8), np.ones((2 * _RIM + 1,) * 2, np.uint8))
    unknown = blot | (1 - inner)
    out = picture.copy()
    filled = cv2.inpaint(np.ascontiguousarray(picture[part]), unknown, 3, cv2.INPAINT_TELEA)
    out[part] = np.where((cloth & (blot > 0))[..., None], filled, picture[part])
    return out
