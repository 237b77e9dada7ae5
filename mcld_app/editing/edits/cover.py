"""A colour, or a pattern repeated along the cloth, on an area of the body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from mcld_app.body.shells.dyeing import coloured, patterned
from mcld_app.body.shells.shell import Shell
from mcld_app.body.texture.cloth import SCALES_CM, colour_layer, pattern_layer
from mcld_app.body.texture.strokes import lay_paint
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.area import Area, area_label, checked_area, parts_of, texels_of
from mcld_app.editing.edits.edit import Edit, EditRecord, Thumbnail, in_place_of
from mcld_app.editing.person import Person
from mcld_app.editing.record_fields import number, says
from mcld_app.editing.records import AreaRecord, Reader, Writer, area_fields
from mcld_app.request import STUDIO, Conditioning

Colour = tuple[int, int, int]

_Channel = number("A colour's parts", 0, 255, whole=True)
_Scale = number("The width of a pattern's repeat", *SCALES_CM)
_Angle = number("The angle of a pattern", -360, 360)
_NO_COLOUR = says("This recipe has a colour that is none: colours are three numbers from 0 to 255.")


_THIGHS = frozenset({7, 8, 9, 10})


class CoverRecord(AreaRecord, EditRecord):
    """A colour or a pattern on an area."""

    kind: Literal["cover"]
    colour: Annotated[list[_Channel], Field(min_length=3, max_length=3), _NO_COLOUR] = Field(
        [128, 128, 128], description="RGB"
    )
    pattern: str | None = Field(None, description="its name among the pictures; null = the colour alone")
    scale: _Scale = Field(12.0, description="width of one repeat on the body, centimetres")
    angle: _Angle = Field(0.0, description="degrees, anticlockwise")
    shaded: bool = Field(True, description="whether the folds of the photo show through")


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
        """In the place of the colour or pattern that the area had before.

        Raises:
            StudioError: where there is no such area.
        """
        area = checked_area(self.area)
        return in_place_of(next((e for e in edits if isinstance(e, Cover) and e.area == area), None), self, edits)

    def apply(self, texture: TextureMap, person: Person, how: Conditioning = STUDIO) -> TextureMap:
        """See `Edit.apply`. A colour is put there on purpose: it has no holes."""
        mask, folds = texels_of(self.area), person.texture if self.shaded else None
        if self.pattern is None:
            layer = colour_layer(mask, self.colour, keep_shading=folds)
        else:
            layer = pattern_layer(mask, self.pattern, self.scale, self.angle, keep_shading=folds)
        return lay_paint(texture, layer)

    def hang(self, shells: tuple[Shell, ...]) -> tuple[Shell, ...]:
        """A skirt takes the colour or the pattern of the legs it covers."""
        if not parts_of(self.area) & _THIGHS:
            return shells
        return tuple(shell if shell.hangs_on == "head" else self._on(shell) for shell in shells)

    def _on(self, shell: Shell) -> Shell:
        if self.pattern is None:
            return coloured(shell, self.colour, shaded=self.shaded)
        return patterned(shell, self.pattern, self.scale / 100, self.angle, shaded=self.shaded)

    def to_record(self, writer: Writer) -> CoverRecord:
        pattern = None if self.pattern is None else writer.pattern(self.pattern, self.name)
        colour = [int(value) for value in self.colour]
        return CoverRecord(kind="cover", on=self.on, colour=colour, pattern=pattern, scale=self.scale, angle=self.angle,
                           shaded=self.shaded, **area_fields(self.area))  # fmt: skip

    @classmethod
    def from_record(cls, record: CoverRecord, reader: Reader) -> Cover:
        pattern, name = (None, "Pattern") if record.pattern is None else reader.pattern(record.pattern)
        red, green, blue = record.colour
        return cls(record.area, (red, green, blue), pattern, name, record.scale, record.angle, record.shaded,
                   on=record.on)  # fmt: skip
