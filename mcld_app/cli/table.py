"""Drawing a table, or a folder of recipes, row by row: here, or on a cluster."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from mcld_app.catalogue.drawing import Options
    from mcld_app.catalogue.place import Place
    from mcld_app.catalogue.row import Row
    from mcld_app.catalogue.run import Draw, Totals
    from mcld_app.cli.long_work import Bar

_REASONS = 5  # told on the screen; failed.csv has them all


def options_of(chosen: argparse.Namespace) -> Options:
    """What was typed of how pictures are drawn.

    Raises:
        StudioError: for a number of steps that there cannot be.
    """
    from mcld_app.catalogue.drawing import Options
    from mcld_app.request import MAX_STEPS, within

    if chosen.steps is not None:
        within("The number of steps", chosen.steps, 1, MAX_STEPS, whole=True)
    return Options(chosen.model, chosen.with_pictures, chosen.watermark, chosen.fill_holes, chosen.steps or 0)


def draw_table(chosen: argparse.Namespace, options: Options) -> int:
    """Draw what of it is missing; returns the exit status: 1 where a row failed, after all others were drawn."""
    from mcld_app.catalogue.drawing import seeds_of
    from mcld_app.catalogue.run import run_rows
    from mcld_app.cli.long_work import Bar

    if chosen.seen is not None:
        raise StudioError("--seen is for one recipe, not for many.")
    rows, root, out = _jobs(chosen)
    bar, totals = Bar("picture"), None

    def show(now: Totals) -> None:
        nonlocal totals
        totals = now
        bar.show(now.done, now.total, len(now.failed))

    try:
        draw = _drawing(chosen, root, out, options, bar)
        run_rows(rows, out, draw, again=chosen.again, seeds=partial(seeds_of, root), on_row=show)
    finally:
        bar.close()
        if totals is not None:
            _tell(totals, out)
    return 1 if totals.failed else 0


def _jobs(chosen: argparse.Namespace) -> tuple[Iterable[Row], Place, Place]:
    """The rows, the folder that their files lie below, and the folder for pictures."""
    from mcld_app.catalogue.place import place_and_file
    from mcld_app.catalogue.plan import recipe_rows
    from mcld_app.catalogue.table import is_table, read_rows

    out = _place(chosen.out)
    if out.local is not None and out.local.is_file():
        raise StudioError(f"{out.local} is a file. Name a folder for the pictures.")
    if is_table(chosen.recipe):
        root = _place(chosen.root) if chosen.root else place_and_file(_place(chosen.recipe).name)[0]
        return read_rows(chosen.recipe), root, out
    if chosen.root is not None:
        raise StudioError("--root is for a table. A recipe holds what it needs, or names samples.")
    root: Place = _place(chosen.recipe)

    def left_out(name: str) -> None:
        print(f"left out: {name} carries no recipe", file=sys.stderr)

    return recipe_rows(root, out, left_out), root, out


def _place(name: str) -> Place:
    """Absolute, because actors have another working folder."""
    from mcld_app.catalogue.place import Place, local_path

    path = local_path(name)
    return Place(name.rstrip("/") if path is None else str(path.absolute()))


def _drawing(chosen: argparse.Namespace, root: Place, out: Place, options: Options, bar: Bar) -> Draw:
    from mcld_app.catalogue.run import here

    if chosen.ray is None:
        return here(root, out, options, again=chosen.again, on_step=bar.next)
    from mcld_app.catalogue.on_ray import on_ray
    from mcld_app.cli.long_work import need_of

    return on_ray(root, out, options, need_of(chosen), chosen.ray, again=chosen.again, told=bar.say)


def _tell(totals: Totals, out: Place) -> None:
    from mcld_app.catalogue.run import FAILED

    failed = len(totals.failed)
    lines = [f"{out.name}: {totals.made} pictures drawn, {totals.there} were there, {failed} rows failed."]
    if left := totals.total - totals.done:
        lines.append(f"Stopped with {left} rows left. Where nothing has to be mended, the same command goes on.")
    first: dict[str, str] = {}
    for row, why in totals.failed:
        first.setdefault(why, row.recipe or row.file or row.person)
    for why, count in Counter(why for _, why in totals.failed).most_common(_REASONS):
        lines.append(f"  failed: {first[why]}{f' and {count - 1} more' if count > 1 else ''}: {why}")
    if failed:
        lines.append(f"All of them are in {out.name}/{FAILED}. The same command tries them again.")
    print("\n".join(lines), file=sys.stderr)
