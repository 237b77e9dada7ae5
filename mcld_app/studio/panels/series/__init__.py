"""A series of poses, to be drawn one after another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcld_app.body.iuv import resize_iuv
from mcld_app.editing import pose_map
from mcld_app.editing.preview import SMALL_SIZE
from mcld_app.editing.series import series_of
from mcld_app.request import within
from mcld_app.studio import parsing
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.labels import pose_label
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import THUMB, iuv_picture, jpeg
from mcld_app.studio.state import PACE, EditorState, Note
from mcld_app.studio.widget import widget

MOST_BETWEEN = 8
_HTML = f"""
<div class="series">
  <div class="series-bar"><h3>Series</h3>
    <button type="button" class="series-add" title="The pose as it stands now">Add this pose</button>
    <label title="How many more poses are put in on the way from each one to the next">In between
      <input type="number" class="series-between" min="0" max="{MOST_BETWEEN}" step="1" value="0"
      inputmode="numeric"></label>
    <button type="button" class="series-clear" title="Take all poses out of the series">Clear</button></div>
  <p class="series-none">Gather poses here, or drop a clip (GIF, MP4 or MOV) of somebody who moves. Then choose “All
    poses of the series” in Settings and generate: a picture of each, and an animation of all.</p>
  <ol class="series-list"></ol>
</div>
"""


def add_pose(state: EditorState, data: Data) -> EditorState:
    """Add the pose as it stands to the series."""
    poses = (*state.series, state.look.pose)
    series_of(poses, state.between)
    return replace(state, series=poses, note=Note())


def drop_pose(state: EditorState, data: Data) -> EditorState:
    """Take the pose at `index` out of the series."""
    at = parsing.index(data)
    left = tuple(p for i, p in enumerate(state.series) if i != at)
    return replace(state, series=left, pace=state.pace if left else PACE, note=Note())


def clear(state: EditorState, data: Data) -> EditorState:
    """Take all poses out of the series."""
    return replace(state, series=(), between=0, pace=PACE, note=Note())


def set_between(state: EditorState, data: Data) -> EditorState:
    """How many poses are put in between each two of the series."""
    count = data.get("count")
    within("The number of poses in between", count, 0, MOST_BETWEEN, whole=True)
    series_of(state.series, count)
    return replace(state, between=count, note=Note())


def render(page: Dispatcher) -> None:
    """Events: "gather", "drop" {index}, "between" {count}, "clear"."""
    page["series"] = widget(_HTML, "series", elem_id="series")


def listen(page: Dispatcher) -> None:
    page.listen(page["series"].gather, add_pose)
    page.listen(page["series"].drop, drop_pose)
    page.listen(page["series"].between, set_between)
    page.listen(page["series"].clear, clear)


def key(state: EditorState) -> Key:
    return (state.series, state.between, state.look.person if None in state.series else None)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The poses gathered, as small IUV maps; that of the photo is the person's."""
    poses = []
    for pose in state.series:
        look = replace(state.look, pose=pose)
        small = resize_iuv(pose_map(look, SMALL_SIZE), THUMB)
        poses.append({"label": pose_label(look), "src": jpeg(iuv_picture(small))})
    return {"poses": poses, "between": state.between}


PANEL = Panel("series", render, listen, key, view)
