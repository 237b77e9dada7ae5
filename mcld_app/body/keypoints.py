"""Skeletons that pose estimators write: OpenPose with 18 or 25 points, COCO's 17, and ControlNet's lists of them.

Such a JSON file says for each person where joints are on the picture, in pixels or in 0..1 of its sides, mostly with
how sure that is; a joint that was not found is 0, 0. See OpenPose's "JSON output format" and COCO's "data format".
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mcld_app.body.framing import TARGET
from mcld_app.errors import PoseError

LARGEST_FILE = 8 * 2**20
"""Bytes; 300 people with faces and hands have about a million."""

_SIDES = ("right", "left")
OPENPOSE_18 = (
    "nose", "neck",
    *(f"{side}_{joint}" for side in _SIDES for joint in ("shoulder", "elbow", "wrist")),
    *(f"{side}_{joint}" for side in _SIDES for joint in ("hip", "knee", "ankle")),
    "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip
OPENPOSE_25 = (
    *OPENPOSE_18[:8], "pelvis", *OPENPOSE_18[8:],
    *(f"{side}_{place}" for side in ("left", "right") for place in ("toes", "small_toe", "heel")),
)  # fmt: skip
COCO_17 = (
    "nose",
    *(f"{side}_{place}" for place in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
      for side in ("left", "right")),
)  # fmt: skip
_LAYOUTS = {17: COCO_17, 18: OPENPOSE_18, 25: OPENPOSE_25, 133: COCO_17}  # of COCO-WholeBody's 133 the first 17
_KNOWN = "Known here are OpenPose's 18 and 25 points and COCO's 17."
_UNSURE = 0.05  # what an estimator is less sure of is not counted as found
_GROUPS = ("people", "annotations", "instances", "predictions", "instance_info", "candidates")
_POINTS = ("pose_keypoints_2d", "keypoints", "pose_keypoints")
_MOST_DEEP = 5
_FEWEST = 10  # points or numbers in a bare list; a shorter one is no skeleton


@dataclass(frozen=True)
class Skeleton:
    """One person's joints on a picture.

    Attributes:
        points: name, such as "left_wrist", -> (x, y) from the upper left; those that were found.
        size: (height, width) of the picture in pixels; None where the file does not say it.
        guessed: whether the points were in 0..1 of a picture of unknown size; 11:16 was taken then.
    """

    points: Mapping[str, tuple[float, float]]
    size: tuple[float, float] | None
    guessed: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 of all points."""
        xs, ys = zip(*self.points.values(), strict=True)
        return min(xs), min(ys), max(xs), max(ys)


def is_keypoints(values: object) -> bool:
    """Whether a JSON value is a file of skeletons, however it is nested."""
    return next(_people(values, None), None) is not None or (isinstance(values, dict) and "people" in values)


def read_skeletons(text: str) -> tuple[Skeleton, ...]:
    """The people of a JSON file of skeletons, the largest first.

    Raises:
        PoseError: too large, no JSON, another number of points, points in pixels and in 0..1 at once, or nobody in it.
    """
    if len(text) > LARGEST_FILE:
        raise PoseError(f"This file of skeletons is larger than {LARGEST_FILE >> 20} MB. Save fewer people in it.")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PoseError("This is not a file of skeletons: it is not valid JSON.") from error
    told = list(_people(values, None))
    if not told:
        raise PoseError("There is nobody in this file of skeletons: no person was found in its picture.")
    found = [skeleton for skeleton in (_skeleton(*person) for person in told) if skeleton.points]
    if not found:
        raise PoseError(
            "The skeleton in this file has no points: all are 0, which says that no joint was found in the picture."
        )

    def extent(skeleton: Skeleton) -> float:
        x0, y0, x1, y1 = skeleton.box
        return (x1 - x0) * (y1 - y0)

    return tuple(sorted(found, key=extent, reverse=True))


