"""Whose turn it is on a busy server: what nobody waits for gives way to what somebody does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Busy:
    """How many actions run just now, of all visitors."""

    def __init__(self) -> None:
        self._running = 0
        self._changed = threading.Condition()

    @contextmanager
    def acting(self) -> Iterator[None]:
        """An action runs for as long as the block does."""
        with self._changed:
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def give_way(self, seconds: float) -> None:
        """Wait until no action runs; no longer than that, so that on a server that never rests everything comes."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running, seconds)
