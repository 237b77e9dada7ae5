"""Which rows are still to be drawn, and in which groups they are handed out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import groupby

from mcld_app.catalogue.place import Place
from mcld_app.catalogue.row import Row, picture_of, with_seed
from mcld_app.errors import StudioError

LARGEST_GROUP = 64
"""Rows handed out at once: as many as may have to be looked at again where a machine dies."""

_OF_A_SEED = re.compile(r"(.+)-\d+\.png")


@dataclass
class Plan:
    """Attributes:
    todo: rows to be drawn, their files filled in; those that share a person stand together.
    there: how many are drawn already.
    failed: those that cannot be drawn, for their file's sake, and why.
    """

    todo: list[Row] = field(default_factory=list)
    there: int = 0
    failed: list[tuple[Row, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All rows."""
        return len(self.todo) + self.there + len(self.failed)


def plan_of(
    rows: Iterable[Row],
    names: AbstractSet[str],
    *,
    again: bool = False,
    seeds: Callable[[Row], Sequence[int]] = lambda row: (),
) -> Plan:
    """What is to be done.

    Args:
        rows: of the table.
        names: of all files in the folder for pictures.
        again: draw what is there, too.
        seeds: those of a row's recipe; asked where a picture is called as if it were of one of several.
    """
    plan, taken = Plan(), set()
    several = {match[1] for name in names if (match := _OF_A_SEED.fullmatch(name))}
    for row in rows:
        try:
            file = picture_of(row)
        except StudioError as error:
            plan.failed.append((row, str(error)))
            continue
        if file.casefold() in taken:
            why = "Another row has the same file, or is the same row." if row.file else "The table has this row twice."
            plan.failed.append((row, why))
            continue
        taken.add(file.casefold())
        asked = seeds(row) if not again and row.recipe and file not in names and file[:-4] in several else ()
        of_seeds = len(asked) > 1 and all(with_seed(file, seed) in names for seed in asked)
        if not again and (file in names or of_seeds):
            plan.there += 1
        else:
            plan.todo.append(row._replace(file=file))
    plan.todo.sort(key=lambda row: row.person)
    return plan


def recipe_rows(folder: Place, out: Place, on_other: Callable[[str], None] = lambda name: None) -> Iterator[Row]:
    """A row for each recipe in a folder: JSON files first, then pictures drawn here, which carry theirs. Of two of one
    name the second one's picture is called by all of its file's name. Where pictures are drawn into the same folder,
    those that are there are left: they would be drawn over themselves.

    Args:
        folder: of recipes.
        out: the folder for pictures.
        on_other: told of each picture that carries no recipe.

    Raises:
        StudioError: where there is none.
    """
    names = sorted(name for name in folder.names() if "/" not in name)
    found = [name for name in names if name.lower().endswith(".json")]
    if not folder.is_same(out):
        for name in (name for name in names if name.lower().endswith(".png")):
            if _carries_recipe(folder, name):
                found.append(name)
            else:
                on_other(name)
    if not found:
        raise StudioError(f"There is no recipe in {folder.name}: recipes are .json files, and pictures drawn here.")
    taken: set[str] = set()
    for name in found:
        stem = name.rpartition(".")[0]
        yield Row(recipe=name, file=f"{name if stem.casefold() in taken else stem}.png")
        taken.add(stem.casefold())


def _carries_recipe(folder: Place, name: str) -> bool:
    from mcld_app.output.recipe_file import holds_recipe

    try:
        return holds_recipe(folder.read(name))
    except StudioError:
        return True  # that it cannot be read is told when it is drawn


def groups(rows: Sequence[Row], workers: int) -> Iterator[Sequence[Row]]:
    """Rows to be handed out at once, so that those of one person meet what was worked out for them, and nobody waits at
    the end: each group takes at most half of an equal share of what is left, and the last ones are single rows (guided
    self-scheduling: Polychronopoulos and Kuck, 1987).

    Args:
        rows: those of one person together.
        workers: how many take groups at a time.
    """
    left = len(rows)
    start = 0
    for _, same in groupby(rows, key=lambda row: row.person or row.recipe):
        end = start + sum(1 for _ in same)
        while start < end:
            size = min(end - start, LARGEST_GROUP, max(1, math.floor(left / (2 * workers))))
            yield rows[start : start + size]
            start, left = start + size, left - size
