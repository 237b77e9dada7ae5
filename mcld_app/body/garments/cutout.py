"""Cutting out: which pixels of a picture show the garment."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.garments.ground import Ground, ground_of, lab_of
from mcld_app.errors import PictureError

SIDE = 960
"""Pixels of the longer side that are looked at: a texel of the texture map is about 4 mm of cloth."""

LEAST_SIDE = 120
"""Pixels of the shorter side, at least: of less, a texture map would be all blur."""

_BAR, _STRICT, _SHADOW = 3.0, 1.5, 2.2  # bars for "not ground": Lab units, times the noise, times the first bar
_FAINT, _LOST = 1.0, 0.6  # a bar for white cloth on white, and the share that is left of such cloth by the usual one
_BAND = 0.12  # share of the garment that a higher bar may take away and is then taken for a shadow
_COLOURED, _SAME_HUE, _DARKEST = 10.0, 3.5, 30.0  # hue and lightness of garments that cast shadows, and of those
_SHADE = 0.06  # share of the garment that hard shadows may take at most: more is grey cloth
_SURE = 2.0  # Lab units; below, white cloth is as even as its ground
_SECOND = 0.30  # a piece of this share of the largest one is a garment of its own
_MOST_GARMENTS = 3  # so many can be counted; more are a pattern
_SMALLEST, _LARGEST = 0.02, 0.92  # shares of the picture
_HOLE, _EVEN = 0.0003, 0.6  # ground seen through a garment: share of the picture, and of the bar it stays below
_LIGHTER = 1.0  # L units
_MOST_HOLES, _RIM, _TALL = 4, 0.09, 6.0  # how many there may be, how far inside in heights, height by mean width
_CLEAR = 0.02  # share of clear pixels that makes a picture one with transparency
_SMALL = 420  # pixels of the longer side for the search by colours
_STEPS = 3
_CHANGE = 0.15  # share of the garment that the search by colours may add and take away

_NO_GARMENT = "No garment stands out from its ground in this picture. "
_WHAT_TO_DO = "Choose a picture of one garment on a plain ground, or one whose ground is transparent."


@dataclass(frozen=True, eq=False)
class Cutout:
    """A garment, cut out.

    Attributes:
        picture: (H, W, 3) uint8 RGB, at most `SIDE` high and wide.
        mask: (H, W) bool, the garment's pixels.
        left_out: how many other things were found in the picture and left out.
    """

    picture: np.ndarray
    mask: np.ndarray
    left_out: int = 0


def cut_out(picture: np.ndarray) -> Cutout:
    """The garment of a picture.

    Args:
        picture: (H, W, 3) or (H, W, 4) uint8 RGB(A); where there is transparency, that says what the garment is.

    Raises:
        PictureError: for pictures that are too small, show no garment, or more than one.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (3, 4):
        raise PictureError("A garment's picture must be RGB or RGBA with 8 bits per channel.")
    small = _reduced(picture)
    if min(small.shape[:2]) < LEAST_SIDE:
        raise PictureError(
            f"This picture is {picture.shape[1]} x {picture.shape[0]} pixels, too small for a garment. Choose one with "
            f"at least {LEAST_SIDE} pixels on its shorter side."
        )
    if small.shape[2] == 4 and (small[..., 3] < 128).mean() > _CLEAR:
        mask, left_out = _one_piece(small[..., 3] >= 128)
        return Cutout(_on_white(small), mask, left_out)
    colours = _on_white(small)
    ground = ground_of(colours)
    if ground.share < 0.35:
        raise PictureError(
            f"{_NO_GARMENT}It reaches the picture's edge nearly everywhere, or the ground is too motley. {_WHAT_TO_DO}"
        )
    mask, bar = _flooded(ground)
    better = _by_colours(colours, mask)
    if better is not None:
        # A gap beside a sleeve has the ground's own colour; cloth into which the flood ran may be lighter.
        cloth = mask | (ground.difference > bar) | (ground.lightness > _LIGHTER)
        mask = better & cloth if bar > _SURE else better
    if bar > _SURE:
        mask &= ~_seen_through(mask, ground, _SHADOW * bar)
        mask = _without_shade(mask, ground)
    mask, left_out = _one_piece(mask)
    return Cutout(colours, mask, left_out)


def _reduced(picture: np.ndarray) -> np.ndarray:
    scale = SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _on_white(picture: np.ndarray) -> np.ndarray:
    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:].astype(np.float32) / 255
    return (picture[..., :3] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)


