"""What a garment's picture would show from behind: the same cloth with its light and its folds, without what only a
front has.

Seen from behind, cloth is the front mirrored: as wide, cut alike, lit alike. What must not be repeated is what a front
alone has: a print, letters, buttons, a fly, a bow. Where the front differs from what is usual at that height by more
than light and shade explain, and around the middle, cloth goes on as it is beside there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.garments.front_middle import without_middle
from mcld_app.body.shells.areas import disc, grown
from mcld_app.body.texture.pull_push import pull_push

_SIDES = 0.7  # of half the width: prints lie nearer to the middle
_LEAST = 4  # pixels that tell a colour
FAR = 9.0  # metres: no place of a trunk or a leg
SLICE = 0.006  # metres of a limb that have one usual colour
MIDDLE = 0.03  # metres to either side, where fronts are closed
_CALM = 81, 14.0, 25.0  # slices; levels that are another colour; slices: along a limb, light changes slowly
_SHADOW, _DARKER = 21, 18.0  # slices; levels: as long, and as dark, as shadows beside an armpit are
_OTHER = 40  # grey levels that are another colour
_UNSURE = 0.35  # of a slice's sides that are off its usual colour: it has none
_COLLAR = 0.035  # metres around a front's neckline that are its own
_RIB, _ENDS = 0.025, 0.010  # metres of a neckline's own cloth, and over which it goes over in the rest
_SHADE = (0.55, 1.5)  # of the usual light, that folds have
_DEEPER = 2.5  # times the usual chroma
_HUE, _LIGHT = 7.0, 13.0  # of Lab: beyond these, it is no light and no shade
_DARK_SLEEVES = 20.0  # of Lab: sleeves lie in tiers and folds that a trunk has not
_MOST, _UNEVEN = 80, 1.8  # per cent of plain cloth that is less off than this; how many times that is not plain
_DENSE, _OF = 0.006, 0.1  # metres, within which so much must be off: less is dirt, or a crease
_NEAR, _WEAK = 0.025, 0.7  # metres around what is off, where so much less is, too
_JOINED, _AROUND = 0.02, 0.01  # metres: between letters; at a print's rim
_SOFT = 0.007  # metres over which cloth's own light is told from its grain
_STRONG = 3.0  # times the usual grain: more are seams and edges, and not repeated
_TO_AND_FRO = 0.05  # metres of cloth whose grain is repeated


@dataclass(frozen=True, eq=False)
class Slices:
    """How a garment's picture lies along the body; arrays (H, W).

    Attributes:
        number: float32, the slice of a limb that each pixel lies in, in whole and parts; -1 off the garment.
        side: float32, 0 in the limb's middle to 1 at its sides; all of a limb tells its colours where it is 1.
        across: float32, metres to the right of the middle line; far from it on arms.
        closed: float32, metres to either side of the middle line where fronts are closed: that is never repeated.
        hole: bool, what a neckline leaves free in front.
        metre: pixels of a metre.
        fly: whether it is a bottom, whose middle is never repeated, whatever it shows.
    """

    number: np.ndarray
    side: np.ndarray
    across: np.ndarray
    closed: np.ndarray
    hole: np.ndarray
    metre: float
    fly: bool = False

    @property
    def middle(self) -> np.ndarray:
        """(H, W) bool: where fronts are closed."""
        return np.abs(self.across) < self.closed

    def within(self, box: tuple[slice, slice]) -> Slices:
        """Those of a part of the picture."""
        planes = (plane[box] for plane in (self.number, self.side, self.across, self.closed, self.hole))
        return Slices(*planes, self.metre, self.fly)


def picture_behind(picture: np.ndarray, slices: Slices, *, patterned: bool) -> np.ndarray:
    """A garment's picture (H, W, 3) uint8 RGB as it is seen from behind, but not mirrored."""
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
    usual, sure = _usual(picture, slices)
    own = _own(picture, usual, shown & sure, slices) | slices.middle
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


