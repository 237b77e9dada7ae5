"""Finding the key points of tops, dresses and coats in their outline."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments.frills import gap_beside_body, is_frilled
from mcld_app.body.garments.outline import Dent, Outline
from mcld_app.body.garments.sleeves import outer_cuff
from mcld_app.errors import PictureError

_SIDES = (("left", 1), ("right", -1))  # the wearer's left lies to the picture's right
_SHARP = 152.0  # degrees; a blunter dent is a waist
_DEEP = 0.10  # heights; a dent that deep may be blunt
_STANDS_OUT = 0.06  # widths that a sleeve goes out beyond its armpit, at least
_STEEP = 1.7  # how far a sleeve's end may lie above its armpit, for each pixel that it lies farther out
_SHOULDER = 0.92  # of an armpit's distance from the axis, a shoulder's
_TALL_CHEST, _ABOVE = 1.02, 0.05  # chest widths, heights: sleeves that lie on the body hide its armpits
_LEVEL = 0.04  # heights by which armpits may differ
_CORNER = 0.10  # heights, and chest widths, that a hem's corner lies above and outside of where it ends
_FARTHER = 1.25  # times as far from the axis as the other end of a hem: there lies a sleeve
_SLEEVES_LOWER = 0.3  # heights below a hem to which sleeves may hang
_ARMHOLE = 0.55  # chest widths from the shoulders down to the armpits, about
_ARMPIT_DOWN, _BODY_SHARE = 0.62, 0.62  # hem widths from neck to armpit; the body's share of body and sleeves

Places = dict[str, np.ndarray]


def find_upper(outline: Outline) -> tuple[Places, frozenset[str]]:
    """The key points of a top, dress or coat.

    Returns:
        name -> (2,) x, y in pixels, and the names that the outline does not show.

    Raises:
        PictureError: where there is neither a neck nor an armpit nor a sleeve.
    """
    neck = _neck(outline)
    corners = _neck_corners(outline, neck)
    neckline = neck.place if neck else np.array([outline.axis, min(c[1] for c in corners.values())])
    if is_frilled(outline):
        armpits = {side: _gap(outline, sign) for side, sign in _SIDES}
    else:
        armpits = {side: _armpit(outline, sign, corners[side], neck) for side, sign in _SIDES}
    places: Places = {"neckline": np.array([outline.axis, neckline[1]])}
    guessed: set[str] = set()
    if all(dent is None for dent in armpits.values()):
        places |= _armholes(outline, corners)
        chest = places["left_armpit"][0] - places["right_armpit"][0]
        return places | _hem(outline, chest), frozenset({"left_armpit", "right_armpit"})
    for side, other in (("left", "right"), ("right", "left")):
        dent = armpits[side]
        if dent is None:
            x, y = armpits[other].place
            places[f"{side}_armpit"] = outline.nearest(np.array([2 * outline.axis - x, y]))
            guessed |= {f"{side}_armpit", f"{side}_cuff"}
        else:
            places[f"{side}_armpit"] = dent.place
    guessed |= _level(outline, places)
    places |= _hem(outline, places["left_armpit"][0] - places["right_armpit"][0])
    for side, _ in _SIDES:
        places[f"{side}_cuff"] = outer_cuff(outline, corners[side], places[f"{side}_armpit"])
    guessed |= _hem_behind_sleeve(outline, places)
    if _armpits_hidden(outline, places, corners):
        guessed |= {"left_armpit", "right_armpit"}
        _guess_armpits(outline, places, corners)
    for side, _ in _SIDES:
        places[f"{side}_shoulder"] = shoulder_of(outline, side, corners[side], places)
    return places, frozenset(guessed)


def check_upper(outline: Outline, kind: str) -> None:
    """Whether an outline can be that of a top, dress or coat; PictureError where it is folded, or something else."""
    if outline.likeness < 0.62:
        raise PictureError(
            f"This does not look like a {kind} laid out flat: its two sides differ too much. Lay it out with its sides "
            "alike, or choose another kind."
        )
    if outline.solidity > 0.965 and not outline.dents:
        raise PictureError(
            f"This outline shows no neck, no sleeves and no armpits, so it is no {kind} laid out flat; is it folded? "
            "Spread it out, or choose another kind."
        )


def _neck(outline: Outline) -> Dent | None:
    """The deepest dent that opens upwards near the axis."""
    found = [
        dent for dent in outline.dents
        if abs(dent.place[0] - outline.axis) < 0.16 * outline.width
        and dent.place[1] < outline.top + 0.65 * outline.height
        and dent.ends[:, 1].max() < outline.top + 0.35 * outline.height
        and (dent.ends[:, 0].min() < outline.axis < dent.ends[:, 0].max())
    ]  # fmt: skip
    return max(found, key=lambda dent: dent.depth, default=None)


def _neck_corners(outline: Outline, neck: Dent | None) -> Places:
    if neck is not None:
        a, b = sorted(neck.ends, key=lambda end: end[0])
        return {"right": a, "left": b}
    high = outline.contour[outline.contour[:, 1] < outline.top + 0.03 * outline.height]
    return {"right": high[high[:, 0].argmin()], "left": high[high[:, 0].argmax()]}


def _armpit(outline: Outline, sign: int, corner: np.ndarray, neck: Dent | None) -> Dent | None:
    best, most = None, 0.0
    for dent in outline.dents:
        out = sign * (dent.place[0] - outline.axis)
        low = (dent.place[1] - outline.top) / outline.height
        if dent is neck or out < 0.10 * outline.width or not 0.06 < low < 0.8:
            continue
        if dent.angle >= _SHARP and dent.depth < _DEEP * outline.height:
            continue
        way = outline.way(corner, dent.place)
        outwards = sign * (way[:, 0] - outline.axis) - out
        end = int(outwards.argmax())
        if outwards[end] < _STANDS_OUT * outline.width:
            continue
        if dent.place[1] - way[end, 1] > _STEEP * outwards[end]:
            continue  # a bust above a waist
        weight = dent.depth * (1.6 if dent.angle < 120 else 1.0) * (1.0 if low < 0.6 else 0.5)
        if weight > most:
            best, most = dent, weight
    return best


def _gap(outline: Outline, sign: int) -> Dent | None:
    place = gap_beside_body(outline, sign)
    return None if place is None else Dent(outline.nearest(place), np.stack([place, place]), 0.0, 0.0)


def shoulder_of(outline: Outline, side: str, corner: np.ndarray, places: Places) -> np.ndarray:
    """(2,) the tip of the shoulder on a side, "left" or "right": where the outline, on its way from the neck's corner
    to the cuff, has come nearly as far out as the armpit lies."""
    armpit, cuff = places[f"{side}_armpit"], places[f"{side}_cuff"]
    way = outline.way(corner, cuff)
    x = outline.axis + _SHOULDER * (armpit[0] - outline.axis)
    return way[(np.abs(way[:, 0] - x) + 1e3 * (way[:, 1] > armpit[1])).argmin()]


def _armpits_hidden(outline: Outline, places: Places, corners: Places) -> bool:
    """Whether the sleeves lie against the body, so that the dent beside it is far below the armpit."""
    neck = np.mean([corner[1] for corner in corners.values()])
    pits = [places[f"{side}_armpit"] for side in ("left", "right")]
    chest = max(abs(pits[0][0] - pits[1][0]), 1.0)
    above = np.mean([places[f"{side}_armpit"][1] - places[f"{side}_cuff"][1] for side in ("left", "right")])
    return bool(np.mean([p[1] for p in pits]) - neck > _TALL_CHEST * chest and above < _ABOVE * outline.height)


def _level(outline: Outline, places: Places) -> set[str]:
    """Where one armpit is far lower than the other, a sleeve lies on the body there: it is mirrored."""
    high, low = sorted(("left_armpit", "right_armpit"), key=lambda name: places[name][1])
    if places[low][1] - places[high][1] < _LEVEL * outline.height:
        return set()
    x, y = places[high]
    places[low] = np.array([2 * outline.axis - x, y])
    return {low}


def _guess_armpits(outline: Outline, places: Places, corners: Places) -> None:
    neck = np.mean([corner[1] for corner in corners.values()])
    width = min(abs(places["left_hem"][0] - places["right_hem"][0]), _BODY_SHARE * outline.width)
    for side, sign in _SIDES:
        places[f"{side}_armpit"] = np.array([outline.axis + sign * 0.49 * width, neck + _ARMPIT_DOWN * width])


def _hem_behind_sleeve(outline: Outline, places: Places) -> set[str]:
    """Where a sleeve hangs over one end of the hem, that end is mirrored."""
    off = {side: sign * (places[f"{side}_hem"][0] - outline.axis) for side, sign in _SIDES}
    far, near = sorted(off, key=lambda side: -off[side])
    x, y = places[f"{near}_hem"]
    if off[far] < _FARTHER * off[near] or places[f"{far}_cuff"][1] < y - _CORNER * outline.height:
        return set()
    places[f"{far}_hem"] = np.array([2 * outline.axis - x, y])
    return {f"{far}_hem"}


def _hem(outline: Outline, chest: float) -> Places:
    """The ends of the last wide row: ties and points hang below it."""
    bottom = _lowest_in_middle(outline)
    y, run = bottom - 0.02 * outline.height, None
    for share in np.linspace(0.02, 0.3, 29):
        y = bottom - share * outline.height
        run = outline.middle_run(y)
        if run is not None and run[1] - run[0] > 0.7 * chest:
            break
    if run is None:
        return {name: np.array([outline.axis, y]) for name in ("left_hem", "right_hem")}
    # A hem hangs down in the middle, and its corners are round: it ends where it is widest just above.
    above = [own for share in np.linspace(0, _CORNER, 6) if (own := outline.middle_run(y - share * outline.height))]
    out = {}
    for side, sign in _SIDES:
        ends = [own[1] - outline.axis if sign > 0 else outline.axis - own[0] for own in above]
        reach = min(max(ends), ends[0] + _CORNER * chest)
        out[f"{side}_hem"] = outline.lower_corner(sign, y, reach, bottom)
    return out


def _lowest_in_middle(outline: Outline) -> float:
    """The lowest row that the garment has in its middle; sleeves may hang lower than its hem."""
    for y in range(int(outline.bottom), int(outline.bottom - _SLEEVES_LOWER * outline.height), -1):
        run = outline.middle_run(y)
        if run is not None and run[0] <= outline.axis <= run[1]:
            return float(y)
    return outline.bottom


def _armholes(outline: Outline, corners: Places) -> Places:
    """Without sleeves: an armhole ends where, below its narrowest row, the body has its full width."""
    rows = np.arange(outline.top + 0.02 * outline.height, outline.bottom)
    ends = np.array([[runs[0][0], runs[-1][1]] if (runs := outline.runs(y)) else [outline.axis] * 2 for y in rows])
    width = (ends[:, 1] - ends[:, 0]).astype(float)
    usual = int((rows - outline.top > _ARMHOLE * np.maximum(width, 1)).argmax())
    reach = max(8, min(round(1.35 * usual), len(rows)))
    narrow = int(width[reach // 10 : reach // 2].argmin()) + reach // 10 if reach >= 20 else 0
    at = narrow + int((width[narrow:reach] >= 0.97 * width[narrow:reach].max()).argmax())
    if at <= narrow + 1:  # straight sides
        at = min(usual, reach - 1)
    y = rows[at]
    out = {"right_armpit": np.array([ends[at, 0], y], float), "left_armpit": np.array([ends[at, 1], y], float)}
    for side, _ in _SIDES:
        way = outline.way(corners[side], out[f"{side}_armpit"])
        out[f"{side}_shoulder"] = way[int(0.12 * (len(way) - 1))]
    return out
