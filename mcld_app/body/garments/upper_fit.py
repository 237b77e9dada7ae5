"""Laying a top, dress or coat on the mannequin: its scale, the mannequin's arms, and what comes to lie where."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np

from mcld_app.body.garments import body_lines as lines
from mcld_app.body.garments.frills import is_frilled
from mcld_app.body.garments.neckline import neck_corners
from mcld_app.body.garments.outline import Outline, length_of, resampled
from mcld_app.body.garments.pairing import RIM, Fit, LimbWidths, Pairs
from mcld_app.body.garments.sleeve_pairs import SEEN, add_armhole, add_sleeve, seam_top, seen_from
from mcld_app.body.garments.sleeves import SLICES, is_hidden, lower_edge, outer_column, sleeve_widths

_SIDES = (("left", 1), ("right", -1))
_NECK = 1.515  # metres above the floor: where a shoulder's line meets the neck
_NECK_X, _TIP_X = (0.062, 0.150), 0.175  # metres from the middle: a neckline's corner, the shoulder's tip
_SEAM_X = 0.20  # metres from the middle, where shoulder and arm meet
_BESIDE = 0.014  # metres off the seam, on the trunk, that are looked at
_FULL_SLEEVE = 0.44  # metres from the shoulder joint; a longer sleeve ends at the wrist
_CUFF = lines.WRIST - 0.015  # just above it: beyond, the hand's edge would be the cuff's
_SLEEVES = (0.0, 0.22, 0.40, 0.60), (0.0, 0.22, 0.265, 0.60)  # measured, worn: none ends just below the elbow
_STRAP, _FAR_OUT = 0.05, 0.115  # metres; a narrower shoulder, and farther out than a neck reaches, is a strap
_STRAP_IN = 0.80  # of the way out that it lies on a dummy's front, on a shoulder
_NARROWS = 0.5  # of a sleeve's width just above it that a cuff has at least: round ends show none
_SLOPE = 1.08  # metres along a shoulder's line for a metre across
_ARMHOLE = 0.06  # metres down the arm from the shoulder joint, at which a sleeve begins, on the mean of its edges
_ARM = 6.0  # degrees from the trunk of an arm that is not raised
_RAISED = (12.0, 80.0)
_ARMPIT = (1.23, 1.33)  # metres above the floor within which an armpit is laid: loose cuts keep their prints' places
_ROUND = 0.6  # of the neck's half width, where its arc is met once more
_ROUNDER = (0.075, 0.10), (1.15, 1.06)  # times as deep as in the picture it lies there, by half a neck's metres: worn,
# a narrow round neck between sloping shoulders would look like a V
_DROP = (0.04, 0.09, 0.16, 0.24), (0.04, 0.09, 0.18, 0.26)  # metres: a neckline's depth in a picture, and worn
_TRUE = 1.08  # metres above the floor to which a top that is longer than it may be keeps its scale
_LONGEST_TOP = 0.74  # metres above the floor, to which a top may hang
_HEM = {"top": (0.96, 1.20), "coat": (0.30, 0.98), "dress": (0.10, 0.86)}
_CHEST = (0.53, 0.44, 0.325)  # metres of a boxy top, of a usual one laid flat, and of one worn by a dummy
_LENGTH, _SHOULDERS, _NECK_WIDTH = 0.61, 0.38, 0.19
_SLENDER = (1.15, 1.4, 1.95)  # their lengths in chest widths: a body's sides are not seen from the front
_EASE = (1.10, 1.08, 1.0)  # how much wider than the body in them these are
_COAT_CHEST, _COAT_SHOULDERS = 0.52, 0.44  # metres
_ROUND_CHEST, _ROUND_TOP = 0.46, 0.44  # metres over the front of a body's chest, from armpit to armpit; of a top's
_SLEEVELESS, _DRESS_CHEST, _DRESS_LENGTH = 0.34, 0.40, 1.42  # metres: chests without and with sleeves; the longest
_ASIDE = (0.04, 0.075)  # metres from the middle, where prints keep their size: one place alone would draw them out
_FLAT = 1.05  # metres along a chest's surface that a metre of its front view is, near the middle
_STICKS_OUT = 1.15  # of the straight line from armpit to hem; farther out lies a sleeve


def fit_upper(
    outline: Outline, points: dict[str, np.ndarray], kind: str, dragged: frozenset[str] = frozenset()
) -> Fit:
    """How a top, dress or coat is laid on the mannequin.

    Args:
        outline: of the garment.
        points: its key points in pixels, see `points.LABELS`; without cuffs it has no sleeves.
        kind: "top", "dress" or "coat".
        dragged: the names of those that a person put where they are.
    """
    sleeves = "left_cuff" in points
    corners = dict(zip(("right", "left"), neck_corners(outline, points), strict=True))
    axis = float(np.mean([points["left_armpit"][0], points["right_armpit"][0], points["neckline"][0]]))
    neck_row = float(np.mean([corner[1] for corner in corners.values()]))
    pit_row = float(np.mean([points[f"{side}_armpit"][1] for side, _ in _SIDES]))
    hem_row = float(np.mean([points[f"{side}_hem"][1] for side, _ in _SIDES]))
    length, neck = hem_row - neck_row, abs(corners["left"][0] - corners["right"][0])
    metre, chest = _metre(points, kind, sleeves, length, neck), _chest(points, kind, sleeves, length)
    high = _neck_height(float(np.clip(neck / 2 / metre, *_NECK_X)))
    armpit = float(np.clip(high - (pit_row - neck_row) / metre, *_ARMPIT))
    hem = float(np.clip(high - (hem_row - neck_row) / metre, *_HEM[kind]))
    heights, rows = [high, armpit, hem], [neck_row, pit_row, hem_row]
    true_row = neck_row + (high - _TRUE) * metre
    if hem < _TRUE and pit_row < true_row < hem_row - (_TRUE - hem) * metre:
        heights, rows = [high, armpit, _TRUE, hem], [neck_row, pit_row, true_row, hem_row]
    heights, rows = np.array(heights), np.array(rows)
    falls = None
    if kind == "top":
        true = float(np.clip(high - (hem_row - neck_row) / metre, _LONGEST_TOP, _HEM[kind][1]))
        falls = np.array([high, armpit, min(true, hem)]), np.array([neck_row, pit_row, hem_row])

    def row_at(y: float) -> float:
        return float(np.interp(y, heights[::-1], rows[::-1]))

    pairs, angles, reach, arms, on_arm = Pairs(), {}, -1.0, None, []
    if sleeves:
        ways = {side: outline.way(corners[side], points[f"{side}_cuff"]) for side, _ in _SIDES}
        long = np.mean([length_of(way) for way in ways.values()]) / metre
        measured = float(long) - _SLOPE * (lines.SHOULDER[0] - float(np.clip(neck / 2 / metre, *_NECK_X)))
        worn = float(np.interp(measured, *_SLEEVES))
        reach = _CUFF if worn > _FULL_SLEEVE else max(worn, 0.04)
    for side, sign in _SIDES:
        corner, pit = corners[side], points[f"{side}_armpit"]
        neck_x = float(np.clip(abs(corner[0] - axis) / metre, *_NECK_X))
        if sleeves:
            seam_x = max(_SEAM_X, neck_x + 0.02)
            if f"{side}_shoulder" not in dragged:
                points = {**points, f"{side}_shoulder": seam_top(ways[side], (seam_x - neck_x) * _SLOPE, reach)}
        tip = points[f"{side}_shoulder"]
        tip_x = seam_x if sleeves else float(np.clip(abs(tip[0] - axis) / metre, neck_x + 0.02, _TIP_X))
        if not sleeves and neck_x > _FAR_OUT and tip_x - neck_x < _STRAP:
            neck_x, tip_x = _STRAP_IN * neck_x, _STRAP_IN * tip_x
        pairs.add(lines.shoulder_line(neck_x), corner, sign)
        pairs.add(lines.shoulder_line(tip_x), tip, sign, arm=sleeves)
        pairs.add(lines.shoulder_line((neck_x + tip_x) / 2), resampled(outline.way(corner, tip), 3)[1], sign)
        pairs.add(lines.side(armpit), pit - (sign * (_BESIDE * metre if sleeves else 0), 0), sign)
        for share in np.linspace(0, 1, 8)[1:]:
            y = armpit + (hem - armpit) * share
            row = pit[1] + (points[f"{side}_hem"][1] - pit[1]) * (row_at(y) - pit_row) / max(hem_row - pit_row, 1.0)
            pairs.add(lines.side(y), (side_column(outline, points, row, side, axis), row), sign)
        angles[f"{side}_shoulder.raise"] = 34.0
    if sleeves:
        across, on_arm = [], []
        for side, sign in _SIDES:
            tip, pit, cuff = (points[f"{side}_{name}"] for name in ("shoulder", "armpit", "cuff"))
            inner = lower_edge(outline, pit, cuff, sign)[-1]
            along = (cuff + inner) / 2 - (tip + pit) / 2
            raised = np.clip(np.degrees(np.arctan2(sign * along[0], along[1])), *_RAISED)
            angles[f"{side}_shoulder.raise"] = float(raised - _ARM)
            seam = partial(_on_seam, tip, pit, row_at)
            hidden = is_hidden(outline, pit) and not is_frilled(outline)
            outer = partial(outer_column, outline, sign) if hidden else None
            drawn_in = f"{side}_shoulder" not in dragged
            add_armhole(pairs, seam, armpit, (axis, metre), sign, drawn_in=drawn_in, outer=outer)
            sewn = np.stack([seam(y) for y in np.linspace(lines.ARMHOLE[-1], min(armpit, lines.ARMHOLE[-1]), 5)])
            if outer is not None:
                sewn = np.stack([seen_from(outer, place, SEEN[-1] * metre, sign) for place in sewn])
            on_arm.append(add_sleeve(pairs, outline, points, side, sign, reach, sewn, metre))
            widths = sleeve_widths(outline, points, side, along)
            across.append(np.append(widths, max(np.linalg.norm(cuff - inner), _NARROWS * widths[-1])) / metre)
        along = _ARMHOLE + (max(reach, 0.10) - _ARMHOLE) * np.append((np.arange(SLICES) + 0.5) / SLICES, 1.0)
        arms = LimbWidths("arm", along, np.mean(across, axis=0))
    depth = float(np.clip((points["neckline"][1] - neck_row) / metre, 0.0, 0.24))
    drop = float(np.interp(depth, *_DROP))
    for side, sign in _SIDES:
        out = abs(corners[side][0] - axis) / metre
        _add_neck_arc(pairs, points["neckline"], corners[side], out, (high, drop), sign)
    _add_middle(pairs, outline, axis, metre, row_at, (high - drop, points["neckline"][1]), hem)
    found, places = pairs.done()
    limb = np.array(pairs.limb) if sleeves else None
    by_mask = (1.36 if sleeves else armpit) - 0.02
    loose = kind == "top" and sleeves
    girth = max(_ROUND_TOP / chest, 1.0) * _ease(points, length) if loose else max(_ROUND_CHEST / chest, 1.0)
    pit = float(np.mean(on_arm)) if sleeves else None
    return Fit(found, places, angles, metre, _NECK, hem, by_mask, reach, (heights, rows), girth, arms, falls, limb, pit)


def _on_seam(tip: np.ndarray, pit: np.ndarray, row_at: Callable[[float], float], y: float) -> np.ndarray:
    """(2,) where the seam from a shoulder's `tip` to its armpit, `pit`, in pixels, lies at a height `y` in metres."""
    share = float(np.clip((row_at(y) - tip[1]) / max(pit[1] - tip[1], 1.0), 0, 1))
    return tip + (pit - tip) * share


