"""The colours of a person's skin and clothes, as a few typical ones each."""

from __future__ import annotations

import cv2
import numpy as np

_WEIGHTS = np.float32((0.5, 1.0, 1.0))  # of Lab: shade changes lightness most
_MOST = 4000  # pixels that are looked at
_SKIN_HUE, _SKIN_LIGHT = 11.0, 40.0  # of Lab: a cloth's colour that is nearer to skin may be skin


def weighted_lab(photo: np.ndarray) -> np.ndarray:
    """A photo (..., 3) uint8 RGB as (..., 3) float32 of Lab (8 bits), lightness counting half, specks taken away."""
    lab = cv2.cvtColor(np.ascontiguousarray(cv2.medianBlur(photo, 3)), cv2.COLOR_RGB2LAB)
    return lab.astype(np.float32) * _WEIGHTS


def weighted_lab_of(photo: np.ndarray, area: np.ndarray) -> np.ndarray:
    """(N, 3) float32: `weighted_lab` of the pixels of an area, (H, W) bool, of a photo (H, W, 3) uint8 RGB."""
    if not area.any():
        return np.zeros((0, 3), np.float32)
    own = cv2.medianBlur(photo, 3)[area]
    return cv2.cvtColor(own[None], cv2.COLOR_RGB2LAB)[0].astype(np.float32) * _WEIGHTS


def typical(pixels: np.ndarray, most: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """The typical colours of pixels (N, 3) float32 of weighted Lab: (K, 3), and their shares (K,), the largest first;
    K is 0 where there are none."""
    pixels = pixels[:: max(1, len(pixels) // _MOST)]
    if len(pixels) < most:
        return np.zeros((0, 3), np.float32), np.zeros(0)
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, label, centres = cv2.kmeans(np.ascontiguousarray(pixels), most, None, stop, 2, cv2.KMEANS_PP_CENTERS)
    shares = np.bincount(label[:, 0], minlength=most) / len(pixels)
    order = np.argsort(-shares)
    return centres[order], shares[order]


def away(pixels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """(...,) float32: how far pixels (..., 3) are from the nearest of colours (K, 3); infinite where there are none."""
    out = np.full(pixels.shape[:-1], np.inf, np.float32)
    for colour in colours:
        apart = pixels - colour
        np.minimum(out, np.einsum("...c,...c->...", apart, apart), out=out)  # a third of what norm along an axis takes
    return np.sqrt(out)


def without_skin(colours: np.ndarray, shares: np.ndarray, skin: np.ndarray, least: float) -> tuple[np.ndarray, bool]:
    """A garment's colours without those that are skin's, as long as a share of `least` remains; and whether one may
    tell the two apart."""
    if not len(skin) or not len(colours):
        return colours, bool(len(colours))
    off = colours[:, None] - skin[None]
    like = (np.hypot(off[..., 1], off[..., 2]) < _SKIN_HUE) & (np.abs(off[..., 0]) < _SKIN_LIGHT * _WEIGHTS[0])
    cloth = ~like.any(1)
    told = bool(shares[cloth].sum() >= least)
    return (colours[cloth] if told else colours), told
