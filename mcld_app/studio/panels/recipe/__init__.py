"""Recipes: opening one from a file, or from a picture that carries it."""

from __future__ import annotations

from typing import Any

from mcld_app.output import recipe_file
from mcld_app.output.look_link import recipe_of_link
from mcld_app.request import MAX_COUNT
from mcld_app.studio import parsing
from mcld_app.studio.actions.files import holds_pose, open_pose_file
from mcld_app.studio.actions.recipes import at_hand, use_recipe
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_HTML = """
<div class="recipe"><label class="recipe-open"
  title="A recipe is all that made a picture: edits, pose, settings and seed. Pictures drawn here carry theirs.">
  Open a recipe, or a picture drawn here<input type="file" accept=".json,application/json,image/png"></label></div>
"""


def open_recipe(state: EditorState, data: Data) -> EditorState:
    """The look of a recipe, from a JSON file or from a picture that was drawn here; where the file is a pose, the
    pose."""
    file = parsing.file_bytes(data.get("file"))
    if holds_pose(file):
        return open_pose_file(state, file)
    return use_recipe(state, recipe_file.open_recipe(file, lambda key: at_hand(state, key)))


def open_link(state: EditorState, data: Data) -> EditorState:
    """The look of the link by which the page was opened."""
    return use_recipe(state, recipe_of_link(parsing.text(data, "look")))


def render(page: Dispatcher) -> None:
    """A file field; a recipe may also be dropped anywhere on the page. Events: "open" {file}; "link" {look} where the
    page's address has one."""
    page["recipe"] = widget(_HTML, "recipe", elem_id="recipe")


def listen(page: Dispatcher) -> None:
    page.listen(page["recipe"].open, open_recipe)
    page.listen(page["recipe"].link, open_link)


def key(state: EditorState) -> Key:
    return (state.recipe,)


def view(state: EditorState, last: Key | None) -> dict[str, Any] | None:
    """The settings of a recipe that was opened, for the fields of the page."""
    opened = state.recipe
    if opened is None:
        return None
    settings = opened.settings
    if settings is None:  # a look that was never to be drawn in any special way: the fields stay as they are
        return {"opened": {"model": opened.model}}
    return {
        "opened": {
            "steps": settings.steps,
            "guidance": settings.guidance,
            "scheduler": settings.scheduler,
            "fill_holes": settings.fill_holes,
            "seed": str(opened.seeds[0]),
            "count": min(len(opened.seeds), MAX_COUNT),
            "model": opened.model,
        }
    }


PANEL = Panel("recipe", render, listen, key, view)
