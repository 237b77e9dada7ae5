"""A clip whose movement is read: how far that is, who is meant where there are several, and a way to stop it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from mcld_app.editing.pose_library import kept, write_poses
from mcld_app.studio.actions.clips import leave_clip, poses_of, reading, take_clip
from mcld_app.studio.actions.photos import check_agreed
from mcld_app.studio.dispatcher import Dispatcher, payload
from mcld_app.studio.endpoints import Picture, content
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState, initial_state
from mcld_app.studio.widget import HIDDEN, widget

_HTML = """
<div class="clip" role="dialog" aria-labelledby="clip-text" hidden>
  <p id="clip-text"></p>
  <div class="clip-people" role="group" aria-labelledby="clip-text"></div>
  <div class="clip-bar">
    <div class="clip-progress" role="progressbar" aria-label="Reading the clip" aria-valuemin="0" aria-valuemax="100"
      ><div class="generate-track"><i></i></div><span aria-live="off"></span></div>
    <button type="button" class="clip-stop">Cancel</button>
  </div>
</div>
"""


def render(page: Dispatcher) -> None:
    """A card over the page. Events: "read" {key, who}, whose answers are the progress; "halt"; "take"
    {key}; "leave" {problem}."""
    page["clip"] = widget(_HTML, "clip", {"key": ""}, elem_id="clip")


def listen(page: Dispatcher) -> None:
    def read(session: Session | None, event: gr.EventData) -> Iterator[dict]:
        if not isinstance(session, Session):
            yield {"state": "stopped", "key": ""}
            return
        yield from reading(session, payload(event))

    def halt(session: Session | None) -> None:
        if isinstance(session, Session) and session.reading is not None:
            session.reading.touch()

    panel = page["clip"]
    panel.read(read, [page["session"]], [panel], concurrency_id="clip", **HIDDEN)
    panel.halt(halt, [page["session"]], None, queue=False, **HIDDEN)
    page.listen(panel.take, take_clip)
    page.listen(panel.leave, leave_clip)


def key(state: EditorState) -> Key:
    return (state.clip.key if state.clip is not None else None,)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The clip that is to be read; no key where there is none."""
    clip = state.clip
    return {"key": "", "state": "none"} if clip is None else {"key": clip.key, "state": "new", "name": clip.name}


def api_poses_of_clip(clip: Picture, who: int = 0, may_use: bool = False) -> str:
    """Read how somebody moves in a clip: up to 64 poses, one after another, as the file that “Your poses” opens.

    Args:
        clip: a GIF, or an MP4 or MOV where videos are read here, as a file or in base64.
        who: which of the people in it, the largest being 0.
        may_use: that you may use these pictures of these people; required on a public Space.
    """
    check_agreed(replace(initial_state(), agreed=may_use))
    return write_poses(kept(pose, pose.name) for pose in poses_of(content(clip), who))


PANEL = Panel("clip", render, listen, key, view, turn="first")
