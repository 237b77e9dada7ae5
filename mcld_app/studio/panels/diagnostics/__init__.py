"""What may go wrong with the conditions, before anything is drawn."""

from __future__ import annotations

from typing import Any

from mcld_app.editing.diagnostics.of_look import findings_of
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, opened
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_HTML = """
<div class="diagnostics"><ul class="diagnostics-list" aria-label="What may go wrong"></ul></div>
"""


def render(page: Dispatcher) -> None:
    """A list of sentences; nothing where all is well."""
    page["diagnostics"] = widget(_HTML, "diagnostics", elem_id="diagnostics")


def key(state: EditorState) -> Key:
    return (state.look,)


def view(state: EditorState, last: Key | None) -> dict[str, Any] | None:
    """What may go wrong with a look when it is drawn; nothing while a hand is on a slider."""
    if state.live:
        return None
    return {"findings": [{"level": f.level, "text": f.text} for f in findings_of(state.look)]}


def api_health(recipe: Given) -> list[dict[str, Any]]:
    """The diagnostics: what may go wrong with a recipe's conditions, before anything is drawn: kind, level, measure,
    text."""
    return [vars(finding) for finding in findings_of(opened(recipe).look)]


PANEL = Panel("diagnostics", render, key=key, view=view, turn="last", endpoints={"health": api_health})
