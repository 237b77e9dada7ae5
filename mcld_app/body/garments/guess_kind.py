"""Which of some kinds a garment is."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments.cutout import Cutout
from mcld_app.body.garments.outline import Outline

_LONG = 1.75  # heights of trousers, at least, in widths of their waist
_LOWER, _PARTED = 12, 0.4  # rows of the lower half that are looked at, and the share of them with two legs


def guess_kind(cutout: Cutout, kinds: tuple[str, ...]) -> str:
    """The likeliest of some kinds, keys of `points.KINDS`, the usual one first. A top and trousers cannot be told
    apart by their outline alone; two legs and a skirt can, and so can trousers and shorts."""
    if not {"trousers", "shorts", "skirt"} & set(kinds) or "top" in kinds:
        return kinds[0]
    outline = Outline.of(cutout.mask)
    rows = np.linspace(outline.bottom - 0.35 * outline.height, outline.bottom - 0.06 * outline.height, _LOWER)
    parted = np.mean([len(outline.runs(y, 0.05 * outline.width)) >= 2 for y in rows])
    notched = any(
        abs(dent.place[0] - outline.axis) < 0.15 * outline.width and dent.ends[:, 1].min() > outline.bottom
        - 0.2 * outline.height for dent in outline.dents
    )  # fmt: skip
    runs = outline.runs(outline.top + 0.04 * outline.height)
    waist = max(runs[-1][1] - runs[0][0], 1) if runs else outline.width
    if "skirt" in kinds and parted < _PARTED and not notched:
        return "skirt"
    return "trousers" if outline.height > _LONG * waist else "shorts"
