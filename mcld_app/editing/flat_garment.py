"""Garments from a picture of the garment alone: what the page adjusts, and what everybody can wear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from mcld_app.body.colour_profile import to_srgb
from mcld_app.body.garments.back import extent_alone
from mcld_app.body.garments.cutout import LEAST_SIDE, Cutout, cut_out
from mcld_app.body.garments.find_points import find_points
from mcld_app.body.garments.guess_kind import guess_kind
from mcld_app.body.garments.laying import LaidGarment, lay
from mcld_app.body.garments.points import KINDS, KeyPoints, checked_kind
from mcld_app.body.parts import region
from mcld_app.body.photo import read_layer, read_photo
from mcld_app.body.picture_file import PictureSource, Wanted, open_picture
from mcld_app.editing.garment import Garment
from mcld_app.editing.person import Person, make_person
from mcld_app.errors import PictureError, StudioError

REGION_OF: Mapping[str, str] = MappingProxyType(
    {"top": "upper", "coat": "upper", "dress": "body", "trousers": "bottom", "shorts": "bottom", "skirt": "bottom"}
)
"""Kind of garment -> the region it is worn on."""


@dataclass(frozen=True, eq=False)
class FlatGarment:
    """A garment from its picture, with all that is needed to adjust it.

    Attributes:
        name: what the page calls it.
        cutout: the picture and which of its pixels show the garment.
        points: its key points and its kind.
    """

    name: str
    cutout: Cutout
    points: KeyPoints

    @cached_property
    def laid(self) -> LaidGarment:
        """The garment on the mannequin; PictureError where its points lie wrong."""
        return lay(self.cutout, self.points)

    @cached_property
    def garment(self) -> Garment:
        """The garment to wear; PictureError where its points lie wrong."""
        return garment_alone(make_person(self.name, self.laid.photo, self.laid.iuv), self.points.kind)

    def with_points(self, points: KeyPoints) -> FlatGarment:
        """The same picture with other points."""
        return replace(self, points=points)


def flat_garment(
    picture: PictureSource,
    kind: str = "",
    points: KeyPoints | Mapping[str, tuple[float, float]] | None = None,
    *,
    worn_on: str = "",
    sleeves: bool = True,
    name: str = "",
) -> FlatGarment:
    """A garment from a picture of it alone, to wear and to adjust.

    Args:
        picture: a file's path or bytes, or a picture, as `read_photo` takes them; transparency says what is garment.
        kind: a key of `KINDS`; "" asks `worn_on`, and where that leaves a choice, the outline.
        points: the key points, where they are known: all of them, or some by name; the others are found.
        worn_on: the region of the body it was dropped on.
        sleeves: False where what look like sleeves are none.
        name: what the page calls it; "" is the kind.

    Raises:
        PictureError: where the picture shows no garment, or nothing of that kind.
        StudioError: for an unknown kind, region or point.
    """
    cutout = cut_out(read_garment_picture(picture))
    if isinstance(points, KeyPoints):
        return FlatGarment(name or KINDS[points.kind], cutout, points)
    kind = checked_kind(kind) if kind else guess_kind(cutout, kinds_for(worn_on))
    found = find_points(cutout, kind)
    if not sleeves and found.sleeves:
        found = found.without_sleeves()
    for point, place in (points or {}).items():
        found = found.moved(point, *place)
    return FlatGarment(name or KINDS[kind], cutout, found)


def garment_from_photo(
    picture: PictureSource, kind: str, points: KeyPoints | Mapping[str, tuple[float, float]] | None = None, **how: object
) -> Garment:
    """A garment to wear from a picture of it alone; see `flat_garment`."""
    return flat_garment(picture, kind, points, **how).garment


def garment_alone(donor: Person, kind: str) -> Garment:
    """The garment of a photo and an IUV map that show it alone, as a kind of `KINDS`: its extent and its back are
    worked out of the two, so that a recipe that keeps them keeps the garment."""
    return Garment(donor.name, donor, REGION_OF[checked_kind(kind)], extent_alone(donor.texture), kind)


def kinds_for(region_name: str) -> tuple[str, ...]:
    """The kinds of garment that may have been dropped on a region, the likeliest first; all where that is ""."""
    if not region_name:
        return tuple(KINDS)
    bases = region(region_name).bases
    if bases <= {"top", "sleeves"}:
        return ("top", "coat")
    if bases <= {"bottom", "shoes"}:
        return ("trousers", "shorts", "skirt")
    if {"top", "bottom"} <= bases:
        return ("dress", "coat")
    raise StudioError("A garment is dropped on the upper body, on the legs, or on the whole body.")


def read_garment_picture(source: PictureSource) -> np.ndarray:
    """A garment's picture, (H, W, 3) uint8 RGB, or (H, W, 4) RGBA where it has transparency.

    Raises:
        PictureError: for what is no picture, is damaged, too large or too small.
    """
    image = open_picture(source, Wanted("garment's picture")).image
    if min(image.size) < LEAST_SIDE:
        raise PictureError(
            f"The garment's picture is {image.width} x {image.height} pixels, too small to show what it is like. "
            f"Choose one with at least {LEAST_SIDE} pixels on its shorter side."
        )
    return read_layer(to_srgb(image), what="garment's picture") if image.has_transparency_data else read_photo(image)
