"""Our own components: a gr.HTML with a script from its panel's folder, or from `studio/web` where several share it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

STUDIO = Path(__file__).parent

HIDDEN: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": [], "api_visibility": "private"}
"""How all events of the page are wired: panels show their progress themselves. Without the empty list, Gradio's page
copies all that each panel knows, thousands of values, whenever any event begins or ends: half of what an edit costs a
visitor's browser."""


def widget(
    html: str,
    script: str,
    value: Any = None,
    *,
    setup: dict[str, Any] | None = None,
    also: tuple[str, ...] = (),
    **others: Any,
) -> gr.HTML:
    """An HTML component whose markup never changes: its script draws what `value` says.

    Values go from server to page only. What a visitor does comes back as an event with a little data, so
    pictures are never sent up again with every click.

    A function and no subclass of gr.HTML, because Gradio writes a .pyi file beside each subclass it meets.

    Args:
        html: the markup.
        script: the name of a panel with a script, or of a script in `studio/web`.
        value: what it shows at first.
        setup: what the script needs to know once and for all, as `setup`. It goes into the script's text,
            because Gradio 6.31 forgets extra properties of a component that is updated before its tab was opened.
        also: names of scripts that it needs before it.
        others: as for gr.HTML.
    """
    return gr.HTML(
        value,
        html_template=html,
        js_on_load=f"const setup = {json.dumps(setup or {})};\n{''.join(map(_script, ('common', *also, script)))}",
        apply_default_css=False,
        elem_classes=["widget", f"widget-{script}"],
        **others,
    )


def style(names: tuple[str, ...]) -> str:
    """The page's style sheet: what the panels share, then each panel's own."""
    shared = [STUDIO / "web" / f"{name}.css" for name in ("base", "controls", "picker")]
    own = [STUDIO / "panels" / name / f"{name}.css" for name in names]
    return "\n".join(path.read_text(encoding="utf-8") for path in (*shared, *own) if path.is_file())


@lru_cache(maxsize=64)
def _script(name: str) -> str:
    own = STUDIO / "panels" / name / f"{name}.js"
    path = own if own.is_file() else STUDIO / "web" / f"{name}.js"
    return path.read_text(encoding="utf-8") + "\n"
