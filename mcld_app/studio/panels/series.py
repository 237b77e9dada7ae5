"""A series of poses, to be drawn one after another."""

from __future__ import annotations

from mcld_app.studio import actions
from mcld_app.studio.dispatcher import Parts, listen
from mcld_app.studio.panels.widget import widget

_HTML = """
<div class="series">
  <div class="series-bar"><h3>Series</h3>
    <button type="button" class="series-add" title="The pose as it stands now">Add this pose</button>
    <label title="More poses on the way from each mannequin to the next one">In between
      <input type="number" class="series-between" min="0" max="8" step="1" value="0" inputmode="numeric"></label></div>
  <p class="series-none">Gather poses here, then choose “All poses of the series” in Settings and generate: a picture
    of each, and an animation of all.</p>
  <ol class="series-list"></ol>
</div>
"""


def render(parts: Parts) -> None:
    """Events: "gather", "drop" {index}, "between" {count}."""
    parts["series"] = widget(_HTML, "series", elem_id="series")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["series"].gather, actions.add_pose, "series")
    listen(parts, parts["series"].drop, actions.drop_pose, "series")
    listen(parts, parts["series"].between, actions.set_between, "series")
