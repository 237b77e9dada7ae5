"""A look: a person, what they wear, and how they stand. Every function returns a new look."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from mcld_app.body.dressing import Layer, garment_layer, lay_on
from mcld_app.body.mannequin import Pose
from mcld_app.body.parts import region
from mcld_app.body.texture import TextureMap
from mcld_app.conditions import Person
from mcld_app.errors import StudioError


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
    def _layers(self) -> dict[str, Layer]:
        return {}

    def layer(self, region_name: str) -> Layer:
        """This garment ready to be put on that region; worked out once.

        A garment that nobody wears, put where it belongs, is worn whole: boots reach up the leg, a collar up the neck.
        Put elsewhere, only its part of that region is taken, and nothing around it is bared.

        Raises:
            StudioError: where there is no such region, or the picture does not show it.
        """
        if region_name not in self._layers:
            at_home = self.extent is not None and region_name == self.region
            self._layers[region_name] = garment_layer(
                self.donor.texture,
                "body" if at_home else region_name,
                only=self.extent,
                bares=self.extent is None or at_home,
            )
        return self._layers[region_name]


@dataclass(frozen=True, eq=False)
class Wear:
    """One edit: this garment's texels of that region."""

    garment: Garment
    region: str

    def put_on(self, texture: TextureMap) -> TextureMap:
        """The texture map with this edit made."""
        return lay_on(texture, self.garment.layer(self.region))


@dataclass(frozen=True, eq=False)
class Outfit:
    """A person and what they wear. The texture maps are worked out once and kept, so that a change of pose costs
    nothing here and one more garment costs one garment.

    Attributes:
        person: who wears it.
        worn: the edits, in the order they were made.
        below: the same outfit without the last edit; None where nothing is worn.
    """

    person: Person
    worn: tuple[Wear, ...] = ()
    below: Outfit | None = field(default=None, repr=False)

    @cached_property
    def seen(self) -> TextureMap:
        """The dressed texture map. Where neither the person's photo nor a garment says anything, it has holes."""
        return self.worn[-1].put_on(self.below.seen) if self.worn else self.person.texture

    @cached_property
    def changed(self) -> np.ndarray:
        """Which texels are not the person's own: (512, 512) bool."""
        own = self.person.texture
        return (self.seen.image != own.image).any(2) | (self.seen.coverage & ~own.coverage)

    @cached_property
    def filled(self) -> TextureMap:
        """The same without holes: what no photo showed is guessed. Clothes have no holes, so only the person's own
        texels are filled, and those once for all outfits."""
        filled = self.person.filled
        image = np.where(self.changed[..., None], self.seen.image, filled.image)
        return TextureMap(image, filled.coverage | self.changed)

    def doze(self) -> None:
        """Let go of what is quickly worked out again: an outfit that only undo remembers needs half the memory."""
        self.__dict__.pop("filled", None)
        self.__dict__.pop("changed", None)


@dataclass(frozen=True, eq=False)
class Look:
    """All that makes one picture.

    Attributes:
        outfit: the person and their clothes.
        pose: how they stand; None is "as in the photo".
        fill: whether texels no photo showed are guessed (True) or left out.
    """

    outfit: Outfit
    pose: Pose | None = None
    fill: bool = True

    @property
    def person(self) -> Person:
        return self.outfit.person

    @property
    def worn(self) -> tuple[Wear, ...]:
        return self.outfit.worn

    @property
    def texture(self) -> TextureMap:
        """The texture map the picture is drawn from."""
        return self.outfit.filled if self.fill else self.outfit.seen


def of(person: Person) -> Look:
    """The person as they are."""
    return Look(Outfit(person))


def put_on(look: Look, garment: Garment, region_name: str | None = None) -> Look:
    """Put a garment on a region (its usual one where none is given). What was worn on that region, or on a part of it,
    is taken off.

    Raises:
        StudioError: where there is no such region, or the garment's picture does not show it.
    """
    wanted = region(region_name or garment.region)
    under = (edit for edit in look.worn if not region(edit.region).parts <= wanted.parts)
    outfit = _dressed(look.person, (*under, Wear(garment, wanted.name)), look.outfit)
    _ = outfit.seen  # here, not when it is drawn: a garment that cannot be worn must not enter the look
    return replace(look, outfit=outfit)


def take_off(look: Look, index: int) -> Look:
    """Take off the garment at that place in `look.worn`.

    Raises:
        StudioError: where there is none.
    """
    if not 0 <= index < len(look.worn):
        raise StudioError("This garment has been taken off already.")
    worn = look.worn[:index] + look.worn[index + 1 :]
    return replace(look, outfit=_dressed(look.person, worn, look.outfit))


def change_person(look: Look, person: Person) -> Look:
    """The same clothes and pose on somebody else."""
    return replace(look, outfit=_dressed(person, look.worn, look.outfit))


def _dressed(person: Person, worn: tuple[Wear, ...], known: Outfit) -> Outfit:
    """The outfit, built upon as much of a known one as the two have in common."""
    while known.below and known.worn != worn[: len(known.worn)]:
        known = known.below
    outfit = known if known.person is person else Outfit(person)
    for edit in worn[len(outfit.worn) :]:
        outfit = Outfit(person, (*outfit.worn, edit), outfit)
    return outfit


def stand(look: Look, pose: Pose | None) -> Look:
    """Another pose; None is "as in the photo"."""
    return replace(look, pose=pose)
