"""Laying a top, dress or coat on the mannequin: its scale, the mannequin's arms, and what comes to lie where."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments import body_lines as lines
from mcld_app.body.garments.neckline import neck_corners
from mcld_app.body.garments.outline import Outline, resampled
from mcld_app.body.garments.pairing import RIM, Fit, LimbWidths, Pairs
from mcld_app.body.garments.sleeves import SLICES, lower_edge, sleeve_widths

_SIDES = (("left", 1), ("right", -1))
_NECK = 1.515  # metres above the floor: where a shoulder's line meets the neck
_NECK_X, _TIP_X = (0.062, 0.150), 0.175  # metres from the middle: a neckline's corner, the shoulder's tip
_FULL_SLEEVE = 0.44  # metres from the shoulder joint; a longer sleeve ends at the wrist
_SLEEVES = (0.0, 0.22, 0.36, 0.60), (0.0, 0.22, 0.265, 0.60)  # measured, worn: none ends just below the elbow
_STRAP, _FAR_OUT = 0.05, 0.115  # metres; a narrower shoulder, and farther out than a neck reaches, is a strap
_STRAP_IN = 0.80  # of the way out that it lies on a dummy's front, on a shoulder
_SLOPE = 1.08  # metres along a shoulder's line for a metre across
_ARMHOLE = 0.06  # metres down the arm from the shoulder joint, at which a sleeve begins, on the mean of its edges
_ARM = 6.0  # degrees from the trunk of an arm that is not raised
_RAISED = (12.0, 80.0)
_ARMPIT = (1.23, 1.33)  # metres above the floor within which an armpit is laid: loose cuts keep their prints' places
_ROUND = 0.6  # of the neck's half width, where its arc is met once more
_TRUE = 1.08  # metres above the floor to which a top that is longer than it may be keeps its scale
_LONGEST_TOP = 0.74  # metres above the floor, to which a top may hang
_HEM = {"top": (0.96, 1.20), "coat": (0.30, 0.98), "dress": (0.10, 0.86)}
_CHEST = (0.54, 0.46, 0.35)  # metres of a boxy top, of a usual one laid flat, and of one worn by a dummy
_LENGTH, _SHOULDERS, _NECK_WIDTH = 0.65, 0.38, 0.19
_SLENDER = (1.15, 1.4, 1.95)  # their lengths in chest widths: a body's sides are not seen from the front
_COAT_CHEST, _COAT_SHOULDERS = 0.52, 0.44  # metres
_ROUND_CHEST = 0.46  # metres over the front of a body's chest, from armpit to armpit
_SLEEVELESS, _DRESS_CHEST, _DRESS_LENGTH = 0.34, 0.40, 1.42  # metres: chests without and with sleeves; the longest
_FLAT = 1.05  # metres along a chest's surface that a metre of its front view is, near the middle
_STICKS_OUT = 1.15  # of the straight line from armpit to hem; farther out lies a sleeve


def fit_upper(outline: Outline, points: dict[str, np.ndarray], kind: str) -> Fit:
    """How a top, dress or coat is laid on the mannequin.

    Args:
        outline: of the garment.
        points: its key points in pixels, see `points.LABELS`; without cuffs it has no sleeves.
        kind: "top", "dress" or "coat".
    """
    sleeves = "left_cuff" in points
    corners = dict(zip(("right", "left"), neck_corners(outline, points), strict=True))
    axis = float(np.mean([points["left_armpit"][0], points["right_armpit"][0], points["neckline"][0]]))
    neck_row = float(np.mean([corner[1] for corner in corners.values()]))
    pit_row = float(np.mean([points[f"{side}_armpit"][1] for side, _ in _SIDES]))
    hem_row = float(np.mean([points[f"{side}_hem"][1] for side, _ in _SIDES]))
    length, neck = hem_row - neck_row, abs(corners["left"][0] - corners["right"][0])
    metre, chest = _metre(points, kind, sleeves, length, neck), _chest(points, kind, sleeves, length)
    armpit = float(np.clip(_NECK - (pit_row - neck_row) / metre, *_ARMPIT))
    hem = float(np.clip(_NECK - (hem_row - neck_row) / metre, *_HEM[kind]))
    heights, rows = [_NECK, armpit, hem], [neck_row, pit_row, hem_row]
    true_row = neck_row + (_NECK - _TRUE) * metre
    if hem < _TRUE and pit_row < true_row < hem_row - (_TRUE - hem) * metre:
        heights, rows = [_NECK, armpit, _TRUE, hem], [neck_row, pit_row, true_row, hem_row]
    heights, rows = np.array(heights), np.array(rows)
    falls = None
    if kind == "top":
        true = float(np.clip(_NECK - (hem_row - neck_row) / metre, _LONGEST_TOP, _HEM[kind][1]))
        falls = np.array([_NECK, armpit, min(true, hem)]), np.array([neck_row, pit_row, hem_row])

    def row_at(y: float) -> float:
        return float(np.interp(y, heights[::-1], rows[::-1]))

    pairs, angles, reach, arms = Pairs(), {}, -1.0, None
    lengths, ways = [], {}
    for side, sign in _SIDES:
        corner, tip, pit = corners[side], points[f"{side}_shoulder"], points[f"{side}_armpit"]
        neck_x = float(np.clip(abs(corner[0] - axis) / metre, *_NECK_X))
        tip_x = _TIP_X if sleeves else float(np.clip(abs(tip[0] - axis) / metre, neck_x + 0.02, _TIP_X))
        if not sleeves and neck_x > _FAR_OUT and tip_x - neck_x < _STRAP:
            neck_x, tip_x = _STRAP_IN * neck_x, _STRAP_IN * tip_x
        pairs.add(lines.shoulder_line(neck_x), corner, sign)
        pairs.add(lines.shoulder_line(tip_x), tip, sign)
        pairs.add(lines.shoulder_line((neck_x + tip_x) / 2), resampled(outline.way(corner, tip), 3)[1], sign)
        pairs.add(lines.side(armpit), pit, sign)
        for share in np.linspace(0, 1, 8)[1:]:
            y = armpit + (hem - armpit) * share
            row = pit[1] + (points[f"{side}_hem"][1] - pit[1]) * (row_at(y) - pit_row) / max(hem_row - pit_row, 1.0)
            pairs.add(lines.side(y), (side_column(outline, points, row, side, axis), row), sign)
        if sleeves:
            cuff = points[f"{side}_cuff"]
            along = (cuff + lower_edge(outline, pit, cuff, sign)[-1]) / 2 - (tip + pit) / 2
            ways[side] = along
            raised = np.clip(np.degrees(np.arctan2(sign * along[0], along[1])), *_RAISED)
            angles[f"{side}_shoulder.raise"] = float(raised - _ARM)
            long = (np.linalg.norm(tip - corner) + np.linalg.norm(cuff - tip)) / metre
            lengths.append(float(long) - _SLOPE * (lines.SHOULDER[0] - neck_x))
        else:
            angles[f"{side}_shoulder.raise"] = 34.0
    if sleeves:
        length = float(np.interp(np.mean(lengths), *_SLEEVES))
        reach = lines.WRIST if length > _FULL_SLEEVE else max(length, 0.04)
        for side, sign in _SIDES:
            _add_sleeve(pairs, outline, points, side, sign, reach)
        across = np.mean([sleeve_widths(outline, points, side, way) for side, way in ways.items()], axis=0) / metre
        along = _ARMHOLE + (max(reach, 0.10) - _ARMHOLE) * np.append((np.arange(SLICES) + 0.5) / SLICES, 1.0)
        arms = LimbWidths("arm", along, np.append(across, across[-1]))
    depth = float(np.clip((points["neckline"][1] - neck_row) / metre, 0.0, 0.24))
    for side, sign in _SIDES:
        _add_neck_arc(pairs, points["neckline"], corners[side], abs(corners[side][0] - axis) / metre, depth, sign)
    _add_middle(pairs, outline, axis, metre, row_at, (_NECK - 0.02 - depth, points["neckline"][1]), hem)
    found, places = pairs.done()
    high = (1.36 if sleeves else armpit) - 0.02
    girth = max(_ROUND_CHEST / chest, 1.0)
    return Fit(found, places, angles, metre, _NECK, hem, high, reach, (heights, rows), girth, arms, falls)


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


def _add_sleeve(
    pairs: Pairs, outline: Outline, points: dict[str, np.ndarray], side: str, sign: int, reach: float
) -> None:
    tip, pit, cuff = (points[f"{side}_{name}"] for name in ("shoulder", "armpit", "cuff"))
    upper = resampled(outline.way(tip, cuff), 6)
    lower = resampled(lower_edge(outline, pit, cuff, sign), 6)
    for share, above, below in zip(np.linspace(0, 1, 6)[1:], upper[1:], lower[1:], strict=True):
        pairs.add(lines.arm_edge(0.02 + (reach - 0.02) * share, True), above, sign)
        if reach > 0.11:
            pairs.add(lines.arm_edge(0.10 + (reach - 0.10) * share, False), below, sign)
    if reach <= 0.11:
        pairs.add(lines.arm_edge(max(reach, 0.10), False), lower[-1], sign)


def _add_neck_arc(
    pairs: Pairs, neckline: np.ndarray, corner: np.ndarray, half_width: float, depth: float, sign: int
) -> None:
    """A point of the neckline between its corner and its front, so that a round neck stays round."""
    neck_x = float(np.clip(half_width, *_NECK_X))
    point = lines.front(_NECK - (0.02 + depth) * (1 - _ROUND**2), _ROUND * neck_x)
    x, y, _ = point.at(lines.body_mesh().rest)[0]
    out = float(np.clip(abs(x) / neck_x, 0.2, 0.9))
    drop = (_NECK - y) / (0.02 + depth)
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
        for sign, edge in ((1, run[1]), (-1, run[0])):
            point = lines.front(y, 0.075)
            x = abs(float(point.at(rest)[0, 0]))
            even = x / lines.half_width(y) * abs(edge - axis)
            pairs.add(point, (axis + sign * min(even, _FLAT * x * metre), row), sign)
