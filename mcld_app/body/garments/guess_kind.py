"""Which of some kinds a garment is."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments.cutout import Cutout
from mcld_app.body.garments.outline import Outline

_LONG = 1.75  # heights of trousers, at least, in widths of their waist
_DRESS = 1.45  # heights of a dress, at least, in widths
_NOTCH = 0.08  # heights; a crotch is a deeper dent than a hem's wave
_LOWER, _PARTED = 12, 0.4  # rows of the lower half that are looked at, and the share of them with two legs


def guess_kind(cutout: Cutout, kinds: tuple[str, ...]) -> str:
    """The likeliest of some kinds, keys of `points.KINDS`, the usual one first. A top and trousers cannot be told
    apart by their outline alone; two legs and a skirt can, and so can trousers and shorts."""
    if not {"trousers", "shorts", "skirt"} & set(kinds) or "top" in kinds:
        return kinds[0]
    outline = Outline.of(cutout.mask)
    parted = np.mean(_parts(outline))
    notched = any(
        abs(dent.place[0] - outline.axis) < 0.15 * outline.width and dent.depth > _NOTCH * outline.height
        and dent.ends[:, 1].min() > outline.bottom - 0.2 * outline.height for dent in outline.dents
    )  # fmt: skip
    runs = outline.runs(outline.top + 0.04 * outline.height)
    waist = max(runs[-1][1] - runs[0][0], 1) if runs else outline.width
    if "skirt" in kinds and parted < _PARTED and not notched:
        return "skirt"
    return "trousers" if outline.height > _LONG * waist else "shorts"


def likely_kinds(cutout: Cutout) -> tuple[str, ...]:
    """The three kinds that a garment may be of, the likeliest first, for a person to choose from: a top, a dress, and
    what its outline makes likeliest of trousers, shorts and skirts."""
    outline = Outline.of(cutout.mask)
    lower = guess_kind(cutout, ("trousers", "shorts", "skirt"))
    long = outline.height > _DRESS * outline.width
    if lower != "skirt" and np.mean(_parts(outline)) >= _PARTED:
        return (lower, "dress", "top") if long else (lower, "top", "dress")
    return ("dress", "top", lower) if long else ("top", "dress", lower)


def _parts(outline: Outline) -> list[bool]:
    """Which of some rows of the lower half show two legs."""
    rows = np.linspace(outline.bottom - 0.35 * outline.height, outline.bottom - 0.06 * outline.height, _LOWER)
    return [len(outline.runs(y, 0.05 * outline.width)) >= 2 for y in rows]
