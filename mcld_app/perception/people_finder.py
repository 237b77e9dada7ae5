"""The people in a photo, with their landmarks and outlines: found offline, in about a tenth of a second each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.checks import check_rgb
from mcld_app.body.false_colours import false_colours
from mcld_app.body.fitting.landmarks import AT, Landmarks
from mcld_app.body.map_signs import looks_like_iuv
from mcld_app.errors import PictureError
from mcld_app.once import cached_property
from mcld_app.perception.body_landmarks import Look, Outline, look
from mcld_app.perception.human_signs import is_human
from mcld_app.perception.people_detector import Candidate, candidates, squares

MOST_PEOPLE = 12
"""The largest are taken of a crowd."""

SMALLEST = 48
"""Pixels on the longer side of a person's outline; of a smaller one, hardly anything is seen."""

_MOST_LOOKS = 24  # candidates that are looked at each time, the surest first: a crowd must not take minutes
_SURE = 0.5
_WORTH = 0.3  # a first look that gives less is not followed by a second
_SEEN = 0.5  # of a point
_SAME = 0.5  # of the trunk's size: people whose points lie nearer than this are one
_CLOSER = (0.6, 0.3)  # of the shorter side: the squares of a closer look, the smaller ones where nobody is found
_ENOUGH = 512  # pixels of the longer side, to see whether a picture is a map
_DARK = 110  # grey levels that the lightest pixels of a dark photo do not reach
_PART = 0.7  # of an outline that lies in somebody else's: it is a part of them
_TRUNK = ("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_elbow", "right_elbow")


class NobodyFound(PictureError):
    """A photo in which nobody is found."""


@dataclass(frozen=True, eq=False)
class FoundPerson:
    """Somebody in a photo.

    Attributes:
        landmarks: in pixels of the photo.
        outline: where they are, to be laid over the photo or a part of it.
        score: 0..1.
        size: the photo's (height, width).
    """

    landmarks: Landmarks
    outline: Outline
    score: float
    size: tuple[int, int]

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """(top, left, height, width) of the outline inside the photo, in pixels; without height where none is seen."""
        rows, columns = np.nonzero(self.outline.values > 0.5)
        rim = np.stack([columns, rows], 1) @ self.outline.to_photo[:, :2].T + self.outline.to_photo[:, 2]
        if not len(rim):
            return 0, 0, 0, 0
        pixel = np.hypot(*self.outline.to_photo[:, 0]) / 2  # half of a pixel of the outline, in the photo's
        low = np.clip(np.floor(rim.min(0) - pixel + 0.5).astype(int), 0, self.size[::-1])
        high = np.clip(np.ceil(rim.max(0) + pixel + 0.5).astype(int), 0, self.size[::-1])
        return int(low[1]), int(low[0]), int(high[1] - low[1]), int(high[0] - low[0])

    @property
    def shows_body(self) -> bool:
        """Whether more than a head and shoulders is seen: a shoulder and a hip."""
        sure = self.landmarks.sure
        return all(max(sure[AT[f"left_{name}"]], sure[AT[f"right_{name}"]]) > _SEEN for name in ("shoulder", "hip"))

    @property
    def area(self) -> float:
        """Pixels of the photo that the outline covers, about."""
        step = self.outline.to_photo[:, :2]
        return float(np.count_nonzero(self.outline.values > 0.5) * abs(np.linalg.det(step)))


def find_people(photo: np.ndarray, *, closer: bool = False) -> tuple[FoundPerson, ...]:
    """Everybody in a photo, (H, W, 3) uint8 RGB, at most `MOST_PEOPLE`: the largest first, those of whom more than the
    head is seen before the others, for a large face may be on a poster.

    Args:
        closer: look closer, for people who are small in the photo: it takes longer, and may take things for people.

    Raises:
        NobodyFound: nobody is found, or the picture is a map of a body and no photo.
        PictureError: no such photo.
        MissingWeights, BrokenWeights, StudioError: as `litert.network`.
    """
    check_rgb(photo, "People can only be found in RGB pictures of 8 bits per channel")
    _check_is_photo(photo)
    photo = _lit(photo)
    found: list[Look] = []
    for share, some in _candidates(photo, closer):
        for candidate in some[:_MOST_LOOKS]:
            if any(_is_at(candidate, other) for other in found):
                continue
            seen = _twice(photo, candidate)
            if seen is not None and not any(_are_one(seen.landmarks, other.landmarks) for other in found):
                found.append(seen)
        if found and share <= _CLOSER[0]:
            break  # a still closer look finds things that are no people
    people = [FoundPerson(one.landmarks, one.outline, one.score, photo.shape[:2]) for one in found]
    people = _without_parts(sorted(people, key=lambda one: (not one.shows_body, -one.area)))
    if not people:
        raise NobodyFound(_nobody(closer))
    height, width = people[0].box[2:]
    if max(height, width) < SMALLEST:
        raise NobodyFound(
            f"The largest person in the photo is only {width} x {height} pixels, too small to be drawn from. Choose a "
            f"photo in which the person is at least {SMALLEST} pixels tall or wide."
        )
    return tuple(one for one in people if max(one.box[2:]) >= SMALLEST)[:MOST_PEOPLE]


