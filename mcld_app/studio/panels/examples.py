"""Examples: one press edits a sample person and has the model draw it."""

from __future__ import annotations

from mcld_app.editing.examples import EXAMPLES
from mcld_app.studio import actions
from mcld_app.studio.dispatcher import EVERYTHING, Parts, listen
from mcld_app.studio.panels.widget import widget

_BUTTON = '<button type="button" data-id="{name}" title="{says}"><b>{label}</b><span>{says}</span></button>'
_BUTTONS = "".join(_BUTTON.format(name=name, label=e.label, says=e.says) for name, e in EXAMPLES.items())
_HTML = f"""
<div class="examples" role="group" aria-label="Examples"><span class="examples-title">Try one:</span>{_BUTTONS}</div>
"""


def render(parts: Parts) -> None:
    """A row of buttons. Event: "run_example" {id}; once that is answered, the script has it generated."""
    parts["examples"] = widget(_HTML, "examples", elem_id="examples")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["examples"].run_example, actions.show_example, *EVERYTHING)
