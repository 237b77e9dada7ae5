"""The mannequin over a person's photo in a recipe: with it, a person from a recipe can be adjusted as before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from mcld_app.body.fitting.landmarks import NAMES, Landmarks
from mcld_app.body.fitting.manual_fit import ManualFit
from mcld_app.body.fitting.sighting import Sighting
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.photo import encode_png, read_photo
from mcld_app.editing.person import Person
from mcld_app.editing.record_fields import FileText, Record, file_bytes, file_text, says
from mcld_app.errors import PoseError, StudioError

_DAMAGED = "The body laid over a photo in this recipe is damaged. Save the recipe anew, or open another one."
_FAR = 1e6  # pixels or metres; nothing that is found lies farther away

_Number = Annotated[float, Field(ge=-_FAR, le=_FAR, allow_inf_nan=False)]
_Point = Annotated[list[_Number], Field(min_length=6, max_length=6)]


class FitRecord(Record):
    """The mannequin over a person's photo, and how they were found in it: their outline, a grey picture of the photo's
    size; 33 landmarks, each as x and y in pixels, how sure it is that it is seen, and its place in space; and (top,
    left, height, width) of what the photo shows beside its padding."""

    pose: Annotated[dict[str, Any], says(_DAMAGED)]
    outline: FileText | None = None
    landmarks: (
        Annotated[list[_Point], Field(min_length=len(NAMES), max_length=len(NAMES)), says(_DAMAGED)] | None
    ) = None
    inside: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=4, max_length=4), says(_DAMAGED)] | None = (
        None
    )


def fit_record(person: Person) -> FitRecord | None:
    """The record of a person's fit, over their photo as a recipe keeps it; None where they have none, or it lies over
    another photo."""
    fit = _over_own_photo(person)
    if fit is None:
        return None
    pose, seen = json.loads(fit.pose.to_json()), fit.sighting
    if seen is None:
        return FitRecord(pose=pose)
    points = None
    if seen.landmarks is not None:
        at = seen.landmarks
        points = np.column_stack([at.places, at.sure, at.space]).tolist()
    outline = file_text(encode_png(np.repeat(seen.outline[..., None], 3, 2)))
    return FitRecord(pose=pose, outline=outline, landmarks=points, inside=list(seen.inside))


def with_fit(person: Person, record: FitRecord) -> Person:
    """A person from a recipe, with the mannequin over their photo.

    Raises:
        StudioError: for a record that does not fit the photo, or is damaged.
    """
    fit = ManualFit(person.name, person.photo, Pose.from_json(json.dumps(record.pose)))
    if record.outline is not None:
        fit = replace(fit, sighting=_sighting(record, person.photo.shape[:2]))
    return replace(person, fit=fit, body=fit.pose.body)


def _sighting(record: FitRecord, size: tuple[int, int]) -> Sighting:
    outline = read_photo(file_bytes(record.outline), max_side=None)[..., 0]
    top, left, height, width = inside = tuple(record.inside or (0, 0, *size))
    if outline.shape != size or top + height > size[0] or left + width > size[1] or 0 in (height, width):
        raise StudioError(_DAMAGED)
    landmarks = None
    if record.landmarks is not None:
        points = np.array(record.landmarks)
        landmarks = Landmarks(points[:, :2], np.clip(points[:, 2], 0, 1), points[:, 3:])
    return Sighting(np.ascontiguousarray(outline), landmarks, shown=inside)


def _over_own_photo(person: Person) -> ManualFit | None:
    """A person's fit over the photo they have, which may be a part of the one that it was laid over."""
    fit = person.fit
    if fit is None or np.array_equal(fit.photo, person.photo):
        return fit
    if fit.sighting is not None or person.whole is None or not np.array_equal(fit.photo, person.whole[0]):
        return None
    try:
        return fit.within(person.whole[1])
    except PoseError:
        return None
