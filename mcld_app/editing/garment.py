"""Clothes to take from somebody's picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from mcld_app.body.garments.back import extent_alone, is_patterned, with_back, with_read_back
from mcld_app.body.garments.far_side import FarSide
from mcld_app.body.garments.marking import Marking
from mcld_app.body.garments.points import checked_kind
from mcld_app.body.garments.sharp_edges import sharp_extent
from mcld_app.body.parts import part_map, parts_mask, region_mask
from mcld_app.body.shells.places import covered_by
from mcld_app.body.shells.shell import Shell
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.dressing import GarmentLayer, garment_layer
from mcld_app.body.texture.photo_places import photo_places
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.area import Area, area_label, checked_area
from mcld_app.editing.person import Person
from mcld_app.errors import StudioError
from mcld_app.once import cached_property

_TRUNK, _LEGS = frozenset({1, 2}), frozenset(range(7, 15))
_WAISTBAND, _CROPPED = 1.05, 1.08  # metres above the floor; a hem above the second shows the midriff
_UNEVEN = 0.01  # metres above a hem that a texel beside it may be
_LEAST = 0.03  # share of an area that must be seen before it can be taken


REGION_OF: Mapping[str, str] = MappingProxyType(
    {"top": "upper", "coat": "upper", "dress": "body", "trousers": "bottom", "shorts": "bottom", "skirt": "bottom"}
)
"""Kind of garment -> the region it is worn on."""

_TAKEN = {
    "top": ("upper",), "bottom": ("bottom",), "dress": ("upper", "bottom"), "shoes": ("shoes",),
    "outfit": ("upper", "bottom"),
}  # fmt: skip
"""Piece of an outfit -> the regions whose old clothes go as a whole where it is put on."""


@dataclass(frozen=True, eq=False)
class Garment:
    """Clothes to take from somebody's picture.

    Attributes:
        label: what the page calls them.
        donor: the person wearing them.
        region: the region they are usually worn on.
        extent: (512, 512) bool, the texels the clothes have, where the picture shows them and nobody; None where
            somebody wears them, so that the whole region is theirs.
        kind: a key of `garments.points.KINDS` where they come from a picture of a garment laid out flat, which says
            nothing of its back; else "".
        marking: that picture with its cut-out and key points, so that they can be put right; None where it is not kept.
        edge: (512, 512) float32, see `SharpExtent.share`; None where `extent` is all that is known.
    """

    label: str
    donor: Person
    region: str
    extent: np.ndarray | None = None
    kind: str = ""
    wearer: Person | None = None
    piece: str = ""
    marking: Marking | None = None
    edge: np.ndarray | None = field(default=None, repr=False)

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
                self.cloth, whole, only=self.extent, bares=at_home or (self.extent is None and whole == area)
            )
            if self.kind and not self.piece:
                layer = replace(layer, soft=True, edge=self.edge if at_home else None)
                layer = replace(layer, edge=layer.shares)  # worked out once
            if self.kind and self.region == "upper":  # a long top bares no legs
                layer = replace(layer, bared=layer.bared & ~parts_mask(_LEGS))
            if self.kind == "top" and at_home:
                layer = replace(layer, bared=layer.bared | _midriff(layer.worn))
            if self.kind == "coat":  # and a coat no neck: what is worn below it shows
                layer = replace(layer, bared=layer.bared & ~parts_mask(_TRUNK))
            if self.piece and at_home:  # the old piece goes as a whole
                old = np.any([region_mask(name) for name in _TAKEN[self.piece]], axis=0)
                layer = replace(layer, bared=layer.bared | old & ~layer.worn)
            self._layers[area] = layer if isinstance(area, str) else self._within(layer, area)
        return self._layers[area]

    @property
    def shells(self) -> tuple[Shell, ...]:
        """What of it stands off the wearer's body."""
        if self.wearer is not None:
            return tuple(shell for shell in self.wearer.shells if covered_by(shell, self._reach))
        return self.donor.shells if self.extent is None else self.donor.own_shells or ()

    @property
    def _reach(self) -> frozenset[int]:
        """The parts of the body that it has texels on."""
        return frozenset(np.unique(part_map()[self.extent]).tolist()) - {0}

    @cached_property
    def cloth(self) -> TextureMap:
        """The donor's texture map; of a flat garment, and of a piece that somebody wears, with the back guessed."""
        if self.donor.far_side is not None:
            return with_read_back(self.donor.texture, self.extent, self.donor.pixels)
        worn = self.piece and self.extent is not None
        return with_back(self.donor.texture, self.extent) if worn else self.donor.texture

    def _within(self, layer: GarmentLayer, parts: frozenset[int]) -> GarmentLayer:
        mask = parts_mask(checked_area(parts))
        worn = layer.worn & mask
        if np.count_nonzero(worn & self.donor.texture.coverage) < _LEAST * np.count_nonzero(mask):
            raise StudioError(
                f"The garment's picture shows next to nothing of “{area_label(parts).lower()}”. "
                "Choose other body parts, or a picture that shows them."
            )
        return replace(layer, worn=worn, bared=layer.bared & mask)


def _midriff(worn: np.ndarray) -> np.ndarray:
    """(512, 512) bool: what a cropped top leaves free of the trunk above a waistband."""
    height, trunk = rest_surface().y, parts_mask(_TRUNK)
    if not (worn & trunk).any():
        return np.zeros_like(worn)
    hem = float(np.percentile(height[worn & trunk], 1))
    return trunk & (height > _WAISTBAND) & (height < hem + _UNEVEN) & ~worn if hem > _CROPPED else np.zeros_like(worn)


def clothes_of(person: Person) -> Garment:
    """All that a person wears in their picture."""
    return Garment(f"{person.name}’s clothes", person, "upper")


def garment_alone(donor: Person, kind: str) -> Garment:
    """The garment of a photo and an IUV map that show it alone, as a kind of `KINDS`: its extent and its back are
    worked out of the two, so that a recipe that keeps them keeps the garment."""
    region = REGION_OF[checked_kind(kind)]
    sharp = sharp_extent(donor.iuv, photo_places(donor.iuv), extent_alone(donor.texture), waist=region == "bottom")
    donor = replace(donor, far_side=FarSide(sharp.texels, is_patterned(donor.texture)))
    return Garment(donor.name, donor, region, sharp.texels, kind, edge=sharp.share)
