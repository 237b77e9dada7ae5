"""Somebody's movement in a clip: found in some of its pictures, the mannequin laid over each, smoothed over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from mcld_app.body.clip_file import ClipInfo, frames_of
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.body.mannequin.view import Framing, reframed
from mcld_app.editing.movement import evenly, smoothed, without_gaps
from mcld_app.errors import PictureError, PoseError
from mcld_app.perception.found_people import lay
from mcld_app.perception.people_finder import FoundPerson, NobodyFound, find_again, find_people
from mcld_app.request import MAX_SERIES

_FAR = 1.5  # trunks' lengths from one picture to the next: whoever is farther away is somebody else
_SEARCHED = 6  # pictures in which somebody is looked for before a clip is given up
_FEWEST = 2
_FIXED = 1.35  # a camera that stands still may show so much more than one that goes along


@dataclass(frozen=True, eq=False)
class Cast:
    """Who is in a clip.

    Attributes:
        people: those found in the first picture that shows anybody, the largest first.
        picture: that picture, (H, W, 3) uint8 RGB.
        at: its place among those that are read.
    """

    people: tuple[FoundPerson, ...]
    picture: np.ndarray = field(repr=False)
    at: int

    def portrait(self, index: int) -> np.ndarray:
        """The part of the picture around one of them, (h, w, 3) uint8 RGB."""
        top, left, height, width = self.people[index].box
        return self.picture[top : top + height, left : left + width]


@dataclass(frozen=True)
class Movement:
    """What was read.

    Attributes:
        poses: one after another, of one body, in one frame.
        seconds_each: how far apart.
        missing: in how many of the pictures nobody was found; those were filled in.
        goes_along: whether the camera goes along with them: they would be small else.
    """

    poses: tuple[Pose, ...]
    seconds_each: float
    missing: int
    goes_along: bool


def read_at(info: ClipInfo) -> tuple[int, ...]:
    """The places of the pictures that are read: all, or `MAX_SERIES` evenly chosen ones."""
    return evenly(info.frames, MAX_SERIES)


def cast_of(data: bytes, info: ClipInfo) -> Cast:
    """Who is in a clip, as `clip_file.examine` has checked it.

    Raises:
        NobodyFound: nobody is, in the pictures that are looked at.
        PictureError: where the file breaks.
        MissingWeights, BrokenWeights, StudioError: as `people_finder.find_people`.
    """
    places = read_at(info)
    looked_at = [places[k] for k in evenly(len(places), _SEARCHED)]
    for place, picture in zip(looked_at, frames_of(data, looked_at), strict=False):
        try:
            people = find_people(picture)
        except NobodyFound:
            continue
        return Cast(tuple(one for one in people if one.shows_body) or people[:1], picture, places.index(place))
    raise NobodyFound("Nobody was found in this clip. Choose one that shows a person clearly, from head to feet.")


def sightings(data: bytes, info: ClipInfo, cast: Cast, who: int) -> Iterator[tuple[Pose, Framing] | None]:
    """The mannequin over one of the people of a clip, picture after picture, and which part of the picture it stands
    in; None where they are not found. Each takes about half a second.

    Raises:
        PictureError: where there is no such person, and where the file breaks.
    """
    if not 0 <= who < len(cast.people):
        raise PictureError("There is no such person in the clip. Choose one of those that were found.")
    last = cast.people[who]
    for picture in frames_of(data, read_at(info)):
        person = _same(picture, last)
        if person is None:
            yield None
            continue
        last = person
        try:
            fit = lay("clip", picture, person)
        except PoseError:
            yield None
            continue
        whole = fit.sighting.whole if fit.sighting is not None else None
        yield fit.pose, Framing(*(whole[1].box if whole is not None else (0, 0, *picture.shape[:2])))


def movement_of(found: Iterable[tuple[Pose, Framing] | None], info: ClipInfo, name: str) -> Movement:
    """What `sightings` gave as a movement: of one body, seen in one frame, without gaps, smoothed.

    Raises:
        NobodyFound: where they are found in fewer than two pictures.
    """
    found = list(found)
    known = [each for each in found if each is not None]
    if len(known) < _FEWEST:
        raise NobodyFound("The person is seen in too few pictures of this clip. Choose one that shows them clearly.")
    seconds = info.seconds / max(len(found), 1)
    body = _usual_body([pose for pose, _ in known])
    frames, goes_along = _frames(found)
    poses: list[Pose | None] = []
    for each, frame in zip(found, frames, strict=True):
        try:
            poses.append(None if each is None else reframed(each[0], each[1], frame).of(body).replace(name=name))
        except PoseError:
            poses.append(None)
    poses = smoothed(without_gaps(poses), seconds)
    return Movement(tuple(poses), seconds, len(found) - len(known), goes_along)


def _same(picture: np.ndarray, last: FoundPerson) -> FoundPerson | None:
    """The same person a moment later: where they were, else the nearest of all."""
    person = find_again(picture, last)
    if person is not None and _apart(person, last) < _FAR:
        return person
    try:
        people = find_people(picture)
    except NobodyFound:
        return None
    nearest = min(people, key=lambda one: _apart(one, last))
    return nearest if _apart(nearest, last) < 2 * _FAR else None


def _apart(one: FoundPerson, other: FoundPerson) -> float:
    """How far two people's hips are from one another, in trunks of the other."""
    trunk = np.linalg.norm(other.landmarks.middle("shoulder") - other.landmarks.middle("hip"))
    return float(np.linalg.norm(one.landmarks.middle("hip") - other.landmarks.middle("hip")) / max(trunk, 1.0))


def _usual_body(poses: list[Pose]) -> BodyShape:
    """The middle of what the pictures say of the body."""
    most = max(len(pose.shape) for pose in poses)
    shapes = np.array([(*pose.shape, *[0.0] * (most - len(pose.shape))) for pose in poses]).reshape(len(poses), most)
    height, build = (float(np.median([getattr(pose, name) for pose in poses])) for name in ("height", "build"))
    return BodyShape(height, build, tuple(np.median(shapes, 0).round(4).tolist()))


def _frames(found: list[tuple[Pose, Framing] | None]) -> tuple[list[Framing], bool]:
    """The part of the clip that each picture shows, 11:16: all the same, or, where the movement goes far to the side,
    one that goes along."""
    boxes = np.array([each[1] for each in found if each is not None])
    known = np.flatnonzero([each is not None for each in found])
    tops, lefts, tall, wide = boxes.T
    middles = np.interp(np.arange(len(found)), known, lefts + wide / 2)
    top, bottom = tops.min(), (tops + tall).max()
    height = max(bottom - top, (wide * 16 / 11).max())
    across = ((lefts + wide).max() - lefts.min()) * 16 / 11
    goes_along = across > _FIXED * height
    height = height if goes_along else max(height, across)
    if not goes_along:
        middles = np.full(len(found), ((lefts + wide).max() + lefts.min()) / 2)
    width = height * 11 / 16
    return [Framing((top + bottom) / 2 - height / 2, x - width / 2, height, width) for x in middles], bool(goes_along)
