"""Pictures of a table drawn on one and on two nodes of one core each, on this machine; and on paper by many GPUs."""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcld_app.bench.machine_use import MachineUse, watched
from mcld_app.catalogue.drawing import Options, Outcome
from mcld_app.catalogue.matrix import matrix
from mcld_app.catalogue.on_ray import on_ray
from mcld_app.catalogue.place import Place
from mcld_app.catalogue.row import Row
from mcld_app.catalogue.run import run_rows
from mcld_app.cluster.connection import connected
from mcld_app.cluster.fitting import Need
from mcld_app.cluster.nodes import able_pool
from mcld_app.cluster.own_nodes import own_nodes
from mcld_app.cluster.spread import Work, spread
from mcld_app.errors import StudioError

RATIO = 1.8
"""How many times as much two nodes should draw as one, on a machine with nothing else to do."""

_MODEL = "bundled"
_POSES = ("walking", "photo")
_IDLE = 0.1  # cores that others take at most
_PIECES = 300  # of nothing, for what handing out costs
_AT_ONCE = 0.05  # seconds within which rows of one piece are told

GUESSED_SECONDS, GUESSED_BYTES = 2.4, 500_000
"""Of a GPU, and of a PNG, a picture of the published network: guesses, nobody has measured them."""

ROWS, ROWS_IN_A_PIECE = 1_000_000, 48


@dataclass(frozen=True)
class Run:
    """How pictures were drawn.

    Attributes:
        nodes: how many, of one core each.
        pictures: drawn.
        started: seconds until the first row was begun.
        seconds: from there to the last picture, with the loading of the engines.
        engine: share of the actors' time that was the engine's and the PNG's.
        besides: seconds of a row besides, the median.
        use: what the machine did meanwhile.
    """

    nodes: int
    pictures: int
    started: float
    seconds: float
    engine: float
    besides: float
    use: MachineUse

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.pictures / self.seconds


@dataclass(frozen=True)
class OnPaper:
    """A million rows on many GPUs, worked out.

    Attributes:
        gpus: how many.
        rate: pictures a second.
        hours: for all.
        pieces: pieces a second that are handed out.
        written: bytes a second.
    """

    gpus: int
    rate: float
    hours: float
    pieces: float
    written: float


def on_paper(gpus: int, besides: float) -> OnPaper:
    """What so many GPUs would do.

    Args:
        gpus: one for each actor.
        besides: seconds of a row besides drawing, as measured.
    """
    rate = gpus / (GUESSED_SECONDS + besides)
    return OnPaper(gpus, rate, ROWS / rate / 3600, rate / ROWS_IN_A_PIECE, rate * GUESSED_BYTES)


def paper_table(besides: float, most_pieces: float, gpus: Sequence[int] = (1, 8, 64, 512)) -> str:
    """`on_paper` as a Markdown table, and what is used up first.

    Args:
        besides: see there.
        most_pieces: pieces a second that a head hands out, as measured.
    """
    lines = [f"| GPUs | pictures a second | hours for a million | pieces a second, of {most_pieces:.0f} | written |",
             "|--:|--:|--:|--:|--:|"]  # fmt: skip
    for found in (on_paper(count, besides) for count in gpus):
        cells = (found.gpus, found.rate, found.hours, found.pieces)
        lines.append(f"| {' | '.join(map(_short, cells))} | {_short(found.written / 1e6)} MB/s |")
    last = on_paper(gpus[-1], besides)
    lines.append(
        f"\nAt {last.gpus} GPUs the disk takes {last.rate:.0f} new files a second, and the head has "
        f"{last.pieces / most_pieces:.0%} of what it can hand out to do; with single rows as pieces it would have "
        f"{last.rate / most_pieces:.0%}, and be used up at {most_pieces * (GUESSED_SECONDS + besides):.0f} GPUs."
    )
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.2g}"


