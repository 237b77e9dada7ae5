"""From an event of the page to its answer: one road for all actions.

An action that fails leaves the editor state as it was and says one sentence. What the visitor sees of an unexpected
error is always the same sentence; the log gets the kind of error and the place in the code, never its message, because
a message may hold a file's name or what is in it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import gradio as gr

from mcld_app.errors import StudioError
from mcld_app.studio import view
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.state import EditorState, Note, Session, initial_state

Act = Callable[[EditorState, Mapping[str, Any]], EditorState]

UNEXPECTED = "Something went wrong on our side, and nothing of yours was lost. Try again, or try it another way."
EXPIRED = "You were away for a long time, so your pictures were deleted here. The studio starts afresh."

POSE = ("stage", "joints", "poses")
EDITS = ("stage", "edits")
FACES = (*EDITS, "face", "mix")
PERSON = ("stage", "people", "garments", "face", "mix", "edits")
EVERYTHING = tuple(dict.fromkeys((*POSE, *FACES, *PERSON, "series", "crowd")))
"""What another pose, another edit, another face and another person change on the page."""

_log = logging.getLogger(__name__)


class Parts(dict):
    """The page's components by name, with the visit among them.

    Attributes:
        visits: those that can be taken up after a reload.
    """

    def __init__(self, sessions: SessionStore) -> None:
        super().__init__()
        self.sessions = sessions

    def shown(self, *names: str) -> list:
        """What an answer may change: the visit, the message, and what is named."""
        return [part for name, part in self.items() if name in ("session", "notice", *names)]


def listen(
    parts: Parts,
    event: Callable,
    act: Act,
    *changing: str,
    echo: str | None = None,
    whole: bool = False,
) -> None:
    """Let an event of the page run an action.

    Args:
        parts: the page.
        event: a component's event, for example `button.click`.
        act: the action.
        changing: the components it may change. Gradio makes every one of them anew, changed or not: name no more.
        echo: a component that says the answer's note itself, in its own place.
        whole: show everything again, changed or not.
    """
    listen_of_session(parts, event, lambda _: act, *changing, echo=echo, whole=whole)


def listen_of_session(
    parts: Parts,
    event: Callable,
    act_of: Callable[[Session], Act],
    *changing: str,
    echo: str | None = None,
    whole: bool = False,
) -> None:
    """`listen` for an action that needs more of the visit than the editor state: `act_of` makes it."""
    first = [name for name in changing if name == "stage"] or list(changing)
    outputs = parts.shown(*first, *([echo] if echo else []))
    later = [name for name in changing if parts[name] not in outputs]

    def answer(session: Session | None, notice: dict | None, event: gr.EventData, request: gr.Request) -> dict:
        session = session if isinstance(session, Session) else Session()
        session.gradio_session = request.session_hash
        answers = run(session, act_of(session), payload(event), known=serial_of(notice), whole=whole)
        answers["notice"]["token"] = parts.sessions.keep(session)
        if echo:
            answers[echo] = answers["notice"]
            answers["notice"] = {**answers["notice"], "text": ""}
        with session.lock:
            session.later |= {name: value for name, value in answers.items() if name in later}
        return {parts[name]: value for name, value in answers.items() if parts[name] in outputs}

    def rest(session: Session | None) -> dict:
        if not isinstance(session, Session):
            return gr.skip()
        with session.lock:
            told = {parts[name]: session.later.pop(name) for name in later if name in session.later}
        return told or gr.skip()

    quietly = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    done = event(answer, [parts["session"], parts["notice"]], outputs, trigger_mode="multiple", **quietly)
    if later:  # the picture first: Gradio makes every component of an answer anew before it shows any
        done = done.then(rest, [parts["session"]], [parts[name] for name in later], trigger_mode="multiple", **quietly)
    if "stage" in changing:
        _afterwards(parts, done, **quietly)


def _afterwards(parts: Parts, done: gr.events.Dependency, **how: Any) -> None:
    """What takes as long as the picture and is looked at seldom comes after it: the texture map, and the findings."""
    done.then(_texture, [parts["session"]], [parts["texture"]], **how)
    done.then(_checkup, [parts["session"]], [parts["checkup"]], **how)


def listen_session(
    parts: Parts, event: Callable, act: Callable[[Session, Mapping[str, Any]], str], *emptied: str
) -> None:
    """Let an event do something with the whole visit, and show everything anew.

    Args:
        parts: the page.
        event: a component's event.
        act: what is done; returns what is said of it.
        emptied: components that are told None, so that nothing is left in them: Gradio keeps on the server what each
            component was last told, and that may be a file or a drawn picture.
    """

    def answer(session: Session | None, notice: dict | None, event: gr.EventData, request: gr.Request) -> dict:
        session = session if isinstance(session, Session) else Session()
        session.gradio_session = request.session_hash
        note = Note()
        try:
            with session.lock:
                note = Note(act(session, payload(event)), "info")
                session.state = session.state or initial_state()
        except Exception as error:
            note = Note(sentence(error), "warning")

        def said(state: EditorState, data: Mapping[str, Any]) -> EditorState:
            return replace(state, note=note)

        answers = run(session, said, {}, known=serial_of(notice), whole=True)
        answers["notice"]["token"] = parts.sessions.keep(session)
        answers["results"] = {"all": [view.result(result) for result in reversed(session.results)]}
        answers |= dict.fromkeys(emptied)
        return {parts[name]: value for name, value in answers.items() if name in parts}

    shown = parts.shown(*EVERYTHING, "results", *emptied)
    quietly = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    _afterwards(parts, event(answer, [parts["session"], parts["notice"]], shown, **quietly), **quietly)


def prepare(parts: Parts, event: Callable, act: Act) -> None:
    """Let an event run an action that only makes a later one quicker: it shows nothing and says nothing."""

    def ready(session: Session | None, event: gr.EventData) -> None:
        if isinstance(session, Session) and session.state is not None:
            with session.lock, suppress(StudioError):  # whatever is wrong is said when it is done in earnest
                session.state = act(session.state, payload(event))

    event(ready, [parts["session"]], None, queue=False, show_progress="hidden", api_visibility="private")


def as_it_is(state: EditorState, data: Mapping[str, Any]) -> EditorState:
    """The action that changes nothing: for showing everything."""
    return state


def payload(event: gr.EventData | None) -> Mapping[str, Any]:
    """What the page sent with an event; empty where it sent nothing, or nothing of use."""
    data = getattr(event, "_data", None)
    return data if isinstance(data, Mapping) else {}


def forget(blocks: gr.Blocks, session: Session | None) -> None:
    """Let go of everything a visitor leaves behind. Gradio deletes the state itself, but keeps what the components
    last showed until thousands of other visitors have come; their pictures are in that."""
    session = getattr(session, "gradio_session", None)
    if session:
        blocks.state_holder.session_data.pop(session, None)


def _texture(session: Session | None) -> dict:
    """The texture map as it is now; nothing where it is the one the page has."""
    if not isinstance(session, Session) or session.state is None:
        return gr.skip()
    with session.lock:
        look, serial = session.state.look, session.serial
        if session.textured == (look.appearance, look.fill):
            return gr.skip()
        session.textured = (look.appearance, look.fill)
    try:
        return {**view.texture(look), "serial": serial}
    except Exception as error:
        sentence(error)
        return gr.skip()


def _checkup(session: Session | None) -> dict:
    """What may go wrong with the look as it is now; nothing while a hand is on a slider, or where it is the same."""
    if not isinstance(session, Session) or session.state is None or session.state.live:
        return gr.skip()
    with session.lock:
        look, serial = session.state.look, session.serial
        if session.checked is look:
            return gr.skip()
        session.checked = look
    try:
        return {**view.checkup(look), "serial": serial}
    except Exception as error:
        sentence(error)
        return gr.skip()


def serial_of(notice: object) -> int:
    """The number of the last answer that the page has seen."""
    serial = notice.get("serial") if isinstance(notice, Mapping) else None
    return serial if isinstance(serial, int) and 0 <= serial < 2**50 else 0


def run(
    session: Session, act: Act, data: Mapping[str, Any], *, known: int = 0, whole: bool = False
) -> dict[str, Any]:
    """Run an action for a visit: what changed on the page, by component name.

    Args:
        visit: a new one where the server has forgotten the visitor.
        act: the action.
        data: what the page sent with it.
        known: the number of the last answer the page has seen.
        whole: answer with everything, changed or not.
    """
    with session.lock:
        session.serial += 1
        answers: dict[str, Any] = {}
        try:
            expired = session.state is None and known > 0
            before = session.state or initial_state()
            after = before if expired else act(before, data)
            answers = changes(None if whole or session.state is None else before, after)
            session.state = replace(after, note=Note())
            note = Note(EXPIRED, "warning") if expired else after.note
        except Exception as error:
            note = Note(sentence(error), "warning")
        serial = session.serial = max(session.serial, known + 1)
    answers["notice"] = {"kind": note.kind, "text": note.text, "stale": note.text == EXPIRED}
    return {"session": session, **{name: {**value, "serial": serial} for name, value in answers.items()}}


def changes(before: EditorState | None, after: EditorState) -> dict[str, Any]:
    """What the page must show anew after a step from one editor state (None: from nothing) to another."""
    was, now = before and before.look, after.look
    same_looks = was is not None and was.appearance is now.appearance and was.fill == now.fill
    same_pose = was is not None and was.pose == now.pose and before.live == after.live
    same_pose = same_pose and before.fitting is after.fitting
    same_weight = was is not None and was.face_weight == now.face_weight
    shown: dict[str, Any] = {}
    new_person = was is None or was.person is not now.person
    new_own = before is None or before.own != after.own
    if not (same_looks and same_pose and same_weight):
        put_away = before is not None and before.fitting is not None
        shown["stage"] = view.stage(after, with_photo=new_person or put_away)
    if not same_looks:
        shown["edits"] = view.edits(after)
    if new_person or new_own:
        shown["people"] = view.people(after)
    if new_own:
        shown["garments"] = view.shelf(after)
    if new_own or not same_weight or was.face_edit is not now.face_edit:
        shown["face"] = view.face(after)
        shown["mix"] = view.mix(after)
    if before is None or before.detections is not after.detections:
        shown["crowd"] = view.detections(after)
    if not same_pose:
        shown["joints"] = view.joints(after)
        shown["poses"] = view.poses(after)
    if before is None or (before.series, before.between) != (after.series, after.between):
        shown["series"] = view.series(after)
    if after.recipe is not None and (before is None or before.recipe is not after.recipe):
        shown["recipe"] = view.recipe(after.recipe)
    return shown


def sentence(error: Exception) -> str:
    """What the visitor is told of an error; an unexpected one is logged, without its message."""
    if isinstance(error, StudioError):
        return str(error)
    _log.error("%s in %s", type(error).__name__, _place(error))
    return UNEXPECTED


def _place(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"
