"""The table of a contact sheet: people x clothes x poses x faces, one row for each picture, and how it lies on the
sheet."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from itertools import islice, product

from mcld_app.errors import StudioError
from mcld_app.request import MAX_SEED, MAX_SHEET

NOW = ""
"""The id of "as it is now": what the look has that the sheet is made of."""

_SHAPE = 16 / 11  # of a picture, height over width
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,150}\.png")
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Choice:
    """One of the people, clothes, poses or faces.

    Attributes:
        id: the page's name for it, such as "person:mara", or `NOW`.
        label: what people call it.
    """

    id: str = NOW
    label: str = ""


@dataclass(frozen=True)
class Row:
    """One picture of a sheet: ids of what is shown, "" where it is as in the look that the sheet was made of; the seed;
    and the picture's file."""

    person: str
    clothes: str
    pose: str
    face: str
    seed: int
    file: str


@dataclass(frozen=True)
class Grid:
    """How pictures lie on a sheet, row by row.

    Attributes:
        columns: how many there are beside one another.
        left, top: the names of the rows and of the columns; both empty where each picture has its name below it.
        below: the name of each picture, where rows and columns have none; () where they have.
        title: what was chosen that is on all of them; "" for nothing.
    """

    columns: int
    left: tuple[str, ...]
    top: tuple[str, ...]
    below: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class SheetTable:
    """What is combined with what. Each of the four has one choice at least, which may be "as it is now".

    Raises:
        StudioError: where that would be more than `MAX_SHEET`, or one thing is chosen twice.
    """

    people: tuple[Choice, ...] = (Choice(),)
    clothes: tuple[Choice, ...] = (Choice(),)
    poses: tuple[Choice, ...] = (Choice(),)
    faces: tuple[Choice, ...] = (Choice(),)
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self) > MAX_SHEET:
            raise StudioError(f"That would be {len(self)} pictures; a sheet has at most {MAX_SHEET}. Untick some.")
        for axis in self.axes:
            if not axis or len({choice.id for choice in axis}) < len(axis):
                raise StudioError("Each of the people, clothes, poses and faces is chosen once. Reload the page.")

    def __len__(self) -> int:
        return len(self.people) * len(self.clothes) * len(self.poses) * len(self.faces)

    @property
    def axes(self) -> tuple[tuple[Choice, ...], ...]:
        """People, clothes, poses and faces."""
        return self.people, self.clothes, self.poses, self.faces

    @property
    def rows(self) -> tuple[Row, ...]:
        """One for each picture: the people change last."""
        out = []
        for n, cell in enumerate(product(*self.axes), start=1):
            names = [slug(choice.label) for choice, axis in zip(cell, self.axes, strict=True) if len(axis) > 1]
            file = "-".join([f"{n:02}", *filter(None, names)]) + ".png"
            out.append(Row(*(choice.id for choice in cell), self.seed, file))
        return tuple(out)

    @property
    def grid(self) -> Grid:
        """Rows and columns with names, where two or more of the four vary: split so that the sheet is nearest to a
        square. Where one varies, the pictures go on from row to row, each with its name."""
        varying = [axis for axis in self.axes if len(axis) > 1]
        common = ", ".join(axis[0].label for axis in self.axes if len(axis) == 1 and axis[0].id != NOW)
        if not varying:
            return Grid(1, (), (), (common or self.people[0].label,))
        if len(varying) == 1:
            one = varying[0]
            return replace(grid_of_rows([choice.label for choice in one]), title=common)
        left, top = min(
            ((_names(varying[:k]), _names(varying[k:])) for k in range(1, len(varying))),
            key=lambda names: _stretch(len(names[0]), len(names[1])),
        )
        return Grid(len(top), left, top, (), common)


def table_csv(rows: Sequence[Row]) -> str:
    """A table as CSV (RFC 4180), its first line the columns' names."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(field.name for field in fields(Row))
    writer.writerows(map(astuple, rows))
    return text.getvalue()


def read_table(text: str) -> tuple[Row, ...]:
    """The rows of a CSV table, as `table_csv` writes it. A column may be missing, and then is empty: as it is now, seed
    0, and a file named by its number.

    Raises:
        StudioError: for a table without rows or with more than `MAX_SHEET`, columns that are none, and what is no seed.
    """
    known = [field.name for field in fields(Row)]
    try:
        reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True, restkey="")
        told, columns = list(islice(reader, MAX_SHEET + 1)), reader.fieldnames or []
    except csv.Error as error:
        raise StudioError("This table is no CSV. Its first line has the columns’ names, commas between.") from error
    if not set(columns) <= set(known) or len(columns) != len(set(columns)) or any("" in one for one in told):
        raise StudioError(f"The columns of a sheet’s table are {', '.join(known)}; some may be missing.")
    if not told:
        raise StudioError("There is no row in this table. Each row is a picture.")
    if len(told) > MAX_SHEET:
        raise StudioError(f"This table has more than {MAX_SHEET} rows, which is the most for a sheet.")
    rows = tuple(_row(n, one) for n, one in enumerate(told, start=1))
    if len({"sheet.png", *(row.file.lower() for row in rows)}) <= len(rows):
        raise StudioError("Two rows of this table have the same file, or one is the sheet’s. Each needs its own name.")
    return rows


def _row(number: int, told: Mapping[str, str | None]) -> Row:
    given = {name: (value or "").strip() for name, value in told.items()}
    seed = given.pop("seed", "") or "0"
    if not (seed.isascii() and seed.isdigit() and int(seed[:20]) <= MAX_SEED):
        raise StudioError(f"The seed of row {number} is no whole number from 0 to {MAX_SEED}.")
    file = given.pop("file", "") or f"{number:02}.png"
    if not _FILE.fullmatch(file):
        raise StudioError(f"The file of row {number} is no name such as “01-mara.png”.")
    plain = dict.fromkeys(("person", "clothes", "pose", "face"), NOW)
    return Row(**{**plain, **given}, seed=int(seed), file=file)


def grid_of_rows(names: Sequence[str]) -> Grid:
    """How pictures lie that are no table of everything with everything: one after another, each with its name."""
    columns = min(range(1, len(names) + 1), key=lambda n: (_stretch(-(-len(names) // n), n), -n))
    return Grid(columns, (), (), tuple(names))


def slug(label: str) -> str:
    """A label as a piece of a file's name: letters a to z, digits, and "-"; "" where it has none of these."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return _SLUG.sub("-", plain).strip("-")[:30].strip("-")


def _names(axes: Sequence[tuple[Choice, ...]]) -> tuple[str, ...]:
    return tuple(", ".join(choice.label for choice in cell) for cell in product(*axes))


def _stretch(rows: int, columns: int) -> float:
    """How far a grid of pictures is from a square; 1 is one."""
    shape = rows * _SHAPE / columns
    return max(shape, 1 / shape)
