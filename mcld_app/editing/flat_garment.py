"""Garments from a picture of the garment alone: what the page adjusts, and what everybody can wear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mcld_app.body.colour_profile import to_srgb
from mcld_app.body.framing import unframe
from mcld_app.body.garments.cutout import LEAST_SIDE, Cutout, cut_out
from mcld_app.body.garments.far_side import picture_of_back
from mcld_app.body.garments.find_points import find_points, moved_point
from mcld_app.body.garments.garment_shells import garment_shells
from mcld_app.body.garments.guess_kind import guess_kind
from mcld_app.body.garments.laying import LaidGarment, lay
from mcld_app.body.garments.marking import Marking
from mcld_app.body.garments.points import KINDS, KeyPoints, checked_kind
from mcld_app.body.parts import region
from mcld_app.body.photo import read_layer, read_photo
from mcld_app.body.picture_file import PictureSource, Wanted, open_picture
from mcld_app.editing.garment import Garment, garment_alone
from mcld_app.editing.person import make_person
from mcld_app.errors import PictureError, StudioError
from mcld_app.once import cached_property


@dataclass(frozen=True, eq=False)
class FlatGarment:
    """A garment from its picture, with all that is needed to adjust it.

    Attributes:
        name: what the page calls it.
        cutout: the picture and which of its pixels show the garment.
        points: its key points and its kind.
        first: as it was found; None where nothing was put right.
    """

    name: str
    cutout: Cutout
    points: KeyPoints
    first: Marking | None = None

    @classmethod
    def of(cls, name: str, cutout: Cutout, kind: str) -> FlatGarment:
        """A garment that was cut out, its points found; PictureError where the outline is not that of such a kind."""
        return cls(name or KINDS[checked_kind(kind)], cutout, find_points(cutout, kind))

    @cached_property
    def laid(self) -> LaidGarment:
        """The garment on the mannequin; PictureError where its points lie wrong."""
        return lay(self.cutout, self.points)

    @cached_property
    def garment(self) -> Garment:
        """The garment to wear; PictureError where its points lie wrong."""
        alone = garment_alone(make_person(self.name, self.laid.photo, self.laid.iuv), self.points.kind)
        donor, (_, frame) = alone.donor, alone.donor.as_it_came
        back = unframe(picture_of_back(donor.pixels), frame, onto=self.laid.photo)
        shells = garment_shells(self.laid, donor.far_side, back)
        return replace(alone, donor=donor.with_shells(shells), marking=self.marking)

    @property
    def marking(self) -> Marking:
        """What of it is adjusted."""
        return Marking(self.cutout, self.points, self.first)

    def moved(self, point: str, x: float, y: float) -> FlatGarment:
        """The same garment with a point dragged to 0..1 of the width and height of `cutout.picture`."""
        return of_marking(self.name, self.marking.moved(point, x, y))


def flat_garment(
    picture: PictureSource,
    kind: str = "",
    points: KeyPoints | Mapping[str, tuple[float, float]] | None = None,
    *,
    worn_on: str = "",
    sleeves: bool = True,
    name: str = "",
    which: int | None = None,
) -> FlatGarment:
    """A garment from a picture of it alone, to wear and to adjust.

    Args:
        picture: a file's path or bytes, or a picture, as `read_photo` takes them; transparency says what is garment.
        kind: a key of `KINDS`; "" asks `worn_on`, and where that leaves a choice, the outline.
        points: the key points, where they are known: all of them, or some by name; the others are found.
        worn_on: the region of the body it was dropped on.
        sleeves: False where what look like sleeves are none.
        name: what the page calls it; "" is the kind.
        which: of several garments in the picture the one that is meant, the largest being 0.

    Raises:
        SeveralGarments: where it shows several, and `which` does not say which one.
        PictureError: where the picture shows no garment, or nothing of that kind.
        StudioError: for an unknown kind, region or point.
    """
    cutout = cut_out(read_garment_picture(picture), which)
    if isinstance(points, KeyPoints):
        return FlatGarment(name or KINDS[points.kind], cutout, points)
    kind = checked_kind(kind) if kind else guess_kind(cutout, kinds_for(worn_on))
    found = find_points(cutout, kind)
    if not sleeves and found.sleeves:
        found = found.without_sleeves()
    for point, place in (points or {}).items():
        found = moved_point(cutout, found, point, *place)
    return FlatGarment(name or KINDS[kind], cutout, found)


def of_marking(name: str, marking: Marking) -> FlatGarment:
    """A garment as its picture was marked."""
    return FlatGarment(name, marking.cutout, marking.points, marking.first)


def garment_from_photo(
    picture: PictureSource,
    kind: str,
    points: KeyPoints | Mapping[str, tuple[float, float]] | None = None,
    *,
    sleeves: bool = True,
    name: str = "",
) -> Garment:
    """A garment to wear from a picture of it alone; see `flat_garment`."""
    return flat_garment(picture, kind, points, sleeves=sleeves, name=name).garment


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


def marked(flat: FlatGarment) -> np.ndarray:
    """How a picture was understood, (H, W, 3) uint8 RGB: its ground dimmed, key points as dots, guessed ones black."""
    out = flat.cutout.picture.copy()
    out[~flat.cutout.mask] = (out[~flat.cutout.mask] * 0.3).astype(np.uint8) + np.uint8(90)
    radius = max(3, len(out) // 130)
    for name, place in flat.points.in_pixels(out.shape).items():
        at = tuple(round(float(v)) for v in place)
        cv2.circle(out, at, radius + 2, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(out, at, radius, (0, 0, 0) if name in flat.points.guessed else (220, 30, 30), -1, cv2.LINE_AA)
    return out
