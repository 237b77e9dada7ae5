"""From an event of the page to its answer: one road for all actions, and the one place that decides what is shown anew.

An action is a function (editor state, what the page sent) -> editor state. One that fails leaves the editor state as it
was and says one sentence. What the page must show anew is found by comparing each panel's key with the one the page
shows: an action names nothing, and nothing that it changed can be left out.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import gradio as gr

from mcld_app.deployment import cores
from mcld_app.engine.turns import Turns
from mcld_app.errors import StudioError
from mcld_app.studio import visit_memory
from mcld_app.studio.busy import Busy
from mcld_app.studio.messages import sentence
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.state import EditorState, Note, initial_state, is_fresh
from mcld_app.studio.widget import HIDDEN

Action = Callable[[EditorState, Mapping[str, Any]], EditorState]

EXPIRED = (
    "Your pictures are deleted here: you were away for a long time, or deleted them in another window. The studio "
    "starts afresh."
)

_PATIENCE = 1.0  # seconds
_NOBODY_WAITS = 1  # rank of a turn: what follows an answer by itself
_QUIETLY = {"queue": False, **HIDDEN}


class Dispatcher(dict[str, Any]):
    """The page's components by name, and what is done with their events. Beside the panels' there are "session", a
    `gr.State`, and "notice", which says what an action has to say.

    Args:
        panels: all of the page, in the order in which they are shown anew.
        sessions: those that can be taken up after a reload.

    Attributes:
        blocks: the page itself, once it is being built.
        began: another one each time the studio is started, so that a page knows when it was started again.
    """

    blocks: gr.Blocks | None = None

    def __init__(self, panels: Iterable[Panel], sessions: SessionStore) -> None:
        super().__init__()
        self.panels = {panel.name: panel for panel in panels}
        self.sessions = sessions
        self._busy = Busy()
        self._turns = Turns(cores())
        self._making_ready = threading.Lock()
        self._fresh: dict[str, tuple[Key, dict[str, Any] | None]] = {}
        self.began = secrets.token_hex(8)

    # ---- wiring ---------------------------------------------------------------------------------------------------

    def listen(self, event: Callable, action: Action, *, echo: str | None = None, whole: bool = False) -> None:
        """Let an event of the page run an action, and the page show whatever it changed.

        Args:
            event: a component's event, for example `button.click`.
            action: the action.
            echo: a component that says the answer's note itself, in its own place.
            whole: show everything again, changed or not.
        """
        self.listen_with_session(event, lambda _: action, echo=echo, whole=whole)

    def listen_with_session(
        self, event: Callable, action_of: Callable[[Session], Action], *, echo: str | None = None, whole: bool = False
    ) -> None:
        """`listen` for an action that needs more of the session than the editor state: `action_of` makes it."""

        def answer(session: Session | None, notice: dict | None, event: gr.EventData, request: gr.Request) -> dict:
            session = _of_page(session, request)
            action = action_of(session)
            answers = self.run(
                session, action, payload(event), known=serial_of(notice), whole=whole, names=self.names("first")
            )
            answers["notice"]["token"] = self.sessions.keep(session)
            if echo:
                answers[echo] = answers["notice"]
                answers["notice"] = {**answers["notice"], "text": ""}
            return {self[name]: value for name, value in answers.items()}

        self._listen(event, answer, [echo] if echo else [])

    def listen_for_session(
        self, event: Callable, act: Callable[[Session, Mapping[str, Any]], str], emptied: Iterable[str] = ()
    ) -> None:
        """Let an event do something with the whole session, and show everything anew.

        Args:
            event: a component's event.
            act: what is done; returns what is said of it.
            emptied: components that are told None, so that nothing is left in them: Gradio keeps on the server what
                each component was last told, and that may be a file or a drawn picture.
        """
        restored = [panel for panel in self.panels.values() if panel.whole]

        def answer(session: Session | None, notice: dict | None, event: gr.EventData, request: gr.Request) -> dict:
            session = _of_page(session, request)
            note = Note()
            try:
                with session.lock:
                    note = Note(act(session, payload(event)), "info")
                    session.state = session.state or initial_state()
                forget_values(self.blocks, session)
            except Exception as error:
                note = Note(sentence(error), "warning")

            def said(state: EditorState, data: Mapping[str, Any]) -> EditorState:
                return replace(state, note=note)

            answers = self.run(session, said, {}, known=serial_of(notice), whole=True, names=self.names("first"))
            answers["notice"]["token"] = self.sessions.keep(session)
            answers |= {panel.name: panel.whole(session) for panel in restored}
            answers |= {name: None for name in emptied if name not in answers}
            return {self[name]: value for name, value in answers.items()}

        self._listen(event, answer, [*(panel.name for panel in restored), *emptied])

    def _listen(self, event: Callable, answer: Callable, also: list[str]) -> None:
        """An answer with what the page must show first: Gradio makes every component of an answer anew, changed or not,
        before it shows any."""
        first = dict.fromkeys(["session", "notice", *self.names("first"), *also])
        event(
            answer, [self["session"], self["notice"]], [self[name] for name in first],
            trigger_mode="multiple", **_QUIETLY,
        )  # fmt: skip

    def listen_to_answers(self) -> None:
        """Let each answer be followed by whatever else the page must show anew: the page asks for it, with the event
        "rest" of the notice. One chain for all: a page is the slower to open the more events it has, each looked for at
        each component."""
        event = self["notice"].rest
        for names in (self.names("next"), *([name] for name in self.names("last"))):
            event = event(
                self._rest(names), [self["session"]], [self[name] for name in names],
                trigger_mode="multiple", **_QUIETLY,
            ).then  # fmt: skip

    def _rest(self, names: list[str]) -> Callable:
        """Who waits for it holds no thread: with dozens of visitors, edits would find none free."""
        room = asyncio.Semaphore(cores())

        async def rest(session: Session | None) -> dict:
            values: dict[str, Any] = {}
            if isinstance(session, Session):
                async with room:
                    values = await asyncio.to_thread(self.due, session, names)
            return {self[name]: value for name, value in values.items()} or gr.skip()

        return rest

    def listen_to_opening(self) -> None:
        """Let the panels `Panel.only_open` be worked out once the page opens them, and as long as they are open."""
        for panel in self.panels.values():
            if panel.only_open:
                self[panel.name].seen(
                    self._seen(panel.name), [self["session"]], [self["session"], self[panel.name]],
                    trigger_mode="multiple", **_QUIETLY,
                )  # fmt: skip

    def _seen(self, name: str) -> Callable:
        def seen(session: Session | None, event: gr.EventData) -> dict:
            session, on = session if isinstance(session, Session) else Session(), payload(event).get("on") is True
            session.open = session.open | {name} if on else session.open - {name}
            values = self.due(session, [name]) if on else {}
            return {self["session"]: session, **{self[name]: value for name, value in values.items()}}

        return seen

    def prepare(self, event: Callable, action: Action) -> None:
        """Let an event run an action that only makes a later one quicker: it shows nothing and says nothing."""

        def ready(session: Session | None, event: gr.EventData) -> None:
            if isinstance(session, Session) and session.state is not None:
                with session.lock, suppress(StudioError):  # whatever is wrong is said when it is done in earnest
                    session.state = action(session.state, payload(event))

        event(ready, [self["session"]], None, **_QUIETLY)

    # ---- answering ------------------------------------------------------------------------------------------------

    def names(self, *turns: str) -> list[str]:
        """The panels that show something of the editor state, of these turns."""
        return [panel.name for panel in self.panels.values() if panel.key and panel.turn in turns]

    def run(
        self,
        session: Session,
        action: Action,
        data: Mapping[str, Any],
        *,
        known: int = 0,
        whole: bool = False,
        names: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        """Run an action for a session.

        Args:
            session: a new one where the server has forgotten the visitor.
            action: the action.
            data: what the page sent with it.
            known: the number of the last answer the page has seen.
            whole: take the page for one that shows nothing yet.
            names: the panels that are answered at once; all but the last ones where none are given. `due` answers the
                others.

        Returns:
            The session, the notice, and the values of those of the panels whose key changed, by name.
        """
        names = self.names("first", "next") if names is None else names
        session.coming.add(this := object())
        try:
            return self._run(session, action, data, known, whole, names)
        finally:
            session.coming.discard(this)

    def _run(
        self, session: Session, action: Action, data: Mapping[str, Any], known: int, whole: bool, names: Iterable[str]
    ) -> dict[str, Any]:
        with session.lock, self._busy.acting(), self._turns.turn():
            session.serial += 1
            values: dict[str, Any] = {}
            session.acting = True
            try:
                expired = session.state is None and known > 0
                before = session.state or initial_state()
                after = before if expired else action(before, data)
                shown = {} if whole or session.state is None else session.shown
                if after is not before:
                    visit_memory.rest(after)
                after, session.results, let_go = visit_memory.lightened(after, session.results)
                if let_go:
                    said = " ".join(filter(None, [after.note.text, let_go]))
                    note = replace(after.note, text=said, kind=after.note.kind or "info")
                    after = replace(after, note=note)
                shown, values = self._changes(after, shown, names)
                session.state, session.shown = replace(after, note=Note()), shown
                note = Note(EXPIRED, "warning") if expired else after.note
            except Exception as error:
                note = Note(sentence(error), "warning")
            finally:
                session.acting = False
            serial = session.serial = max(session.serial, known + 1)
            session.told |= dict.fromkeys(values, serial)
            self._begin_ahead(session, values)
        said = {"kind": note.kind, "text": note.text, "offers": note.offers}
        values["notice"] = {**said, "stale": note.text == EXPIRED, "began": self.began}
        return {"session": session, **{name: {**value, "serial": serial} for name, value in values.items()}}

    def _begin_ahead(self, session: Session, names: Iterable[str]) -> None:
        """Let panels begin what the page will ask for next. With the session's lock held, so that nothing is begun of
        what was deleted meanwhile; the answer does not depend on it."""
        for panel in (self.panels[name] for name in names):
            if panel.ahead is not None:
                try:
                    panel.ahead(session)
                except Exception as error:
                    sentence(error)

    def due(self, session: Session, names: Iterable[str]) -> dict[str, Any]:
        """The values of those of some panels whose key is not the one the page shows. They are worked out past the
        session's lock, so that the next action need not wait; the serial tells the page which of two is the newer.

        Nothing is worked out for a panel that is shut, nor for one of the last turn while another action of the visitor
        runs or waits: that one is followed by this again. Those of the last turn give way to anybody's actions."""
        found: dict[str, Any] = {}
        for name in names:
            panel = self.panels[name]
            if panel.turn == "last" and not session.coming:
                self._busy.give_way(_PATIENCE)
            if (panel.only_open and name not in session.open) or (panel.turn == "last" and session.coming):
                continue
            with session.lock:
                state, serial, shown = session.state, session.serial, session.shown
                if state is None or not self._is_due(name, state, shown):
                    continue
                last, key = shown.get(name), panel.key(state)
                session.shown = {**shown, name: key}
            value = None
            try:
                with self._turns.turn(_NOBODY_WAITS):
                    now = session.state
                    if now is not None and panel.key(now) == key:  # else the action that changed it asks for it again
                        value = self._view(panel, state, last)
            except Exception as error:
                sentence(error)
            if value is None:
                with session.lock:
                    session.shown = {other: key for other, key in session.shown.items() if other != name}
            else:
                found[name] = {**value, "serial": serial}
        return found

    def _view(self, panel: Panel, state: EditorState, last: Key | None) -> dict[str, Any] | None:
        """What a panel shows. Of an editor state that nobody has touched it is worked out once, for all visitors."""
        if last is not None or not is_fresh(state):
            return panel.view(state, last)
        key = panel.key(state)
        with self._making_ready:  # who come at the same time wait for one answer
            ready = self._fresh.get(panel.name)
            if ready is None or ready[0] != key:
                ready = self._fresh[panel.name] = (key, panel.view(state, None))
        return ready[1]

    def make_ready(self) -> None:
        """Work out what fresh visitors are shown, before the first one comes."""
        state = initial_state()
        for name in self.names("first", "next", "last"):
            if not self.panels[name].only_open:
                self._view(self.panels[name], state, None)

    def _is_due(self, name: str, state: EditorState, shown: Mapping[str, Any]) -> bool:
        return name not in shown or shown[name] != self.panels[name].key(state)

    def _changes(
        self, state: EditorState, shown: Mapping[str, Any], names: Iterable[str]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the page shows then, by key, and the values of those panels that must be shown anew for it."""
        shown, values = dict(shown), {}
        for name in names:
            if not self._is_due(name, state, shown):
                continue
            value = self._view(self.panels[name], state, shown.pop(name, None))
            if value is not None:
                shown[name], values[name] = self.panels[name].key(state), value
        return shown, values


def as_it_is(state: EditorState, data: Mapping[str, Any]) -> EditorState:
    """The action that changes nothing: for showing everything."""
    return state


def payload(event: gr.EventData | None) -> Mapping[str, Any]:
    """What the page sent with an event; empty where it sent nothing, or nothing of use."""
    data = getattr(event, "_data", None)
    return data if isinstance(data, Mapping) else {}


def serial_of(notice: object) -> int:
    """The number of the last answer that the page has seen."""
    serial = notice.get("serial") if isinstance(notice, Mapping) else None
    return serial if isinstance(serial, int) and 0 <= serial < 2**50 else 0


def forget_values(blocks: gr.Blocks | None, session: Session) -> None:
    """Let go of what Gradio noted of the values the visitor's components were told. It makes a component anew for each
    answer that leaves it as it is, and then keeps what the one before was told last, which nobody sees any more."""
    held = blocks.state_holder.session_data.get(session.gradio_session) if blocks is not None else None
    for config in held.config_values.values() if held is not None else ():
        if isinstance(config, dict) and "value" in config.get("props", {}):
            config["props"]["value"] = None


def _of_page(session: Session | None, request: gr.Request) -> Session:
    """The page's session, a new one where it has none."""
    session = session if isinstance(session, Session) else Session()
    session.gradio_session = request.session_hash
    return session
