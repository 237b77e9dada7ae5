"""Examples: one press edits a sample person and has the model draw it."""

from __future__ import annotations

from mcld_app.editing.examples import EXAMPLES, look_of
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.panel import Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_BUTTON = '<button type="button" data-id="{name}" title="{says}"><b>{label}</b><span>{says}</span></button>'
_BUTTONS = "".join(_BUTTON.format(name=name, label=e.label, says=e.says) for name, e in EXAMPLES.items())
_HTML = f"""
<div class="examples" role="group" aria-label="Examples"><span class="examples-title">Try one:</span>{_BUTTONS}</div>
"""


def show_example(state: EditorState, data: Data) -> EditorState:
    """The look of one of the examples; the page then generates it."""
    name = parsing.text(data, "id")
    if name not in EXAMPLES:
        raise StudioError("There is no such example. Choose another one.")
    return state.to(look_of(name), "Undo brings back what was here." if state.is_edited else "")


def render(page: Dispatcher) -> None:
    """A row of buttons. Event: "run_example" {id}; once that is answered, the script has it generated."""
    page["examples"] = widget(_HTML, "examples", elem_id="examples")


def listen(page: Dispatcher) -> None:
    page.listen(page["examples"].run_example, show_example)


PANEL = Panel("examples", render, listen)
