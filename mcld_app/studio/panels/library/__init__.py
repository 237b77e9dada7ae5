"""The visitor's own poses, kept in their browser and nowhere else: the server only checks and draws them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcld_app.body.mannequin.clay import draw_clay
from mcld_app.body.mannequin.pose import Pose
from mcld_app.editing.pose_library import MOST_POSES, kept, read_poses
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.poses import take_pose
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.messages import sentence
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import THUMB, jpeg
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_AT_ONCE = 12  # poses that are drawn for one call, and files that are read
_HTML = """
<details class="library"><summary>Your poses <span class="library-count"></span></summary>
  <div class="library-keep"><input type="text" class="library-name" maxlength="60" aria-label="A name for this pose"
    placeholder="A name for this pose"><button type="button" class="library-add">Keep this pose</button></div>
  <input type="search" class="library-search" aria-label="Search your poses" placeholder="Search your poses" hidden>
  <div class="library-list" role="group" aria-label="Your poses"></div>
  <p class="library-said" role="status"><span></span> <button type="button" class="library-undo" hidden
    >Undo</button></p>
  <div class="library-foot"><button type="button" class="library-save" title="One file with all of your poses">Download
    all</button><label class="library-open" title="Poses and collections that were saved here, or skeletons as JSON: one
    file or several; they can be dropped here, too">Open files<input type="file" multiple
    accept=".json,application/json"></label><label class="library-open library-folder" title="All poses in a folder, and
    in those within it">Open a folder<input type="file" webkitdirectory></label></div>
  <p class="library-where">They are kept in this browser alone: how somebody stands, and no pictures.</p>
</details>
"""


def use_kept(state: EditorState, data: Data) -> EditorState:
    """Stand in one of the visitor's own poses, {pose: JSON}."""
    return take_pose(state, Pose.from_json(parsing.text(data, "pose")))


def drawn(asked: object) -> list[dict[str, str]]:
    """{poses: JSON texts} -> for each {src}, a small picture of the mannequin in it, or {problem}."""
    told = []
    for text in _listed(asked, "poses"):
        try:
            told.append({"src": jpeg(draw_clay(Pose.from_json(text if isinstance(text, str) else ""), THUMB))})
        except Exception as error:
            told.append({"problem": sentence(error)})
    return told


def opened(asked: object) -> dict[str, list]:
    """{files: [{name, data in base64}]} -> {poses: [{name, pose: JSON}], problems: [a sentence]}."""
    poses: list[dict[str, str]] = []
    problems: list[str] = []
    for file in _listed(asked, "files"):
        if isinstance(file, Mapping):
            try:
                read = read_poses(parsing.stem(file, "file"), parsing.file_bytes(file))
                poses += [{"name": pose.name, "pose": pose.to_json()} for pose in read]
            except Exception as error:
                problems.append(sentence(error))
    return {"poses": poses, "problems": problems}


def _listed(asked: object, name: str) -> list:
    """What the page sent under a name, no more than `_AT_ONCE`."""
    told = asked.get(name) if isinstance(asked, Mapping) else None
    return told[:_AT_ONCE] if isinstance(told, list) else []


def render(page: Dispatcher) -> None:
    """A name, a list and a file field. Event: "use" {pose}."""
    page["library"] = widget(
        _HTML, "library", setup={"most": MOST_POSES, "atOnce": _AT_ONCE}, server_functions=[drawn, opened],
        elem_id="library",
    )  # fmt: skip


def listen(page: Dispatcher) -> None:
    page.listen(page["library"].use, use_kept)


def key(state: EditorState) -> Key:
    return (state.look.pose, state.fitting is None)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The pose as it would be kept, and what it is called; none where only a map or the photo knows it."""
    pose = state.look.pose
    if state.fitting is not None or not isinstance(pose, Pose):
        return {"pose": None, "name": ""}
    try:
        return {"pose": kept(pose, pose.name).to_json(), "name": pose.name}
    except StudioError:  # it has no name
        return {"pose": kept(pose, "Pose").to_json(), "name": ""}


PANEL = Panel("library", render, listen, key, view)
