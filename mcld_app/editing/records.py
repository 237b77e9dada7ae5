"""What a recipe's records are made of: people, areas, and the pictures that travel along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from mcld_app.body.iuv import encode_iuv, read_iuv
from mcld_app.body.parts import REGIONS
from mcld_app.body.photo import encode_png, read_layer, read_photo
from mcld_app.body.shells.store import shells_from_bytes, shells_to_bytes
from mcld_app.content import content_hash
from mcld_app.editing import samples
from mcld_app.editing.area import Area, checked_area
from mcld_app.editing.fit_record import FitRecord, fit_record, with_fit
from mcld_app.editing.person import Person, kept_person
from mcld_app.editing.record_fields import FileText, Record, file_bytes, file_text, says
from mcld_app.errors import NotAtHand, StudioError

_LONGEST_NAME = 40

Known = Callable[[str], object]
"""What is at hand under the hash of a content: a Person, a MapPose, a pattern (h, w, 4) uint8 RGBA, a ground (H, W, 3)
uint8 RGB, or None."""


class SampleRef(Record):
    """Somebody of the samples: a sample person, or whoever the picture of a sample garment shows. Samples may be drawn
    anew: `content` is the hash of what was there when the recipe was written."""

    sample: str
    content: str | None = None


class OwnRef(Record):
    """Somebody on a picture of the visitor's own, by the hash of its content."""

    own: str


PersonRef = Annotated[SampleRef | OwnRef, says("This recipe does not say whom it is about. It may be damaged.")]


class AreaRecord(Record):
    """Where on the body: a region, or DensePose parts."""

    region: Annotated[str, Field(json_schema_extra={"enum": list(REGIONS)})] | None = None
    parts: (
        Annotated[
            list[Annotated[int, Field(ge=1, le=24)]],
            Field(min_length=1),
            says("This recipe names body parts that are none; the parts have the numbers 1 to 24."),
        ]
        | None
    ) = None

    @property
    def area(self) -> Area:
        """The area; StudioError where there is no such one."""
        return checked_area(self.region or "" if self.parts is None else frozenset(self.parts))


def area_fields(area: Area) -> dict[str, Any]:
    """The fields of an `AreaRecord` for an area."""
    return {"region": area} if isinstance(area, str) else {"parts": sorted(area)}


# --- Pictures ------------------------------------------------------------------------------------------------------


class PictureRecord(Record):
    """A picture that travels along: a person's photo with its IUV map (and, white on black, which pixels of that are
    doubtful, the mannequin that gave the map, and what stands off the body, as `shells.store` writes it), a pose's IUV
    map, a pattern, or a photo alone, which is a ground."""

    name: str | None = None
    photo: FileText | None = None
    iuv: FileText | None = None
    doubtful: FileText | None = None
    fit: FitRecord | None = None
    shells: FileText | None = None
    pattern: FileText | None = None

    def called(self, otherwise: str) -> str:
        """Its name, short enough for a label."""
        return (otherwise if self.name is None else self.name)[:_LONGEST_NAME]


class Writer:
    """Gathers the pictures that a recipe's records name.

    Args:
        with_pictures: whether a visitor's own pictures come along; else only the hashes of their contents do.
        names: what they call people on pictures of their own, by the person's key, where they gave another name.
    """

    def __init__(self, with_pictures: bool, names: Mapping[str, str] = {}) -> None:
        self._with_pictures, self._names = with_pictures, names
        self.pictures: dict[str, PictureRecord] = {}

    def person(self, person: Person) -> SampleRef | OwnRef:
        """The reference to a person."""
        if person.sample:
            return sample_ref(person.sample)
        name = self._names.get(person.key, person.name)
        self._keep(person.key, lambda: PictureRecord(
            name=name, photo=file_text(encode_png(person.photo)), iuv=file_text(encode_iuv(person.iuv)),
            doubtful=_mask_text(person.doubtful), fit=fit_record(person), shells=_shells_text(person),
        ))  # fmt: skip
        return OwnRef(own=person.key)

    def pattern(self, pattern: np.ndarray, name: str) -> str:
        """The key of a pattern, (h, w, 3 or 4) uint8 RGB(A)."""
        key = content_hash(pattern)
        self._keep(key, lambda: PictureRecord(name=name, pattern=file_text(encode_png(pattern))))
        return key

    def iuv(self, iuv: np.ndarray, name: str) -> str:
        """The key of an IUV map, (H, W, 3) uint8."""
        key = content_hash(iuv)
        self._keep(key, lambda: PictureRecord(name=name, iuv=file_text(encode_iuv(iuv))))
        return key

    def ground(self, picture: np.ndarray) -> str:
        """The key of a picture as a ground, (H, W, 3) uint8 RGB."""
        key = content_hash(picture)
        self._keep(key, lambda: PictureRecord(photo=file_text(encode_png(picture))))
        return key

    def _keep(self, key: str, record: Callable[[], PictureRecord]) -> None:
        if self._with_pictures and key not in self.pictures:
            self.pictures[key] = record()