def _usual(picture: np.ndarray, slices: Slices) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) float32, the usual colour at each pixel's height, and (H, W) bool, where its slice has one."""
    beside = (slices.number >= 0) & (slices.side >= _SIDES) & ~slices.hole
    count = int(slices.number.max()) + 2
    numbers = slices.number[beside].astype(int)
    order = np.argsort(numbers, kind="stable")
    values, numbers = picture[beside][order].astype(np.float32), numbers[order]
    colours, sure = np.full((count, 3), np.nan, np.float32), np.ones(count, bool)
    starts = np.searchsorted(numbers, np.arange(count + 1))
    for k in range(count):
        mine = values[starts[k] : starts[k + 1]]
        if len(mine) >= _LEAST:
            colours[k] = np.median(mine, axis=0)
            sure[k] = (np.abs(mine - colours[k]).max(1) > _OTHER).mean() < _UNSURE
    known = np.flatnonzero(~np.isnan(colours[:, 0]))
    if not len(known):
        usual = np.median(picture[slices.number >= 0], 0).astype(np.float32)
        return np.broadcast_to(usual, picture.shape), slices.number >= 0
    filled = np.stack([np.interp(np.arange(count), known, colours[known, k]) for k in range(3)], 1).astype(np.float32)
    filled = cv2.medianBlur(filled[:, None], 5)
    filled = cv2.bilateralFilter(_without_shadows(filled), *_CALM)[:, 0]
    number = np.maximum(slices.number, 0)
    whole = number.astype(int)
    part = (number - whole)[..., None]
    return filled[whole] * (1 - part) + filled[whole + 1] * part, sure[whole] | (slices.side < 1)


def _without_shadows(colours: np.ndarray) -> np.ndarray:
    """Colours along a limb, (N, 1, 3) float32, without short dark places that are light's and no other colour's."""
    closed = cv2.morphologyEx(colours, cv2.MORPH_CLOSE, np.ones((_SHADOW, 1), np.uint8))
    return np.where((closed - colours).max(2, keepdims=True) < _DARKER, closed, colours)


def _own(picture: np.ndarray, usual: np.ndarray, cloth: np.ndarray, slices: Slices) -> np.ndarray:
    """(H, W) bool: what only the front has: prints, letters, buttons."""
    lab, lab_usual = (cv2.cvtColor(np.float32(image) / 255, cv2.COLOR_RGB2LAB) for image in (picture, usual))
    sleeves, metre = slices.across >= FAR, slices.metre
    lit = np.clip(lab[..., 0] / np.maximum(lab_usual[..., 0], 1), *_SHADE)
    # In the shade of its own folds cloth is of a deeper colour, not of another one.
    chroma = np.maximum((lab_usual[..., 1:] ** 2).sum(2), 1)
    deeper = np.clip((lab[..., 1:] * lab_usual[..., 1:]).sum(2) / chroma, lit, np.where(lit < 1, _DEEPER, lit))
    hue = np.linalg.norm(lab[..., 1:] - lab_usual[..., 1:] * deeper[..., None], axis=2)
    lighter = lab[..., 0] - lab_usual[..., 0]
    light = np.maximum(lighter, -lighter * np.where(sleeves, _LIGHT / _DARK_SLEEVES, 1))
    off = np.maximum(hue / _HUE, light / _LIGHT)
    for limb in (cloth & sleeves, cloth & ~sleeves):  # sleeves may have tiers, or folds that a trunk has not
        beside = limb & (slices.side >= _SIDES)
        if beside.any():
            off[limb] /= max(1.0, _UNEVEN * float(np.percentile(off[beside], _MOST)))
    told = _dense((off > 1) & cloth, metre)
    told |= _dense((off > _WEAK) & cloth & grown(told, _NEAR * metre), metre)
    told = cv2.morphologyEx(told.astype(np.uint8), cv2.MORPH_CLOSE, disc(_JOINED * metre)) > 0
    return grown(told, _AROUND * metre) & (slices.number >= 0)


def _dense(told: np.ndarray, metre: float) -> np.ndarray:
    return cv2.GaussianBlur(told.astype(np.float32), (0, 0), _DENSE * metre) > _OF


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
