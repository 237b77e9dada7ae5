"""Wearing a garment: its texels on an area of the body."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from mcld_app.body.garments.points import KINDS
from mcld_app.body.parts import region_pixels
from mcld_app.body.shells.places import covered_by
from mcld_app.body.shells.shell import Shell
from mcld_app.body.texture.dressing import lay_on
from mcld_app.body.texture.garment_line import GarmentLine
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.old_rim import without_old_rim
from mcld_app.body.wearer.pieces import PIECES
from mcld_app.body.wearer.taking_off import taken_off
from mcld_app.editing import samples
from mcld_app.editing.area import Area, area_label, checked_area, parts_of, texels_of
from mcld_app.editing.edits.edit import Edit, EditRecord, Thumbnail
from mcld_app.editing.garment import Garment, clothes_of, garment_alone
from mcld_app.editing.person import Person
from mcld_app.editing.records import AreaRecord, PersonRef, Reader, SampleRef, Writer, area_fields
from mcld_app.editing.worn_garment import old_clothes, worn_piece
from mcld_app.request import STUDIO, Conditioning

_COVERS = {"upper": "upper", "bottom": "bottom", "body": "body", "outfit": "body"}
"""Region of a garment -> what of the old clothes it takes the place of."""


class WearRecord(AreaRecord, EditRecord):
    """A garment on an area: a sample garment's, what a person wears there, or a garment that a picture shows alone."""

    kind: Literal["wear"]
    garment: PersonRef
    alone: Annotated[
        str | None,
        Field(json_schema_extra={"enum": [*KINDS, None]}, description="the kind of a garment shown alone"),
    ] = None
    piece: Annotated[
        str | None,
        Field(json_schema_extra={"enum": [*PIECES, None]}, description="one piece of what they wear; null = all"),
    ] = None
    stands_off: bool = Field(True, description="whether a skirt or wide cloth stands off the body")


@dataclass(frozen=True, eq=False)
class Wear(Edit):
    """A garment's texels of an area.

    Attributes:
        garment: what is worn.
        area: where; by default where it is usually worn.
        stands_off: whether its skirt, wide sleeves or wide trousers stand off the body.
        below: (512, 512) bool, the texels of what was put on before it; None for nothing.
    """

    kind: ClassVar[str] = "wear"
    reshapes: ClassVar[bool] = True
    Record: ClassVar[type[EditRecord]] = WearRecord

    garment: Garment
    area: Area = ""
    stands_off: bool = True
    below: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.area and isinstance(self.area, str):
            object.__setattr__(self, "area", self.garment.region)

    @property
    def label(self) -> str:
        return self.garment.label

    @property
    def place(self) -> str:
        return area_label(self.area)

    @property
    def thumbnail(self) -> Thumbnail:
        donor, worn_by_nobody = self.garment.donor, self.garment.extent is not None
        area = "body" if worn_by_nobody else self.area
        if isinstance(area, str):
            return Thumbnail(donor.picture, region_pixels(area, donor.picture_iuv))
        return Thumbnail(donor.picture, np.isin(donor.picture_iuv[..., 0], sorted(area)))

    @property
    def people(self) -> tuple[Person, ...]:
        return (self.garment.wearer or self.garment.donor,)

    def enter(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """What was worn on that area, or on a part of it, is taken off.

        Raises:
            StudioError: where there is no such area.
        """
        here = parts_of(checked_area(self.area))
        return (*(e for e in edits if not (isinstance(e, Wear) and parts_of(e.area) <= here)), self)

    def after(self, edits: tuple[Edit, ...], person: Person) -> Wear:
        """Knowing what was put on before it, which is not the person's old clothes."""
        worn = [edit.garment.layer(edit.area).worn for edit in edits if isinstance(edit, Wear) and edit.on]
        return replace(self, below=np.any(worn, axis=0)) if worn else self

    def apply(self, texture: TextureMap, person: Person, how: Conditioning = STUDIO) -> TextureMap:
        """See `Edit.apply`. StudioError where the garment's picture does not show the area."""
        layer = self.garment.layer(self.area)
        if how.seen_only:
            return lay_on(texture, layer.as_seen(self.garment.donor.texture_map(how)))
        covers = _COVERS.get(self.garment.region, "")
        if not covers or self.garment.extent is None or self.area != self.garment.region:
            return lay_on(texture, layer)
        old = old_clothes(person, np.zeros_like(layer.worn) if self.below is None else self.below)
        ready = taken_off(texture, layer, old, covers="" if self.garment.kind == "coat" else covers)
        after = lay_on(ready, replace(layer, bared=np.zeros_like(layer.bared)))
        return after if old.hem is not None else without_old_rim(texture, after, layer.worn | layer.bared)

    def shows(self, texture: TextureMap) -> tuple[Person, np.ndarray]:
        donor = self.garment.donor
        shown = donor.texture.coverage if donor.far_side is None else donor.pixels.places.seen
        return donor, self.garment.layer(self.area).worn & shown

    @property
    def line(self) -> GarmentLine | None:
        return self.garment.layer(self.area).line

    def hang(self, shells: tuple[Shell, ...]) -> tuple[Shell, ...]:
        """Trousers take the place of a skirt, a top that of a wider one; each comes with its own, and hair stays. Tops
        hang over what hangs from the hips, whatever was put on first."""
        area = parts_of(self.area)
        kept = tuple(shell for shell in shells if not covered_by(shell, area))
        at_home = self.garment.extent is not None and self.area == self.garment.region
        theirs = self.garment.shells if self.stands_off else ()
        own = tuple(shell for shell in theirs if at_home or covered_by(shell, area))
        return tuple(sorted((*kept, *own), key=lambda shell: shell.hangs_on == "trunk"))

    def clothe(self, cloth: np.ndarray, area: Area) -> np.ndarray:
        """Which texels of an area show cloth when this is worn: (512, 512) bool, given those without it. What is worn
        on the area, or on a part of it, counts as a whole, a collar, too, that goes beyond; what is worn elsewhere and
        laps over, does not."""
        layer, here, there = self.garment.layer(self.area), parts_of(self.area), parts_of(area)
        cloth = cloth & ~layer.worn & ~layer.bared
        if here <= there:
            return cloth | layer.worn
        return cloth | layer.worn & texels_of(area) if here & there else cloth

    def to_record(self, writer: Writer) -> WearRecord:
        garment = self.garment
        told = {"alone": garment.kind} if garment.kind and not garment.piece else {}
        if garment.piece:
            told = {"piece": garment.piece}
        donor = writer.person(garment.wearer or garment.donor)
        if not self.stands_off:
            told["stands_off"] = False
        return WearRecord(kind="wear", on=self.on, garment=donor, **told, **area_fields(self.area))

    @classmethod
    def from_record(cls, record: WearRecord, reader: Reader) -> Wear:
        ref = record.garment
        donor = reader.person(ref)
        if isinstance(ref, SampleRef) and ref.sample in samples.garments():
            garment = samples.sample_garment(ref.sample)
        elif record.piece is not None:
            garment = worn_piece(donor, record.piece)
        elif record.alone is not None:
            garment = garment_alone(donor, record.alone)
        else:
            garment = clothes_of(donor)
        return cls(garment, record.area, record.stands_off, on=record.on)
