"""Segmentation: what of a picture stands out from its ground."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.garments.ground import Ground, lab_of
from mcld_app.body.garments.outline import mirror_axis

_BAR, _STRICT, _SHADOW = 3.0, 1.5, 2.2  # bars for "not ground": Lab units, times the noise, times the first bar
_FAINT, _LOST = 1.0, 0.6  # a bar for white cloth on white, and the share that is left of such cloth by the usual one
_BAND = 0.12  # share of the garment that a higher bar may take away and is then taken for a shadow
_COLOURED, _SAME_HUE, _DARKEST = 10.0, 3.5, 30.0  # hue and lightness of garments that cast shadows, and of those
_SHADE = 0.06  # share of the garment that hard shadows may take at most: more is grey cloth
_ALIKE = 9  # pixels across; the two sides of a garment are not quite alike
_SURE = 2.0  # Lab units; below, white cloth is as even as its ground
_HOLE, _EVEN = 0.0001, 0.65  # ground seen through a garment: share of the picture, and of the bar it stays below
_NEARLY_EVEN, _TWIN = 0.8, 0.06  # of the bar, where its twin is ground; widths that twins are off each other's mirror
_TALLEST, _PALE = 0.35, 0.45  # heights; of the cloth's usual difference from the ground
_NOTCH, _BLANK = 0.025, 0.05  # heights that a stripe is high; share of cloth that has the ground's own colour
_LIGHTER = 1.0  # L units
_MOST_HOLES, _RIM, _TALL = 4, 0.09, 6.0  # how many there may be, how far inside in heights, height by mean width
_SMALL = 420  # pixels of the longer side for the search by colours
_STEPS = 3
_CHANGE = 0.15  # share of the garment that the search by colours may add and take away


def standing_out(picture: np.ndarray, ground: Ground) -> np.ndarray:
    """The pixels that are not ground, (H, W) bool: perhaps in several pieces.

    Args:
        picture: (H, W, 3) uint8 RGB.
        ground: its ground.
    """
    mask, bar = _flooded(ground)
    better = _by_colours(picture, mask)
    if better is not None:
        # A gap beside a sleeve has the ground's own colour; cloth into which the flood ran may be lighter.
        cloth = mask | (ground.difference > bar) | (ground.lightness > _LIGHTER)
        mask = better & cloth if bar > _SURE else better
    if np.count_nonzero(mask & (ground.difference < bar)) > _BLANK * np.count_nonzero(mask):
        # Cloth that has the ground's own colour in it, as stripes: where these reach the rim, the flood ran in.
        upright = np.ones((max(3, round(_NOTCH * len(mask))), 1), np.uint8)
        mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, upright) > 0
    if bar > _SURE:
        mask = mask & ~_seen_through(mask, ground, _SHADOW * bar)
        mask = _without_shade(mask, ground)
    return mask


def _flooded(ground: Ground) -> tuple[np.ndarray, float]:
    """What the ground, flooded from the picture's edge, does not reach, and by which bar. Where a higher bar takes
    little away, that was a shadow; where a much lower one keeps far more, that is white cloth on white."""
    bar = max(_BAR, _STRICT * ground.noise)
    mask = _above(ground, bar)
    if _STRICT * ground.noise < _FAINT:
        faint = _above(ground, _FAINT)
        if np.count_nonzero(mask) < _LOST * np.count_nonzero(faint):
            closed = cv2.morphologyEx(faint.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0
            return _filled(_on_both_sides(closed, ground)), _FAINT
    higher = _above(ground, _SHADOW * bar)
    gone = np.count_nonzero(mask & ~higher)
    return (higher if gone < _BAND * np.count_nonzero(mask) else mask), bar



def _on_both_sides(mask: np.ndarray, ground: Ground) -> np.ndarray:
    """Of white cloth on white, a mask (H, W) bool, what is clear, and else only what its mirror image has, too: faint
    shadows lie on one side."""
    small = cv2.resize(mask.astype(np.uint8), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) > 0
    if not small.any():
        return mask
    axis = 4 * mirror_axis(small)[0] + 1.5
    twin = np.clip(np.round(2 * axis - np.arange(mask.shape[1])), 0, mask.shape[1] - 1).astype(int)
    there = cv2.dilate(mask[:, twin].astype(np.uint8), np.ones((_ALIKE,) * 2, np.uint8)) > 0
    kept = mask & (there | (ground.difference > _SURE))
    return cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_OPEN, np.ones((9, 9), np.uint8)) > 0



def _above(ground: Ground, bar: float) -> np.ndarray:
    mask = _filled(ground.difference >= bar)
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0



def _seen_through(mask: np.ndarray, ground: Ground, bar: float) -> np.ndarray:
    """Ground between a strap or a sleeve and the body, (H, W) bool: tall, as even as the ground outside, unlike cloth;
    what is less even, for such a gap is narrow, where its mirror image is one."""
    smooth = cv2.medianBlur(ground.difference, 3)
    blank = cv2.morphologyEx((mask & (smooth < bar)).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 2), np.uint8))
    count, label, stats, centres = cv2.connectedComponentsWithStats(blank)
    inwards = cv2.distanceTransform(_filled(mask).astype(np.uint8), cv2.DIST_L2, 3)
    columns = np.flatnonzero(mask.any(0))
    if not len(columns):
        return mask
    sure, likely = [], []
    for k in range(1, count):
        area, height = stats[k, cv2.CC_STAT_AREA], stats[k, cv2.CC_STAT_HEIGHT]
        if area <= _HOLE * mask.size or height**2 <= _TALL * area or height > _TALLEST * len(mask):
            continue
        own = label == k
        even = float(np.median(ground.difference[own])) / bar
        if even < _NEARLY_EVEN and inwards[own].max() < _RIM * len(mask):
            (sure if even < _EVEN else likely).append(k)
    if len(sure) > _MOST_HOLES:  # stripes or dots of the ground's own colour
        return np.zeros_like(mask)
    twins = columns[0] + columns[-1] - centres[sure, 0]
    near = _TWIN * np.ptp(columns)
    for k in likely:
        aside, above = np.abs(twins - centres[k, 0]), np.abs(centres[sure, 1] - centres[k, 1])
        if ((aside < near) & (above < 2 * near)).any():
            sure.append(k)
    out = np.zeros_like(mask)
    pale = mask & (ground.difference < _PALE * np.median(ground.difference[mask]))
    for k in sure:  # a gap's narrow ends, and its rim, are mixed with the cloth's colour
        own = (label == k).astype(np.uint8)
        near = cv2.dilate(own, np.ones((2 * (int(stats[k, cv2.CC_STAT_HEIGHT]) // 2) + 1, 9), np.uint8)) > 0
        _, piece = cv2.connectedComponents((pale & near | (own > 0)).astype(np.uint8))
        out |= np.isin(piece, np.unique(piece[own > 0]))
    return cv2.dilate(out.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0



def _without_shade(mask: np.ndarray, ground: Ground) -> np.ndarray:
    """Without shadows at the rim of a coloured garment: darker than the ground and of its hue."""
    if not mask.any() or np.median(ground.hue[mask]) < _COLOURED:
        return mask
    shade = (ground.hue < _SAME_HUE) & (ground.lightness < -1) & (ground.lightness > -_DARKEST)
    kept = _filled(mask & ~shade)
    gone = mask & ~kept
    return mask & kept if np.count_nonzero(gone) < _SHADE * np.count_nonzero(mask) else mask



def _filled(mask: np.ndarray) -> np.ndarray:
    _, label = cv2.connectedComponents(np.pad(~mask, 1, constant_values=True).astype(np.uint8), connectivity=4)
    return (label != label[0, 0])[1:-1, 1:-1]



def _by_colours(picture: np.ndarray, mask: np.ndarray) -> np.ndarray | None:
    """The mask as the colours of garment and ground have it (grabCut: Rother et al., 2004), where that follows the
    picture's edges better; None where it does not."""
    scale = _SMALL / max(picture.shape[:2])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    start = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    if not 0.01 < start.mean() < 0.98:
        return None
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    state = np.where(start > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    state[cv2.erode(start, disc) > 0] = cv2.GC_FGD
    state[cv2.dilate(start, disc) == 0] = cv2.GC_BGD
    if not (state == cv2.GC_BGD).any() or not (state == cv2.GC_FGD).any():
        return None
    cv2.setRNGSeed(0)  # its clusters begin at random
    try:
        cv2.grabCut(small, state, None, np.zeros((1, 65)), np.zeros((1, 65)), _STEPS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return None
    kept = np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * np.uint8(255)
    found = cv2.resize(kept, mask.shape[::-1], interpolation=cv2.INTER_LINEAR) > 127
    if np.count_nonzero(found ^ mask) > _CHANGE * np.count_nonzero(mask):
        return None  # a print taken for the garment
    slope = _slope(picture)
    return found if _contrast(slope, found) > 1.05 * _contrast(slope, mask) else None



def _slope(picture: np.ndarray) -> np.ndarray:
    """(H, W) float32: how steep the picture is there, in Lab units a pixel, squared."""
    smooth = cv2.GaussianBlur(lab_of(picture), (0, 0), 1.5)
    down, across = (cv2.Sobel(smooth, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((0, 1), (1, 0)))
    return cv2.transform(down * down + across * across, np.ones((1, 3), np.float32))


def _contrast(slope: np.ndarray, mask: np.ndarray) -> float:
    """How sharp the picture is along a mask's outline: the mean step in Lab from 3 pixels outside to 3 inside."""
    disc = np.ones((5, 5), np.uint8)
    solid = mask.astype(np.uint8)
    rim = cv2.dilate(solid, disc) - cv2.erode(solid, disc) > 0
    rim[[0, -1]] = rim[:, [0, -1]] = False
    return float(np.sqrt(slope[rim]).clip(0, 8).mean()) if rim.any() else 0.0
