"""What of a garment goes around trunk and legs as a whole: its rows, its hem and its openings, for a shell to take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcld_app.body.garments.outline import Outline
from mcld_app.body.garments.pairing import RIM, Fit
from mcld_app.body.garments.upper_fit import side_column
from mcld_app.body.shells.areas import opened, touching

_ROWS, _HEM = 24, 0.03  # rows of what goes around the body, and the share of them at a hem's corners
_HEM_ARC = 0.15  # of the cloth's length that a hem may lie above or below its corners
_SLANTED = 0.08  # pixels down for one across, from which on a hem was cut so; less is how it was laid
_SEAM, _OFF_SEAM = 0.03, 0.022  # metres below an armpit from where on cloth keeps off a sleeve's seam; by as many
_SLIT = 0.006  # metres; what is narrower is no opening


@dataclass(frozen=True, eq=False)
class Fall:
    """What of a garment goes around trunk and legs as a whole, for a shell to take.

    Attributes:
        picture: (H, W, 3) uint8 RGB, the garment's colours, drawn outwards over its rim.
        mask: (H, W) bool, the garment.
        heights: (N,) float64, metres above the floor on the resting mannequin, falling.
        rows: (N,) float64, the picture's rows there.
        ends: (N, 2) float64, first and last column of the garment there.
        metre: pixels of the picture that a metre of cloth takes.
        open: (H, W) bool, where it is open from its hem upwards: between a coat's edges, in a slit.
        hem: (W,) float64, the row in which each column ends: a hem that is level when worn hangs down in a picture.
        slant: pixels that its hem falls for one to the right, as it was cut; 0 for one that is level when worn.
        painted: where on the picture the garment laid on the body has each of N places of the trunk, (N, 3) metres at
            rest: (N, 2) float64; what stands off goes on from there.
    """

    picture: np.ndarray
    mask: np.ndarray
    heights: np.ndarray
    rows: np.ndarray
    ends: np.ndarray
    metre: float
    open: np.ndarray
    hem: np.ndarray
    slant: float
    painted: Callable[[np.ndarray], np.ndarray]


def cloth_around(
    colours: np.ndarray, mask: np.ndarray, outline: Outline, places: dict[str, np.ndarray], fit: Fit,
    painted: Callable[[np.ndarray], np.ndarray], top: float,
) -> Fall:  # fmt: skip
    """The cloth from a height in metres down to the hem."""
    known_heights, known_rows = fit.falls or fit.rows
    heights = np.linspace(top, known_heights[-1], _ROWS)
    rows = np.interp(heights, known_heights[::-1], known_rows[::-1])
    # The corners of a hem are round: it is as wide as just above.
    looked = np.minimum(rows, rows[-1] - _HEM * (rows[-1] - rows[0]))
    if "neckline" in places:  # a sleeve may hang beside it
        axis = float(places["neckline"][0])
        sides = [[side_column(outline, places, row, side, axis, 0) for side in ("right", "left")] for row in looked]
        if "left_cuff" in places:
            sides = _inside_sleeves(np.array(sides), looked, places, fit.metre)
    else:
        sides = [outline.middle_run(row) or (outline.axis, outline.axis) for row in looked]
    rows = np.clip(rows, 0, mask.shape[0] - 1)  # a point may be dragged out of the picture
    ends = np.clip(np.array(sides, float), 0, mask.shape[1] - 1)
    gaps = _openings(mask, rows, ends, fit.metre)
    hem = _hem_of(mask, rows, ends)
    return Fall(colours, mask, heights, rows, ends, fit.metre, gaps, hem, _slant(hem, ends[-1]), painted)


def _inside_sleeves(
    sides: np.ndarray, rows: np.ndarray, places: dict[str, np.ndarray], metre: float
) -> np.ndarray:
    """Ends (N, 2) of rows (N,), those beside and above the armpits moved inwards, off the sleeves and their seams."""
    out = sides.copy()
    for column, (side, sign) in enumerate((("right", -1), ("left", 1))):
        tip, pit = places[f"{side}_shoulder"], places[f"{side}_armpit"]
        share = np.clip((pit[1] - rows) / max(pit[1] - tip[1], 1.0), 0, 1)
        seam = pit[0] + np.minimum(sign * (tip[0] - pit[0]), 0) * sign * share
        beside = np.clip((pit[1] - rows) / (_SEAM * metre) + 1, 0, 1)
        inside = seam - sign * _OFF_SEAM * metre * beside
        out[:, column] = np.where(beside > 0, sign * np.minimum(sign * inside, sign * out[:, column]), out[:, column])
    return out


def _hem_of(mask: np.ndarray, rows: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """(W,) the row of the hem in each column: an arc through where the garment ends, whatever waves and slits it has;
    beyond the last of its `ends`, as there."""
    first, last = np.round(ends[-1]).astype(int)
    column = np.arange(mask.shape[1])
    lowest = len(mask) - 1 - mask[::-1].argmax(0)
    reach = _HEM_ARC * (rows[-1] - rows[0])
    used = (column > first + 2) & (column < last - 2) & mask.any(0) & (np.abs(lowest - rows[-1]) < reach)
    if np.count_nonzero(used) < 0.3 * max(last - first, 1):
        return np.full(mask.shape[1], rows[-1])
    middle, half = (first + last) / 2, max((last - first) / 2, 1.0)
    across = np.clip((column - middle) / half, -1, 1)
    for _ in range(3):
        arc = np.polyval(np.polyfit(across[used], lowest[used], 2), across)
        off = np.abs(lowest - arc)
        kept = used & (off < max(2 * float(np.median(off[used])), 2.0))
        used = kept if np.count_nonzero(kept) > 0.2 * (last - first) else used
    return np.clip(arc - RIM, rows[-1] - reach, rows[-1] + reach)


def _slant(hem: np.ndarray, ends: np.ndarray) -> float:
    """See `Fall.slant`, of a hem (W,) between its two `ends`."""
    first, last = np.round(ends).astype(int)
    column = np.arange(first + 2, last - 1)
    if len(column) < 3:
        return 0.0
    slope = float(np.polyfit(column, hem[column], 1)[0])
    return slope if abs(slope) > _SLANTED else 0.0


def _openings(mask: np.ndarray, rows: np.ndarray, ends: np.ndarray, metre: float) -> np.ndarray:
    """(H, W) bool: the gaps of a garment between its ends in rows, that go up from the last of these."""
    first, last = max(round(rows[0]), 0), min(round(rows[-1]), len(mask) - 1)
    row, column = np.arange(first, last + 1), np.arange(mask.shape[1])
    left, right = (np.interp(row, rows, ends[:, k])[:, None] for k in (0, 1))
    gap = np.zeros(mask.shape, bool)
    gap[first : last + 1] = (column > left + 2) & (column < right - 2) & ~mask[first : last + 1]
    gap = opened(gap, _SLIT * metre)
    at_hem = np.zeros_like(gap)
    at_hem[max(last - round(_SLIT * metre), 0) : last + 1] = True
    return touching(gap, at_hem)
