"""The page's application, which keeps nothing of a visit for longer than the visit.

Gradio keeps, for each open page, what every component was last told and what every event came with, and for each call
of an endpoint the arguments and the answer, until thousands of others have come. Here they go with the visit, or after
its time, whether anybody comes by or not.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

from gradio.state_holder import SessionState

from mcld_app.engine import registry
from mcld_app.engine.drawing_process import drawing_process
from mcld_app.engine.finding_process import finding_process
from mcld_app.engine.worker import drawings_at_once
from mcld_app.studio.handing import handing
from mcld_app.studio.mcp_content import content_maker
from mcld_app.studio.messages import sentence
from mcld_app.studio.redaction import RedactedBlocks
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.visit_memory import bytes_of, give_back, resident_bytes

_BETWEEN_LOOKS = 0.04  # seconds
_BETWEEN_ROUNDS = 20.0  # seconds
_SOON = 0.5
_UNFETCHED = 600.0  # seconds that the answer of an endpoint waits for whoever asked


class VisitBlocks(RedactedBlocks):
    """`gr.Blocks` whose events are uses of a visit, whose endpoints leave nothing behind, and whose queue rests.

    Attributes:
        make_ready: works out what fresh visitors are shown, before the first one comes.
    """

    make_ready: Callable[[], None]
    _visits: GradioVisits | None = None
    _mcp: Any = None

    @property
    def mcp_server_obj(self) -> Any:
        """Gradio's server for MCP clients, which it puts here when the page is served; None where it serves none."""
        return self._mcp

    @mcp_server_obj.setter
    def mcp_server_obj(self, server: Any) -> None:
        if server is not None:
            server.postprocess_output_data = content_maker(handing())
        self._mcp = server

    def queue(self, *given: Any, **named: Any) -> Any:
        """As Gradio's; but it is looked after new drawings 25 times a second and not a thousand, which took a twentieth
        of a core from everything else, all day long, with nobody there."""
        made = super().queue(*given, **named)
        self._queue.sleep_when_free = _BETWEEN_LOOKS
        return made

    def count_visits(self, sessions: SessionStore) -> None:
        """Keep the sessions, and what Gradio keeps for them, no longer than the sessions' time, from now on."""
        self._visits = GradioVisits(self, sessions)
        sessions.left = self._visits.drop
        every = min(_BETWEEN_ROUNDS, sessions.seconds / 4)
        rounds = (weakref.ref(self._visits), sessions.lighter, every)
        threading.Thread(target=_go_rounds, args=rounds, name="visits", daemon=True).start()

    @property
    def health(self) -> dict[str, int]:
        """How this server is, in numbers: nothing of what anybody brought or made."""
        return {} if self._visits is None else self._visits.health

    async def process_api(self, block_fn: Any, *given: Any, **named: Any) -> dict[str, Any]:
        state, name = named.get("state"), named.get("session_hash")
        try:
            return await super().process_api(block_fn, *given, **named)
        finally:
            if self._visits is not None and name is not None:
                self._visits.used(name, state, alone=name == named.get("event_id"))