def _metre(
    points: dict[str, np.ndarray], kind: str, sleeves: bool, length: float, neck: float
) -> float:
    """Pixels of a metre of cloth. A chest may be laid flat or bulge, a top be cropped, shoulders dropped, a neck wide:
    the middle of what they say."""
    chest = _chest(points, kind, sleeves, length)
    if not sleeves:
        metre = _across(points, "armpit") / chest
    elif kind == "top":
        said = (_across(points, "armpit") / chest, length / _LENGTH, _across(points, "shoulder") / _SHOULDERS,
                neck / _NECK_WIDTH)  # fmt: skip
        metre = float(np.median(said))
    else:
        shoulders = _COAT_SHOULDERS if kind == "coat" else _SHOULDERS
        metre = (_across(points, "armpit") / chest + _across(points, "shoulder") / shoulders) / 2
    return max(metre, length / _DRESS_LENGTH, 1.0)


def _chest(points: dict[str, np.ndarray], kind: str, sleeves: bool, length: float) -> float:
    """Metres from armpit to armpit of a usual garment in such a picture."""
    if not sleeves:
        return _SLEEVELESS
    if kind == "top":
        return float(np.interp(length / _across(points, "armpit"), _SLENDER, _CHEST))
    return _COAT_CHEST if kind == "coat" else _DRESS_CHEST


