"""Files to take away. They are made when asked for and sent as they are: no copy stays on the server."""

from __future__ import annotations

import base64

import gradio as gr

from mcld_app.body.iuv import encode_iuv
from mcld_app.body.photo import encode_png
from mcld_app.editing import draw
from mcld_app.errors import StudioError
from mcld_app.provenance import encode_generated
from mcld_app.studio.answers import Parts, sent, sentence
from mcld_app.studio.desk import Desk, Visit, fresh_desk

_NAMES = {
    "picture": "mcld-picture.png",
    "texture": "mcld-texture-map.png",
    "iuv": "mcld-iuv-map.png",
    "drawn": "mcld-drawn.png",
}


def file_of(desk: Desk, what: str) -> tuple[str, bytes]:
    """The name and the bytes of one download: the picture, the texture map it was drawn from, or the IUV map of its
    pose in the network's order. All are PNG files without metadata."""
    if what == "texture":
        return _NAMES["texture"], encode_png(desk.look.texture.image)
    preview = draw(desk.look)
    if what == "iuv":
        return _NAMES["iuv"], encode_iuv(preview.iuv)
    return _NAMES["picture"], encode_png(preview.picture)


def drawn_file(visit: Visit) -> tuple[str, bytes]:
    """The name and the bytes of the picture a model drew last. The file says that it is AI-generated, and by what.

    Raises:
        StudioError: where none was drawn.
    """
    if visit.drawn is None:
        raise StudioError("No picture was drawn yet, or you were away for long. Press Generate first.")
    return _NAMES["drawn"], encode_generated(visit.drawn.picture, visit.drawn.model, visit.drawn.details)


def listen(parts: Parts) -> None:
    def answer(visit: Visit | None, event: gr.EventData) -> dict:
        visit = visit if isinstance(visit, Visit) else Visit()
        with visit.lock:
            visit.serial += 1
            try:
                what = str(sent(event).get("what"))
                name, data = drawn_file(visit) if what == "drawn" else file_of(visit.desk or fresh_desk(), what)
            except Exception as error:
                return {"problem": sentence(error), "serial": visit.serial}
            return {"name": name, "data": base64.b64encode(data).decode(), "serial": visit.serial}

    parts["downloads"].want(
        answer, [parts["visit"]], [parts["downloads"]], queue=False, show_progress="hidden", api_visibility="private"
    )
