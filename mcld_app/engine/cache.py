"""A cache by content, limited in size and in time. What it holds belongs to people: it forgets by itself."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from mcld_app.content import content_hash

T = TypeVar("T")


def content_key(*parts: Any) -> str:
    """A name for some content: arrays by shape, type and bytes, everything else by its `repr`. 32 hex digits."""
    pieces: list[np.ndarray | str] = []
    for part in parts:
        pieces += [f"{part.shape}{part.dtype}", part] if isinstance(part, np.ndarray) else [repr(part)]
        pieces.append("\0")
    return content_hash(*pieces, size=16)


class ContentCache:
    """Values by content key, least recently used first out; thread-safe.

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
        self._alarm: threading.Timer | None = None

    def get(self, key: str, make: Callable[[], T], owner: str = "") -> T:
        """The owner's value of that key, made if it is not there. (Two threads may make the same value at once; one is
        kept. The lock is not held meanwhile.)"""
        name = (owner, key)
        with self._lock:
            self._forget_old()
            if name in self._held:
                _, size, value = self._held.pop(name)
                self._held[name] = (self._clock(), size, value)
                return value
        value = make()
        size = self._size_of(value)
        with self._lock:
            if name in self._held:
                self._bytes -= self._held.pop(name)[1]
            if size <= self._max_bytes:
                self._held[name] = (self._clock(), size, value)
                self._bytes += size
            while self._bytes > self._max_bytes:
                _, (_, gone, _) = self._held.popitem(last=False)
                self._bytes -= gone
            self._set_alarm()
        return value

    def forget(self, owner: str | None = None) -> None:
        """Drop an owner's values; everybody's, where None is given."""
        with self._lock:
            for name in [name for name in self._held if owner is None or name[0] == owner]:
                self._bytes -= self._held.pop(name)[1]

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
            self._alarm = threading.Timer(max(oldest + self._seconds - self._clock(), 0) + 0.05, self._wake)
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
            key, (used, size, _) = next(iter(self._held.items()))
            if used >= limit:
                break
            del self._held[key]
            self._bytes -= size
