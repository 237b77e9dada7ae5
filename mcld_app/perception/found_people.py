"""The people found in a photo without DensePose, and the mannequin laid over each: their bodies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.util import find_spec

import numpy as np

from mcld_app.body.fitting.manual_fit import ManualFit, fit_by_sighting
from mcld_app.body.fitting.sighting import Sighting
from mcld_app.body.framing import Frame, frame_around, frame_photo
from mcld_app.body.photo import PhotoFile
from mcld_app.checkpoints import wheel_models
from mcld_app.editing.person import LARGEST, Person, fitted_person
from mcld_app.errors import StudioError
from mcld_app.perception.people_finder import FoundPerson, NobodyFound, find_people

_LEAST = (96, 66)  # height and width of a framed photo at least: of smaller ones, recipes could not be read again
_FITS = 0.42  # of an outline and the body over it: things, or legs alone, taken for a whole person have 0.2 to 0.4
_SEEN = 0.5  # of a landmark: the frame is drawn around it, too
_AGREES = 0.3  # of an outline and a map, their pixels in common by those of either: the same person
_COARSE = 128  # pixels of the longer side of the picture on which the two are compared


@dataclass(frozen=True, eq=False)
class FoundPeople:
    """The people found in a photo, the largest first; each is fitted when asked for.

    Attributes:
        name: what the page calls the photo.
        photo: (H, W, 3) uint8 RGB.
        people: one or more.
        stored: the photo's file; None where it is not known.
    """

    name: str
    photo: np.ndarray = field(repr=False)
    people: tuple[FoundPerson, ...]
    stored: PhotoFile | None = None
    _laid: dict[int, ManualFit] = field(default_factory=dict, init=False, repr=False)
    _made: dict[int, Person] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.people)

    def portrait(self, index: int) -> np.ndarray:
        """The part of the photo around one of them, (h, w, 3) uint8 RGB."""
        top, left, height, width = self.people[index].box
        return self.photo[top : top + height, left : left + width]

    def fit(self, index: int) -> ManualFit:
        """The mannequin over one of them.

        Raises:
            StudioError: where there is no such person.
        """
        if not 0 <= index < len(self):
            raise StudioError("There is no such person in the photo. Choose one of those that were found.")
        if index not in self._laid:
            self._laid[index] = replace(lay(self.name, self.photo, self.people[index]), stored=self.stored)
        return self._laid[index]

    def person(self, index: int) -> Person:
        """One of them, with the body that the mannequin gives.

        Raises:
            StudioError: where there is no such person.
        """
        if index not in self._made:
            self._made[index] = fitted_person(self.fit(index))
        return self._made[index]


def is_installed() -> bool:
    """Whether people can be found: the models are here, and what runs them."""
    return find_spec("ai_edge_litert") is not None and wheel_models.is_there()


def find_in(
    name: str, photo: np.ndarray, stored: PhotoFile | None = None, *, closer: bool = False
) -> FoundPeople:
    """Everybody in a photo (H, W, 3) uint8 RGB, whose file is `stored`; see
    `people_finder.find_people`, also for what it raises: NobodyFound, too, where no body fits what was found. Those
    whom a body does not fit are left out before the first whom it does; further ones are not tried here."""
    people = FoundPeople(name, photo, find_people(photo, closer=closer), stored)
    for index in range(len(people)):
        if people.fit(index).agreement >= _FITS:
            return people if index == 0 else FoundPeople(name, photo, people.people[index:], stored)
    raise NobodyFound(
        "Something like a person was found in the photo, but no body fits it. Choose a photo that shows more of the "
        "person, from the head down."
    )


def lay(name: str, photo: np.ndarray, person: FoundPerson) -> ManualFit:
    """The photo cut to 11:16 around somebody found in it, and the mannequin over them."""
    frame = frame_around(photo.shape[:2], _box(person), target=None)
    if not _LEAST[0] <= frame.target[0] <= LARGEST[0]:
        target = LARGEST if frame.target[0] > LARGEST[0] else _LEAST
        frame = frame_around(photo.shape[:2], _box(person), target=target)
    if frame.target == photo.shape[:2]:
        return lay_over(name, photo, None, person)
    return lay_over(name, frame_photo(photo, frame), (photo, frame), person)


def lay_over(
    name: str, framed: np.ndarray, whole: tuple[np.ndarray, Frame] | None, person: FoundPerson
) -> ManualFit:
    """The mannequin over somebody in a photo that is framed already, `whole` being the photo in which they were found
    and its frame; None where that is the same."""
    scale, shift = 1.0, (0.0, 0.0)
    if whole is not None:
        frame = whole[1]
        scale = frame.target[0] / frame.box[2]
        shift = (-frame.box[1] * scale, -frame.box[0] * scale)
    outline = person.outline.over(framed.shape[:2], scale, shift)
    sighting = Sighting((outline * 255 + 0.5).astype(np.uint8), person.landmarks.moved(scale, shift), whole)
    return fit_by_sighting(name, framed, sighting)


def _box(person: FoundPerson) -> tuple[int, int, int, int]:
    """(top, left, height, width) of all that is seen of somebody: their outline, and points that it may miss."""
    top, left, height, width = person.box
    places = person.landmarks.places[person.landmarks.sure > _SEEN]
    low, high = np.array([top, left]), np.array([top + height, left + width])
    if len(places):
        low = np.minimum(low, np.floor(places.min(0)[::-1]).astype(int))
        high = np.maximum(high, np.ceil(places.max(0)[::-1]).astype(int) + 1)
    low, high = np.clip(low, 0, person.size), np.clip(high, 0, person.size)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def of_same_bodies(photo: np.ndarray, maps: list[np.ndarray]) -> tuple[FoundPerson | None, ...]:
    """For bodies that another model found in a photo, (H, W, 3) IUV maps, who they are here; None where nobody is, and
    where nobody can be found at all."""
    if not is_installed():
        return (None,) * len(maps)
    try:
        people = find_people(photo)
    except StudioError:
        return (None,) * len(maps)
    scale = _COARSE / max(photo.shape[:2])
    size = tuple(max(1, round(side * scale)) for side in photo.shape[:2])
    rows, columns = (
        ((np.arange(new) + 0.5) / new * old).astype(int) for new, old in zip(size, photo.shape[:2], strict=True)
    )
    outlines = [person.outline.over(size, scale) >= 0.5 for person in people]
    matched = []
    for iuv in maps:
        body = iuv[..., 0][np.ix_(rows, columns)] > 0
        shares = [(body & seen).sum() / max((body | seen).sum(), 1) for seen in outlines]
        best = int(np.argmax(shares))
        matched.append(people[best] if shares[best] >= _AGREES else None)
    return tuple(matched)
