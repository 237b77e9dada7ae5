"""A block of work that is stopped when its time is over."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class OutOfTime(BaseException):
    """The time is over. Not an `Exception`: compilers catch those, and go on."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Stop the block after so many seconds, at the next step of Python's own. Windows, and threads other than the main
    one, cannot: there the block is waited for.

    Raises:
        OutOfTime: it was stopped.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise OutOfTime(f"stopped: it took longer than {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
