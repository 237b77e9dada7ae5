"""Clothes to take from somebody's picture, and where on the body they go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mcld_app.body.parts import PARTS, REGIONS, parts_mask, region, region_mask
from mcld_app.body.texture.dressing import GarmentLayer, garment_layer
from mcld_app.editing.person import Person
from mcld_app.errors import StudioError

Area = str | frozenset[int]
"""Where on the body: the name of a region, or any set of DensePose parts 1..24."""

_LEAST = 0.03  # share of an area that must be seen before it can be taken


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
        return region(area).label
    named = next((r.label for r in REGIONS.values() if r.parts == area and r.name not in ("face", "hair")), None)
    names = [PARTS[number].name for number in sorted(area)]
    text = named or (names[0] if len(names) == 1 else f"{len(names)} body parts")
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, eq=False)
class Garment:
    """Clothes to take from somebody's picture.

    Attributes:
        label: what the page calls them.
        donor: the person wearing them.
        region: the region they are usually worn on.
        extent: (512, 512) bool, the texels the clothes have, where the picture shows them and nobody; None where
            somebody wears them, so that the whole region is theirs.
    """

    label: str
    donor: Person
    region: str
    extent: np.ndarray | None = None

    @cached_property
    def _layers(self) -> dict[Area, GarmentLayer]:
        return {}

    def layer(self, area: Area) -> GarmentLayer:
        """This garment ready to be put on that area; worked out once.

        A garment that nobody wears, put where it belongs, is worn whole: boots reach up the leg, a collar up the neck.
        Put elsewhere, only its part of that area is taken, and nothing around it is bared.

        Raises:
            StudioError: where there is no such area, or the picture does not show it.
        """
        if area not in self._layers:
            at_home = self.extent is not None and area == self.region
            whole = "body" if at_home or not isinstance(area, str) else area
            layer = garment_layer(
                self.donor.texture, whole, only=self.extent, bares=at_home or (self.extent is None and whole == area)
            )
            self._layers[area] = layer if isinstance(area, str) else self._within(layer, area)
        return self._layers[area]

    def _within(self, layer: GarmentLayer, parts: frozenset[int]) -> GarmentLayer:
        mask = parts_mask(checked_area(parts))
        worn = layer.worn & mask
        if np.count_nonzero(worn & self.donor.texture.coverage) < _LEAST * np.count_nonzero(mask):
            raise StudioError(
                f"The garment's picture shows next to nothing of “{area_label(parts).lower()}”. "
                "Choose other body parts, or a picture that shows them."
            )
        return replace(layer, worn=worn, bared=layer.bared & mask)
