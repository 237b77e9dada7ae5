"""Timing and telling: medians over jobs that take turns, and a table of them."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was timed.
        seconds: the median.
        target: the most milliseconds it may take, None where only the ratio is asked for.
        plain: seconds the plain version took for the same, None where there is none.
        ratio: how many times faster it has to be than the plain version, None where that is not asked for.
    """

    what: str
    seconds: float
    target: float | None = None
    plain: float | None = None
    ratio: float | None = None


def median_times(jobs: Mapping[str, tuple[Callable[[], object], int]]) -> dict[str, float]:
    """Seconds each job takes: name -> (what to call, how often) to name -> median, after one run that is not counted.

    The jobs take turns, so that another program that starts half-way through slows all of them and not one.
    """
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for work, _ in jobs.values():
        work()
    rounds = max(runs for _, runs in jobs.values())
    for turn in range(rounds):
        for name, (work, runs) in jobs.items():
            if (turn + 1) * runs // rounds == turn * runs // rounds:
                continue  # a job with fewer runs sits this round out
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def table(rows: Sequence[Row]) -> str:
    """The rows as text."""
    head = ("what", "median", "target", "", "plain", "ratio", "target", "")
    lines = [head]
    for row in rows:
        milliseconds = row.seconds * 1000
        times = row.plain / row.seconds if row.plain else None
        lines.append((
            row.what,
            f"{milliseconds:.1f} ms",
            f"<= {row.target:g} ms" if row.target else "",
            _verdict(milliseconds <= row.target) if row.target else "",
            f"{row.plain * 1000:.0f} ms" if row.plain else "",
            f"{times:.1f} x" if times else "",
            f">= {row.ratio:g} x" if row.ratio else "",
            _verdict(times >= row.ratio) if times and row.ratio else "",
        ))  # fmt: skip
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    out = []
    for n, line in enumerate(lines):
        cells = [line[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True)]
        out.append("  ".join(cells).rstrip())
        if n == 0:
            out.append("-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join(out)


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def machine() -> str:
    """One line on what this runs on."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass  # not Linux
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{model}, {usable} of {os.cpu_count()} cores usable{load}; Python {platform.python_version()}, "
        f"NumPy {np.__version__}, OpenCV {cv2.__version__}, {platform.system()}"
    )
