"""Laying trousers, shorts or a skirt on the mannequin."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments import body_lines as lines
from mcld_app.body.garments.lower_points import gone_on, leg_run
from mcld_app.body.garments.outline import Outline
from mcld_app.body.garments.pairing import RIM, Fit, LimbWidths, Pairs
from mcld_app.body.garments.waistline import WAIST, lowered

_SIDES = (("left", 1), ("right", -1))
_WAIST, _CROTCH = WAIST, 0.868  # metres above the floor
_UNEVEN = 0.03  # metres below a waist, from where up its own picture says where it ends
_LOWEST = 0.26  # metres from the waistband to the lowest crotch that is laid on a body's
_WIDTH = {"trousers": 0.37, "shorts": 0.37, "skirt": 0.34}  # metres across a waistband
_ROUND = 0.41  # metres over the front of a body's waist
_HIP = float(lines.BONES["left_hip"][1][1])  # metres above the floor
_LONGEST = {"trousers": 1.05, "shorts": 0.70, "skirt": 0.98}  # metres from there to the hem
_ANKLE = 0.135  # metres above the floor: below, the foot begins in an uneven line
_HEM = {"trousers": (0.07, 0.60), "shorts": (0.40, 0.80), "skirt": (0.10, 0.82)}
_FITS = {"trousers": 0.95, "shorts": 1.14}  # of a thigh's girth: shorts hang from the hips, and stretch nowhere
_SHORTS = (0.40, 0.46, 0.50, 0.80), (0.40, 0.46, 0.57, 0.80)  # measured, worn: none ends on the knee, which bends
_ARMS = {"left_shoulder.raise": 64.0, "right_shoulder.raise": 64.0}
_APART = {"left_hip.side": 8.0, "right_hip.side": 8.0}


def fit_legs(
    outline: Outline, points: dict[str, np.ndarray], kind: str, dragged: frozenset[str] = frozenset()
) -> Fit:
    """How trousers or shorts are laid on the mannequin; `points` in pixels, see `points.LABELS`, and the names of those
    that a person put where they are."""
    waist_row, hem_row = _row(points, "waist"), _row(points, "hem")
    metre, worn = _metre_and_hem(points, kind, hem_row - waist_row)
    hem = max(worn, _ANKLE)
    # A crotch that hangs low is on nobody's body: down to it the cloth is parted in the middle.
    crotch = np.array([points["crotch"][0], min(points["crotch"][1], waist_row + _LOWEST * metre)])
    pairs, widths = Pairs(), []
    for side, sign in _SIDES:
        waist, outer, inner = (points[f"{side}_{name}"] for name in ("waist", "hem", "inner_hem"))
        for share in np.linspace(0, 1, 5):
            row = waist[1] + (crotch[1] - waist[1]) * share
            x = waist[0] if share == 0 else _edge(outline, row, sign)
            pairs.add(lines.side(_WAIST + (_CROTCH - _WAIST) * share), (x, row), sign)
        seen = []
        for share in np.linspace(0, 1, 8)[1:]:
            y, row = _CROTCH + (hem - _CROTCH) * share, crotch[1] + (outer[1] - crotch[1]) * share
            first, last = leg_run(outline, row, crotch[0], sign)
            ends = (last - RIM, first + RIM) if sign > 0 else (first + RIM, last - RIM)
            if share == 1:
                ends = (outer[0] - sign * RIM, inner[0] + sign * RIM)
                if not dragged & {f"{side}_hem", f"{side}_inner_hem"}:
                    ends = gone_on(seen, ends, sign)
            seen.append(ends)
            pairs.add(lines.side(y), (ends[0], row), sign)
            pairs.add(lines.inner_leg(y), (ends[1], row), sign)
            widths.append((_HIP - y, (abs(ends[0] - ends[1]) + 2 * RIM) / metre))
    axis = (points["left_waist"][0] + points["right_waist"][0]) / 2
    pairs.add(_front(_WAIST), (axis, waist_row))
    pairs.add(_front(0.96), ((axis + crotch[0]) / 2, waist_row + (crotch[1] - waist_row) * 0.52))
    pairs.add(lines.front(_CROTCH + 0.01), crotch - (0, RIM))
    found, places = pairs.done()
    rows = np.array([_WAIST, _CROTCH, hem]), np.array([waist_row, crotch[1], hem_row])
    along, across = np.mean([widths[: len(widths) // 2], widths[len(widths) // 2 :]], axis=0).T
    legs = LimbWidths("leg", along, across, _HIP - worn, _FITS[kind])
    girth = _ROUND / _WIDTH[kind]
    return Fit(found, places, _ARMS | _APART, metre, _WAIST, hem, _WAIST - _UNEVEN, -1.0, rows, girth, legs)


def fit_skirt(outline: Outline, points: dict[str, np.ndarray]) -> Fit:
    """How a skirt is laid on the mannequin: on the legs, as well as they let."""
    waist_row, hem_row = _row(points, "waist"), _row(points, "hem")
    metre, hem = _metre_and_hem(points, "skirt", hem_row - waist_row)
    axis = (points["left_waist"][0] + points["right_waist"][0]) / 2
    pairs = Pairs()
    for share in np.linspace(0, 1, 10):
        y, row = _WAIST + (hem - _WAIST) * share, waist_row + (hem_row - waist_row) * share
        for side, sign in _SIDES:
            x = points[f"{side}_waist"][0] if share == 0 else _edge(outline, row, sign)
            pairs.add(lines.side(y), (x, row), sign)
            if y < _CROTCH - 0.01:
                pairs.add(lines.inner_leg(y), (axis + sign * 0.06 * abs(x - axis), row), sign)
        if y > 0.90:
            pairs.add(_front(y), (axis, row))
    found, places = pairs.done()
    rows = np.array([_WAIST, hem]), np.array([waist_row, hem_row])
    return Fit(found, places, _ARMS, metre, _WAIST, hem, _WAIST - _UNEVEN, -1.0, rows, _ROUND / _WIDTH["skirt"])


def _metre_and_hem(points: dict[str, np.ndarray], kind: str, length: float) -> tuple[float, float]:
    across = max(abs(points["left_waist"][0] - points["right_waist"][0]), 1.0)
    metre = max(across / _WIDTH[kind], length / _LONGEST[kind], 1.0)
    hem = float(np.clip(_WAIST - length / metre, *_HEM[kind]))
    return metre, float(np.interp(hem, *_SHORTS)) if kind == "shorts" else hem


def _front(y: float) -> lines.SurfacePoints:
    """The front's middle where what is `y` metres high at a body's sides lies."""
    depth = lines.front(y).at(lines.body_mesh().rest)[0, 2]
    return lines.front(y - float(lowered(np.float64(y), depth)))


def _row(points: dict[str, np.ndarray], name: str) -> float:
    return float((points[f"left_{name}"][1] + points[f"right_{name}"][1]) / 2)


def _edge(outline: Outline, row: float, sign: int) -> float:
    """x of the garment's outer side in a row."""
    runs = outline.runs(row)
    if not runs:
        return outline.axis
    return runs[-1][1] - RIM if sign > 0 else runs[0][0] + RIM
