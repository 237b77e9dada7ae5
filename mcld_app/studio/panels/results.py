"""The pictures drawn in this visit."""

from __future__ import annotations

import gradio as gr

from mcld_app.deployment import is_space
from mcld_app.studio import downloads
from mcld_app.studio.actions.recipes import use_recipe
from mcld_app.studio.dispatcher import EVERYTHING, Act, Parts, listen_of_session, payload, sentence
from mcld_app.studio.panels.widget import widget
from mcld_app.studio.state import Session

_HTML = """
<div class="results" hidden><h3>Drawn in this visit</h3>
  <div class="results-list" role="listbox" aria-label="Drawn pictures" aria-orientation="horizontal"></div>
  <div class="results-acts">
    <button type="button" data-want="drawn" title="PNG, with the settings inside. It says that it is AI-generated."
      >Download</button>
    <button type="button" data-want="in-photo"
      title="The drawn person in the photo they came from: in its frame, before its own background"
      >In the photo</button>
    <button type="button" data-want="animation" title="GIF of the pictures that were drawn together">Animation</button>
    <button type="button" data-want="video" title="MP4 of the pictures that were drawn together">Video</button>
    <button type="button" data-want="drawn-pictures"
      title="The file then carries your photos, their IUV maps and so the faces on them: whoever has it has those too."
      >Download with pictures</button>
    <button type="button" class="results-again" title="Back to the edits and the settings of this picture"
      >Use this look</button>
    <button type="button" class="results-focus" aria-expanded="false" title="Where the network looked">Focus maps
    </button>
    <label class="switch" title="A small sign in the corner, to be seen by everybody"><input type="checkbox"
      class="results-mark"> Visible AI mark</label>
  </div>
  <div class="results-maps"></div>
</div>
"""


def render(parts: Parts) -> None:
    """Thumbnails, and what can be done with the chosen one. Events: "again" {id}, "maps" {id}."""
    parts["results"] = widget(_HTML, "results", setup={"mark": marked_by_default()}, elem_id="results")


def marked_by_default() -> bool:
    """Whether pictures carry a visible mark unless switched off: on a public Space."""
    return is_space()


def listen_all(parts: Parts) -> None:
    def again(session: Session) -> Act:
        return lambda state, data: use_recipe(state, downloads.result_of(session, data).recipe)

    def maps(session: Session | None, event: gr.EventData) -> dict:
        try:
            return {"maps": downloads.focus_of(session if isinstance(session, Session) else Session(), payload(event))}
        except Exception as error:
            return {"problem": sentence(error)}

    listen_of_session(parts, parts["results"].again, again, *EVERYTHING, "recipe")
    parts["results"].maps(
        maps, [parts["session"]], [parts["results"]], queue=False, show_progress="hidden", api_visibility="private"
    )