def measure_cluster(pictures: int = 200, steps: int = 0) -> str:
    """Draw on one node and on two, and say how it went.

    Args:
        pictures: in each of the two.
        steps: of each; 0 is as the model has it.

    Raises:
        StudioError: ray is not installed, or a row could not be drawn.
    """
    one, two = (_run(nodes, pictures, steps) for nodes in (1, 2))
    most = _pieces_a_second()
    ratio = two.rate / one.rate
    idle = max(one.use.others, two.use.others) < _IDLE
    verdict = "met" if ratio >= RATIO else "MISSED" if idle else "this machine was not idle, so that says nothing"
    lines = ["| nodes of one core | pictures a second | first row begun after | in the engine | a row besides |",
             "|--:|--:|--:|--:|--:|"]  # fmt: skip
    lines += [f"| {run.nodes} | {run.rate:.3f} | {run.started:.1f} s | {run.engine:.1%} | {run.besides * 1000:.0f} ms |"
              for run in (one, two)]  # fmt: skip
    lines.append(f"\nTwice the nodes drew {ratio:.2f} times as much (at least {RATIO} on an idle machine: {verdict}).")
    lines += [
        f"{run.nodes}: of {run.use.cores} cores the cluster took {run.use.studio:.2f}, this process "
        f"{run.use.measuring:.2f}, others {run.use.others:.2f}; load average {run.use.load[0]:.1f}, then "
        f"{run.use.load[1]:.1f}."
        for run in (one, two)
    ]
    lines.append(f"Pieces of nothing, through two actors: {most:.0f} a second.\n")
    lines.append(f"On paper, where a picture takes {GUESSED_SECONDS:g} s of a GPU (a guess) and what was measured:\n")
    lines.append(paper_table(two.besides, most))
    return "\n".join(lines)


def rows(count: int) -> Iterator[Row]:
    """So many rows of the sample people."""
    from mcld_app.editing.samples import people

    names = list(people())
    seeds = list(range(-(-count // (len(names) * len(_POSES)))))
    return itertools.islice(matrix(names, poses=list(_POSES), seeds=seeds), count)


def timed(heard: Sequence[tuple[float, Outcome]], begun: float) -> tuple[float, float]:
    """When the first row was begun, and how long all took from there, in seconds.

    Args:
        heard: when each row was told, and what; rows of one piece are told together, when its last one is done.
        begun: when all began, by the same clock.
    """
    first = []
    for where in {outcome.where for _, outcome in heard}:
        own = [(at, outcome.seconds) for at, outcome in heard if outcome.where == where]
        piece = [seconds for at, seconds in own if at - own[0][0] < _AT_ONCE]
        first.append(own[0][0] - sum(piece))
    return max(min(first) - begun, 0.0), max(at for at, _ in heard) - min(first)


def _run(nodes: int, pictures: int, steps: int) -> Run:
    heard: list[tuple[float, Outcome]] = []
    with tempfile.TemporaryDirectory() as folder, own_nodes([1.0] * nodes) as address:
        out = Place(str(Path(folder) / "out"))
        draw = on_ray(Place(folder), out, Options(_MODEL, steps=steps), Need(0.0, 1.0, nodes, nodes), address)
        with watched(os.getpid()) as use:
            begun = time.monotonic()
            totals = run_rows(
                rows(pictures), out, draw, on_outcome=lambda outcome: heard.append((time.monotonic(), outcome))
            )
    if totals.failed:
        raise StudioError(f"{len(totals.failed)} rows were not drawn: {totals.failed[0][1]}")
    started, seconds = timed(heard, begun)
    told = [outcome for _, outcome in heard]
    return Run(
        nodes, totals.made, started, seconds, totals.drawing / totals.seconds,
        statistics.median(outcome.seconds - outcome.drawing for outcome in told), use,
    )  # fmt: skip


def _pieces_a_second() -> float:
    """How many pieces of nothing are handed out and come back."""
    with own_nodes([1.0, 1.0]) as address, connected(address):
        pool = able_pool(Need(0.0, 1.0, 2, 2), _able)
        told = [time.monotonic() for _ in spread(_idler, [str(n) for n in range(_PIECES)], pool)]
    return (len(told) - 1) / (told[-1] - told[0])


def _able() -> str:
    return ""


def _idler() -> Work:
    return str
