"""A cache by owner and content, limited in size and in time. What it holds belongs to people: it forgets by itself, and
of one owner when that one says so."""

from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from mcld_app.content import content_hash

T = TypeVar("T")

_MOST_GONE = 10_000  # names of owners that were forgotten: more than can be while one drawing lasts


def content_key(*parts: Any) -> str:
    """A name for some content: arrays by shape, type and bytes, everything else by its `repr`. 32 hex digits."""
    pieces: list[np.ndarray | str] = []
    for part in parts:
        pieces += [f"{part.shape}{part.dtype}", part] if isinstance(part, np.ndarray) else [repr(part)]
        pieces.append("\0")
    return content_hash(*pieces, size=16)


class ContentCache:
    """Values by owner and content key, least recently used first out; thread-safe.

    Each value belongs to an owner, whoever it was made for: "" is nobody in particular, as on the command line. Two
    owners share nothing, not even a value of the same content, so that each can be forgotten alone.

    Args:
        max_bytes: what all values together may take.
        seconds: how long a value is kept after it was last used.
        size_of: bytes a value takes.
        clock: for tests.
    """

    def __init__(
        self,
        max_bytes: int,
        seconds: float,
        size_of: Callable[[Any], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes, self._seconds, self._size_of, self._clock = max_bytes, seconds, size_of, clock
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str], tuple[float, int, Any]] = OrderedDict()
        self._bytes = 0
        self._clearings = 0
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._alarm: threading.Timer | None = None

    def get(self, key: str, make: Callable[[], T], *, owner: str = "") -> T:
        """The owner's value of that key, made if it is not there. It is not kept where the owner was forgotten
        meanwhile or before: a drawing that goes on after that leaves nothing behind. (Two threads may make the same
        value at once; one is kept. The lock is not held meanwhile.)"""
        place = (owner, key)
        with self._lock:
            self._forget_old()
            if place in self._held:
                _, size, value = self._held.pop(place)
                self._held[place] = (self._clock(), size, value)
                return value
            clearings = self._clearings
        value = make()
        size = self._size_of(value)
        with self._lock:
            if owner in self._gone or clearings != self._clearings:
                return value
            if place in self._held:
                self._bytes -= self._held.pop(place)[1]
            if size <= self._max_bytes:
                self._held[place] = (self._clock(), size, value)
                self._bytes += size
            while self._bytes > self._max_bytes:
                _, (_, gone, _) = self._held.popitem(last=False)
                self._bytes -= gone
            self._set_alarm()
        return value

    def forget(self, owner: str | None = None) -> None:
        """Drop an owner's values for good, or everything. What is being made meanwhile is not kept. Of a named owner
        nothing is ever kept again, because one drawing asks for many values; whoever goes on takes another name.

        Args:
            owner: whose; None is everybody, and everybody's next values are kept as usual.
        """
        with self._lock:
            for place in [place for place in self._held if owner is None or place[0] == owner]:
                self._bytes -= self._held.pop(place)[1]
            if owner:
                self._gone[owner] = None
                while len(self._gone) > _MOST_GONE:
                    self._gone.popitem(last=False)
            else:
                self._clearings += 1

    def count(self, owner: str) -> int:
        """How many values are kept of an owner."""
        with self._lock:
            return sum(place[0] == owner for place in self._held)

    @property
    def bytes_held(self) -> int:
        """Bytes all values take now."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._held)

    def _set_alarm(self) -> None:
        """Wake up when the oldest value's time is over: nobody may come by to ask for another one."""
        if self._alarm is None and self._held:
            oldest = next(iter(self._held.values()))[0]
            # A weak one: with its engine the cache goes at once, and does not wait for its alarm.
            wake = weakref.WeakMethod(self._wake)
            self._alarm = threading.Timer(max(oldest + self._seconds - self._clock(), 0) + 0.05, _call, [wake])
            self._alarm.daemon = True
            self._alarm.start()

    def _wake(self) -> None:
        with self._lock:
            self._alarm = None
            self._forget_old()
            self._set_alarm()

    def _forget_old(self) -> None:
        limit = self._clock() - self._seconds
        while self._held:
            place, (used, size, _) = next(iter(self._held.items()))
            if used >= limit:
                break
            del self._held[place]
            self._bytes -= size


def _call(method: weakref.WeakMethod) -> None:
    """Call a method, where its object still lives."""
    if (alive := method()) is not None:
        alive()
