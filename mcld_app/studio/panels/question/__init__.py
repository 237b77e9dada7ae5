"""What only the visitor knows: a question with a picture of what comes of each answer. Nothing waits for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, Note
from mcld_app.studio.widget import widget

_HTML = '<div class="question" role="dialog" aria-labelledby="question-text" hidden></div>'


def answer(state: EditorState, data: Data) -> EditorState:
    """What the answer at {index} of the question {name} does."""
    asked, index = state.question, parsing.index(data)
    if asked is None or data.get("name") != asked.name or not 0 <= index < len(asked.options):
        raise StudioError("This question is not open any more.")
    return asked.options[index].act(replace(state, question=None))


def leave(state: EditorState, data: Data) -> EditorState:
    """No answer: all stays as it is."""
    return replace(state, question=None, note=Note())


def render(page: Dispatcher) -> None:
    """A card over the page. Events: "answer" {index, name}, "leave"."""
    page["question"] = widget(_HTML, "question", {"text": "", "options": []}, elem_id="question")


def listen(page: Dispatcher) -> None:
    page.listen(page["question"].answer, answer)
    page.listen(page["question"].leave, leave)


def key(state: EditorState) -> Key:
    return (state.question,)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The question and its answers; no text where there is none."""
    asked = state.question
    if asked is None:
        return {"text": "", "options": []}
    options = [{"label": option.label, "src": option.picture} for option in asked.options]
    return {"text": asked.text, "name": asked.name, "options": options}


PANEL = Panel("question", render, listen, key, view, turn="first")
