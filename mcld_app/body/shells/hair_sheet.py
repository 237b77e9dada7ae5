"""The colours of hair that no photo shows: as smooth as what is seen beside it, with the locks of the seen hair."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.shells.areas import shrunk
from mcld_app.body.texture.pull_push import pull_push

_FINE = 0.015  # metres: what changes within less is a lock, what changes over more is light
_RIM, _SHOWN = 2.0, 1.0  # pixels at the rim of hair: half ground; and of what is drawn as it is
_LIGHTS, _HUES = (5, 90), (15, 70)  # per cent of the hair: what is darker, lighter or of another hue is none
_AROUND = 0.10  # metres around hair
_LEAST = 30  # pixels, of which colours can be taken
_BOXES = (0.16, 0.12, 0.09, 0.07, 0.05, 0.035, 0.025)  # metres: heights of patches that locks are taken from
_SHAPES = (1.0, 0.6, 0.35)  # their widths, of the height
_MOST = 0.6  # of its light, by which a lock is lighter or darker
_PURE = 0.97  # of such a patch shows hair


@dataclass(frozen=True, eq=False)
class HairColours:
    """What a photo tells of the colours of hair, in a part of it, (H, W) pixels.

    Attributes:
        start: x, y of that part's first pixel on the photo.
        photo: (H, W, 3) float32 RGB.
        shown: (H, W) float32, how far a pixel shows hair and nothing else, 0..1.
        smooth: (H, W, 3) float32, its light without locks; where it is not shown, that goes on.
        locks: (h, w) float32, by what share a patch of seen hair is lighter and darker than that.
    """

    start: tuple[int, int]
    photo: np.ndarray = field(repr=False)
    shown: np.ndarray = field(repr=False)
    smooth: np.ndarray = field(repr=False)
    locks: np.ndarray = field(repr=False)


def hair_colours(photo: np.ndarray, shown: np.ndarray, sure: np.ndarray, metre: float) -> HairColours:
    """The colours of hair.

    Args:
        photo: (H, W, 3) uint8 RGB.
        shown: (H, W) bool, pixels that are hair's own picture.
        sure: (H, W) bool, those that can have no colour but the hair's.
        metre: pixels that a metre takes.
    """
    # Far from the hair nothing is asked for.
    left, top, width, height = cv2.boundingRect((shown | sure).astype(np.uint8))
    around = round(_AROUND * metre)
    start = max(left - around, 0), max(top - around, 0)
    window = slice(start[1], top + height + around), slice(start[0], left + width + around)
    shown, sure = shown[window], sure[window]
    inner = shrunk(sure, _RIM)
    inner = inner if np.count_nonzero(inner) >= _LEAST else sure
    own, share = photo[window].astype(np.float32), inner.astype(np.float32)
    spread = max(_FINE * metre, 1.0)
    mixed = cv2.GaussianBlur(np.dstack([own * share[..., None], share]), (0, 0), spread)
    light = mixed[..., :3] / np.maximum(mixed[..., 3:], 1e-3)
    smooth = _usual(np.where(inner[..., None], light, pull_push(light, share)), inner)
    within = cv2.GaussianBlur(shrunk(shown, _SHOWN).astype(np.float32), (0, 0), 1.0)
    own = np.ascontiguousarray(own)
    return HairColours(start, own, np.maximum(2 * within - 1, 0), smooth, _locks(own, light, inner, metre))


def painted(colours: HairColours, places: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """A sheet of hair.

    Args:
        colours: of the photo that the sheet was seen in, or not.
        places: (h, w, 2) float32, x, y of each of its pixels in that photo.
        facing: (h, w) float32, 1 where it faced the camera, to 0 where it was seen along or from behind: there its
            colours are guessed.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    x, y = (np.ascontiguousarray(places[..., k]) - np.float32(colours.start[k]) for k in (0, 1))
    photo, shown, smooth = (
        cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for plane in (colours.photo, colours.shown, colours.smooth)
    )
    guess = smooth * np.maximum(1 + _woven(colours.locks, facing.shape), 0)[..., None]
    share = (shown * facing)[..., None]
    return np.clip(photo * share + guess * (1 - share) + 0.5, 0, 255).astype(np.uint8)


def _usual(light: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """Light and hue (h, w, 3) that most of the hair has: what is none after all, an ear's rim or a ring, must not go on
    over the back of the head."""
    grey = light.mean(2, keepdims=True)
    hue = light / np.maximum(grey, 1)
    return np.clip(hue, *np.percentile(hue[inner], _HUES, axis=0)) * np.clip(grey, *np.percentile(grey[inner], _LIGHTS))


def _locks(own: np.ndarray, light: np.ndarray, inner: np.ndarray, metre: float) -> np.ndarray:
    """(h, w) float32: the lightness of the largest patch that shows hair alone; flat where there is none."""
    pure = inner.astype(np.float32)
    for tall in _BOXES:
        for wide in _SHAPES:
            size = max(3, round(tall * wide * metre)), max(3, round(tall * metre))
            if size[0] >= pure.shape[1] or size[1] >= pure.shape[0]:
                continue
            share = cv2.blur(pure, size, borderType=cv2.BORDER_CONSTANT)
            row, column = np.unravel_index(int(share.argmax()), share.shape)
            if share[row, column] >= _PURE:
                top, left = row - size[1] // 2, column - size[0] // 2
                patch = slice(top, top + size[1]), slice(left, left + size[0])
                share = own[patch].mean(2) / np.maximum(light[patch].mean(2), 1) - 1
                return np.where(inner[patch], np.clip(share - np.median(share), -_MOST, _MOST), 0)
    return np.zeros((1, 1), np.float32)


def _woven(locks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(height, width) float32: a texture with the spectrum of a patch (h, w) and phases of its own, so that nothing
    repeats (Galerne, Gousseau and Morel, Random Phase Textures, 2011)."""
    # Faded out at its edges: a step there would be in the spectrum, too.
    window = np.outer(*(np.hanning(side + 2)[1:-1] for side in locks.shape))
    faded = (locks - np.average(locks, weights=window)) * window / np.sqrt((window**2).sum())
    whole = np.fft.rfft2(np.random.default_rng(0).standard_normal(size)) * np.fft.rfft2(faded, size)
    return np.float32(np.fft.irfft2(whole, size))
