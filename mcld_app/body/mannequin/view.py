"""Views that show all of a figure: when its body grows, and when a hand or a foot would leave the frame."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import SETTINGS, BodyShape, Pose, named_poses
from mcld_app.body.mannequin.rendering import posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES

_PICTURE = (512, 352)  # its shape counts, not its size
_HALF = np.array([_PICTURE[1] / _PICTURE[0], 1.0])  # of the picture, where half its height is 1
_ROOM = 0.05  # what is left free around a figure for which the view had to change
_EDGE = 0.02  # what is left free around a figure that was moved into the frame; half of the picture's height is 1
_HAIR = 0.1  # metres that hair may stand above the head
_CUT = 0.1  # of a hand's or a foot's skin: beyond the frame, it is cut
_ZOOM_STEP, _SHIFT_STEP = 0.05, 0.02  # as a slider goes: else the next one to be moved would move the view, too

CLOSE_UP = 0.6
"""Of a figure's size: one that would have to be made smaller than that is meant to be cut."""


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


def within_frame(poses: Sequence[Pose], *, fill: bool = False, least: float = CLOSE_UP) -> list[Pose]:
    """Poses in a view that shows all of each figure: moved and made smaller by the same for all, and no more than it
    takes. Those that would become less than `least` as large are close-ups, and stay.

    Args:
        poses: of one picture, or of a series that is seen through one camera.
        fill: make them as large as the frame allows, too, with room for hair, which no mannequin has. Zoom and shifts
            do not go by a slider's steps then, see `_ZOOM_STEP`: a series would tremble.
        least: 0..1, of their size.
    """
    if not poses:
        return []
    extents = [(low, high, view_of(pose)) for pose in poses for low, high in [_extent(pose, _HAIR if fill else None)]]
    lows, highs = (
        np.stack([(extent[k] + np.array(extent[2][1:])) * extent[2].zoom for extent in extents]) for k in (0, 1)
    )
    low, high = lows.min(0), highs.max(0)
    if not fill and (low >= -_HALF - 1e-6).all() and (high <= _HALF + 1e-6).all():
        return list(poses)
    room = _HALF - _EDGE
    share = float((2 * room / (high - low)).min())
    if share < least:
        return list(poses)
    share = share if fill else min(1.0, share)
    if share < 1 and not fill:
        zoom = poses[0].zoom * share
        share *= max(np.floor(zoom / _ZOOM_STEP + 1e-9) * _ZOOM_STEP, SETTINGS["zoom"][0]) / zoom
    moved = np.clip(0.0, -room - share * low, room - share * high)
    return [_moved(pose, share, moved, stepwise=not fill) for pose in poses]


def _moved(pose: Pose, share: float, by: np.ndarray, *, stepwise: bool) -> Pose:
    zoom = min(max(round(pose.zoom * share, 6), SETTINGS["zoom"][0]), SETTINGS["zoom"][1])
    shift = np.array([pose.shift_x, pose.shift_y]) + by / zoom
    if stepwise:  # away from the edge that the figure was moved from
        steps = np.where(by > 0, np.ceil(shift / _SHIFT_STEP - 1e-9), np.floor(shift / _SHIFT_STEP + 1e-9))
        shift = np.where(by == 0, shift, steps * _SHIFT_STEP)
    x, y = (shift.clip(*SETTINGS["shift_x"][:2]).round(6) + 0.0).tolist()
    return pose.replace(zoom=zoom, shift_x=x, shift_y=y)


def is_cut(pose: Pose) -> bool:
    """Whether some of the figure is outside of the picture."""
    return min(_rooms(_extent(pose), view_of(pose))) < -1e-6


def cut_off(pose: Pose) -> tuple[str, ...]:
    """What of a figure is outside of the picture: "head", "left hand", "right hand", "left foot", "right foot"."""
    if not is_cut(pose):
        return ()
    height, width = _PICTURE
    places = to_picture(posed_vertices(pose)[0], pose, _PICTURE)[:, :2] + 0.5
    outside = (places < 0).any(1) | (places[:, 0] > width) | (places[:, 1] > height)
    return tuple(name for name, skin in _ends().items() if outside[skin].mean() > _CUT)


@lru_cache(maxsize=1)
def _ends() -> dict[str, np.ndarray]:
    """Name -> the vertices of head, hands and feet."""
    bones = np.array(list(BONES))[body_mesh().weights.argmax(1)]
    ends = {"head": np.flatnonzero(bones == "head")}
    for side in ("left", "right"):
        ends[f"{side} hand"] = np.flatnonzero(bones == f"{side}_wrist")
        ends[f"{side} foot"] = np.flatnonzero(np.isin(bones, (f"{side}_ankle", f"{side}_toes")))
    return ends


class Framing(NamedTuple):
    """A part of a picture that becomes a picture of its own, in pixels of the first; heights are what zoom counts."""

    top: float
    left: float
    height: float
    width: float


def reframed(pose: Pose, was: Framing, now: Framing) -> Pose:
    """A figure that stands in one part of a picture, as it stands in another part of it.

    Raises:
        PoseError: it would be larger, smaller or farther away than a pose may be.
    """
    metre = was.height / 2 * pose.zoom
    right = (was.left + was.width / 2 - now.left - now.width / 2) / metre
    down = (was.top + was.height / 2 - now.top - now.height / 2) / metre
    return pose.replace(
        zoom=pose.zoom * was.height / now.height, shift_x=pose.shift_x + right, shift_y=pose.shift_y - down
    )


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


def _extent(pose: Pose, hair: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest x and y (2,) of a figure, metres to the right and up from the middle of the picture,
    without zoom and shift; `hair`, metres, stands above the head."""
    plain = pose.replace(zoom=1.0, shift_x=0.0, shift_y=0.0)
    pixels = to_picture(posed_vertices(plain)[0], plain, _PICTURE)[:, :2]
    places = (pixels + 0.5 - np.array(_PICTURE[::-1]) / 2) * (1, -1) * 2 / _PICTURE[0]
    top = places[_ends()["head"], 1].max() + hair if hair is not None else -np.inf
    return places.min(0), np.maximum(places.max(0), (-np.inf, top))
