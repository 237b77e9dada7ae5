"""Who is in a photo: every person found, so that a visitor can say whom they mean."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from mcld_app.body.bodies import bodies_in
from mcld_app.body.framing import person_box
from mcld_app.body.photo import PhotoFile
from mcld_app.body.texture.preview_planes import has_plain_ground
from mcld_app.editing.person import Person, make_person
from mcld_app.errors import StudioError
from mcld_app.perception import found_people
from mcld_app.perception.found_people import FoundPeople
from mcld_app.perception.people_finder import FoundPerson


@dataclass(frozen=True, eq=False)
class Detections:
    """The people found in a photo, in the order of `DensePose.bodies`: the one who is meant most likely first.

    Attributes:
        name: what the page calls the photo.
        photo: (H, W, 3) uint8 RGB.
        boxes: (top, left, height, width) of each, pixels.
        maps: each one's IUV map inside of their box, (height, width, 3) uint8.
        found: the same people as the body finder sees them, None where it does not; empty where nobody asked it.
        stored: the photo's file; None where it is not known.
    """

    name: str
    photo: np.ndarray = field(repr=False)
    boxes: tuple[tuple[int, int, int, int], ...]
    maps: tuple[np.ndarray, ...] = field(repr=False)
    found: tuple[FoundPerson | None, ...] = ()
    stored: PhotoFile | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    def iuv(self, index: int) -> np.ndarray:
        """One person's IUV map at the photo's size, (H, W, 3) uint8; nobody else is on it.

        Raises:
            StudioError: where there is no such person.
        """
        if not 0 <= index < len(self):
            raise StudioError("There is no such person in the photo. Choose one of those that were found.")
        top, left, height, width = self.boxes[index]
        whole = np.zeros(self.photo.shape, np.uint8)
        whole[top : top + height, left : left + width] = self.maps[index]
        return whole

    def person(self, index: int) -> Person:
        """One of them, with the body that the map gives; where the body finder sees them, too, with a mannequin that
        can be moved.

        Raises:
            StudioError: where there is no such person.
        """
        person = make_person(self.name, self.photo, self.iuv(index), stored=self.stored)
        found = self.found[index] if index < len(self.found) else None
        if found is None:
            return person
        fit = found_people.lay_over(self.name, person.photo, person.whole, found)
        return replace(person, fit=fit, body=fit.pose.body)

    def portrait(self, index: int) -> np.ndarray:
        """The part of the photo around one of them, (h, w, 3) uint8 RGB."""
        top, left, height, width = self.boxes[index]
        return self.photo[top : top + height, left : left + width]


def people_on_map(
    name: str, photo: np.ndarray, iuv: np.ndarray, stored: PhotoFile | None = None
) -> Detections:
    """Everybody whom the IUV map of a photo shows, (H, W, 3) uint8 both, the largest first. Before a busy ground a map
    tells nothing of hair and skirts: there the body finder is asked for outlines, where it is installed."""
    bodies = bodies_in(iuv)
    boxes = tuple(person_box(body) or (0, 0, *iuv.shape[:2]) for body in bodies)
    cuts = (body[top : top + h, left : left + w].copy() for body, (top, left, h, w) in zip(bodies, boxes, strict=True))
    found = () if has_plain_ground(photo) else found_people.of_same_bodies(photo, bodies)
    return Detections(name, photo, boxes, tuple(cuts), found, stored=stored)


def detect_people(
    name: str, photo: np.ndarray, stored: PhotoFile | None = None, *, closer: bool = False
) -> Detections | FoundPeople | None:
    """Everybody in a photo (H, W, 3) uint8 RGB: by DensePose where that is installed, else by the body finder; None
    where neither is.

    Args:
        name: what the page calls the photo.
        photo: the photo.
        stored: its file.
        closer: the body finder looks closer, for people who are small in the photo.

    Raises:
        NoPerson, NobodyFound: where nobody is found, or nobody large enough.
        StudioError: for a model that is broken or that nobody vouched for.
    """
    from mcld_app.perception.densepose import estimator

    seeing = estimator()
    if seeing is None:
        return found_people.find_in(name, photo, stored, closer=closer) if found_people.is_installed() else None
    boxes, maps = [], []
    bodies = seeing.bodies(photo)
    for body in bodies:
        top, left, height, width = body.box
        boxes.append(body.box)
        maps.append(body.iuv[top : top + height, left : left + width].copy())
    found = found_people.of_same_bodies(photo, [body.iuv for body in bodies])
    return Detections(name, photo, tuple(boxes), tuple(maps), found, stored)
