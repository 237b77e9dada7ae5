"""The people found in a photo, where they are several: whom the visitor means."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.photos import take
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import thumb
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_HTML = '<div class="detections" role="group" aria-label="Who is meant"></div>'


def choose_body(state: EditorState, data: Data) -> EditorState:
    """Another one of the people found in the photo."""
    if state.detections is None:
        raise StudioError("This photo is not here any more. Choose it again.")
    return take(state, state.detections, parsing.index(data))


def render(page: Dispatcher) -> None:
    """A picture of each. Event: "body" {index}."""
    page["detections"] = widget(_HTML, "detections", elem_id="detections")


def listen(page: Dispatcher) -> None:
    page.listen(page["detections"].body, choose_body, echo="upload")


def key(state: EditorState) -> Key:
    return (state.detections,)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The people found in a photo, where they are several."""
    found = state.detections
    faces = [thumb(_upright(found.portrait(i))) for i in range(len(found))] if found else []
    return {"name": found.name if found else "", "people": faces}


def _upright(picture: np.ndarray) -> np.ndarray:
    """A picture on a grey background of 11:16."""
    height, width = picture.shape[:2]
    tall, wide = max(height, -(-width * 16 // 11)), max(width, -(-height * 11 // 16))
    background = np.full((tall, wide, 3), 128, np.uint8)
    top, left = (tall - height) // 2, (wide - width) // 2
    background[top : top + height, left : left + width] = picture
    return background


PANEL = Panel("detections", render, listen, key, view)
