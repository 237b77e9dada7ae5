"""The pictures drawn in this visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from mcld_app.deployment import is_space
from mcld_app.errors import StudioError
from mcld_app.output.heatmap import FOCUS_LABELS, heat_map
from mcld_app.studio.actions.recipes import use_recipe
from mcld_app.studio.dispatcher import Action, Dispatcher, payload
from mcld_app.studio.downloads import result_of
from mcld_app.studio.generation import MOST_RESULTS
from mcld_app.studio.messages import sentence
from mcld_app.studio.panel import Panel
from mcld_app.studio.pictures import jpeg
from mcld_app.studio.session import Session
from mcld_app.studio.widget import widget

_HTML = """
<div class="results" hidden><h3>Drawn in this visit</h3>
  <div class="results-list" role="listbox" aria-label="Drawn pictures" aria-orientation="horizontal"></div>
  <div class="results-acts">
    <button type="button" data-want="drawn" title="PNG, with the settings inside. It says that it is AI-generated."
      >Download</button>
    <button type="button" data-want="in-photo"
      title="The drawn person in the photo they came from: in its frame, before its own background"
      >In the photo</button>
    <button type="button" class="results-compare" aria-pressed="false" hidden title="Two pictures in one frame, with a
      slider between them. Or press the other picture with Shift held.">Compare with …</button>
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


def render(page: Dispatcher) -> None:
    """Thumbnails, and what can be done with the chosen one. Events: "again" {id}, "maps" {id}."""
    setup = {"mark": marked_by_default(), "most": MOST_RESULTS}
    page["results"] = widget(_HTML, "results", setup=setup, elem_id="results")


def marked_by_default() -> bool:
    """Whether pictures carry a visible mark unless switched off: on a public Space."""
    return is_space()


def focus_of(session: Session, data: Mapping[str, Any]) -> list[dict[str, str]]:
    """Where the network looked when it drew a picture: label and picture of each map.

    Raises:
        StudioError: where that was not recorded.
    """
    result = result_of(session, data)
    if not result.focus:
        raise StudioError("Where the network looked was not recorded. Switch “Focus maps” on in Settings first.")
    return [
        {"label": FOCUS_LABELS.get(name, name), "picture": jpeg(heat_map(result.picture, focus))}
        for name, focus in result.focus.items()
    ]


def listen(page: Dispatcher) -> None:
    def again(session: Session) -> Action:
        return lambda state, data: use_recipe(state, result_of(session, data).recipe)

    def maps(session: Session | None, event: gr.EventData) -> dict:
        try:
            return {"maps": focus_of(session if isinstance(session, Session) else Session(), payload(event))}
        except Exception as error:
            return {"problem": sentence(error)}

    page.listen_with_session(page["results"].again, again)
    page["results"].maps(
        maps, [page["session"]], [page["results"]], queue=False, show_progress="hidden", api_visibility="private"
    )


def whole(session: Session) -> dict[str, Any]:
    """All pictures drawn, the newest first."""
    return {"all": [result.for_page() for result in reversed(session.results)]}


PANEL = Panel("results", render, listen, whole=whole)
