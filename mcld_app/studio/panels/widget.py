"""Our own components: a gr.HTML with a script from `studio/web`."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

_WEB = Path(__file__).parent.parent / "web"


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
        script: the name of a file in `studio/web`.
        value: what it shows at first.
        setup: what the script needs to know once and for all, as `setup`. It goes into the script's text,
            because Gradio 6.31 forgets extra properties of a component that is updated before its tab was opened.
        also: names of files in `studio/web` that the script needs before it.
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


@lru_cache(maxsize=32)
def _script(name: str) -> str:
    return (_WEB / f"{name}.js").read_text(encoding="utf-8") + "\n"
