"""What of a person's own hair and clothes stands off their body no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from mcld_app.body.shells.shell import Shell
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.edits.edit import Edit, EditRecord, Thumbnail
from mcld_app.editing.person import Person
from mcld_app.editing.records import Reader, Writer
from mcld_app.errors import StudioError
from mcld_app.request import STUDIO, Conditioning


class FlatRecord(EditRecord):
    """The person's own hair, or their skirts and wide clothes, drawn on the body's surface only."""

    kind: Literal["flat"]
    hair: bool = Field(False, description="whether the hair lies flat")
    clothes: bool = Field(False, description="whether skirts, wide sleeves and wide trousers do")


@dataclass(frozen=True, eq=False)
class Flat(Edit):
    """Hair or clothes of the person's own that lie flat on the body, where they were found to stand off it wrongly.
    Clothes that are put on have a switch of their own, see `Wear`.

    Attributes:
        hair, clothes: which of them.
    """

    kind: ClassVar[str] = "flat"
    Record: ClassVar[type[EditRecord]] = FlatRecord

    hair: bool = False
    clothes: bool = False

    @property
    def label(self) -> str:
        return "Nothing stands off" if self.hair and self.clothes else "Flat hair" if self.hair else "Flat clothes"

    @property
    def place(self) -> str:
        return "Own hair and clothes" if self.hair and self.clothes else "Own hair" if self.hair else "Own clothes"

    @property
    def thumbnail(self) -> Thumbnail:
        return Thumbnail(np.full((16, 11, 3), 214, np.uint8))

    def enter(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """Before all others, in the place of an older one: what is put on over the body stands off as it did.
        StudioError where nothing is to lie flat."""
        if not self.hair and not self.clothes:
            raise StudioError("Choose what is to lie flat: the hair, the clothes, or both.")
        return (self, *(edit for edit in edits if not isinstance(edit, Flat)))

    def apply(self, texture: TextureMap, person: Person, how: Conditioning = STUDIO) -> TextureMap:
        return texture

    def hang(self, shells: tuple[Shell, ...]) -> tuple[Shell, ...]:
        return tuple(shell for shell in shells if not (self.hair if shell.hangs_on == "head" else self.clothes))

    def to_record(self, writer: Writer) -> FlatRecord:
        return FlatRecord(kind="flat", on=self.on, hair=self.hair, clothes=self.clothes)

    @classmethod
    def from_record(cls, record: FlatRecord, reader: Reader) -> Flat:
        return cls(record.hair, record.clothes, on=record.on)
