"""What may go wrong with the conditions, before anything is drawn."""

from __future__ import annotations

from mcld_app.studio.dispatcher import Parts
from mcld_app.studio.panels.widget import widget

_HTML = """
<div class="checkup"><ul class="checkup-list" aria-label="What may go wrong"></ul></div>
"""


def render(parts: Parts) -> None:
    """A list of sentences; nothing where all is well."""
    parts["checkup"] = widget(_HTML, "checkup", elem_id="checkup")
