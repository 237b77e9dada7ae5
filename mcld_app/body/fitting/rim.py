"""Ground that shows at a person's rim.

A person's outline, found on a picture of 256 pixels, is off by a pixel of that here and there: a centimetre or two of
wall or street lies within it, and would run as a sliver along arms and legs in every other pose. Such pixels look like
the ground beside them and not like the person further in.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.texture.pull_push import pull_push

_BAND = 0.035  # metres from the outline inwards, in which ground is looked for
_BEYOND = 0.015  # metres outside of it, where ground is ground for sure
_WITHIN = 0.6  # of a limb's half width: so far in, a limb has its own colours
_MOSTLY = 0.55  # of a pixel's colour that has to be the ground's, to be ground
_PARTLY = 0.25  # the same beside ground, to be mixed with it
_OFF = 9.0  # of Lab: how far a colour may lie from all mixtures of the two
_TELLS = 14.0  # of Lab (8 bits): colours less far apart cannot be told from each other
_ROWS = 512  # height of the picture this is worked out on
_BLEND = 2  # pixels of that: so far from ground, a pixel's colour is mixed with it


def ground_at_rim(photo: np.ndarray, iuv: np.ndarray, outline: np.ndarray, metre: float) -> np.ndarray:
    """Pixels of a person's map that show the ground behind them.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, their map.
        outline: (H, W) float32, 0..1, where they are.
        metre: pixels a metre of them takes.

    Returns:
        (H, W) bool.
    """
    height, width = outline.shape
    small = min(1.0, _ROWS / height)
    size = max(2, round(width * small)), max(2, round(height * small))
    metre *= small
    colour = cv2.cvtColor(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB).astype(np.float32)
    person = cv2.resize(outline, size, interpolation=cv2.INTER_AREA) >= 0.5
    part = cv2.resize(iuv[..., 0], size, interpolation=cv2.INTER_NEAREST)
    outside = cv2.distanceTransform((~person).astype(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.distanceTransform(person.astype(np.uint8), cv2.DIST_L2, 5)
    sure = outside > _BEYOND * metre
    if not sure.any():
        return np.zeros((height, width), bool)
    ground = cv2.GaussianBlur(pull_push(colour * sure[..., None], sure.astype(np.float32)), (0, 0), 0.02 * metre + 0.5)
    own = _from_inside(colour, part, depth)
    # How far along the way from the person's colour to the ground's a pixel lies, and how far off that way: skin
    # between a yellow blouse and a brown wall may be nearer to the wall, and is no mixture of the two.
    way = ground - own
    length = np.maximum((way**2).sum(2), 1e-6)
    along = ((colour - own) * way).sum(2) / length
    off = np.linalg.norm(colour - own - np.clip(along, 0, 1.2)[..., None] * way, axis=2)
    mixed = (part > 0) & (depth < _BAND * metre) & (length > _TELLS**2) & (off < _OFF)
    # Only what hangs together with the outside: a white print on a black shirt is no wall.
    like = mixed & (along > _MOSTLY)
    _, label = cv2.connectedComponents((like | ~person).astype(np.uint8), connectivity=4)
    reached = np.zeros(label.max() + 1, bool)
    reached[np.unique(label[~person])] = True
    out = like & reached[label]
    beside = cv2.dilate((out | ~person).astype(np.uint8), np.ones((2 * _BLEND + 1,) * 2, np.uint8)) > 0
    out |= mixed & beside & (along > _PARTLY)
    return (cv2.resize(out.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0) & (iuv[..., 0] > 0)


def _from_inside(colour: np.ndarray, part: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: for every pixel the colour of the nearest place of its own part that lies well within it."""
    out = colour.copy()
    smooth = cv2.GaussianBlur(colour, (0, 0), 1.0)
    for number in np.unique(part[part > 0]):
        mine = part == number
        left, top, width, height = cv2.boundingRect(mine.astype(np.uint8))
        box = slice(top, top + height), slice(left, left + width)
        deep, here = depth[box], mine[box]
        widest = cv2.dilate(np.where(here, deep, 0), np.ones((31, 31), np.uint8))
        inner = here & (deep >= _WITHIN * widest)
        if not inner.any():
            continue
        _, label = cv2.distanceTransformWithLabels(
            (~inner).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        place = np.zeros(label.max() + 1, np.int64)
        place[label[inner]] = np.flatnonzero(inner)
        out[box] = np.where(here[..., None], smooth[box].reshape(-1, 3)[place[label]], out[box])
    return out
