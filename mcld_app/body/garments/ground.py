"""The ground that a garment lies on: a smooth model of its colours, and how far each pixel is from it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_EDGE = 0.015  # share of the picture's height that counts as its edge
_ALIKE = 14.0  # distance in Lab from the edge's median that may still be ground: light falls off, cloth lies across
_HUE = 1.4  # shade changes a ground's lightness more than its hue, so hue says more
_NOISE = 98  # per cent of the ground's pixels that are to lie within its noise


@dataclass(frozen=True, eq=False)
class Ground:
    """What a garment lies on.

    Attributes:
        difference: (H, W) float32, each pixel's distance from the ground's colour there, in Lab units (0..100), hue
            counted 1.4 times.
        hue: (H, W) float32, the part of it that is hue.
        lightness: (H, W) float32, how much lighter than the ground each pixel is, L units.
        noise: how far nearly all of the ground itself is off.
        share: 0..1, how much of the picture's edge is ground.
        edge: (H, W) bool, the picture's edge.
    """

    difference: np.ndarray
    hue: np.ndarray
    lightness: np.ndarray
    noise: float
    share: float
    edge: np.ndarray


def lab_of(picture: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: a picture (H, W, 3) uint8 RGB in CIE Lab, L 0..100, a and b about -100..100."""
    return cv2.cvtColor(picture.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)


def ground_of(picture: np.ndarray) -> Ground:
    """The ground of a picture (H, W, 3) uint8 RGB: a polynomial of the second degree per Lab channel, fitted to the
    picture's edge without what lies across it."""
    lab = lab_of(picture)
    height, width = lab.shape[:2]
    band = max(3, round(_EDGE * height))
    edge = np.ones((height, width), bool)
    edge[band:-band, band:-band] = False
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], -1)
    colours, rows = lab[edge], terms[edge]
    middle = np.median(colours, 0)
    used = np.abs(colours - middle).max(1) < _ALIKE
    if used.sum() < 50:
        used[:] = True
    for limit in (2.5, 2.0):  # a second look leaves out what the first fit shows to lie across the edge
        factors, *_ = np.linalg.lstsq(rows[used], colours[used], rcond=None)
        off = _distance(colours, rows @ factors)
        spread = max(float(np.median(off[used])), 0.6)
        still = used & (off < 2 * limit * spread)
        if still.sum() > 0.3 * used.sum():
            used = still
    model = np.clip(terms @ factors, middle - _ALIKE, middle + _ALIKE)
    model = model.astype(np.float32)
    difference = _distance(lab, model)
    off = lab - model
    near = difference[edge]
    noise = float(np.percentile(near[used], _NOISE))
    share = float((near < max(3.0, 2 * noise)).mean())
    return Ground(difference, np.hypot(off[..., 1], off[..., 2]), off[..., 0], noise, share, edge)


def _distance(colours: np.ndarray, model: np.ndarray) -> np.ndarray:
    off = colours - model
    return np.sqrt(off[..., 0] ** 2 + _HUE**2 * (off[..., 1] ** 2 + off[..., 2] ** 2))
