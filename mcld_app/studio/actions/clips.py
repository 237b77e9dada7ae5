"""A clip that a visitor brings: the movement of somebody in it becomes the series of poses. It is read beside the
actions, picture by picture, and can be stopped; what was read becomes part of the look by an action of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2

from mcld_app.body.clip_file import examine
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.body.mannequin.view import within_frame
from mcld_app.checkpoints.wheel_models import how_to_get
from mcld_app.editing.look import body_of
from mcld_app.errors import Cancelled, StudioError
from mcld_app.perception import found_people
from mcld_app.perception.clip_reading import Cast, Movement, cast_of, movement_of, read_at, sightings
from mcld_app.studio import generation, parsing
from mcld_app.studio.actions.poses import stand
from mcld_app.studio.messages import sentence
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import THUMB, jpeg
from mcld_app.studio.session import Session
from mcld_app.studio.state import FITTING, Clip, EditorState, Note, initial_state

_GONE = "This clip is not here any more. Bring it again."


def begin_clip(state: EditorState, name: str, content: bytes) -> EditorState:
    """A clip's file, checked; the page then lets it be read.

    Raises:
        StudioError: while a body is being laid over a photo, and where nothing is installed that finds people.
        PictureError: as `clip_file.examine`.
    """
    if state.fitting is not None:
        raise StudioError(FITTING)
    info = examine(content)
    if not found_people.is_installed():
        raise StudioError(f"Nothing is installed here to find somebody in a clip. {how_to_get()}")
    return replace(state, clip=Clip(name, content, info), question=None, note=Note())


def take_clip(state: EditorState, data: Data) -> EditorState:
    """What was read of the clip as the series: of somebody of the shape the mannequin has so far, all in one view."""
    clip = state.clip
    if clip is None or clip.movement is None or data.get("key") != clip.key:
        raise StudioError(_GONE)
    if state.fitting is not None:
        raise StudioError(FITTING)
    read = clip.movement
    poses = _as_series(read, body_of(state.look), clip.name)
    said = f"{len(poses)} poses of “{clip.name}” are the series now."
    if clip.info.frames > len(poses):
        said = f"{len(poses)} of {clip.info.frames} pictures of “{clip.name}”, evenly chosen, are the series now."
    if read.missing:
        many, what = ("one", "that pose was") if read.missing == 1 else (read.missing, "those poses were")
        said += f" In {many} of them nobody was found; {what} filled in."
    if read.goes_along:
        said += " The camera goes along: they move far to the side."
    if state.series:
        said += f" They took the place of {_poses(len(state.series))}."
    said += " Choose “All poses of the series” in Settings and generate: then there are “Animation” and “Video”, too."
    state = replace(stand(replace(state, clip=None), poses[0]), series=tuple(poses), between=0)
    return replace(state, pace=read.seconds_each, note=Note(said, "info"))


def poses_of(content: bytes, who: int) -> list[Pose]:
    """The movement of one of the people in a clip's file, the largest being 0, as a series; all at once.

    Raises:
        StudioError: as `begin_clip`, where nobody is found, and where there is no such person.
    """
    clip = begin_clip(initial_state(), "clip", content).clip
    cast = cast_of(clip.data, clip.info)
    read = movement_of(sightings(clip.data, clip.info, cast, who), clip.info, clip.name)
    return _as_series(read, None, clip.name)


def _as_series(read: Movement, body: BodyShape | None, name: str) -> list[Pose]:
    """What was read as poses of a body, by default of whoever was seen, all in one view; named and numbered."""
    poses = [pose if body is None else pose.of(body) for pose in read.poses]
    return [pose.replace(name=f"{name} {k}") for k, pose in enumerate(within_frame(poses, fill=True), 1)]


def leave_clip(state: EditorState, data: Data) -> EditorState:
    """Nothing of the clip is taken, and it is not kept: because of a {problem}, or as the visitor wished."""
    problem = data.get("problem")
    said = Note(problem[:400], "warning") if isinstance(problem, str) else Note("The clip is put away.", "info")
    return replace(state, clip=None, note=said)


def reading(session: Session, data: Data) -> Iterator[dict[str, Any]]:
    """Read the movement of the session's clip, {key, who}, and what the page is told meanwhile: {state: "step", share,
    text}; at the end "who" {people}, where several are in it and none was chosen, "done", "stopped", or "failed"
    {text}. Whoever closes this stream stops the reading."""
    key = data.get("key")
    stop = session.reading = generation.new_stop()
    try:
        clip = _clip(session, key)
        if clip.movement is None:
            yield {"state": "step", "key": key, "share": 0.0, "text": "Looking for people …"}
            clip = _keep(session, clip, cast=clip.cast or cast_of(clip.data, clip.info))
            who, cast = parsing.index(data, "who"), clip.cast
            if who < 0 and len(cast.people) > 1:
                yield {"state": "who", "key": key, "people": [_portrait(cast, k) for k in range(len(cast.people))]}
                return
            found, began = [], time.monotonic()
            count = len(read_at(clip.info))
            for sighting in sightings(clip.data, clip.info, cast, max(who, 0)):
                found.append(sighting)
                if stop.exists():
                    raise Cancelled()
                left = math.ceil((time.monotonic() - began) / len(found) * (count - len(found)))
                text = f"{len(found)} of {count} pictures" + (f", {left} s left" if left > 1 else "")
                yield {"state": "step", "key": key, "share": len(found) / count, "text": text}
            _keep(session, clip, movement=movement_of(found, clip.info, clip.name))
        yield {"state": "done", "key": key}
    except Cancelled:
        yield {"state": "stopped", "key": key}
    except Exception as error:
        yield {"state": "failed", "key": key, "text": sentence(error)}
    finally:
        stop.unlink(missing_ok=True)


def _clip(session: Session, key: object) -> Clip:
    clip = session.state.clip if session.state is not None else None
    if clip is None or clip.key != key:
        raise Cancelled()
    return clip


def _keep(session: Session, clip: Clip, **changes: Any) -> Clip:
    """The session's clip with what was found of it; Cancelled where the clip is gone, or all pictures were deleted."""
    with session.lock:
        now = replace(_clip(session, clip.key), **changes)
        session.state = replace(session.state, clip=now)
    return now


def _portrait(cast: Cast, index: int) -> str:
    portrait = cast.portrait(index)
    share = THUMB[0] * 2 / portrait.shape[0]
    return jpeg(cv2.resize(portrait, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))


def _poses(count: int) -> str:
    return "one pose that was there" if count == 1 else f"{count} poses that were there"
