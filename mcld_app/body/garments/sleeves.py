"""Sleeves of a flat garment: where their cuffs end and how their lower edge runs."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments.frills import is_frilled
from mcld_app.body.garments.outline import Outline

SLICES = 8
"""Pieces of a sleeve that are measured."""

_SLANT, _SLANT_INSIDE = 40.0, 30.0  # degrees off a sleeve's direction in which its end has a corner: outside, inside
_EDGE = 0.12  # heights of a sleeve's upper edge before its cuff, which tell its direction there
_INWARDS = 0.5  # of the way across from a cuff's outer end to below the armpit, a cuff's inner end nobody sees
_TOUCHES = 0.02  # heights from the outline within which an armpit lies on it


def outer_cuff(outline: Outline, corner: np.ndarray, armpit: np.ndarray) -> np.ndarray:
    """(2,) the outer end of a cuff, on the way from the neck's corner to the armpit."""
    way = outline.way(corner, armpit)
    armhole = np.array([armpit[0], (armpit[1] + corner[1]) / 2])
    sign = np.sign(armpit[0] - outline.axis) or 1.0
    outside = way[sign * (way[:, 0] - armpit[0]) > 0]
    way = outside if len(outside) else way
    far = way[np.linalg.norm(way - armhole, axis=1).argmax()]
    return _corner(way, armhole, far - armhole, -1)


def lower_edge(outline: Outline, pit: np.ndarray, cuff: np.ndarray, sign: int) -> np.ndarray:
    """(N, 2): a sleeve's lower edge from the armpit to the cuff's inner end; where the armpit is hidden, straight down
    to where the gap between sleeve and body begins."""
    if not is_hidden(outline, pit):
        return outline.way(pit, inner_cuff(outline, cuff, pit))
    frilled = is_frilled(outline)
    gaps = [
        dent for dent in outline.dents
        if pit[1] + _TOUCHES * outline.height < dent.place[1] < cuff[1] + 0.1 * outline.height
        and 0 < sign * (dent.place[0] - outline.axis) < sign * (cuff[0] - outline.axis)
        and not (frilled and (sign * (dent.ends[:, 0] - dent.place[0]) > 0).all())  # between two frills
    ]  # fmt: skip
    if not gaps:
        below = outline.nearest(np.array([pit[0], cuff[1]]))
        lowest = _corner(outline.way(cuff, below), pit, cuff - pit, 1)
        seen = frilled and sign * (cuff[0] - lowest[0]) > _INWARDS * sign * (cuff[0] - pit[0])
        return np.stack([pit, lowest if seen else cuff + (pit - cuff) * (_INWARDS, 0)])
    gap = max(gaps, key=lambda dent: dent.depth).place
    end = _corner(outline.way(cuff, gap), pit, cuff - pit, 1) if frilled else inner_cuff(outline, cuff, gap)
    return np.concatenate([pit[None], outline.way(gap, end)])


def is_hidden(outline: Outline, pit: np.ndarray) -> bool:
    """Whether an armpit (2,) is none of the outline's: a sleeve lies on the body."""
    return bool(np.linalg.norm(outline.nearest(pit) - pit) >= _TOUCHES * outline.height)


def outer_column(outline: Outline, sign: int, row: float) -> float:
    """The column at which a garment ends to the picture's right (`sign` 1) or left in a row."""
    mask = outline.mask
    own = np.flatnonzero(mask[int(np.clip(round(row), 0, len(mask) - 1))])
    return float(own[-1 if sign > 0 else 0]) if len(own) else outline.axis


def sleeve_widths(outline: Outline, points: dict[str, np.ndarray], side: str, way: np.ndarray) -> np.ndarray:
    """How wide a sleeve is on its way to the cuff, (SLICES,) pixels, measured across.

    Args:
        outline: of the garment.
        points: its key points in pixels.
        side: "left" or "right".
        way: (2,) the sleeve's direction, from the armhole to the cuff.
    """
    tip, pit, hem = (points[f"{side}_{name}"] for name in ("shoulder", "armpit", "hem"))
    sign = 1 if side == "left" else -1
    y, x = np.nonzero(outline.mask)
    inner = np.interp(y, [tip[1], pit[1], hem[1]], [tip[0], pit[0], hem[0]])
    outside = (sign * (x - inner) > 0) & (y > tip[1])
    length = max(float(np.linalg.norm(way)), 1.0)
    along = ((x[outside] - (tip[0] + pit[0]) / 2) * way[0] + (y[outside] - (tip[1] + pit[1]) / 2) * way[1]) / length**2
    found, _ = np.histogram(along, SLICES, (0, 1))
    # Armhole and cuff cut the first and last slices off askew.
    return np.interp(np.arange(SLICES), np.arange(1, SLICES - 2), found[1:-2] / (length / SLICES))


def inner_cuff(outline: Outline, cuff: np.ndarray, armpit: np.ndarray) -> np.ndarray:
    """(2,) the inner end of a cuff: the corner that the outline makes between the outer end and the armpit, beyond it
    along the sleeve's upper edge, and across that."""
    shoulder = outline.way(cuff, np.array([outline.axis, outline.top]))
    lengths = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(shoulder, axis=0), axis=1))])
    before = shoulder[min(int(np.searchsorted(lengths, _EDGE * outline.height)), len(shoulder) - 1)]
    along = cuff - before
    across = np.array([-along[1], along[0]])
    across = across * (1 if across @ (armpit - cuff) > 0 else -1)
    slant = np.radians(_SLANT_INSIDE)
    way = outline.way(cuff, armpit)
    return way[((way - cuff) @ (np.cos(slant) * along + np.sin(slant) * across)).argmax()]


def _corner(way: np.ndarray, start: np.ndarray, along: np.ndarray, turn: int) -> np.ndarray:
    """The corner of a sleeve's end: the way's farthest point in a direction half between along the sleeve and across
    it, upwards (`turn` -1) or downwards (1)."""
    across = np.array([-along[1], along[0]])
    across = across * turn * (1 if across[1] > 0 else -1)
    slant = np.radians(_SLANT)
    return way[((way - start) @ (np.cos(slant) * along + np.sin(slant) * across)).argmax()]