def _ease(points: dict[str, np.ndarray], length: float) -> float:
    """How much wider than the body in it a top is cut: one that lies on a table; one on a dummy is as wide as that."""
    return float(np.interp(length / _across(points, "armpit"), _SLENDER, _EASE))


def _across(points: dict[str, np.ndarray], name: str) -> float:
    return max(abs(points[f"left_{name}"][0] - points[f"right_{name}"][0]), 1.0)


def side_column(
    outline: Outline, points: dict[str, np.ndarray], row: float, side: str, axis: float, rim: float = RIM
) -> float:
    """x of a garment's side, "left" or "right", in a row between armpit and hem, `rim` pixels inside: where the outline
    is, or, where a sleeve lies there, on the straight line from armpit to hem."""
    pit, hem, sign = points[f"{side}_armpit"], points[f"{side}_hem"], 1 if side == "left" else -1
    share = (row - pit[1]) / max(hem[1] - pit[1], 1.0)
    straight = pit[0] + (hem[0] - pit[0]) * share
    run = outline.middle_run(row)
    if run is None:
        return float(straight)
    seen = run[1] - rim if sign > 0 else run[0] + rim
    return float(straight if sign * (seen - axis) > _STICKS_OUT * sign * (straight - axis) else seen)


def _neck_height(x: float) -> float:
    """Metres above the floor at which a neckline's corner lies, `x` metres from the middle."""
    return float(lines.shoulder_line(x).at(lines.body_mesh().rest)[0, 1])