class Reader:
    """Finds the people and pictures that a recipe's records name.

    Args:
        pictures: those that came along.
        known: for those that did not.

    Attributes:
        redrawn: ids of the samples met so far that were drawn anew since the recipe was written.
    """

    def __init__(self, pictures: Mapping[str, PictureRecord], known: Known = lambda _: None) -> None:
        self.pictures, self.known = pictures, known
        self._people: dict[str, Person] = {}
        self.redrawn: set[str] = set()

    def person(self, ref: SampleRef | OwnRef) -> Person:
        """The person of a reference.

        Raises:
            StudioError: for an unknown sample, or a photo that neither came along nor is at hand.
        """
        if isinstance(ref, SampleRef):
            person = _sample(ref.sample)
            if ref.content != person.key:
                self.redrawn.add(ref.sample)
            return person
        if ref.own not in self._people:
            self._people[ref.own] = self._own(ref.own)
        return self._people[ref.own]

    def pattern(self, key: str) -> tuple[np.ndarray, str]:
        """A pattern, (h, w, 3 or 4) uint8 RGB(A), and its name; StudioError where it is nowhere."""
        kept = self.pictures.get(key)
        if kept is None and isinstance(pattern := self.known(key), np.ndarray):
            return pattern, "Pattern"
        if kept is None or kept.pattern is None:
            raise NotAtHand("This recipe needs a pattern that it does not carry. Save it with pictures.")
        return read_layer(file_bytes(kept.pattern)), kept.called("Pattern")

    def ground(self, key: str) -> np.ndarray | None:
        """A picture as a ground, (H, W, 3) uint8 RGB; None where it is nowhere."""
        kept = self.pictures.get(key)
        if kept is not None and kept.photo is not None:
            return read_photo(file_bytes(kept.photo))
        known = self.known(key)
        return known if isinstance(known, np.ndarray) and known.ndim == 3 and known.shape[2] == 3 else None

    def _own(self, key: str) -> Person:
        kept = self.pictures.get(key)
        if kept is not None and kept.photo is not None and kept.iuv is not None:
            photo, iuv = read_photo(file_bytes(kept.photo)), read_iuv(file_bytes(kept.iuv))
            doubtful = None if kept.doubtful is None else read_photo(file_bytes(kept.doubtful))[..., 0] >= 128
            person = kept_person(kept.called("Photo"), photo, iuv, doubtful)
            if kept.shells is not None:
                person = replace(person, own_shells=shells_from_bytes(file_bytes(kept.shells)))
            return person if kept.fit is None else with_fit(person, kept.fit)
        person = self.known(key)
        if not isinstance(person, Person):
            raise NotAtHand(
                "This recipe needs a photo that it does not carry. Add that photo with its IUV map under “Your own "
                "photo” first, then open the recipe again."
            )
        return person


def _mask_text(mask: np.ndarray | None) -> str | None:
    """A mask (H, W) bool as a picture in black and white."""
    return None if mask is None else file_text(encode_png(np.repeat(mask[..., None], 3, 2) * np.uint8(255)))


def _shells_text(person: Person) -> str | None:
    """The shells that cannot be looked for in a person's photo."""
    return file_text(shells_to_bytes(person.own_shells)) if person.own_shells else None


def sample_ref(name: str) -> SampleRef:
    """The reference to a sample, as it is now; StudioError where there is none of that id."""
    return SampleRef(sample=name, content=_sample(name).key)


def _sample(name: str) -> Person:
    if name in samples.people():
        return samples.sample_person(name)
    if name in samples.garments():
        return samples.sample_garment(name).donor
    raise StudioError(f"This recipe names a sample that is not here: {name[:60]!r}. Was it made by another version?")