class GradioVisits:
    """What Gradio keeps for open pages and for callers of endpoints.

    Args:
        blocks: the application.
        sessions: the visits.
        clock: seconds, from any beginning.
    """

    def __init__(
        self, blocks: RedactedBlocks, sessions: SessionStore, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._blocks, self._sessions, self._clock = weakref.ref(blocks), sessions, clock
        self._last: dict[str, float] = {}

    def used(self, name: str, page: SessionState | None, *, alone: bool = False) -> None:
        """Note that an event of a page, or a call of an endpoint, has just been answered.

        Args:
            name: Gradio's name for the page or the caller.
            page: what Gradio keeps for it.
            alone: whether the name is of this one call, and nobody else's.
        """
        kept = [] if page is None else list(page.state_data.values())
        session = next((value for value in kept if isinstance(value, Session)), None)
        if session is None:  # no page has asked, but a program: what it was answered is not kept
            if page is not None:
                page.config_values.clear()
            if alone:  # else another call may be about to look it up
                self._forget_values(name)
        else:
            session.gradio_session = name
            if session.state is not None:
                self._sessions.keep(session)
                held = session.serial, len(session.results), id(session.sheet), len(session.orders)
                if held != session.weighed:  # events that only show what an action did follow each action
                    session.weighed = held
                    self._sessions.weigh(session, self._size_of(session, name))
        self._last[name] = self._clock()

    @property
    def health(self) -> dict[str, int]:
        """Visits and what they take, what the page's process, the one that draws and the one that finds people take,
        pages that are open, how many events wait, models in memory; bytes are bytes."""
        pages, queue = self._held() or (None, None)
        return {
            "visits": len(self._sessions),
            "visits_bytes": self._sessions.bytes_held,
            "visits_bytes_most": self._sessions.most_bytes or 0,
            "process_bytes": resident_bytes(),
            "drawing_bytes": drawing_process().resident_bytes,
            "finding_bytes": finding_process().resident_bytes,
            "pages": 0 if pages is None else len(pages.session_data),
            "queue": 0 if queue is None else len(queue),
            "running": 0 if queue is None else len(queue.event_ids_to_events),
            "models": registry.count_loaded(),
        }

    def _size_of(self, session: Session, name: str) -> int:
        """What a visit takes: here, and in what Gradio keeps of its page."""
        shown: list[Any] = []
        if (found := self._held()) is not None and (page := found[0].session_data.get(name)) is not None:
            shown = [(part or {}).get("props", {}).get("value") for part in list(page.config_values.values())]
        return bytes_of(session.state, session.results, session.sheet, list(session.orders.values()), shown)

    def drop(self, session: Session) -> None:
        """Let go of all that is kept for a session's page."""
        if session.gradio_session is not None:
            self._forget(session.gradio_session)

    def tidy(self) -> None:
        """Let go of the sessions, pages and answers whose time is over; and hand on no more drawings at once than who
        draws can be fair to, which may have changed."""
        self._sessions.tidy()
        if (found := self._held()) is None:
            return
        pages, queue = found
        if (drawings := queue.event_queue_per_concurrency_id.get("gpu")) is not None:
            drawings.concurrency_limit = drawings_at_once()
        now = self._clock()
        for name in {*list(pages.session_data), *list(queue.pending_messages_per_session)}:
            if self._waits_for_an_answer(name):
                self._last[name] = now
            time_kept = self._sessions.seconds if name in pages.session_data else _UNFETCHED
            if self._last.setdefault(name, now) < now - min(time_kept, self._sessions.seconds):
                self._forget(name)
        for name in list(self._last):
            if name not in pages.session_data and name not in queue.pending_messages_per_session:
                self._last.pop(name, None)

    def _held(self) -> tuple[Any, Any] | None:
        """Gradio's store of pages, and its queue; None before the page is served."""
        blocks = self._blocks()
        pages = getattr(blocks, "state_holder", None)
        return None if pages is None else (pages, blocks._queue)

    def _waits_for_an_answer(self, name: str) -> bool:
        """Whether an event of the page is running, or waits for its turn."""
        _, queue = self._held()
        return any(event in queue.event_ids_to_events for event in list(queue.pending_event_ids_session.get(name, ())))

    def _forget_values(self, name: str) -> None:
        if (found := self._held()) is not None:
            found[0].session_data.pop(name, None)
            found[0].time_last_used.pop(name, None)

    def _forget(self, name: str) -> None:
        self._forget_values(name)
        if (found := self._held()) is not None:
            found[1].pending_messages_per_session.pop(name, None)
            found[1].pending_event_ids_session.pop(name, None)
        self._last.pop(name, None)


def _go_rounds(visits: weakref.ref[GradioVisits], lighter: threading.Event, every: float) -> None:
    """Tidy again and again, for as long as there is something to tidy for; at once where memory is to be given back."""
    while True:
        soon = lighter.wait(every)
        lighter.clear()
        if soon:
            time.sleep(_SOON)  # whoever let go of something may hold it for a moment yet
        alive = visits()
        if alive is None:
            return
        try:
            alive.tidy()
            if soon or lighter.is_set():
                lighter.clear()
                give_back()
        except Exception as error:  # the next round has to come all the same
            sentence(error)
        del alive
