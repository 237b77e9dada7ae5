"""Whose turn it is in this process: threads share one lock of Python's, and many at once are all late."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Turns:
    """Lets few at once work, those who are waited for first, and of these who came first.

    Args:
        places: how many at once.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[int, int, threading.Event]] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, rank: int = 0) -> Iterator[None]:
        """Work for as long as the block lasts, once it is one's turn; a smaller rank goes first. Whoever has a turn
        already keeps it."""
        if _mine.get() is not None:
            yield
            return
        self._take(rank)
        token = _mine.set((self, rank))
        try:
            yield
        finally:
            _mine.reset(token)
            self._give()

    def _take(self, rank: int) -> None:
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
                return
            come = threading.Event()
            heapq.heappush(self._waiting, (rank, next(self._numbers), come))
        come.wait()

    def _give(self) -> None:
        with self._lock:
            if self._waiting:
                heapq.heappop(self._waiting)[2].set()
            else:
                self._free += 1


_mine: ContextVar[tuple[Turns, int] | None] = ContextVar("turn", default=None)


@contextmanager
def elsewhere() -> Iterator[None]:
    """What the block waits for is done elsewhere: meanwhile it is somebody else's turn here."""
    held = _mine.get()
    if held is None:
        yield
        return
    turns, rank = held
    turns._give()
    try:
        yield
    finally:
        turns._take(rank)
