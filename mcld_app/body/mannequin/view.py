"""A view that shows all of a figure when its body grows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mcld_app.body.mannequin.pose import SETTINGS, BodyShape, Pose, named_poses
from mcld_app.body.mannequin.rendering import posed_vertices, to_picture

_PICTURE = (512, 352)  # its shape counts, not its size
_HALF = np.array([_PICTURE[1] / _PICTURE[0], 1.0])  # of the picture, where half its height is 1
_ROOM = 0.05  # what is left free around a figure for which the view had to change
_ZOOM_STEP, _SHIFT_STEP = 0.05, 0.02  # as a slider goes: else the next one to be moved would move the view, too


class View(NamedTuple):
    """How near the camera is, and where, as in `Pose`."""

    zoom: float
    shift_x: float
    shift_y: float


def view_of(pose: Pose) -> View:
    """A pose's view."""
    return View(pose.zoom, pose.shift_x, pose.shift_y)


def seen_whole(was: Pose, now: Pose) -> Pose:
    """A pose in a view that shows the whole figure, where its body is another one than before.

    Args:
        was: the pose with the body of before. A view that somebody chose is only left where it showed the whole figure.
        now: the same with another body.

    Returns:
        `now`, zoomed out and moved no more than it takes; back again, too, where the view had only been changed here.
    """
    if was.body == now.body:
        return now
    first, before, after = _first_view(now), view_of(was), view_of(now)
    untouched = _same(before, first) or _same(before, _whole(was, first))
    if untouched and (_same(after, before) or _same(after, first)):
        return now.replace(**_whole(now, first)._asdict())
    if _same(after, before) and min(_rooms(_extent(was), before)) >= 0:
        return now.replace(**_whole(now, after)._asdict())
    return now


def _first_view(pose: Pose) -> View:
    """The one in which a pose is shown before anybody moves the camera."""
    named = (view_of(known) for known in named_poses().values() if known.angles == pose.angles)
    return next(named, View(1.0, 0.0, 0.0))


def _same(one: View, other: View) -> bool:
    return bool(np.allclose(one, other, atol=1e-6))


def _whole(pose: Pose, view: View) -> View:
    """That view or, where the figure does not fit into it, the nearest in which it does. There it has the room around
    it that the average adult would have, but no more than `_ROOM`; where that one is cut, it is meant to be."""
    (low, high), own = _extent(pose), _rooms(_extent(pose.of(BodyShape())), view)
    rooms = np.minimum(own, _ROOM)
    if min(own) < 0 or (_rooms((low, high), view) >= rooms - 1e-9).all():
        return view
    before, after = rooms[:2], rooms[2:]
    zoom = min(view.zoom, *((2 * _HALF - before - after) / (high - low)))
    zoom = max(np.floor(zoom / _ZOOM_STEP + 1e-9) * _ZOOM_STEP, SETTINGS["zoom"][0])
    least, most = (before - _HALF) / zoom - low, (_HALF - after) / zoom - high
    steps = np.ceil(least / _SHIFT_STEP), np.floor(most / _SHIFT_STEP)
    shift = np.round(np.array([view.shift_x, view.shift_y]) / _SHIFT_STEP).clip(steps[0], np.maximum(*steps))
    shift = np.where(steps[0] <= steps[1], shift * _SHIFT_STEP, (least + most) / 2)
    x, y = (shift.clip(*SETTINGS["shift_x"][:2]).round(6) + 0.0).tolist()  # not -0
    return View(round(float(zoom), 6), x, y)


def _rooms(extent: tuple[np.ndarray, np.ndarray], view: View) -> np.ndarray:
    """What is free (4,) to the left of a figure, below, to the right and above; negative where it is cut."""
    shift = np.array([view.shift_x, view.shift_y])
    low, high = ((edge + shift) * view.zoom for edge in extent)
    return np.concatenate([low + _HALF, _HALF - high])


def _extent(pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest x and y (2,) of a figure, metres to the right and up from the middle of the picture,
    without zoom and shift."""
    plain = pose.replace(zoom=1.0, shift_x=0.0, shift_y=0.0)
    pixels = to_picture(posed_vertices(plain)[0], plain, _PICTURE)[:, :2]
    places = (pixels + 0.5 - np.array(_PICTURE[::-1]) / 2) * (1, -1) * 2 / _PICTURE[0]
    return places.min(0), places.max(0)
