"""Another face: its identity for the network and, if wanted, its head on the texture map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from mcld_app.body.parts import region_mask, region_pixels
from mcld_app.body.shells.shell import Shell
from mcld_app.body.texture.head_swap import collar, put_head_on
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.edits.edit import Edit, EditRecord, Faces, Thumbnail, in_place_of
from mcld_app.editing.person import Person
from mcld_app.editing.record_fields import number
from mcld_app.editing.records import PersonRef, Reader, Writer
from mcld_app.errors import StudioError
from mcld_app.request import STUDIO, Conditioning, within

_SHARE = ("The way to the other face", 0, 1)
_Share = number(*_SHARE)
_HALF = 0.5


class FaceSwapRecord(EditRecord):
    """Another person's face, or none."""

    kind: Literal["face"]
    donor: PersonRef | None = Field(None, description="whose; null = no face at all")
    share: _Share = Field(1.0, description="how far from the person's own face to the donor's")
    texels: bool = Field(True, description="whether the head's texels change too, or the identity alone")


@dataclass(frozen=True, eq=False)
class FaceSwap(Edit):
    """Another face.

    Attributes:
        donor: whose; None is no face at all.
        share: how far from the person's own face to the donor's, 0..1.
        texels: whether the head's texels change too, or the identity alone.
    """

    kind: ClassVar[str] = "face"
    reshapes: ClassVar[bool] = True
    Record: ClassVar[type[EditRecord]] = FaceSwapRecord

    donor: Person | None
    share: float = 1.0
    texels: bool = True

    @property
    def label(self) -> str:
        return f"{self.donor.name}’s face" if self.donor else "No face"

    @property
    def place(self) -> str:
        if self.donor is None:
            return "Identity"
        return ("Face and head" if self.texels else "Identity") + ("" if self.share == 1 else f", {self.share:.0%}")

    @property
    def thumbnail(self) -> Thumbnail | None:
        if self.donor is None:
            return None
        return Thumbnail(self.donor.picture, region_pixels("head", self.donor.picture_iuv), closest=0.25)

    @property
    def people(self) -> tuple[Person, ...]:
        return (self.donor,) if self.donor else ()

    def enter(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """In the place of the face chosen before: there is one at a time.

        Raises:
            StudioError: for a share that is none, or a donor whose picture shows no face.
        """
        what, low, high = _SHARE
        within(what, self.share, low, high)
        if self.donor is not None and self.donor.face is None:
            raise StudioError(
                f"No face is seen in “{self.donor.name}”: on its IUV map, head and face are too small or turned away. "
                "Take a picture that shows the face from the front."
            )
        return in_place_of(next((e for e in edits if isinstance(e, FaceSwap)), None), self, edits)

    def apply(self, texture: TextureMap, person: Person, how: Conditioning = STUDIO) -> TextureMap:
        if self.donor is None or not self.texels or not self.share:
            return texture
        if how.seen_only:
            theirs = self.donor.texture_map(how)
            seen = theirs.coverage & ~collar(self.donor.texture)
            return put_head_on(texture, theirs.image, self.share, seen=seen)
        return put_head_on(texture, self.donor.bare_head, self.share)

    def shows(self, texture: TextureMap) -> tuple[Person, np.ndarray] | None:
        if self.donor is None or not self.texels or self.share != 1:
            return None  # between two faces lies no photo
        theirs = self.donor.texture
        return self.donor, region_mask("head") & ~collar(texture) & theirs.coverage & ~collar(theirs)

    def hang(self, shells: tuple[Shell, ...]) -> tuple[Shell, ...]:
        """Hair goes with the head: the donor's, from half the way on."""
        if self.donor is None or not self.texels or self.share < _HALF:
            return shells
        kept = tuple(shell for shell in shells if shell.hangs_on != "head")
        return (*kept, *(shell for shell in self.donor.shells if shell.hangs_on == "head"))

    def turn_face(self, faces: Faces) -> Faces:
        """Towards the donor's face; without a donor, no face at all."""
        return (faces[0], self.donor.face, self.share) if self.donor else (None, None, 0.0)

    def to_record(self, writer: Writer) -> FaceSwapRecord:
        donor = writer.person(self.donor) if self.donor else None
        return FaceSwapRecord(kind="face", on=self.on, donor=donor, share=self.share, texels=self.texels)

    @classmethod
    def from_record(cls, record: FaceSwapRecord, reader: Reader) -> FaceSwap:
        donor = None if record.donor is None else reader.person(record.donor)
        return cls(donor, record.share, record.texels, on=record.on)
