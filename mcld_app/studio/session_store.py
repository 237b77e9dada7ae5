"""The visits: sessions that are kept, and may be taken up again after a reload.

They stay in this process's memory and are found by a token that nobody can guess, which only the visitor's own page
knows. Nothing is written anywhere; after a while nothing is left.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from mcld_app.engine import registry
from mcld_app.studio.session import Session

MOST_VISITS = 500
_PATIENCE = 2.0  # seconds to wait for an action that is under way in a session which has to be emptied


class SessionStore:
    """The sessions of all visitors.

    Args:
        seconds: how long after its last use a session is kept. A drawing that goes on is a use.
        clock: seconds, from any beginning; never the time of day, which may be set.
        most_bytes: what all sessions together may take; None for any number.

    Attributes:
        lighter: set where there is memory to give back, or too much is taken: somebody should tidy soon.
        left: told of each session that was let go of, so that what others keep for it goes too.
    """

    def __init__(
        self, seconds: float, clock: Callable[[], float] = time.monotonic, most_bytes: int | None = None
    ) -> None:
        self.seconds, self._clock, self.most_bytes = seconds, clock, most_bytes
        self.lighter = threading.Event()
        self.left: Callable[[Session], None] = _nobody_else
        self._kept: dict[str, tuple[float, Session]] = {}
        self._lock = threading.Lock()

    def keep(self, session: Session) -> str:
        """Keep a session from now on; returns its token, always the same for the same session."""
        with self._lock:
            session.token = session.token or secrets.token_urlsafe(32)
            self._kept.pop(session.token, None)  # so that the order is that of the last use
            self._kept[session.token] = (self._clock(), session)
            return session.token

    def find(self, token: object) -> Session | None:
        """The session of a token; None where there is none, or not any more."""
        with self._lock:
            used, session = self._kept.get(token, (0.0, None)) if isinstance(token, str) else (0.0, None)
            over = session is None or (used < self._clock() - self.seconds and not session.drawing)
            return None if over else session

    def drop(self, session: Session) -> None:
        """Forget a session, and its token with it."""
        with self._lock:
            self._kept.pop(session.token or "", None)
            session.token = None

    def delete(self, session: Session) -> None:
        """Delete all that a visitor brought or made: from their session and those it went on from, from the tokens, and
        from every engine of this process. A drawing under way is stopped, and leaves nothing behind. To be called with
        the session's lock held."""
        for former in session.former:
            self._let_go(former)
        session.former = ()
        owner = session.empty()
        self.drop(session)
        registry.forget(owner)
        self.lighter.set()

    def tidy(self) -> None:
        """Let go of every session whose time is over. To be called now and then: nobody else may come by."""
        now = self._clock()
        with self._lock:
            for token, (_, session) in list(self._kept.items()):
                if session.drawing:
                    self._kept[token] = (now, session)
            over = [session for used, session in self._kept.values() if used < now - self.seconds]
            over += self._too_many([session for _, session in self._kept.values() if session not in over])
        for session in over:
            self._let_go(session)

    def weigh(self, session: Session, size: int) -> None:
        """Note what a session takes in memory."""
        session.bytes = size
        if self.most_bytes is not None and self.bytes_held > self.most_bytes:
            self.lighter.set()

    @property
    def bytes_held(self) -> int:
        """What all sessions take in memory, as they were last weighed."""
        return sum(session.bytes for _, session in list(self._kept.values()))

    def _too_many(self, kept: list[Session]) -> list[Session]:
        """Those that have to go so that the others have room: who rested longest, and waits for no picture. The last
        one stays, however large it is."""
        count, size = len(kept), sum(session.bytes for session in kept)
        gone = []
        for session in kept[:-1]:
            if count <= MOST_VISITS and (self.most_bytes is None or size <= self.most_bytes):
                break
            if not session.drawing:
                gone.append(session)
                count, size = count - 1, size - session.bytes
        return gone

    def __len__(self) -> int:
        return len(self._kept)

    def _let_go(self, session: Session) -> None:
        """Delete all of a session that nobody is at. An action that hangs in it must not keep its pictures."""
        waited = session.lock.acquire(timeout=_PATIENCE)
        try:
            self.delete(session)
        finally:
            if waited:
                session.lock.release()
        self.left(session)


def _nobody_else(session: Session) -> None:
    """Nothing else is kept for a session."""
