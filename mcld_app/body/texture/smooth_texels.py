"""The texels that a map's pixels show, without the steps of its 8 bits."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.lengths import farthest
from mcld_app.body.texture.texture_map import texels_seen

_SMOOTH = 0.0025  # of the map's height: over so many pixels what is left of a plane is averaged
_STEP = 2.5  # texels: what lies farther off its surroundings is no step, but another place
_LEAST = 12  # pixels of a part, for a plane through them


def smooth_texels(iuv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which texel each pixel of the body shows, so that fine stripes stay straight.

    Args:
        iuv: (H, W, 3) uint8, channels I, U, V.

    Returns:
        As `texels_seen`: flat pixel numbers (N,), and x, y on the texture map (N, 2) float32. Within a part of the body
        texels change smoothly: a plane, and what is left of it averaged.
    """
    pixel, texel = texels_seen(iuv)
    if not len(pixel):
        return pixel, texel
    height, width = iuv.shape[:2]
    part = iuv[..., 0]
    found = np.zeros((height * width, 2), np.float32)
    found[pixel] = texel
    found = found.reshape(height, width, 2)
    sigma = max(0.8, _SMOOTH * height)
    out = found.copy()
    for number in np.unique(part[part > 0]):
        mine = (part == number).astype(np.uint8)
        left, top, wide, tall = cv2.boundingRect(mine)
        if np.count_nonzero(mine) < _LEAST:
            continue
        box = slice(top, top + tall), slice(left, left + wide)
        own, here = found[box], mine[box] > 0
        row, column = np.nonzero(here)
        terms = np.stack([column, row, np.ones_like(row)], 1).astype(np.float32)
        plane = np.linalg.lstsq(terms.T @ terms, terms.T @ own[here], rcond=None)[0]
        y, x = np.mgrid[:tall, :wide].astype(np.float32)
        base = x[..., None] * plane[0] + y[..., None] * plane[1] + plane[2]
        weight = here.astype(np.float32)
        mean = cv2.GaussianBlur(np.dstack([(own - base) * weight[..., None], weight]), (0, 0), sigma)
        smooth = base + mean[..., :2] / np.maximum(mean[..., 2:], 1e-6)
        near = here & (farthest(smooth - own) < _STEP)
        out[box] = np.where(near[..., None], smooth, out[box])
    return pixel, out.reshape(-1, 2)[pixel].astype(np.float32)
