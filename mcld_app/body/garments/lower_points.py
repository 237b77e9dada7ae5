"""Finding the key points of trousers, shorts and skirts in their outline."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments.outline import Outline
from mcld_app.errors import PictureError

_WAIST, _RISE = 0.37, 0.26  # metres: a waistband laid flat, and from there down to the crotch
_LONGEST = 1.08  # metres from waist to floor: a waistband gathered by elastic is narrower than a waist
_FAR = 0.13  # metres from where a crotch lies as a rule beyond which a dent is none
_LOST, _STEPS = 0.06, 7  # leg widths a hem's corner lies inside of where the leg goes on to; of a leg, to see that by
_LEAST = 0.02  # widths; a narrower stretch of a row is a thread

Places = dict[str, np.ndarray]


def find_legs(outline: Outline, wide: bool = False) -> tuple[Places, frozenset[str]]:
    """The key points of trousers or shorts: name -> (2,) x, y in pixels, and the names the outline does not show.
    `wide` legs, those of shorts, have no cuffs: a hem that is narrower than they are is lost on a ground of its own
    colour."""
    places, guessed = _waist(outline), frozenset()
    top, bottom, axis = outline.top, outline.bottom, outline.axis
    metre = max((places["left_waist"][0] - places["right_waist"][0]) / _WAIST, outline.height / _LONGEST, 1.0)
    usual = top + _RISE * metre
    dents = [
        dent for dent in outline.dents
        if abs(dent.place[0] - axis) < 0.2 * outline.width and dent.place[1] > top + 0.15 * outline.height
        and dent.ends[:, 1].min() > top + 0.5 * outline.height
    ]  # fmt: skip
    crotch = max(dents, key=lambda dent: dent.depth).place if dents else None
    if crotch is None or (abs(crotch[1] - usual) > _FAR * metre and not bottom - top < 1.6 * _RISE * metre):
        crotch, guessed = np.array([axis, min(usual, top + 0.75 * outline.height)]), frozenset({"crotch"})
    y = bottom - 0.03 * outline.height
    runs = _two_legs(outline.runs(y, _LEAST * outline.width), crotch[0])
    (a, b), (c, d) = runs
    step = (y - crotch[1]) / _STEPS
    if wide and step > 1:
        above = [_two_legs(outline.runs(y - k * step, _LEAST * outline.width), crotch[0]) for k in (2, 1)]
        a, b = gone_on([legs[0] for legs in above], (a, b), -1)
        d, c = gone_on([legs[1][::-1] for legs in above], (d, c), 1)
    places |= {"crotch": crotch, "right_hem": np.array([a, y]), "right_inner_hem": np.array([b, y])}
    places |= {"left_inner_hem": np.array([c, y]), "left_hem": np.array([d, y])}
    return {name: np.asarray(place, float) for name, place in places.items()}, guessed


def find_skirt(outline: Outline) -> tuple[Places, frozenset[str]]:
    """The key points of a skirt, as `find_legs`."""
    places = _waist(outline)
    for side, sign in (("left", 1), ("right", -1)):
        widest = float((sign * (outline.contour[:, 0] - outline.axis)).max())
        places[f"{side}_hem"] = outline.lower_corner(sign, outline.bottom, widest)
    return places, frozenset()


def check_lower(outline: Outline, kind: str) -> None:
    """Whether an outline can be that of trousers, shorts or a skirt; PictureError where it is something else."""
    what = f"This does not look like {'a skirt' if kind == 'skirt' else kind} laid out flat: "
    if outline.likeness < 0.55:
        raise PictureError(f"{what}its two sides differ too much. Lay it out with its sides alike.")
    if kind == "trousers" and outline.solidity > 0.95 and outline.height < 1.6 * outline.width:
        raise PictureError(f"{what}no legs stand out; is it folded? Spread it out, or choose another kind.")
    if outline.height < 0.5 * outline.width:
        raise PictureError(f"{what}it is far wider than long. Choose another picture, or another kind.")


def leg_run(outline: Outline, y: float, middle: float, sign: int) -> tuple[int, int]:
    """First and last column of one leg in a row: the wearer's left one (`sign` 1) lies to the picture's right."""
    right, left = _two_legs(outline.runs(y, _LEAST * outline.width), middle)
    return left if sign > 0 else right


def gone_on(above: list[tuple[float, float]], ends: tuple[float, float], sign: int) -> tuple[float, float]:
    """The outer and inner end of a leg's hem: as the leg goes on from above, where its corners are round, or lost on a
    ground of their own colour."""
    if len(above) < 2:
        return ends
    (outer, inner), (before_outer, before_inner) = above[-1], above[-2]
    goes_on = 2 * outer - before_outer, 2 * inner - before_inner
    slack = _LOST * abs(outer - inner)
    lost = sign * (goes_on[0] - ends[0]) > slack, sign * (ends[1] - goes_on[1]) > slack
    return (goes_on[0] if lost[0] else ends[0]), (goes_on[1] if lost[1] else ends[1])


def _two_legs(runs: list[tuple[int, int]], middle: float) -> tuple[tuple[int, int], tuple[int, int]]:
    """The two legs of a row, from left to right; legs that touch are parted in the middle."""
    at = round(middle)
    if not runs:
        return (at - 1, at - 1), (at, at)
    first, last = runs[0], runs[-1]
    if len(runs) > 1 and first[1] <= middle + 0.3 * (last[1] - first[0]) and last[0] >= first[1]:
        gap = max(range(len(runs) - 1), key=lambda k: runs[k + 1][0] - runs[k][1])
        return (first[0], runs[gap][1]), (runs[gap + 1][0], last[1])
    at = int(np.clip(at, first[0] + 1, max(last[1] - 1, first[0] + 1)))
    return (first[0], at - 1), (at, last[1])


def _waist(outline: Outline) -> Places:
    y = outline.top + 0.02 * outline.height
    for share in np.linspace(0.02, 0.12, 11):  # a button or a belt's end may stand up
        y = outline.top + share * outline.height
        runs = outline.runs(y)
        if runs and runs[-1][1] - runs[0][0] > 0.3 * outline.width:
            break
    runs = runs or [(round(outline.axis), round(outline.axis))]
    return {"right_waist": np.array([runs[0][0], y], float), "left_waist": np.array([runs[-1][1], y], float)}
