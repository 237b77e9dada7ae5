"""Looks that a program leaves on the server between two calls, under a key, so that a photo need not travel with each.

A kept look is a visit like any other: it takes part in all rules of `session_store` (time, memory, number), and its key
is that visit's token, which nobody can guess and nobody is told but who began it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mcld_app.editing.recipe import Recipe
from mcld_app.errors import StudioError
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.visit_memory import bytes_of

_PREFIX = "look-"
NOT_KEPT = "No look is kept under this key, or not any more. Begin again, with “start” or with a recipe."


def is_key(text: object) -> bool:
    """Whether a text means to be the key of a kept look, and no recipe."""
    return isinstance(text, str) and text.startswith(_PREFIX)


class KeptLooks:
    """The looks that programs keep on the server.

    Args:
        sessions: all visits; each kept look is one.
    """

    def __init__(self, sessions: SessionStore) -> None:
        self._sessions = sessions

    def keep(self, recipe: Recipe) -> str:
        """Keep a recipe from now on; returns the key it is found by."""
        session = Session()
        with session.lock:
            return self._put(session, recipe)

    @contextmanager
    def taken_up(self, key: str) -> Iterator[tuple[Recipe, Session]]:
        """What is kept under a key, for one call: other calls with this key wait meanwhile.

        Raises:
            StudioError: where nothing is kept under it.
        """
        session = self._sessions.find(key.removeprefix(_PREFIX))
        if session is None:
            raise StudioError(NOT_KEPT)
        session.drawing += 1  # it is in use, however long that takes
        try:
            with session.lock:
                if session.kept is None:
                    raise StudioError(NOT_KEPT)
                yield session.kept, session
        finally:
            session.drawing -= 1

    def put(self, session: Session, recipe: Recipe) -> str:
        """Keep another recipe in a look's place, within `taken_up`; returns its key, which stays the same."""
        return self._put(session, recipe)

    def forget(self, key: str) -> None:
        """Forget what is kept under a key, and all that was worked out of it; StudioError where there is nothing."""
        with self.taken_up(key) as (_, session):
            self._sessions.delete(session)

    def _put(self, session: Session, recipe: Recipe) -> str:
        session.kept = recipe
        key = _PREFIX + self._sessions.keep(session)
        self._sessions.weigh(session, bytes_of(recipe))
        return key
