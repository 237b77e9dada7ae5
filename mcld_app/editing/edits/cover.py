"""A colour, or a pattern repeated along the cloth, on an area of the body."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from mcld_app.body.shells.dyeing import coloured, patterned
from mcld_app.body.shells.places import covered_by
from mcld_app.body.shells.shell import Shell
from mcld_app.body.texture.cloth import SCALES_CM, colour_layer, pattern_layer
from mcld_app.body.texture.strokes import lay_paint
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.area import Area, area_label, checked_area, parts_of, texels_of
from mcld_app.editing.edits.edit import Edit, EditRecord, Thumbnail, in_place_of
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.person import Person
from mcld_app.editing.record_fields import number, says
from mcld_app.editing.records import AreaRecord, Reader, Writer, area_fields
from mcld_app.request import STUDIO, Conditioning

Colour = tuple[int, int, int]

Channel = number("A colour's parts", 0, 255, whole=True)
_Scale = number("The width of a pattern's repeat", *SCALES_CM)
_Angle = number("The angle of a pattern", -360, 360)
NO_COLOUR = says("This recipe has a colour that is none: colours are three numbers from 0 to 255.")


class CoverRecord(AreaRecord, EditRecord):
    """A colour or a pattern on an area."""

    kind: Literal["cover"]
    colour: Annotated[list[Channel], Field(min_length=3, max_length=3), NO_COLOUR] = Field(
        [128, 128, 128], description="RGB"
    )
    pattern: str | None = Field(None, description="its name among the pictures; null = the colour alone")
    scale: _Scale = Field(12.0, description="width of one repeat on the body, centimetres")
    angle: _Angle = Field(0.0, description="degrees, anticlockwise")
    shaded: bool = Field(True, description="whether the folds of the photo show through")
    garment_only: bool = Field(False, description="whether skin and hair of the area are left out")


@dataclass(frozen=True, eq=False)
class Cover(Edit):
    """An area in one colour, or in a pattern repeated along the cloth.

    Attributes:
        area: where.
        colour: RGB 0..255; counts where there is no pattern.
        pattern: (h, w, 3 or 4) uint8 RGB(A), or None.
        name: what the pattern is called.
        scale: width of one repeat on the body, centimetres.
        angle: degrees, anticlockwise.
        shaded: whether the folds of the photo show through.
        garment_only: whether only the garment takes it, as far as that goes, and no skin; else the area as a whole.
        cloth: (512, 512) bool, the texels that are the garment's; None before `after` has told.
    """

    kind: ClassVar[str] = "cover"
    Record: ClassVar[type[EditRecord]] = CoverRecord

    area: Area
    colour: Colour = (128, 128, 128)
    pattern: np.ndarray | None = field(default=None, repr=False)
    name: str = "Pattern"
    scale: float = 12.0
    angle: float = 0.0
    shaded: bool = True
    garment_only: bool = False
    cloth: np.ndarray | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        return self.name if self.pattern is not None else "Colour #{:02x}{:02x}{:02x}".format(*self.colour)

    @property
    def place(self) -> str:
        return area_label(self.area)

    @property
    def thumbnail(self) -> Thumbnail:
        if self.pattern is None:
            return Thumbnail(np.full((16, 11, 3), self.colour, np.uint8))
        return Thumbnail(np.ascontiguousarray(self.pattern[..., :3]))

    @property
    def patterns(self) -> tuple[np.ndarray, ...]:
        return () if self.pattern is None else (self.pattern,)

    def enter(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """In the place of the colour or pattern that the area had before, unless something was worn over that.

        Raises:
            StudioError: where there is no such area.
        """
        area = checked_area(self.area)
        old = next((number for number, e in enumerate(edits) if isinstance(e, Cover) and e.area == area), None)
        if old is None:
            return (*edits, self)
        if any(isinstance(e, Wear) and parts_of(e.area) & parts_of(area) for e in edits[old + 1 :]):
            return (*edits[:old], *edits[old + 1 :], self)
        return in_place_of(edits[old], self, edits)

    def after(self, edits: tuple[Edit, ...], person: Person) -> Cover:
        """With `cloth`: the cloth that the person's photo shows on the area, and what is worn over it."""
        if not self.garment_only:
            return self
        cloth = texels_of(self.area) & person.cloth
        for edit in edits:
            if isinstance(edit, Wear) and edit.on:
                cloth = edit.clothe(cloth, self.area)
        return replace(self, cloth=cloth)

    def apply(self, texture: TextureMap, person: Person, how: Conditioning = STUDIO) -> TextureMap:
        """See `Edit.apply`. A colour is put there on purpose: it has no holes."""
        mask, folds = texels_of(self.area), person.texture if self.shaded else None
        if self.garment_only and self.cloth is not None:
            mask = self.cloth
            if not mask.any():  # what it was put on is gone
                return texture
        if self.pattern is None:
            layer = colour_layer(mask, self.colour, keep_shading=folds)
        else:
            layer = pattern_layer(mask, self.pattern, self.scale, self.angle, keep_shading=folds)
        return lay_paint(texture, layer)

    def hang(self, shells: tuple[Shell, ...]) -> tuple[Shell, ...]:
        """A skirt takes the colour or the pattern of the legs it covers, a sleeve that of the arm."""
        area = parts_of(self.area)
        return tuple(self._on(shell) if covered_by(shell, area) else shell for shell in shells)

    def _on(self, shell: Shell) -> Shell:
        if self.pattern is None:
            return coloured(shell, self.colour, shaded=self.shaded)
        return patterned(shell, self.pattern, self.scale / 100, self.angle, shaded=self.shaded)

    def to_record(self, writer: Writer) -> CoverRecord:
        pattern = None if self.pattern is None else writer.pattern(self.pattern, self.name)
        colour = [int(value) for value in self.colour]
        return CoverRecord(kind="cover", on=self.on, colour=colour, pattern=pattern, scale=self.scale, angle=self.angle,
                           shaded=self.shaded, garment_only=self.garment_only, **area_fields(self.area))  # fmt: skip

    @classmethod
    def from_record(cls, record: CoverRecord, reader: Reader) -> Cover:
        pattern, name = (None, "Pattern") if record.pattern is None else reader.pattern(record.pattern)
        red, green, blue = record.colour
        return cls(record.area, (red, green, blue), pattern, name, record.scale, record.angle, record.shaded,
                   record.garment_only, on=record.on)  # fmt: skip
