"""What a machine does while something is measured on it: who took the processor, and how much memory it takes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_BETWEEN_LOOKS = 1.0  # seconds


@dataclass
class MachineUse:
    """Who took the processor meanwhile, in cores, and memory in bytes.

    Attributes:
        cores: of this machine.
        studio, measuring, others: cores that each kept busy on average; others is everybody else on the machine.
        memory: what the studio and its children took at most, by process: the first is the studio's own.
        load: the system's load average of one minute, before and after.
    """

    cores: int
    studio: float = 0.0
    measuring: float = 0.0
    others: float = 0.0
    memory: tuple[int, ...] = ()
    load: tuple[float, float] = (0.0, 0.0)

    def __str__(self) -> str:
        processes = " + ".join(f"{size >> 20} MB" for size in self.memory)
        return (
            f"server memory: {processes}\n"
            f"processor, of {self.cores} cores: the studio {self.studio:.2f}, this measuring {self.measuring:.2f}, "
            f"others {self.others:.2f}; load average {self.load[0]:.1f}, then {self.load[1]:.1f}"
        )


@contextmanager
def watched(process_id: int) -> Iterator[MachineUse]:
    """Watch a process and its children, and the whole machine; the figures are there after the block."""
    import psutil

    use, over = MachineUse(psutil.cpu_count() or 1), threading.Event()
    studio = psutil.Process(process_id)
    spent: dict[int, float] = {}
    most: dict[int, int] = {}

    def look() -> None:
        for process in (studio, *studio.children(recursive=True)):
            with suppress(psutil.Error):
                times = process.cpu_times()
                spent[process.pid] = times.user + times.system
                most[process.pid] = max(most.get(process.pid, 0), process.memory_info().rss)

    def watch() -> None:
        while not over.wait(_BETWEEN_LOOKS):
            look()

    look()
    before, begun, mine, all_before = dict(spent), time.monotonic(), time.process_time(), _busy(psutil.cpu_times())
    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    load = _load()
    try:
        yield use
    finally:
        over.set()
        watching.join()
        with suppress(psutil.Error):
            look()
        seconds = time.monotonic() - begun
        use.studio = sum(value - before.get(name, 0.0) for name, value in spent.items()) / seconds
        use.measuring = (time.process_time() - mine) / seconds
        use.others = (_busy(psutil.cpu_times()) - all_before) / seconds - use.studio - use.measuring
        use.memory, use.load = tuple(most.values()), (load, _load())


def _busy(times: object) -> float:
    """Seconds that a machine's cores were busy with programs."""
    return sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq"))


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
