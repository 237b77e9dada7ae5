"""Poses from elsewhere: of another picture, or from a file."""

from __future__ import annotations

from mcld_app.editing import pose_as
from mcld_app.studio import parsing
from mcld_app.studio.actions.brought import pose_of_person
from mcld_app.studio.actions.files import open_pose_file
from mcld_app.studio.actions.poses import stand
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, edited
from mcld_app.studio.panel import Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_HTML = """
<div class="borrow">
  <label>Pose of another picture <select><option value="">Choose …</option></select></label>
  <label class="switch" title="The pose is taken as the picture’s own map has it, build and frame included. Its joints
    cannot be dragged."><input type="checkbox" class="borrow-map"> Exactly as its map</label>
  <button type="button" class="borrow-save" title="The pose as a file, to open again here">Save pose</button>
  <label class="borrow-open" title="Saved here, a skeleton as JSON (OpenPose, COCO, ControlNet), or a dp_segm picture"
    >Open pose<input type="file" accept=".json,application/json,.png,image/png"></label>
</div>
"""


def open_pose(state: EditorState, data: Data) -> EditorState:
    """A pose from a file: one saved here, a skeleton's, or a body's in a picture of parts."""
    return open_pose_file(state, parsing.file_bytes(data.get("file")))


def pose_of(state: EditorState, data: Data) -> EditorState:
    """The pose of another picture: of a sample or of one of the visitor's own people, as one of the mannequin; with
    "map", exactly as its IUV map has it, which cannot be dragged."""
    other = state.person(parsing.text(data, "id"))
    return stand(state, pose_as(other)) if data.get("map") is True else pose_of_person(state, other, other.name)


def render(page: Dispatcher) -> None:
    """A list of people and a file field. Events: "of" {id, map} and "open" {file}."""
    page["borrow"] = widget(_HTML, "borrow", elem_id="borrow")


def listen(page: Dispatcher) -> None:
    page.listen(page["borrow"].of, pose_of)
    page.listen(page["borrow"].open, open_pose)


def api_pose_of(recipe: Given, person: str, exactly: bool = False) -> Given:
    """Stand as a sample person stands in their picture: the mannequin does, or `exactly` as the picture's IUV map has
    it, which cannot be dragged."""
    return edited(recipe, pose_of, {"id": person, "map": exactly})


def api_pose_file(recipe: Given, file: str) -> Given:
    """Stand as a pose file says, given as JSON text: a pose saved here, or a skeleton of OpenPose, COCO or
    ControlNet."""
    return edited(recipe, lambda state, data: open_pose_file(state, data["file"].encode()), {"file": file})


PANEL = Panel("borrow", render, listen, endpoints={"pose_of": api_pose_of, "pose_file": api_pose_file})