def _flooded(ground: Ground) -> tuple[np.ndarray, float]:
    """What the ground, flooded from the picture's edge, does not reach, and by which bar. Where a higher bar takes
    little away, that was a shadow; where a much lower one keeps far more, that is white cloth on white."""
    bar = max(_BAR, _STRICT * ground.noise)
    mask = _above(ground, bar)
    if _STRICT * ground.noise < _FAINT:
        faint = _above(ground, _FAINT)
        if np.count_nonzero(mask) < _LOST * np.count_nonzero(faint):
            closed = cv2.morphologyEx(faint.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0
            return _filled(closed), _FAINT
    higher = _above(ground, _SHADOW * bar)
    gone = np.count_nonzero(mask & ~higher)
    return (higher if gone < _BAND * np.count_nonzero(mask) else mask), bar


def _above(ground: Ground, bar: float) -> np.ndarray:
    mask = _filled(ground.difference >= bar)
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def _seen_through(mask: np.ndarray, ground: Ground, bar: float) -> np.ndarray:
    """Ground between a strap or a sleeve and the body, (H, W) bool: as even as the ground outside, unlike cloth."""
    kernel = np.ones((3, 3), np.uint8)
    count, label, stats, _ = cv2.connectedComponentsWithStats(
        cv2.erode((mask & (ground.difference < bar)).astype(np.uint8), kernel)
    )
    large = np.flatnonzero(stats[1:count, cv2.CC_STAT_AREA] > _HOLE * mask.size) + 1
    even = [k for k in large if np.median(ground.difference[label == k]) < _EVEN * bar]
    if len(even) > _MOST_HOLES:  # stripes or dots of the ground's own colour
        return np.zeros_like(mask)
    inwards = cv2.distanceTransform(_filled(mask).astype(np.uint8), cv2.DIST_L2, 3)
    tall = stats[:, cv2.CC_STAT_HEIGHT] ** 2 > _TALL * stats[:, cv2.CC_STAT_AREA]
    even = [k for k in even if tall[k] and inwards[label == k].max() < _RIM * len(mask)]
    return cv2.dilate(np.isin(label, even).astype(np.uint8), kernel) > 0


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
    lab = lab_of(picture)
    return found if _contrast(lab, found) > 1.05 * _contrast(lab, mask) else None


def _contrast(lab: np.ndarray, mask: np.ndarray) -> float:
    """How sharp the picture is along a mask's outline: the mean step in Lab from 3 pixels outside to 3 inside."""
    disc = np.ones((5, 5), np.uint8)
    solid = mask.astype(np.uint8)
    slope = np.zeros(mask.shape, np.float32)
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.5)
    for axis in ((1, 0), (0, 1)):
        step = cv2.Sobel(smooth, cv2.CV_32F, *axis, ksize=3) / 8
        slope += (step**2).sum(-1)
    rim = cv2.dilate(solid, disc) - cv2.erode(solid, disc) > 0
    rim[[0, -1]] = rim[:, [0, -1]] = False
    return float(np.sqrt(slope[rim]).clip(0, 8).mean()) if rim.any() else 0.0


def _one_piece(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """The largest piece without what hangs on it by a thread, and how many others there are.

    Raises:
        PictureError: where there is none, or another of about its size.
    """
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, label, stats, _ = cv2.connectedComponentsWithStats(opened)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 2 or areas.max() < _SMALLEST * mask.size:
        raise PictureError(_NO_GARMENT + _WHAT_TO_DO)
    order = np.argsort(-areas)
    if len(order) > 1 and areas[order[1]] > _SECOND * areas[order[0]]:
        several = int((areas > _SECOND * areas[order[0]]).sum())
        if several > _MOST_GARMENTS:
            raise PictureError(_NO_GARMENT + _WHAT_TO_DO)
        raise PictureError(f"This picture shows {several} things side by side. Cut it so that one garment is left.")
    piece = label == 1 + order[0]
    if piece.mean() > _LARGEST:
        raise PictureError(f"{_NO_GARMENT}It fills the whole picture. {_WHAT_TO_DO}")
    kept = _without_hook(piece)
    others = int((areas[order[1:]] > 1e-4 * mask.size).sum()) + int(kept is not piece)
    return kept, others


def _without_hook(piece: np.ndarray) -> np.ndarray:
    """Without a thin thing that stands up from the middle, as a hanger's hook does."""
    rows, columns = np.flatnonzero(piece.any(1)), np.flatnonzero(piece.any(0))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    side = max(3, round(0.03 * width)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    solid = cv2.morphologyEx(piece.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    count, label, stats, centres = cv2.connectedComponentsWithStats((piece & ~solid).astype(np.uint8))
    if not solid.any():
        return piece
    top = np.flatnonzero(solid.any(1))[0]
    middle = (columns[0] + columns[-1]) / 2
    kept = piece
    for k in range(1, count):
        x, y = centres[k]
        tall = stats[k, cv2.CC_STAT_HEIGHT] > 0.03 * height
        if tall and y < top + 0.02 * height and abs(x - middle) < 0.12 * width:
            kept = kept & (label != k)
    return kept
