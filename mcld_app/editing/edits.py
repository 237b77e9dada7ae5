"""What can be changed on a person: each kind of edit is a function from texture map to texture map, with a switch."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mcld_app.body.head_crop import crop_head
from mcld_app.body.texture.cloth import colour_layer, pattern_layer
from mcld_app.body.texture.dressing import lay_on
from mcld_app.body.texture.head_swap import put_head_on
from mcld_app.body.texture.strokes import lay_paint
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.garment import Area, Garment, area_label, texels_of
from mcld_app.editing.person import Person
from mcld_app.request import Face

Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False, kw_only=True)
class Edit:
    """One edit of a list.

    Attributes:
        on: whether it counts.
    """

    on: bool = True

    @property
    def label(self) -> str:
        """What the page calls it."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """Where on the body, in words."""
        raise NotImplementedError

    def made(self, texture: TextureMap, person: Person) -> TextureMap:
        """The texture map with this edit made; never touches the one given.

        Args:
            texture: as the edits before left it.
            person: whom it belongs to, as their photo shows them.
        """
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Wear(Edit):
    """A garment's texels of that area."""

    garment: Garment
    area: Area

    @property
    def label(self) -> str:
        return self.garment.label

    @property
    def place(self) -> str:
        return area_label(self.area)

    def made(self, texture: TextureMap, person: Person) -> TextureMap:
        return lay_on(texture, self.garment.layer(self.area))


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

    def made(self, texture: TextureMap, person: Person) -> TextureMap:
        mask, folds = texels_of(self.area), person.texture if self.shaded else None
        if self.pattern is None:
            layer = colour_layer(mask, self.colour, keep_shading=folds)
        else:
            layer = pattern_layer(mask, self.pattern, self.scale, self.angle, keep_shading=folds)
        return lay_paint(texture, layer)


@dataclass(frozen=True, eq=False)
class Paint(Edit):
    """Brush strokes on the texture map, (512, 512, 4) uint8 RGBA."""

    layer: np.ndarray = field(repr=False)

    @property
    def label(self) -> str:
        return "Paint"

    @property
    def place(self) -> str:
        return "By hand"

    def made(self, texture: TextureMap, person: Person) -> TextureMap:
        return lay_paint(texture, self.layer)


@dataclass(frozen=True, eq=False)
class Swap(Edit):
    """Another face.

    Attributes:
        donor: whose; None is no face at all.
        share: how far from the person's own face to the donor's, 0..1.
        texels: whether the head's texels change too, or the identity alone.
    """

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

    @cached_property
    def face(self) -> Face | None:
        """The donor's face."""
        return face_of(self.donor) if self.donor else None

    def made(self, texture: TextureMap, person: Person) -> TextureMap:
        if self.donor is None or not self.texels or not self.share:
            return texture
        return put_head_on(texture, self.donor.bare_head, self.share)


def face_of(person: Person) -> Face | None:
    """A person's face as their photo shows it; None where none is seen."""
    head = crop_head(person.photo, person.iuv)
    return None if head is None else Face(head=head, photo=person.photo, iuv=person.iuv)
