"""The page: the person on the left, the picture in the middle with what was done and can be taken away beside it, the
tools on the right. Which panels there are and where each is; all else is in their folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

import gradio as gr
from starlette.middleware import Middleware

from mcld_app.deployment import frame_ancestors, is_space, known_hosts, password, serves_mcp, visits_bytes
from mcld_app.request import MAX_UPLOAD
from mcld_app.studio import api, dispatcher, redaction
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.gate import Gate
from mcld_app.studio.handing import HandingDoor
from mcld_app.studio.health import Health
from mcld_app.studio.limits import Limits
from mcld_app.studio.packing import Packing
from mcld_app.studio.panel import Panel
from mcld_app.studio.panels import (
    adjust,
    borrow,
    bring,
    clip,
    cover,
    detections,
    diagnostics,
    downloads,
    edits,
    examples,
    face,
    flat,
    garments,
    generate,
    ground,
    joints,
    keys,
    library,
    notice,
    people,
    pieces,
    poses,
    posing,
    question,
    recipe,
    results,
    series,
    sheet,
    stage,
    texture,
    upload,
    weights,
)
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.theme import studio_theme
from mcld_app.studio.visits import VisitBlocks
from mcld_app.studio.widget import style

_TOP = (examples.PANEL, keys.PANEL)
_PERSON = (people.PANEL,)
_BRING = (bring.PANEL,)
_OWN_PHOTO = (upload.PANEL, detections.PANEL)
_ADJUST = (adjust.PANEL,)
_TABS = {
    "Pose": (poses.PANEL, posing.PANEL, library.PANEL, borrow.PANEL, joints.PANEL, series.PANEL),
    "Clothes": (cover.PANEL, pieces.PANEL, garments.PANEL, flat.PANEL),
    "Face": (face.FACES, face.PANEL),
    "Paint": (texture.PANEL,),
}
_EASEL = (stage.PANEL, generate.PANEL)
_RAIL = (
    edits.PANEL,
    diagnostics.PANEL,
    ground.PANEL,
    results.PANEL,
    sheet.PANEL,
    downloads.PANEL,
    recipe.PANEL,
    weights.PANEL,
)
_OVER = (question.PANEL, clip.PANEL, notice.PANEL)

PANELS: tuple[Panel, ...] = (
    *_TOP, *_BRING, *_OWN_PHOTO, *_PERSON, *_EASEL, *_RAIL, *_ADJUST,
    *(panel for panels in _TABS.values() for panel in panels), *_OVER,
)  # fmt: skip
"""All panels, as the page has them from top to bottom."""

HOURS = 2  # how long a session's pictures are kept after its last action
_WEB = Path(__file__).parent / "web"

_HEADER = """
<header class="masthead"><h1>MCLD Studio</h1>
<p>Give the person in a photo another pose, other clothes, another face. The preview follows every edit.</p></header>
"""


def build(seconds: float = HOURS * 3600) -> gr.Blocks:
    """The whole page, not yet served.

    Args:
        seconds: how long a visit is kept after its last action.
    """
    sessions = SessionStore(seconds, most_bytes=visits_bytes())
    page = Dispatcher(PANELS, sessions)
    with VisitBlocks(title="MCLD Studio", delete_cache=(3600, HOURS * 3600), fill_width=True) as blocks:
        page.blocks = blocks
        blocks.make_ready = page.make_ready
        blocks.count_visits(sessions)

        def closed(session: Session | None) -> None:  # no method: Gradio copies it, per visitor
            if isinstance(session, Session):
                sessions.left(session)

        # No time to live: Gradio counts it by the time of day, and past a drawing that goes on.
        page["session"] = gr.State(Session(), delete_callback=closed)
        with gr.Row(elem_id="top"):
            _plain(_HEADER)
            _render(page, _TOP)
            if is_space():
                gr.DuplicateButton("A copy of your own", size="sm", min_width=0, elem_id="duplicate")
        with gr.Row(elem_id="areas"):
            with gr.Column(elem_id="area-person", elem_classes="area", min_width=0):
                _plain("<h2>Person</h2>")
                _render(page, _BRING)
                with gr.Accordion("Your own photo", open=False, elem_id="own-photo"):
                    _render(page, _OWN_PHOTO)
                _render(page, _PERSON)
            with gr.Column(elem_id="area-result", elem_classes="area", min_width=0):
                _plain("<h2>Result</h2>")
                with gr.Column(elem_id="easel", min_width=0):
                    _render(page, _EASEL)
                with gr.Column(elem_id="rail", min_width=0):
                    _render(page, _RAIL)
            with gr.Column(elem_id="area-edit", elem_classes="area", min_width=0):
                _plain("<h2>Edit</h2>")
                _render(page, _ADJUST)
                with gr.Tabs(elem_id="edit-tabs"):
                    for name, panels in _TABS.items():
                        with gr.Tab(name, id=name.lower()):
                            _render(page, panels)
        _render(page, _OVER)

        for panel in PANELS:
            if panel.listen is not None:
                panel.listen(page)
        page.listen_to_answers()
        page.listen_to_opening()
        api.listen(PANELS, sessions)
        page.listen(blocks.load, dispatcher.as_it_is, whole=True)
    return blocks


def _render(page: Dispatcher, panels: Iterable[Panel]) -> None:
    for panel in panels:
        panel.render(page)


def _plain(html: str) -> None:
    gr.HTML(html, apply_default_css=False, elem_classes="plain")


def application_options(health: Callable[[], Mapping[str, int]] | None = None) -> dict[str, Any]:
    """What the FastAPI application under the page is made with: first it is asked whether a request is meant for it,
    then whether it is for one of the page's own files, whether it is too large, last whether it hands a file in or
    out."""
    options = redaction.application_options()
    gate = Middleware(Gate, hosts=known_hosts(), ancestors=frame_ancestors())
    first = [gate, Middleware(Health, told=health), Middleware(Packing)]
    return {**options, "middleware": [*first, *options["middleware"], Middleware(Limits), Middleware(HandingDoor)]}


def launch_options(health: Callable[[], Mapping[str, int]] | None = None) -> dict[str, Any]:
    """What `launch` is told, wherever the page is served; `health` is what machines are told at /health."""
    return {
        "theme": studio_theme(),
        # Not `css`: Gradio rewrites that, and loses what stands inside media queries.
        "head": f"<style>{style(tuple(panel.name for panel in PANELS))}</style>",
        "favicon_path": _WEB / "favicon.svg",
        "max_file_size": f"{MAX_UPLOAD >> 20}mb",
        "run_history": False,  # it would keep people's pictures in the browser's storage
        "show_error": False,
        "footer_links": [],
        "enable_monitoring": False,
        "ssr_mode": False,
        "app_kwargs": application_options(health),
        "auth": password(),
        "auth_message": "This studio asks for a name and a password.",
        "mcp_server": serves_mcp() or None,  # needs the package mcp; with None, Gradio too looks into the surroundings
    }
