"""What shows on the sides of a head, at its limit of sight, and is not theirs: hair on a cheek, skin where hair grows.

Temples, ears and the corners of a jaw are seen along in most photos. There a mannequin that is off by half a centimetre
takes a lock for the cheek, and one pixel of that is a hand's breadth of the map.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.lengths import length
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.texture.head_guess import inside_hairline

_HEAD = 23  # parts from this one on
_CHEEKS = 1.632, 0.022, 0.06  # metres: their height and how far around it; how far in front
_FRONT, _CHIN = 0.085, 0.105  # metres: before it lie eyes and nose, and, where one has a jaw, the mouth
_LIMIT, _BLEND = 0.013, 0.003  # metres in the photo: so near to what is no head one looks along; and sees a mixture
_EAR, _AROUND_EAR = 0.055, 0.022  # metres: behind this lie ears, and the hair before them; `_LIMIT` there
_SHRED = 0.016  # metres: what is left of a side in shreds no wider than this is no side of a head
_LINE = 0.006  # metres on either side of the hairline, which is another for everybody
_SHADED, _OTHER = (0.5, 1.0, 1.0), 14.0  # what differences in Lab (8 bits) count; so far from skin is no skin
_HUE = 9.0  # of its a and b: skin in the shade
_DARKEST, _DARKEST_BELOW = 0.6, 0.35  # of its lightness: how dark shade is on a cheek, and below it
_LEAST = 40  # pixels to judge by
_BEARD = 0.4  # of the jaw's pixels that are no skin


def beside_face(photo: np.ndarray, iuv: np.ndarray, hair: np.ndarray, metre: float) -> np.ndarray | None:
    """Pixels of a person's map at the limit of sight of their head that have not the colour which that place has.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, their map.
        hair: (H, W) bool, what shows hair that stands off the head, or hangs from it.
        metre: pixels a metre of them takes.

    Returns:
        (H, W) bool; None where their cheeks are not seen.
    """
    out = np.zeros(iuv.shape[:2], bool)
    on_head = (iuv[..., 0] >= _HEAD).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(on_head)
    if not width:
        return None
    window = slice(max(top - 2, 0), top + height + 2), slice(max(left - 2, 0), left + width + 2)
    head, hair = on_head[window] > 0, hair[window]
    x, y, z = rest_places(np.where(head[..., None], iuv[window], np.uint8(0))).transpose(2, 0, 1)
    lab = cv2.cvtColor(photo[window], cv2.COLOR_RGB2LAB).astype(np.float32)
    cheeks = head & ~hair & (np.abs(y - _CHEEKS[0]) < _CHEEKS[1]) & (z > _CHEEKS[2])
    if np.count_nonzero(cheeks) < _LEAST:
        return None
    marks = skeleton_file()["landmarks"]
    darkest = np.where(y < marks["mouth_middle"][1], _DARKEST_BELOW, _DARKEST)
    skin = _is_skin(lab, np.median(lab[cheeks], 0), darkest)
    beyond = (iuv[..., 0][window] == 0) | hair
    away = cv2.distanceTransform((~beyond).astype(np.uint8), cv2.DIST_L2, 5)
    before = z >= np.where(y < marks["mouth_middle"][1], _CHIN, _FRONT)
    near = head & ~hair & ~before & (away < np.where(z < _EAR, _AROUND_EAR, _LIMIT) * metre)
    inside = np.nan_to_num(inside_hairline(x, y, z))
    other = (inside < -_LINE) & ~skin
    jaw = head & (y < marks["mouth_middle"][1]) & (y > marks["chin"][1])
    inner = jaw & (z > _CHEEKS[2]) & ~near
    if inner.any() and (~skin)[inner].mean() > _BEARD:
        other &= ~jaw
    if hair.any():
        other |= (inside > _LINE) & skin
    doubt = near & (other | (away < _BLEND * metre))
    left = ~beyond & ~doubt  # with the trunk, into which a neck goes on
    shreds = cv2.morphologyEx(left.astype(np.uint8), cv2.MORPH_OPEN, _round(_SHRED * metre)) == 0
    out[window] = doubt | (shreds & left & head & ~before)
    return out


def _round(across: float) -> np.ndarray:
    side = max(int(across), 1)
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def _is_skin(lab: np.ndarray, skin: np.ndarray, darkest: np.ndarray) -> np.ndarray:
    """(h, w) bool: which colours (h, w, 3), Lab of 8 bits, may be those of the skin (3,), also in the shade: no darker
    than these shares (h, w) of its lightness."""
    off = lab - skin.astype(np.float32)
    hue = np.hypot(off[..., 1], off[..., 2])
    shaded = (hue < _HUE) & (lab[..., 0] > darkest * skin[0]) & (off[..., 0] < 0)
    return (length(off * np.float32(_SHADED)) < _OTHER) | shaded
