"""Whose colour a pixel shows at a border: its own limb's, or that of what lies beyond, or a mixture of the two."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.lengths import dot, length
from mcld_app.body.texture.pull_push import pull_push

_WITHIN = 0.6  # of a limb's half width: so far in, a limb has its own colours
_MOSTLY = 0.55  # of a pixel's colour that has to be the other's, to be the other
_PARTLY = 0.25  # the same beside the other, to be mixed with it
_OFF = 9.0  # of Lab: how far a colour may lie from all mixtures of the two
_TELLS = 14.0  # of Lab (8 bits): colours less far apart cannot be told from each other
_SPREAD = 7.0  # of Lab: a colour beyond those of a limb by more is another
_BLEND = 2  # pixels: so far from the other, a pixel's colour is mixed with it


def mixed_in(
    colour: np.ndarray, own: np.ndarray, other: np.ndarray, near: np.ndarray, beyond: np.ndarray, steps: int = 0
) -> np.ndarray:
    """Pixels that show what lies beyond a border.

    Args:
        colour: (H, W, 3) float32, Lab (8 bits).
        own, other: (H, W, 3) float32, the colours that each pixel has if it is the limb's, or of what lies beyond.
        near: (H, W) bool, the pixels of the limb that may be mistaken for it.
        beyond: (H, W) bool, what lies beyond, up to the border.
        steps: as in `hanging_on`.

    Returns:
        (H, W) bool, within `near`. Only what hangs together with the border: a white print on a black shirt is no wall.
    """
    # How far along the way from the limb's colour to the other's a pixel lies, and how far off that way: skin between
    # a yellow blouse and a brown wall may be nearer to the wall, and is no mixture of the two.
    way = other - own
    squared = np.maximum(dot(way, way), 1e-6)
    along = dot(colour - own, way) / squared
    off = length(colour - own - np.clip(along, 0, 1.2)[..., None] * way)
    mixed = near & (squared > _TELLS**2) & (off < _OFF)
    out = hanging_on(mixed & (along > _MOSTLY), beyond, steps)
    beside = cv2.dilate((out | beyond).astype(np.uint8), np.ones((2 * _BLEND + 1,) * 2, np.uint8)) > 0
    return out | (mixed & beside & (along > _PARTLY))


def hanging_on(pixels: np.ndarray, beyond: np.ndarray, steps: int = 0) -> np.ndarray:
    """Those pixels (H, W) bool that hang together with what lies beyond a border, (H, W) bool: within so many steps
    from it, or 0 for any number. A strap that meets the border once is not followed along it."""
    if steps:
        out, square = beyond, np.ones((3, 3), np.uint8)
        for _ in range(steps):
            out = beyond | (pixels & (cv2.dilate(out.astype(np.uint8), square) > 0))
        return out & pixels
    _, label = cv2.connectedComponents((pixels | beyond).astype(np.uint8), connectivity=4)
    reached = np.zeros(label.max() + 1, bool)
    reached[np.unique(label[beyond])] = True
    return pixels & reached[label]


def from_beyond(colour: np.ndarray, sure: np.ndarray, metre: float) -> np.ndarray:
    """(H, W, 3) float32: the colours of what is `sure` to lie beyond, (H, W) bool, going on over the rest smoothly."""
    return cv2.GaussianBlur(pull_push(colour * sure[..., None], sure.astype(np.float32)), (0, 0), 0.02 * metre + 0.5)


def from_inside(colour: np.ndarray, part: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: for every pixel the colour of the nearest place of its own part that lies well within it.

    Args:
        colour: (H, W, 3) float32.
        part: (H, W) uint8, 0..24.
        depth: (H, W) float32, pixels from the border inwards.
    """
    out = colour.copy()
    smooth = cv2.GaussianBlur(colour, (0, 0), 1.0)
    for number in np.unique(part[part > 0]):
        mine = part == number
        left, top, width, height = cv2.boundingRect(mine.astype(np.uint8))
        box = slice(top, top + height), slice(left, left + width)
        deep, here = depth[box], mine[box]
        inner = well_within(here, deep)
        if not inner.any():
            continue
        _, label = cv2.distanceTransformWithLabels(
            (~inner).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        place = np.zeros(label.max() + 1, np.int64)
        place[label[inner]] = np.flatnonzero(inner)
        out[box] = np.where(here[..., None], smooth[box].reshape(-1, 3)[place[label]], out[box])
    return out


def well_within(mine: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels of a limb, (H, W) bool, that have its own colours for sure; `depth` as in `from_inside`."""
    widest = cv2.dilate(np.where(mine, depth, 0), np.ones((31, 31), np.uint8))
    return mine & (depth >= _WITHIN * widest)


def unlike_within(colour: np.ndarray, inner: np.ndarray, aside: int, along: int) -> np.ndarray:
    """(H, W) bool: the pixels whose colour lies outside of all that is seen well within a limb, `inner` (H, W) bool, up
    to so many pixels aside, and up or down. A print's white beside its black is no stranger."""
    around = np.ones((2 * along + 1, 2 * aside + 1), np.uint8)
    smooth = cv2.blur(colour, (3, 3))
    low = cv2.erode(np.where(inner[..., None], smooth, np.float32(1e3)), around, borderValue=(1e3,) * 3)
    high = cv2.dilate(np.where(inner[..., None], smooth, np.float32(-1e3)), around, borderValue=(-1e3,) * 3)
    return ((colour < low - _SPREAD) | (colour > high + _SPREAD)).any(2)
