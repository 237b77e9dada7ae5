"""The page: three areas, Person, Edit and Result. Layout here, wiring in the components' own `listen`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

import gradio as gr

from mcld_app.editing import samples
from mcld_app.studio import api, dispatcher, redaction
from mcld_app.studio.panels import (
    cover,
    diagnostics,
    examples,
    face,
    generation,
    joints,
    picker,
    recipe,
    result,
    results,
    series,
    stage,
    texture,
    upload,
    weights,
)
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.state import Session
from mcld_app.studio.theme import studio_theme

HOURS = 2  # how long a visit's pictures are kept after its last action
_WEB = Path(__file__).parent / "web"

_HEADER = """
<header class="masthead"><h1>MCLD Studio</h1>
<p>Give the person in a photo another pose, other clothes, another face. The preview follows every edit.</p></header>
"""


def build() -> gr.Blocks:
    """The whole page, not yet served."""
    parts = dispatcher.Parts(SessionStore(HOURS * 3600))
    with redaction.RedactedBlocks(title="MCLD Studio", delete_cache=(3600, HOURS * 3600), fill_width=True) as blocks:

        def forget(session: Session | None) -> None:  # no partial: Gradio copies its arguments, per visitor
            dispatcher.forget(blocks, session)

        parts["session"] = gr.State(Session(), time_to_live=HOURS * 3600, delete_callback=forget)
        _plain(_HEADER)
        examples.render(parts)
        with gr.Row(elem_id="areas"):
            with gr.Column(elem_id="area-person", elem_classes="area", min_width=0):
                _plain("<h2>Person</h2>")
                picker.render_people(parts)
                with gr.Accordion("Your own photo", open=False, elem_id="own-photo"):
                    upload.render(parts)
            with gr.Column(elem_id="area-edit", elem_classes="area", min_width=0):
                _plain("<h2>Edit</h2>")
                with gr.Tabs(elem_id="edit-tabs"):
                    with gr.Tab("Pose", id="pose"):
                        picker.render_poses(parts)
                        pose_buttons = joints.render(parts)
                        series.render(parts)
                    with gr.Tab("Clothes", id="clothes"):
                        cover.render(parts)
                        picker.render_garments(parts)
                    with gr.Tab("Face", id="face"):
                        face.render(parts)
                    with gr.Tab("Paint", id="paint"):
                        texture.render(parts)
            with gr.Column(elem_id="area-result", elem_classes="area", min_width=0):
                _plain("<h2>Result</h2>")
                stage.render(parts, _first_picture())
                diagnostics.render(parts)
                generation.render(parts)
                results.render(parts)
                result.render(parts)
                recipe.render(parts)
                weights.render(parts)
        result.render_notice(parts)

        picker.listen_all(parts)
        upload.listen_all(parts)
        joints.listen_all(parts, pose_buttons)
        examples.listen_all(parts)
        series.listen_all(parts)
        results.listen_all(parts)
        recipe.listen_all(parts)
        cover.listen_all(parts)
        face.listen_all(parts)
        texture.listen_all(parts)
        stage.listen_all(parts)
        generation.listen_all(parts)
        result.listen_all(parts)
        weights.listen_all(parts)
        api.listen()
        dispatcher.listen(parts, blocks.load, dispatcher.as_it_is, *dispatcher.EVERYTHING, whole=True)
    return blocks


def _plain(html: str) -> None:
    gr.HTML(html, apply_default_css=False, elem_classes="plain")


def launch_options() -> dict[str, Any]:
    """What `launch` is told, wherever the page is served."""
    return {
        "theme": studio_theme(),
        # Not `css`: Gradio rewrites that, and loses what stands inside media queries.
        "head": f"<style>{(_WEB / 'studio.css').read_text(encoding='utf-8')}</style>",
        "favicon_path": _WEB / "favicon.svg",
        "max_file_size": "20mb",
        "run_history": False,  # it would keep people's pictures in the browser's storage
        "show_error": False,
        "footer_links": [],
        "enable_monitoring": False,
        "ssr_mode": False,
        "app_kwargs": redaction.application_options(),
        "mcp_server": os.environ.get("MCLD_MCP") == "1",  # needs gradio[mcp]
    }


def _first_picture() -> dict | None:
    """The first sample's photo as its file has it, so that somebody is there before anything is computed."""
    import base64

    sample = next(iter(samples.people().values()))
    data = base64.b64encode(sample.photo_path.read_bytes()).decode()
    kind = "jpeg" if sample.photo_path.suffix.lower() in (".jpg", ".jpeg") else "png"
    picture = f"data:image/{kind};base64,{data}"
    return {"serial": 0, "picture": picture, "before": picture, "person": "", "iuv": None, "parts": None,
            "pose": "as in the photo", "alt": sample.label, "undo": False, "redo": False}  # fmt: skip
