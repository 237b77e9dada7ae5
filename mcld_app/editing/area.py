"""Areas of the body that an edit is made on: named regions, or any set of DensePose parts."""

from __future__ import annotations

import numpy as np

from mcld_app.body.parts import PARTS, REGIONS, parts_mask, region, region_mask
from mcld_app.errors import StudioError

Area = str | frozenset[int]
"""Where on the body: the name of a region, or any set of DensePose parts 1..24."""

CLOTHES: dict[str, str] = {
    "upper": "Top",
    "top": "Torso",
    "sleeves": "Sleeves",
    "bottom": "Bottom",
    "shoes": "Shoes",
    "outfit": "Outfit",
}
"""The regions that clothes go on, in the order the page lists them: name -> what the page calls it."""


def checked_area(area: Area) -> Area:
    """The area itself, where there is such a one.

    Raises:
        StudioError: for an unknown region, an unknown part or no part at all.
    """
    if isinstance(area, str):
        return region(area).name
    if not area or not area <= PARTS.keys():
        raise StudioError("Choose at least one body part; the parts have the numbers 1 to 24.")
    return area


def parts_of(area: Area) -> frozenset[int]:
    """The DensePose parts an area lies in."""
    return region(area).parts if isinstance(area, str) else area


def texels_of(area: Area) -> np.ndarray:
    """Its texels, (512, 512) bool."""
    return region_mask(area) if isinstance(area, str) else parts_mask(area)


def area_label(area: Area) -> str:
    """What the page calls it."""
    if isinstance(area, str):
        return CLOTHES.get(area) or region(area).label
    named = next((r.label for r in REGIONS.values() if r.parts == area and r.name not in ("face", "hair")), None)
    names = [PARTS[number].name for number in sorted(area)]
    text = named or (names[0] if len(names) == 1 else f"{len(names)} body parts")
    return text[:1].upper() + text[1:]
