"""What a garment's picture would show from behind: the same cloth with its light and its folds, without what only a
front has.

Seen from behind, cloth is the front mirrored: as wide, cut alike, lit alike. What must not be repeated is what a front
alone has: a print, letters, buttons, a fly, a bow. Where the front differs from what is usual at that height by more
than light and shade explain, and around the middle, cloth goes on as it is beside there.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.garments.front_middle import without_middle
from mcld_app.body.garments.front_print import print_in
from mcld_app.body.garments.slices import FAR, Slices
from mcld_app.body.garments.usual_colours import usual_colours
from mcld_app.body.shells.areas import grown
from mcld_app.body.texture.pull_push import pull_push

_COLLAR = 0.035  # metres around a front's neckline that are its own
_RIB, _ENDS = 0.025, 0.010  # metres of a neckline's own cloth, and over which it goes over in the rest
_SOFT = 0.007  # metres over which cloth's own light is told from its grain
_STRONG = 3.0  # times the usual grain: more are seams and edges, and not repeated
_TO_AND_FRO = 0.05  # metres of cloth whose grain is repeated


def picture_behind(picture: np.ndarray, slices: Slices, *, patterned: bool) -> np.ndarray:
    """A garment's picture as it is seen from behind, but not mirrored.

    Args:
        picture: (H, W, 3) uint8 RGB, the front.
        slices: where each of its pixels lies on the body; of the picture's size.
        patterned: whether its cloth is patterned all over, so that prints stay.

    Returns:
        (H, W, 3) uint8 RGB; the picture itself where no pixel shows cloth.
    """
    cloth = slices.number >= 0
    if not cloth.any():
        return picture
    left, top, width, height = cv2.boundingRect(cloth.astype(np.uint8))
    box = slice(top, top + height), slice(left, left + width)
    own, out = slices.within(box), picture.copy()
    out[box] = _patterned(picture[box], own) if patterned else _plain(picture[box], own)
    return out


def _patterned(picture: np.ndarray, slices: Slices) -> np.ndarray:
    cloth = (slices.number >= 0) & ~slices.hole
    closed = np.where(cloth, slices.closed, 0).max(1) if slices.fly else np.zeros(len(picture), np.float32)
    return without_middle(picture, slices.across, cloth & (np.abs(slices.across) < FAR), closed, slices.metre)


def _plain(picture: np.ndarray, slices: Slices) -> np.ndarray:
    cloth = slices.number >= 0
    shown = cloth & ~slices.hole
    usual, sure = usual_colours(picture, slices)
    own = print_in(picture, usual, shown & sure, slices) | slices.middle
    if slices.hole.any():
        own |= grown(slices.hole, _COLLAR * slices.metre)
    if not own.any():
        return picture
    out = _without(picture.astype(np.float32), usual, cloth & ~own, slices.metre)
    out = np.where((own & cloth)[..., None], out, picture)
    return _with_rib(out, picture, slices)


def _with_rib(behind: np.ndarray, front: np.ndarray, slices: Slices) -> np.ndarray:
    """What is seen from behind with the front's own rib at its neckline, which is higher there."""
    columns = np.flatnonzero(slices.hole.any(0) & ~slices.middle.any(0))
    deep = max(round(_RIB * slices.metre), 1)
    if len(columns) < deep:
        return behind
    out, hole = behind.astype(np.float32), slices.hole
    under = len(hole) - hole[::-1, columns].argmax(0)
    around = np.flatnonzero(hole.any(0))
    top = hole[:, around].argmax(0)
    bent = deep * np.sqrt(1 - np.linspace(-1, 1, len(around)) ** 2)  # it ends where the front's begins
    for k in range(deep):
        source, to = np.minimum(under + k + 1, len(hole) - 1), np.minimum(top + k, len(hole) - 1)
        colour = np.median(front[source, columns], axis=0)
        share = np.clip((bent - k) / (_ENDS * slices.metre), 0, 1)[:, None]
        out[to, around] += (colour - np.median(out[to, around], axis=0)) * share
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)


def _without(picture: np.ndarray, usual: np.ndarray, clean: np.ndarray, metre: float) -> np.ndarray:
    """(h, w, 3) uint8: a picture whose pixels that are not clean have the usual colour, in the light of the clean ones
    around, with their grain."""
    weight = clean.astype(np.float32)
    sigma = _SOFT * metre
    off = (picture - usual) * weight[..., None]
    blurred = cv2.GaussianBlur(np.dstack([off, weight]), (0, 0), sigma)
    soft = blurred[..., :3] / np.maximum(blurred[..., 3:], 1e-3)
    light = pull_push(soft, (clean & (blurred[..., 3] > 0.2)).astype(np.float32))
    light = np.where(clean[..., None], soft, cv2.GaussianBlur(light, (0, 0), sigma))
    grain = np.where(clean[..., None], picture - usual - soft, 0)
    most = _STRONG * float(np.median(np.abs(grain[clean]))) if clean.any() else 0.0
    grain = _repeated(np.clip(grain, -most, most), clean, max(round(_TO_AND_FRO * metre), 2))
    return np.clip(usual + light + grain + 0.5, 0, 255).astype(np.uint8)


def _repeated(grain: np.ndarray, clean: np.ndarray, deep: int) -> np.ndarray:
    """Grain (h, w, 3) float32 that goes on, row by row, from the nearest clean pixel of it: mirrored, to and fro."""
    column, rows = np.arange(clean.shape[1]), np.arange(len(clean))[:, None]
    before = np.maximum.accumulate(np.where(clean, column, -1), 1)
    after = np.minimum.accumulate(np.where(clean, column, 2 * len(column))[:, ::-1], 1)[:, ::-1]
    left = (before >= 0) & ((column - before <= after - column) | (after >= len(column)))
    end, sign = np.where(left, before, after), np.where(left, -1, 1)
    away = np.abs(column - end)
    source = np.clip(end + sign * (deep - np.abs(deep - away % (2 * deep))), 0, len(column) - 1)
    there = (before >= 0) | (after < len(column))
    return np.where((clean | there & clean[rows, source])[..., None], grain[rows, np.where(clean, column, source)], 0)