def find_again(photo: np.ndarray, before: FoundPerson) -> FoundPerson | None:
    """Somebody in a later picture of a film, (H, W, 3) uint8 RGB, looked for where they were a moment before, which is
    quicker. None where nobody is there any more.

    Raises:
        MissingWeights, BrokenWeights, StudioError: as `litert.network`.
    """
    seen = _twice(_lit(photo), Candidate(before.score, *before.outline.circle))
    if seen is None:
        return None
    person = FoundPerson(seen.landmarks, seen.outline, seen.score, photo.shape[:2])
    return person if max(person.box[2:]) >= SMALLEST else None


def _without_parts(people: list[FoundPerson]) -> list[FoundPerson]:
    """Without those who are a part of somebody larger, found a second time; the largest come first."""
    kept: list[FoundPerson] = []
    for one in people:
        if one.area > 0 and all(one.outline.share_in(other.outline) < _PART for other in kept):
            kept.append(one)
    return kept


def _check_is_photo(photo: np.ndarray) -> None:
    """NobodyFound for a drawing of where a body is: the networks take it for a person."""
    step = max(1, max(photo.shape[:2]) // _ENOUGH)
    seen = photo[::step, ::step]  # single pixels: what would blend them would hide what they are
    if looks_like_iuv(seen):
        raise NobodyFound("This picture is an IUV map, not a photo. Choose the photo that it was made from.")
    drawn = false_colours(seen)
    if drawn is not None:
        more = " Its pose can be opened under “Open pose”." if drawn == "parts" else ""
        raise NobodyFound(f"This picture is a body’s map in false colours, not a photo. Choose the photo itself.{more}")


def _lit(photo: np.ndarray) -> np.ndarray:
    """The photo, made lighter where it is so dark that the networks would guess."""
    step = max(1, max(photo.shape[:2]) // 256)
    lightest = float(np.percentile(photo[::step, ::step], 99))
    if lightest < 1 or lightest >= _DARK:
        return photo
    return cv2.convertScaleAbs(photo, alpha=255 / lightest)


def _nobody(closer: bool) -> str:
    if closer:
        return "Nobody was found in the photo, looked at closely, either. Choose one that shows a person clearly."
    return "Nobody was found in the photo. Choose one that shows a person clearly, or look closer for a small person."


def _candidates(photo: np.ndarray, closer: bool) -> Iterator[tuple[float, list[Candidate]]]:
    """Of the whole photo, then of squares of it, each time the surest first; and which share of its shorter side the
    squares have."""
    yield 1.0, candidates(photo)
    for share in (1.0, *(_CLOSER if closer else ())):
        more = []
        for top, left, side in squares(*photo.shape[:2], share):
            corner = np.array([left, top])
            for one in candidates(photo[top : top + side, left : left + side]):
                more.append(Candidate(one.score, one.hips + corner, one.rim + corner))
        yield share, sorted(more, key=lambda one: -one.score)


def _twice(photo: np.ndarray, candidate: Candidate) -> Look | None:
    """A person looked at twice, the second time in the square that the first look gave; None where nobody is."""
    first = look(photo, candidate.hips, candidate.rim)
    if first.score < _WORTH or not np.isfinite(first.landmarks.places).all():
        return None
    second = look(photo, first.hips, first.rim)
    is_person = second.score > _SURE and np.isfinite(second.landmarks.places).all() and is_human(photo, second)
    return second if is_person else None


def _is_at(candidate: Candidate, other: Look) -> bool:
    """Whether a candidate's hips are a known person's."""
    hips, shoulders = other.landmarks.middle("hip"), other.landmarks.middle("shoulder")
    return bool(np.linalg.norm(candidate.hips - hips) < _SAME / 2 * np.linalg.norm(shoulders - hips))


def _are_one(a: Landmarks, b: Landmarks) -> bool:
    """Whether two sets of points are of one person: the trunk's points lie near each other, for its size."""
    at = [AT[name] for name in _TRUNK]
    apart = np.median(np.linalg.norm(a.places[at] - b.places[at], axis=1))
    return bool(apart < _SAME * max(_trunk_size(a), _trunk_size(b)))


def _trunk_size(landmarks: Landmarks) -> float:
    across = landmarks.places[AT["left_shoulder"]] - landmarks.places[AT["right_shoulder"]]
    return float(np.linalg.norm(landmarks.middle("shoulder") - landmarks.middle("hip")) + np.linalg.norm(across) / 2)