def _people(
    values: object, size: tuple[float, float] | None, deep: int = 0
) -> Iterator[tuple[list, list | None, tuple[float, float] | None]]:
    """Each person's numbers, how sure they are where that stands apart, and the picture's size."""
    if deep > _MOST_DEEP:
        return
    if isinstance(values, dict):
        size = _size_of(values) or size
        for name in _POINTS:
            if isinstance(values.get(name), list) and values[name]:
                sure = values.get("keypoint_scores")
                yield values[name], sure if isinstance(sure, list) else None, size
                return
        for name in _GROUPS:
            if isinstance(values.get(name), list):
                yield from _people(values[name], size, deep + 1)
                return
    elif isinstance(values, list) and values:
        if all(_is_number(value) for value in values) or all(_is_point(value) for value in values):
            if len(values) < _FEWEST:
                return
            yield values, None, size
            return
        frames = [value for value in values if isinstance(value, dict) and any(name in value for name in _GROUPS)]
        for value in frames[:1] or values:  # of a film, the first picture
            yield from _people(value, size, deep + 1)


def _size_of(values: Mapping[str, Any]) -> tuple[float, float] | None:
    images = values.get("images")
    if isinstance(images, list) and images and isinstance(images[0], dict):
        values = images[0]
    for prefix in ("canvas_", "image_", ""):
        height, width = values.get(f"{prefix}height"), values.get(f"{prefix}width")
        if _is_number(height) and _is_number(width) and height > 0 and width > 0:
            return float(height), float(width)
    return None


def _skeleton(told: list, sure: list | None, size: tuple[float, float] | None) -> Skeleton:
    rows = _rows(told)
    if len(rows) not in _LAYOUTS:
        raise PoseError(f"This skeleton has {len(rows)} points. {_KNOWN}")
    points = {}
    for k, (name, row) in enumerate(zip(_LAYOUTS[len(rows)], rows, strict=False)):
        x, y = row[:2]
        certain = row[2] if len(row) > 2 else sure[k] if sure is not None and k < len(sure) else 1.0
        if not all(_is_number(value) for value in (x, y, certain)):
            continue  # null, as ControlNet writes what was not found
        if (x or y) and certain > _UNSURE:
            points[name] = (float(x), float(y))
    return _in_pixels(points, size)


def _rows(told: list) -> list[list]:
    if all(_is_point(value) for value in told):
        return told
    for width in (3, 2):
        if len(told) % width == 0 and len(told) // width in _LAYOUTS:
            return [told[at : at + width] for at in range(0, len(told), width)]
    raise PoseError(f"This skeleton has {len(told)} numbers, which are no whole points. {_KNOWN}")


def _in_pixels(points: dict[str, tuple[float, float]], size: tuple[float, float] | None) -> Skeleton:
    """Points in 0..1 of the picture's sides as pixels; where the file does not say how large it is, of one of the
    studio's size. Whether they are in 0..1 is seen by the points themselves: nobody is a pixel large."""
    if not points:
        return Skeleton({}, size)
    largest = [max(abs(x), abs(y)) for x, y in points.values()]
    if max(largest) <= 1.5:
        height, width = size or TARGET
        scaled = {name: (x * width, y * height) for name, (x, y) in points.items()}
        return Skeleton(scaled, (height, width), guessed=size is None)
    fractions = sum(0 < abs(x) < 1 and 0 < abs(y) < 1 for x, y in points.values())
    if fractions > 1:
        raise PoseError("This skeleton mixes points in pixels with points in 0 to 1. Save all of them in pixels.")
    if max(largest) > 1e6:
        raise PoseError("This skeleton's points are farther away than any picture is wide. They may be damaged.")
    return Skeleton(points, size)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 and math.isfinite(value)


def _is_point(value: object) -> bool:
    return isinstance(value, list) and 2 <= len(value) <= 4 and all(_is_number(n) or n is None for n in value)
