"""Sessions that may be taken up again after a reload.

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

_MOST = 60  # sessions of a busy day; one with a long history holds some tens of megabytes


class SessionStore:
    """The sessions that can still be taken up.

    Args:
        seconds: how long after its last action a session is kept.
        clock: seconds, from any beginning.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._kept: dict[str, tuple[float, Session]] = {}
        self._lock = threading.Lock()

    def keep(self, session: Session) -> str:
        """Keep a session from now on; returns its token, always the same for the same session."""
        with self._lock:
            session.token = session.token or secrets.token_urlsafe(32)
            self._kept.pop(session.token, None)  # so that the order is that of the last action
            self._kept[session.token] = (self._clock(), session)
            self._tidy()
            return session.token

    def find(self, token: object) -> Session | None:
        """The session of a token; None where there is none, or not any more."""
        with self._lock:
            self._tidy()
            found = self._kept.get(token) if isinstance(token, str) else None
            return found[1] if found else None

    def drop(self, session: Session) -> None:
        """Forget a session, and its token with it."""
        with self._lock:
            self._kept.pop(session.token or "", None)
            session.token = None

    def delete(self, session: Session) -> None:
        """Delete all that a visitor brought or made: from their session, from the tokens, and from every engine of this
        process. A drawing under way is stopped, and leaves nothing behind. To be called with the session's lock
        held."""
        owner = session.empty()
        self.drop(session)
        registry.forget(owner)

    def _tidy(self) -> None:
        oldest = self._clock() - self._seconds
        for token, (at, _) in list(self._kept.items()):
            if at >= oldest and len(self._kept) <= _MOST:
                break
            del self._kept[token]
