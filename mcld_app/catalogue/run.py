"""A run over a table: one at a time in a folder, what failed in a list, the rest drawn or there."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mcld_app.catalogue.drawing import Options, Outcome, RowDrawer
from mcld_app.catalogue.place import Place
from mcld_app.catalogue.plan import Plan, plan_of
from mcld_app.catalogue.row import COLUMNS, Row, row_of
from mcld_app.errors import DiskFull, StudioError
from mcld_app.files import writing

FAILED = "failed.csv"
"""Rows that failed, with their sentences, written anew by each run; it is a table itself. Not there where none did."""

_LOCK = ".mcld-run.lock"

Draw = Callable[[Sequence[Row]], Iterator[Outcome]]
"""Draws rows in whatever order, here or on other machines."""


@dataclass
class Totals:
    """How far a run is.

    Attributes:
        total: rows of the table; there: drawn before; made: drawn now.
        failed: rows that were not drawn, and why.
        seconds, drawing: sums over the rows drawn now, see `Outcome`.
    """

    total: int = 0
    there: int = 0
    made: int = 0
    failed: list[tuple[Row, str]] = field(default_factory=list)
    seconds: float = 0.0
    drawing: float = 0.0

    @property
    def done(self) -> int:
        """Rows that nothing is left to do for."""
        return self.there + self.made + len(self.failed)


def here(
    root: Place, out: Place, options: Options, *, again: bool = False, on_step: Callable[[float], None] = lambda _: None
) -> Draw:
    """Rows drawn in this process, one after another, on the best device there is; arguments as `RowDrawer`'s."""

    def draw(rows: Sequence[Row]) -> Iterator[Outcome]:
        drawer = RowDrawer(root, out, options, again=again, on_step=on_step)
        if options.model or not all(row.recipe for row in rows):  # recipes have models of their own
            drawer.ready()
        yield from map(drawer, rows)

    return draw


def run_rows(
    rows: Iterable[Row],
    out: Place,
    draw: Draw,
    *,
    again: bool = False,
    seeds: Callable[[Row], Sequence[int]] = lambda row: (),
    on_row: Callable[[Totals], None] = lambda _: None,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> Totals:
    """Draw what of a table is missing. A row that fails costs itself.

    Args:
        rows: of the table.
        out: the folder for pictures.
        draw: see `Draw`.
        again: draw what is there, too.
        seeds: see `plan_of`.
        on_row: told how far it is, before the first row and after each.
        on_outcome: told of each row drawn now.

    Raises:
        DiskFull: a disk became full; what was written is whole.
        StudioError: another run writes into that folder, or nothing can be drawn at all.
    """
    rows = list(rows)  # all of them before anything is written: the table may be none
    with alone_in(out):
        plan = plan_of(rows, out.names(), again=again, seeds=seeds)
        del rows
        totals = Totals(plan.total, plan.there, failed=list(plan.failed))
        on_row(totals)
        try:
            _work(plan, draw, totals, on_row, on_outcome)
        finally:
            _write_failed(out, totals)
    return totals


def _work(plan: Plan, draw: Draw, totals: Totals, on_row: Callable, on_outcome: Callable) -> None:
    for outcome in draw(plan.todo) if plan.todo else ():
        if outcome.why:
            totals.failed.append((outcome.row, outcome.why))
        else:
            totals.made += 1
            totals.seconds += outcome.seconds
            totals.drawing += outcome.drawing
        on_outcome(outcome)
        on_row(totals)
        if outcome.full:
            raise DiskFull(outcome.why)


@contextmanager
def alone_in(out: Place) -> Iterator[None]:
    """The only run that writes into a folder of this machine, or of a disk that machines share; the lock goes with the
    process. A storage that knows no locks has none: there it is the caller's matter.

    Raises:
        StudioError: where there is another.
    """
    if (folder := out.local) is None:
        yield
        return
    from filelock import FileLock, Timeout

    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / _LOCK, timeout=0):
            yield
    except Timeout as error:
        raise StudioError(f"Another run is drawing into {folder}. Wait for its end, or name another folder.") from error


def _write_failed(out: Place, totals: Totals) -> None:
    failed = totals.failed if totals.done == totals.total else [*totals.failed, *_not_come_to(out, totals)]
    if not failed:
        out.remove(FAILED)
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, "why"))
    writer.writerows((*row, why) for row, why in failed)
    out.write(FAILED, text.getvalue().encode())


def _not_come_to(out: Place, totals: Totals) -> Iterator[tuple[Row, str]]:
    """What an earlier run's list says of rows that this one, which was stopped, has neither drawn nor found failing:
    the list may be the very table that is drawn."""
    if not out.has(FAILED):
        return
    names, told = out.names(), {row for row, _ in totals.failed}
    for line in csv.DictReader(io.StringIO(out.read(FAILED).decode(errors="replace"), newline="")):
        row = row_of(line)
        if row.file not in names and row not in told:
            yield row, line.get("why") or ""
