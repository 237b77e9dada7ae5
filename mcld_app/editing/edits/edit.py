"""What every kind of edit brings: the contract of the modules beside this one, of which each is a kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from mcld_app.body.shells.shell import Shell
from mcld_app.body.texture.garment_line import GarmentLine
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.person import Person
from mcld_app.editing.record_fields import Record
from mcld_app.editing.records import Reader, Writer
from mcld_app.request import STUDIO, Conditioning, Face

Faces = tuple[Face | None, Face | None, float]
"""A person's face, another face it is turned towards, and how far, 0..1: see `request.Conditions`."""


class EditRecord(Record):
    """An edit in a recipe. A kind adds `kind: Literal["..."]`, its name, and its own fields."""

    kind: Any
    on: bool = True


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A small picture of what an edit brings, still to be cut and resized.

    Attributes:
        picture: (H, W, 3) uint8 RGB.
        shown: (H, W) bool, the part that matters; None = all of it.
        closest: how much of the picture's width is shown at least, 0..1.
    """

    picture: np.ndarray = field(repr=False)
    shown: np.ndarray | None = field(default=None, repr=False)
    closest: float = 0.6


@dataclass(frozen=True, eq=False, kw_only=True)
class Edit(ABC):
    """One edit of a list: a function from texture map to texture map, with a switch.

    A kind of edit is a frozen dataclass on this one, in a module of its own in this package. It is found there, so that
    a new kind needs no line elsewhere.

    Attributes:
        kind: the kind's name in recipes.
        Record: its record in recipes; its field `kind` names the kind.
        on: whether the edit counts.
    """

    kind: ClassVar[str]
    Record: ClassVar[type[EditRecord]]

    reshapes: ClassVar[bool] = False
    """Whether it brings clothes or hair of another outline, so that in the photo the old ones' is to be covered."""

    on: bool = True

    @property
    @abstractmethod
    def label(self) -> str:
        """What the page calls it."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Where on the body, in words."""

    @property
    @abstractmethod
    def thumbnail(self) -> Thumbnail | None:
        """A picture of it for the list of edits; None where there is nothing to show."""

    @property
    def people(self) -> tuple[Person, ...]:
        """The people it takes something from."""
        return ()

    @property
    def patterns(self) -> tuple[np.ndarray, ...]:
        """The patterns it brings, (h, w, 3 or 4) uint8 RGB(A)."""
        return ()

    def enter(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """A list of edits after this one was made: at its end, unless the kind takes the place of older ones.

        Raises:
            StudioError: where it cannot be made.
        """
        return (*edits, self)

    def after(self, edits: tuple[Edit, ...], person: Person) -> Edit:
        """What it is after the edits before it on that person; most kinds do not depend on them."""
        return self

    @abstractmethod
    def apply(self, texture: TextureMap, person: Person, how: Conditioning = STUDIO) -> TextureMap:
        """The texture map with this edit made; never touches the one given.

        Args:
            texture: as the edits before left it.
            person: whom it belongs to, as their photo shows them.
            how: how the texture map was made. Where it says `seen_only`, what is taken from another picture is what
                that picture shows, extracted in the same way; what it hides becomes a hole.
        """

    def shows(self, texture: TextureMap) -> tuple[Person, np.ndarray] | None:
        """Whose photo the edit brings, and which texels, (512, 512) bool, are that photo's own: a preview reads them
        from there. None where it brings none.

        Args:
            texture: as the edits before left it.
        """
        return None

    @property
    def line(self) -> GarmentLine | None:
        """Where what the edit puts on ends, sharper than texels; None where it puts nothing on, or texels say it."""
        return None

    def hang(self, shells: tuple[Shell, ...]) -> tuple[Shell, ...]:
        """What stands off the body after this edit: most kinds leave hair and skirts alone."""
        return shells

    def turn_face(self, faces: Faces) -> Faces:
        """The faces the network is told, after this edit: most kinds leave them alone."""
        return faces

    @abstractmethod
    def to_record(self, writer: Writer) -> EditRecord:
        """Its record. Fields that are not set are left out of the recipe."""

    @classmethod
    @abstractmethod
    def from_record(cls, record: Any, reader: Reader) -> Edit:
        """The edit of a record of this kind.

        Raises:
            StudioError: where the record tells of something that is not there, or cannot be.
        """


def in_place_of(old: Edit | None, new: Edit, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The list with a new edit in the place of an old one; at the end, where there is none."""
    if old is None:
        return (*edits, new)
    return tuple(new if edit is old else edit for edit in edits)
