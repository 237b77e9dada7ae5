"""What commands that run for hours share: the devices named, a bar with the time left, and Ctrl-C."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from mcld_app.cluster.fitting import Need


def devices_named(text: str, other: str = "") -> list[str]:
    """The devices of an option such as "cpu" or "cuda:0,cuda:1"; none where the text names none.

    Args:
        text: as typed.
        other: one more device that may be named.

    Raises:
        StudioError: for one that there cannot be.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if wrong := [name for name in names if name != other and not re.fullmatch(r"cpu|cuda(:\d+)?", name)]:
        raise StudioError(f"There is no device {wrong[0]!r}: name cpu, or GPUs such as cuda:0,cuda:1.")
    return names


class Bar:
    """tqdm's bar: the rate, and the time left. Where stderr is no terminal, a line every half minute.

    Args:
        unit: what is counted.
    """

    def __init__(self, unit: str) -> None:
        self._unit, self._bar = unit, None

    @property
    def started(self) -> bool:
        """Whether there was something to show."""
        return self._bar is not None

    def show(self, done: int, total: int, failed: int = 0) -> None:
        """How far it is, and how much of that failed. What is done at the first call does not count for the rate."""
        if self._bar is None:
            from tqdm import tqdm

            pause = 0.1 if sys.stderr.isatty() else 30
            self._bar = tqdm(total=total, initial=done, unit=self._unit, mininterval=pause, dynamic_ncols=True)
        if failed:
            self._bar.set_postfix_str(f"{failed} failed", refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def stopped_by_ctrl_c(sentence: str) -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed in the block, to be asked between two pieces of work. A second one is a
    KeyboardInterrupt as usual.

    Args:
        sentence: told at the first one.
    """
    pressed: list[int] = []

    def on_signal(number: int, frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)
        print(f"\n{sentence}", file=sys.stderr, flush=True)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set how signals are met
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def cluster_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what concerns a Ray cluster, in a group of its own."""
    own = parser.add_argument_group("on a Ray cluster (requirements-cluster.txt, docs/scale.md)")
    own.add_argument("--ray", nargs="?", const="", metavar="ADDRESS", help="HOST:PORT of the head; without an address "
                     "the cluster that runs on this machine, else one of its own, which `local` always is")  # fmt: skip
    own.add_argument("--gpus", type=float, help="GPUs of each actor, fractions too (default: 1 where there are any)")
    own.add_argument("--cpus", type=float, default=1.0, help="CPUs of each actor (default 1)")
    own.add_argument("--actors", type=int, default=0, help="at most so many (default: as many as fit)")
    own.add_argument("--least-actors", type=int, default=1, help="begin with so many (default 1)")


def need_of(chosen: argparse.Namespace) -> Need:
    """What was typed of it."""
    from mcld_app.cluster.fitting import Need

    return Need(chosen.gpus, chosen.cpus, chosen.least_actors, chosen.actors)
