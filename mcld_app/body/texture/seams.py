"""Guessed texels brought to meet those that were seen.

Light comes from one side: what is taken from the body's other half is brighter or darker than what it is set beside,
and the border between the two would be seen. The difference along the border, spread smoothly over the guess and
fading with distance, takes it away: a cheap stand-in for the membrane of Perez et al., Poisson Image Editing, 2003.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.lengths import farthest
from mcld_app.body.texture.pull_push import pull_push

_NEAR = 5  # texels on each side of a border whose mean colours are compared
_MOST = 40.0  # grey levels of difference that light can make; more is another cloth, and stays
_PLAIN = 24.0  # grey levels of deviation on each side: where two cloths meet, their means tell nothing of the light
_FADES = 60.0  # texels, over which a difference falls to a third
_SOFT = 4.0  # texels, over which what is left of a difference is gone
_GONE = 1 + 2.5 * _SOFT  # texels: from there on not even black beside white makes a level of difference


def meet(
    image: np.ndarray, seen: np.ndarray, guessed: np.ndarray, limb: np.ndarray, most: float = _MOST, near: int = _NEAR
) -> np.ndarray:
    """The texture map with the guessed texels of a limb brought to the light of the seen ones beside them.

    Args:
        image: (512, 512, 3) uint8 RGB.
        seen: (512, 512) bool, texels that stay as they are.
        guessed: (512, 512) bool, others, whose colours are known.
        limb: (512, 512) bool, within which they lie side by side on the body, too.
        most: grey levels of difference that light can make.
        near: texels to each side of one at the border, over which its colour is averaged.

    Returns:
        (512, 512, 3) uint8 RGB; the image itself where nothing of it changes.
    """
    left, top, width, height = cv2.boundingRect(limb.astype(np.uint8))
    box = slice(top, top + height), slice(left, left + width)
    here, there = (seen & limb)[box], (guessed & limb)[box]
    square = np.ones((3, 3), np.uint8)
    border = (cv2.dilate(here.astype(np.uint8), square) > 0) & there
    if not border.any():
        return image
    picture = image[box].astype(np.float32)
    (own, varied), (other, varied_too) = _mean(picture, here, near), _mean(picture, there, near)
    gap = own - other
    usual = border & (farthest(gap) < most) & (farthest(np.maximum(varied, varied_too)) < _PLAIN)
    if not usual.any():
        return image
    field = pull_push(gap * usual[..., None], usual.astype(np.float32))
    away = cv2.distanceTransform((~usual).astype(np.uint8), cv2.DIST_L2, 5)
    changed = picture + field * np.exp(-away / _FADES)[..., None]
    out = image.copy()
    out[box] = np.where(there[..., None], np.clip(changed + 0.5, 0, 255).astype(np.uint8), image[box])
    return out


def soften(image: np.ndarray, seen: np.ndarray, guessed: np.ndarray, limb: np.ndarray) -> np.ndarray:
    """The texture map with a short way from the seen texels of a limb to the guessed ones beside them, whatever both
    show: the border of what was seen is a staircase, and would be drawn as one.

    Args and result are those of `meet`.
    """
    left, top, width, height = cv2.boundingRect(limb.astype(np.uint8))
    box = slice(top, top + height), slice(left, left + width)
    here, there = (seen & limb)[box], (guessed & limb)[box]
    if not here.any() or not there.any():
        return image
    away = cv2.distanceTransform((~here).astype(np.uint8), cv2.DIST_L2, 5)
    near = there & (away < _GONE)
    if not near.any():
        return image
    x, y, width, height = cv2.boundingRect(near.astype(np.uint8))
    edge = round(4 * _SOFT / 2)  # as far as the blur below looks
    part = slice(max(y - edge, 0), y + height + edge), slice(max(x - edge, 0), x + width + edge)
    picture, count = image[box][part].astype(np.float32), here[part].astype(np.float32)[..., None]
    mixed = cv2.GaussianBlur(np.dstack([picture * count, count]), (0, 0), _SOFT / 2)
    near = near[part]
    own, mixed = picture[near], mixed[near]
    beside = mixed[:, :3] / np.maximum(mixed[:, 3:], 1e-4)
    share = np.where(mixed[:, 3] > 1e-3, np.exp(-((np.maximum(away[part][near] - 1, 0) / _SOFT) ** 2)), 0)[:, None]
    out = image.copy()
    out[box][part][near] = (own * (1 - share) + beside * share + 0.5).astype(np.uint8)
    return out


def _mean(picture: np.ndarray, where: np.ndarray, near: int) -> tuple[np.ndarray, np.ndarray]:
    """Around each texel the mean colour of those that count, and their standard deviation, (h, w, 3) float32 each."""
    share = where.astype(np.float32)[..., None]
    size = (2 * near + 1,) * 2
    count = np.maximum(cv2.blur(share, size), 1e-3)[..., None]
    mean = cv2.blur(picture * share, size) / count
    return mean, np.sqrt(np.maximum(cv2.blur(picture**2 * share, size) / count - mean**2, 0))
