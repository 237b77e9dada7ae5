"""Recipes: opening one from a file, or from a picture that carries it."""

from __future__ import annotations

from mcld_app.studio import actions
from mcld_app.studio.dispatcher import EVERYTHING, Parts, listen
from mcld_app.studio.panels.widget import widget

_HTML = """
<div class="recipe"><label class="recipe-open"
  title="A recipe is all that made a picture: edits, pose, settings and seed. Pictures drawn here carry theirs.">
  Open a recipe, or a picture drawn here<input type="file" accept=".json,application/json,image/png"></label></div>
"""


def render(parts: Parts) -> None:
    """A file field; a recipe may also be dropped anywhere on the page. Event: "open" {file}."""
    parts["recipe"] = widget(_HTML, "recipe", elem_id="recipe")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["recipe"].open, actions.open_recipe, *EVERYTHING, "recipe")