def _add_neck_arc(
    pairs: Pairs, neckline: np.ndarray, corner: np.ndarray, half_width: float, high_deep: tuple[float, float], sign: int
) -> None:
    """A point of the neckline between its corner and its front, so that a round neck stays round; `high_deep` are
    metres: the corner's height, and how far below it the front lies."""
    (high, deep), neck_x = high_deep, float(np.clip(half_width, *_NECK_X))
    deep *= float(np.interp(neck_x, *_ROUNDER))
    point = lines.front(high - deep * (1 - _ROUND**2), _ROUND * neck_x)
    x, y, _ = point.at(lines.body_mesh().rest)[0]
    out = float(np.clip(abs(x) / neck_x, 0.2, 0.9))
    drop = (high - y) / deep
    pairs.add(point, neckline * (1 - out, drop) + corner * (out, 1 - drop), sign)


def _add_middle(
    pairs: Pairs, outline: Outline, axis: float, metre: float, row_at, neckline: tuple[float, float], hem: float
) -> None:
    """The front's middle, and lines beside it at which prints keep their size."""
    pairs.add(lines.front(neckline[0]), (axis, neckline[1]))
    start = min(neckline[0] - 0.05, 1.40)
    rest = lines.body_mesh().rest
    for y in np.linspace(start, hem, max(2, round((start - hem) / 0.09) + 1)):
        row = row_at(y)
        run = outline.middle_run(row)
        if y > 0.90:
            pairs.add(lines.front(y), (axis, row))
        if run is None or y < 0.90 or y > 1.34:
            continue
        for aside, (sign, edge) in product(_ASIDE, ((1, run[1]), (-1, run[0]))):
            point = lines.front(y, aside)
            x = abs(float(point.at(rest)[0, 0]))
            even = x / lines.half_width(y) * abs(edge - axis)
            pairs.add(point, (axis + sign * min(even, _FLAT * x * metre), row), sign)
