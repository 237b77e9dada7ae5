"""Draw all pairs of a list from a prepared folder, in the authors' layout of results.

What is there is left, each picture is written whole or not at all, and each pair has noise of its own, so a run may be
stopped and go on, on other devices and in other batches too.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path

from mcld_app.data.layout import Layout, Pair, read_pairs
from mcld_app.data.worker_pool import Start, Worker, WorkerPool, alone_with
from mcld_app.errors import FileError, StudioError
from mcld_app.evaluation.pair_painter import Batch, BatchOutcome, start_painting
from mcld_app.evaluation.pairs import RESOLUTIONS
from mcld_app.evaluation.run_file import RunSettings, check_run, write_run
from mcld_app.files import PART, write_whole, writing

REPORT = "report.csv"
"""Pairs that failed in the last run, and why; only the first line where none did."""


@dataclass
class Outcome:
    """A run's counts. Filled while the run goes on, so that a stopped run can be reported too.

    Attributes:
        total: pairs of the list.
        there: how many of these had both results before.
        drawn: how many were drawn now.
        failed: the pairs that could not be, and why.
        notes: other sentences for the user.
    """

    total: int = 0
    there: int = 0
    drawn: int = 0
    failed: dict[Pair, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Pairs that nothing is left to do for."""
        return self.there + self.drawn + len(self.failed)


def draw_pairs(
    data: Path,
    results: Path,
    run: RunSettings,
    *,
    pairs: Path | None = None,
    first: int | None = None,
    devices: Sequence[str] = ("cpu",),
    batch: int = 8,
    weights: Mapping[str, str] | None = None,
    start: Start | None = None,
    outcome: Outcome | None = None,
    on_batch: Callable[[Outcome], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Draw the pairs whose results are not there yet.

    Args:
        data: a folder in the authors' layout, see `data.layout`.
        results: where to write 256/, 512/, run.json and report.csv. One run at a time.
        run: how the pictures are drawn.
        pairs: the list; default: the one in `data`.
        first: only the list's first pairs, as many.
        devices: one alone works in this process ("cuda:1" apart), several each in one of their own.
        batch: pictures drawn at once on each device.
        weights: what `run.json` says of the weights; default: their checksums, see `registry.weights_of`.
        start: loads what draws, on a device; default: the engine.
        outcome: the outcome to fill in, for a caller who wants it of a stopped run too.
        on_batch: told how far it is, before the first batch and after each.
        stopped: asked before each batch; True ends the run after those at hand.

    Returns:
        The outcome; a pair that failed is listed there and stops nothing.

    Raises:
        DataError: data, list or results that cannot be used; results that were drawn with other settings.
        FileError: the disk became full, or may not be written; all that was written is whole.
        StudioError: no such model or device, or fewer than one pair or picture asked for.
    """
    outcome = Outcome() if outcome is None else outcome
    if batch < 1 or (first is not None and first < 1) or not devices:
        raise StudioError("At least one pair, one picture at once and one device are needed.")
    layout = Layout(data, run.split)
    layout.check()
    listed = list(dict.fromkeys(read_pairs(layout.pairs() if pairs is None else pairs)))[:first]
    if weights is None:
        from mcld_app.engine.registry import weights_of

        weights = weights_of(run.model)
    check_run(results, run, weights)
    there = _there(results)
    left = sorted((pair for pair in listed if pair.result not in there), key=lambda pair: (pair.source, pair.target))
    batches = [tuple(left[n : n + batch]) for n in range(0, len(left), batch)]
    outcome.total, outcome.there = len(listed), len(listed) - len(left)
    start = start or partial(start_painting, layout, results, run, batch)
    with _workers(start, devices[: len(batches)]) as work:  # before anything is written: it may lack its weights
        _make_folders(results)
        if batches and (note := write_run(results, run, weights, devices=devices, batch=batch)):
            outcome.notes.append(note)
        on_batch(outcome)
        try:
            for done in work(takewhile(lambda _: not stopped(), batches)):
                outcome.drawn += done.drawn
                outcome.failed |= done.failed
                if done.stop:
                    raise FileError(done.stop)
                on_batch(outcome)
        finally:
            _write_report(results, outcome)
    return outcome


@contextmanager
def _workers(start: Start, devices: Sequence[str]) -> Iterator[Callable[[Iterable[Batch]], Iterable[BatchOutcome]]]:
    """What turns batches into outcomes."""
    if not devices:
        yield lambda batches: ()
    elif len(devices) == 1 and ":" not in devices[0]:
        painter, _ = start(devices[0])
        yield partial(map, painter)
    else:
        with WorkerPool(partial(_start_alone, start), devices, _lost) as pool:
            yield pool.work


def _start_alone(start: Start, device: str) -> tuple[Worker, bool]:
    return start(alone_with(device))


def _lost(batch: Batch, why: str) -> BatchOutcome:
    return BatchOutcome(failed=dict.fromkeys(batch, why))


def _there(results: Path) -> set[str]:
    """Names of the results that are there at both sizes: two listings, where asking for each would be 17,000."""
    places = [results / size.folder for size in RESOLUTIONS]
    names = [{entry.name for entry in os.scandir(place)} if place.is_dir() else set() for place in places]
    return set.intersection(*names)


def _make_folders(results: Path) -> None:
    for size in RESOLUTIONS:
        place = results / size.folder
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
            for left in place.glob(f".*{PART}"):  # of a run that was killed
                left.unlink()


def _write_report(results: Path, outcome: Outcome) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("from", "to", "why"))
    for pair, why in sorted(outcome.failed.items(), key=lambda one: (one[0].source, one[0].target)):
        writer.writerow((pair.source, pair.target, why))
    with writing(results / REPORT):
        write_whole(results / REPORT, text.getvalue().encode())
