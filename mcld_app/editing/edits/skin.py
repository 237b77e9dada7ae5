"""Skin that follows another face: arms, legs, hands and neckline in the colour of whoever's face it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from mcld_app.body.parts import parts_mask
from mcld_app.body.texture.head_swap import collar
from mcld_app.body.texture.skin import cloth_texels, skin_colour
from mcld_app.body.texture.skin_tone import alike, turned_skin, with_rim
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.edits.edit import Edit, EditRecord, Thumbnail
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.person import Person
from mcld_app.editing.record_fields import number
from mcld_app.editing.records import PersonRef, Reader, Writer
from mcld_app.request import STUDIO, Conditioning, within

_SHARE = ("The way to the other skin", 0, 1)
_Share = number(*_SHARE)
_SHADED = 40.0  # of CIELAB: so much darker than a face skin under a chin may be
_BODY, _HANDS = frozenset(range(1, 23)), frozenset({3, 4})


class SkinRecord(EditRecord):
    """The skin of the body in the colour of another person's."""

    kind: Literal["skin"]
    donor: PersonRef = Field(description="whose skin")
    share: _Share = Field(1.0, description="how far from the person's own skin to the donor's")


@dataclass(frozen=True, eq=False)
class Skin(Edit):
    """The body's skin in the colour of another person's; the light on it stays, and so do clothes.

    Attributes:
        donor: whose skin.
        share: how far from the person's own to theirs, 0..1.
        worn: the texels that clothes put on before it cover, and those they bare, (512, 512) bool each; None before
            `after` has told.
    """

    kind: ClassVar[str] = "skin"
    Record: ClassVar[type[EditRecord]] = SkinRecord

    donor: Person
    share: float = 1.0
    worn: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        return f"{self.donor.name}’s skin"

    @property
    def place(self) -> str:
        return "Skin of the body" + ("" if self.share == 1 else f", {self.share:.0%}")

    @property
    def thumbnail(self) -> Thumbnail:
        colour = skin_colour(self.donor.texture)
        return Thumbnail(np.full((16, 11, 3), 200 if colour is None else colour, np.uint8))

    @property
    def people(self) -> tuple[Person, ...]:
        return (self.donor,)

    def enter(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """In the place of an older one, else right after the face it goes with: clothes that are put on later find the
        skin as it is then.

        Raises:
            StudioError: for a share that is none.
        """
        what, low, high = _SHARE
        within(what, self.share, low, high)
        if any(isinstance(edit, Skin) for edit in edits):
            return tuple(self if isinstance(edit, Skin) else edit for edit in edits)
        at = next((k + 1 for k, edit in enumerate(edits) if isinstance(edit, FaceSwap)), len(edits))
        return (*edits[:at], self, *edits[at:])

    def after(self, edits: tuple[Edit, ...], person: Person) -> Skin:
        """Knowing what was put on before it, and what skin that bared."""
        worn = bared = np.zeros_like(person.cloth)
        for edit in edits:
            if isinstance(edit, Wear) and edit.on:
                layer = edit.garment.layer(edit.area)
                worn, bared = worn & ~layer.bared | layer.worn, bared & ~layer.worn | layer.bared
        return replace(self, worn=(worn, bared))

    def apply(self, texture: TextureMap, person: Person, how: Conditioning = STUDIO) -> TextureMap:
        """See `Edit.apply`. Skin that no picture shows is guessed from what is seen, and counts as seen from then on; a
        texture map with open holes keeps them."""
        own, other = _skin_of(person), _skin_of(self.donor)
        if own is None or other is None:
            return texture
        worn, bared = self.worn or (np.zeros_like(person.cloth),) * 2
        skin = (_bare(person) | bared & parts_mask(_BODY)) & ~worn
        if how.seen_only:
            skin &= texture.coverage
        colours = np.where(texture.coverage[skin][:, None], texture.image[skin], person.filled.image[skin])
        image = texture.image.copy()
        image[skin] = turned_skin(colours, parts_mask(_HANDS)[skin], own, other, self.share)
        return TextureMap(image, texture.coverage | skin)

    def to_record(self, writer: Writer) -> SkinRecord:
        return SkinRecord(kind="skin", on=self.on, donor=writer.person(self.donor), share=self.share)

    @classmethod
    def from_record(cls, record: SkinRecord, reader: Reader) -> Skin:
        return cls(reader.person(record.donor), record.share, on=record.on)


def _skin_of(person: Person) -> np.ndarray | None:
    """The colour of a person's skin, (3,) uint8 RGB; None where none is seen."""
    if _skin_of not in person.worked_out:
        person.worked_out[_skin_of] = skin_colour(person.texture)
    return person.worked_out[_skin_of]


def _bare(person: Person) -> np.ndarray:
    """Which texels of a person's body show skin, or would: (512, 512) bool. What no picture shows is told by what is
    guessed of it."""
    if _bare not in person.worked_out:
        body, seen = parts_mask(_BODY), person.texture.coverage
        clothed = np.where(seen, person.cloth, cloth_texels(person.filled))
        image = np.where(seen[..., None], person.texture.image, person.filled.image)
        bare = with_rim(body & ~clothed, image, _skin_of(person)) & body
        neck = alike(collar(person.texture) & seen, image, _skin_of(person), _SHADED)  # another head leaves it as it is
        person.worked_out[_bare] = bare | neck
    return person.worked_out[_bare]
