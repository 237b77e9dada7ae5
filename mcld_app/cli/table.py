"""Drawing a table, or a folder of recipes, row by row: here, or on a cluster."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from mcld_app.catalogue.place import Place
    from mcld_app.catalogue.row import Row
    from mcld_app.catalogue.run import Draw, Totals

_REASONS = 5  # told on the screen; failed.csv has them all


def draw_table(chosen: argparse.Namespace) -> int:
    """Draw what of it is missing; returns the exit status: 1 where a row failed, after all others were drawn."""
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
        run_rows(rows, out, _drawing(chosen, root, out), again=chosen.again, on_row=show)
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
    root: Place = _place(chosen.recipe)
    if root.local is not None and not root.local.is_dir():
        raise StudioError(f"There is no folder {root.local}: a table's name ends with .csv or .parquet.")
    return recipe_rows(root, out), root, out


def _place(name: str) -> Place:
    """Absolute, because actors have another working folder."""
    from mcld_app.catalogue.place import Place

    return Place(name.rstrip("/") if "://" in name else str(Path(name).absolute()))


def _drawing(chosen: argparse.Namespace, root: Place, out: Place) -> Draw:
    from mcld_app.catalogue.drawing import Options
    from mcld_app.catalogue.run import here

    options = Options(chosen.model, chosen.with_pictures, chosen.watermark, chosen.fill_holes, chosen.steps)
    if chosen.ray is None:
        return here(root, out, options, again=chosen.again)
    from mcld_app.catalogue.on_ray import on_ray
    from mcld_app.cli.long_work import need_of

    return on_ray(root, out, options, need_of(chosen), chosen.ray, again=chosen.again)


def _tell(totals: Totals, out: Place) -> None:
    from mcld_app.catalogue.run import FAILED

    failed = len(totals.failed)
    lines = [f"{out.name}: {totals.made} pictures drawn, {totals.there} were there, {failed} rows failed."]
    if left := totals.total - totals.done:
        lines.append(f"Stopped with {left} rows left. Where nothing has to be mended, the same command goes on.")
    reasons = Counter(why for _, why in totals.failed).most_common(_REASONS)
    lines += [f"  {count} failed: {why}" for why, count in reasons]
    if failed:
        lines.append(f"All of them are in {out.name}/{FAILED}. The same command tries them again.")
    print("\n".join(lines), file=sys.stderr)
