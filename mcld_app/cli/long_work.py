"""What commands that run for hours share: the devices named, a bar with the time left, and Ctrl-C."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
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


_WAIT = 300.0  # seconds


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

    def next(self, share: float) -> None:
        """How much is done, 0..1, of the one that is under way."""
        if self._bar is not None and sys.stderr.isatty():
            self._bar.set_postfix_str(f"{share:.0%} of the next")

    def say(self, sentence: str) -> None:
        """A line of its own."""
        if self._bar is None:
            print(sentence, file=sys.stderr, flush=True)
        else:
            self._bar.write(sentence, file=sys.stderr)

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
    own.add_argument("--cpus", type=float, help="CPUs of each actor (default 1)")
    own.add_argument("--actors", type=int, help="at most so many (default: as many as fit)")
    own.add_argument("--least-actors", type=int, help="wait until there is room for so many (default: begin with what "
                     "there is)")  # fmt: skip
    own.add_argument("--wait", type=float, metavar="SECONDS", help=f"how long is waited for the head and for them "
                     f"(default {_WAIT:.0f} with --least-actors, else 0)")  # fmt: skip


def check_cluster_arguments(chosen: argparse.Namespace, not_there: Sequence[str] = ()) -> None:
    """Whether what was typed of a cluster can be heeded.

    Args:
        chosen: what was typed.
        not_there: options, such as "devices", that concern this machine alone.

    Raises:
        StudioError: for what would be ignored: an option of clusters without --ray, one of `not_there` with it.
    """
    on_ray = chosen.ray is not None
    for name in not_there if on_ray else ("gpus", "cpus", "actors", "least_actors", "wait"):
        if getattr(chosen, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise StudioError(
                f"{option} is for this machine's processes. With --ray say --gpus, --cpus and --actors." if on_ray
                else f"{option} is for a Ray cluster: say --ray, too, or leave it out."
            )  # fmt: skip


def need_of(chosen: argparse.Namespace) -> Need:
    """What was typed of it."""
    from mcld_app.cluster.connection import LOCAL
    from mcld_app.cluster.fitting import Need

    comes = chosen.least_actors is not None and chosen.ray != LOCAL  # nothing joins a cluster of one's own
    wait = chosen.wait if chosen.wait is not None else _WAIT if comes else 0.0
    given = {"cpus": chosen.cpus, "least": chosen.least_actors, "most": chosen.actors}
    return Need(chosen.gpus, wait=wait, **{name: value for name, value in given.items() if value is not None})
