"""The edge of somebody who is cut out: smooth, one pixel soft, and in their own colours."""

from __future__ import annotations

import cv2
import numpy as np

_NARROW = 9  # pixels
_EVEN, _EVEN_FINE = 1.2, 0.75  # times the height of steps, in general and where it is narrow
_WIDTH = 1.2  # pixels that an edge falls off over
_LEAST_SLOPE = 0.08  # of alpha, a pixel: where it is flatter, there is no edge to be put anywhere


def outline(alpha: np.ndarray, covered: np.ndarray, steps: float = 1.0) -> np.ndarray:
    """`sharp`, as even as goes: less so between fingers, which would grow together.

    Args:
        alpha: (H, W) float32 in 0..1.
        covered: (H, W) uint8, 0 where there is nobody.
        steps: how many pixels high alpha's steps are.

    Returns:
        (H, W) float32 in 0..1.
    """
    fine = cv2.dilate(narrow(covered), np.ones((3, 3), np.uint8)) > 0
    return np.where(fine, sharp(alpha, _EVEN_FINE * steps), sharp(alpha, _EVEN * steps))


def narrow(covered: np.ndarray) -> np.ndarray:
    """Where what is covered, or a gap in it, is as narrow as a finger: (H, W) uint8, 0 and 1, of uint8."""
    disc, there = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_NARROW, _NARROW)), (covered > 0).astype(np.uint8)
    return cv2.morphologyEx(there, cv2.MORPH_CLOSE, disc) - cv2.morphologyEx(there, cv2.MORPH_OPEN, disc)


def sharp(alpha: np.ndarray, even: float = 1.0) -> np.ndarray:
    """Alpha with its edge where it is one half: a staircase becomes a line, and a slope an edge.

    Args:
        alpha: (H, W) float32 in 0..1, soft or of steps.
        even: deviation of the Gaussian that steps are made even with, about their height; pixels.

    Returns:
        (H, W) float32 in 0..1.
    """
    soft = cv2.GaussianBlur(alpha, (0, 0), even)
    slope = cv2.magnitude(*(cv2.Sobel(soft, cv2.CV_32F, x, 1 - x, scale=1 / 8) for x in (1, 0)))
    return np.clip(0.5 + (soft - 0.5) / (np.maximum(slope, _LEAST_SLOPE / even) * _WIDTH), 0, 1)


def inner(covered: np.ndarray) -> np.ndarray:
    """What is covered without its outermost pixels, whose colours may be mixed with the ground's; where it is as thin
    as a finger, all of it. (H, W) uint8, 0 where not, and so is what comes back."""
    square = np.ones((3, 3), np.uint8)
    return cv2.erode(covered, square) | (covered & ~cv2.morphologyEx(covered, cv2.MORPH_OPEN, square))


def gone_on(colour: np.ndarray, inside: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Colours that go on beyond where they are known.

    Args:
        colour: (H, W, 3) uint8 RGB.
        inside: (H, W) bool, where they are known.
        wanted: (H, W) bool, where they are needed.

    Returns:
        Likewise: what is wanted and not inside has the colour of the nearest pixel inside.
    """
    row, column = np.nonzero(inside)
    if not row.size:
        return colour
    _, label = cv2.distanceTransformWithLabels(
        (~inside).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    of = np.zeros((2, label.max() + 1), np.int64)
    of[:, label[row, column]] = row, column
    missing = wanted & ~inside
    nearest = label[missing]
    out = colour.copy()
    out[missing] = colour[of[0][nearest], of[1][nearest]]
    return out
