"""The regions clothes can be dropped on, and which of them lies under each body part."""

from __future__ import annotations

from mcld_app.body.parts import REGIONS, regions_at
from mcld_app.editing.area import CLOTHES

_HINTS = {
    "upper": "The torso and the arms",
    "top": "The torso without the arms",
    "outfit": "Everything but head and hands",
}


def under_pointer() -> dict[str, str]:
    """Part number "1".."24" (text, as JSON wants it) -> the region that lights up over it. A shirt dropped on the chest
    brings its sleeves; head and hands belong to no garment, so there the whole outfit is offered."""
    found = {}
    for part in range(1, 25):
        own = next((name for name in regions_at(part) if name in CLOTHES), "outfit")
        found[str(part)] = "upper" if own == "top" else own
    return found


def for_page() -> list[dict]:
    """The regions as the page's script takes them."""
    return [
        {"id": name, "label": label, "hint": _HINTS.get(name), "parts": sorted(REGIONS[name].parts)}
        for name, label in CLOTHES.items()
    ]
