"""One row of a table: what one picture shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from mcld_app.catalogue.place import inside
from mcld_app.content import content_hash
from mcld_app.errors import StudioError
from mcld_app.output.sheet_table import slug
from mcld_app.request import MAX_SEED


class Row(NamedTuple):
    """One picture, as the table says it: texts, none of them looked at yet. (A tuple, for there may be a million.)

    Attributes:
        person: a sample such as "person:mara", a photo, or a recipe that begins with somebody.
        clothes: "" for their own; samples and files, "+" between, the first put on first.
        pose: "" or "photo" for the photo's own, a named pose, a file of a pose, or FILE#NAME of a file of several.
        face: "" or "own", "none", a sample person, or a photo.
        seed: a whole number; "" is 0.
        file: of the picture, below the folder for pictures; "" is made of the rest.
        recipe: a recipe's file, which says all of that: then the others are empty.
    """

    person: str = ""
    clothes: str = ""
    pose: str = ""
    face: str = ""
    seed: str = ""
    file: str = ""
    recipe: str = ""


COLUMNS = Row._fields

_HASH = 8
"""Bytes of a row's hash: of a million rows, two are expected to share one 3e-8 times (with five bytes, 0.45 times)."""

_WHY = "why"  # of the table of what failed, which is a table again


def columns_of(names: Sequence[str]) -> None:
    """Check the columns of a table.

    Raises:
        StudioError: for columns that are none, twice the same, or neither a person nor a recipe.
    """
    if unknown := [name for name in names if name not in (*COLUMNS, _WHY)]:
        raise StudioError(
            f"The table has a column {str(unknown[0])[:40]!r}, which is not known. Its columns are "
            f"{', '.join(COLUMNS)}; all but person, or recipe, may be missing."
        )
    if len(set(names)) < len(names):
        raise StudioError("The table has a column twice. Each column is there once.")
    if not {"person", "recipe"} & set(names):
        raise StudioError("The table has no column “person”: each row says who is drawn.")


def row_of(told: Mapping[str, object]) -> Row:
    """A row of the values by column; what a column does not say is ""."""
    return Row(*("" if told.get(name) is None else str(told[name]).strip() for name in COLUMNS))


def seed_of(row: Row) -> int:
    """The row's seed; StudioError where it is none."""
    text = row.seed or "0"
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= MAX_SEED):
        raise StudioError(f"The seed {text[:30]!r} is no whole number from 0 to {MAX_SEED}.")
    return int(text)


def picture_of(row: Row) -> str:
    """Where the row's picture is written, below the folder for pictures: as its column `file` says, else by names and a
    hash of the row, so that it is the same in every run.

    Raises:
        StudioError: for a path that leaves the folder, or is no PNG.
    """
    if row.file:
        path = inside(row.file)
        if not path.lower().endswith(".png"):
            raise StudioError(f"Pictures are written as PNG, and {row.file!r} has another ending.")
        return path
    told = [row.person, row.clothes, row.pose, row.face, row.seed or "0", row.recipe]
    names = [slug(_stem(value)) for value in told[:3] if value] or [slug(_stem(row.recipe))]
    return "-".join([*filter(None, names), content_hash("\0".join(told), size=_HASH)]) + ".png"


def with_seed(file: str, seed: int) -> str:
    """What the picture of one of several seeds is called."""
    path = PurePosixPath(file)
    return str(path.with_name(f"{path.stem}-{seed}{path.suffix}"))


def _stem(value: str) -> str:
    name = value.replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
    return name.rpartition(".")[0] or name
