"""The lines of a process that another one of this program started: messages are pickles on its standard input and
output."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from contextlib import suppress


def own_lines() -> tuple[io.BufferedReader, io.BufferedWriter]:
    """The standard input and output, which nobody else in this process reads or prints to any more. Ctrl-C is left to
    the process that started this one."""
    with suppress(ValueError, AttributeError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it goes to the page's process, too, and that ends this one
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return asked, told


def step_behind(nice: int) -> None:
    """Let the system run what has a smaller nice value first."""
    with suppress(OSError):
        if hasattr(os, "nice"):
            os.nice(nice)
        else:
            import psutil

            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)


def end_children() -> None:
    """End every process that this one has started, and all that those have started."""
    import psutil

    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            one.kill()


def resident_bytes(process_id: int | None) -> int:
    """What a process takes of main memory, in bytes; 0 for None and where it is gone."""
    import psutil

    with suppress(psutil.Error):
        return 0 if process_id is None else psutil.Process(process_id).memory_info().rss
    return 0
