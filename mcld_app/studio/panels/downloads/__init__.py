"""Downloads of what is on the page, and of drawn pictures."""

from __future__ import annotations

import base64

import gradio as gr

from mcld_app.studio.dispatcher import Dispatcher, payload
from mcld_app.studio.downloads import file_of, remark_on
from mcld_app.studio.messages import sentence
from mcld_app.studio.panel import Panel
from mcld_app.studio.session import Session
from mcld_app.studio.state import initial_state
from mcld_app.studio.widget import HIDDEN, widget

_HTML = """
<div class="downloads"><h3>Take away</h3><div class="downloads-row">
  <button type="button" data-what="picture" title="The picture under “Preview”, 704 x 1024 pixels"
    >Preview picture</button>
  <button type="button" data-what="recipe"
    title="Edits, pose, background and settings in a file, to open here again. Your own pictures do not come along."
    >Recipe</button>
  <button type="button" data-what="link" title="An address that opens this look; for looks without pictures of your own"
    >Copy link</button>
  </div><details class="downloads-more"><summary>More files</summary><div class="downloads-row">
  <button type="button" data-what="recipe-pictures"
    title="The recipe with your own pictures in it, the names you gave them, too: whoever has the file can see them."
    >Recipe with pictures</button>
  <button type="button" data-what="texture" title="The person’s surface, laid flat">Texture map</button>
  <button type="button" data-what="iuv" title="The pose: which part of the body each pixel shows">IUV map</button>
  <button type="button" data-what="openpose-18" title="The joints on the picture, as JSON for ControlNet and others that
    read OpenPose’s 18 points">OpenPose, 18 points</button>
  <button type="button" data-what="openpose-25" title="The same with feet, as JSON with OpenPose’s 25 points"
    >OpenPose, 25 points</button>
  <button type="button" data-what="coco-17" title="The joints on the picture, as JSON with COCO’s 17 points"
    >COCO, 17 points</button>
  </div></details></div>
"""


def render(page: Dispatcher) -> None:
    """Buttons. Event: "want" {what}, whose answer is the file; with "copied", a picture for the clipboard."""
    page["downloads"] = widget(_HTML, "downloads", elem_id="downloads")


def listen(page: Dispatcher) -> None:
    def answer(session: Session | None, event: gr.EventData) -> dict:
        session = session if isinstance(session, Session) else Session()
        with session.lock:
            session.serial += 1
            told = payload(event)
            try:
                name, kind, data = file_of(session.state or initial_state(), str(told.get("what")), session, told)
            except Exception as error:
                return {"problem": sentence(error), "serial": session.serial}
            said = remark_on(str(told.get("what")), session, told)
            return {
                "name": name, "kind": kind, "data": base64.b64encode(data).decode(), "say": said,
                "copied": told.get("copied") is True, "serial": session.serial,
            }  # fmt: skip

    page["downloads"].want(
        answer, [page["session"]], [page["downloads"]], queue=False, **HIDDEN
    )


PANEL = Panel("downloads", render, listen)
