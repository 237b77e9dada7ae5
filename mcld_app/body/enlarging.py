"""A map made larger without its pixels showing: limbs end in lines, and each pixel copies one of the map's."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.iuv import resize_iuv

_LIMBS = ((1, 2), (23, 24), (4, 15, 17, 19, 21), (3, 16, 18, 20, 22), (5, 8, 10, 12, 14), (6, 7, 9, 11, 13))
"""Parts of the body whose borders with each other, and with the ground, are seen."""

_EVEN = 0.8  # pixels of the map, over which its steps are evened out


def enlarged_iuv(iuv: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An IUV map (h, w, 3) uint8 made larger, (*size, 3) uint8, as `resize_iuv`, but where two limbs, or a limb and the
    ground, meet, it is the line between them that is made larger and not its steps."""
    out = resize_iuv(iuv, size)
    limb_of = np.zeros(256, np.uint8)
    for number, parts in enumerate(_LIMBS, 1):
        limb_of[list(parts)] = number
    limb = limb_of[iuv[..., 0]]
    if not limb.any() or size[0] <= len(iuv):
        return out
    shares, numbers = [], np.unique(limb)
    for number in numbers:
        share = cv2.GaussianBlur((limb == number).astype(np.float32), (0, 0), _EVEN)
        shares.append(cv2.resize(share, size[::-1], interpolation=cv2.INTER_LINEAR))
    best, most = np.zeros(size, np.uint8), shares[0]
    for number, share in zip(numbers[1:], shares[1:], strict=True):
        cv2.copyTo(np.full(size, number, np.uint8), (share > most).view(np.uint8), best)
        most = np.maximum(most, share)
    wrong = np.flatnonzero(best != limb_of[out[..., 0]])
    row, column = np.divmod(wrong, size[1])
    y = np.minimum(row * len(iuv) // size[0], len(iuv) - 1)
    x = np.minimum(column * iuv.shape[1] // size[1], iuv.shape[1] - 1)
    wanted, flat = best.ravel()[wrong], out.reshape(-1, 3)
    for number in numbers:
        mine = wanted == number
        if not mine.any():
            continue
        own = limb == number
        _, label = cv2.distanceTransformWithLabels(
            (~own).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
        )
        source = np.zeros(int(label.max()) + 1, np.intp)
        source[label[own]] = np.flatnonzero(own)
        flat[wrong[mine]] = iuv.reshape(-1, 3)[source[label[y[mine], x[mine]]]]
    return out
