"""Figures as tables, in Markdown and CSV, and pictures as a grid.

Every figure says whether this project measured it or a paper reported it, and whether the two can be compared.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mcld_app.errors import StudioError
from mcld_app.evaluation.newer import Newer
from mcld_app.evaluation.paper import LOWER_IS_BETTER, MARKS, Reported
from mcld_app.evaluation.pretrained import Skipped
from mcld_app.files import whole_file, write_whole

Origin = Literal["measured", "reported"]

DIGITS = {"FID": 3, "LPIPS": 4, "SSIM": 4, "PSNR": 3, "foreground PSNR": 3, "FS ref": 3, "FS tgt": 3, "dist ref": 2,
          "dist tgt": 2}  # fmt: skip
"""Digits after the point, as the paper prints them; 3 where a column is not listed."""


@dataclass(frozen=True)
class Cell:
    """One figure in a table.

    Attributes:
        value: None where there is none.
        text: as shown.
        origin: "measured" by this project or "reported" by a paper.
        comparable: with the reported figures of its column; None where it stands beside none.
        note: why it is missing, or not comparable.
    """

    value: float | None
    text: str
    origin: Origin
    comparable: bool | None = None
    note: str = ""

    def __str__(self) -> str:
        return f"{self.text} (not comparable)" if self.value is not None and self.comparable is False else self.text


@dataclass(frozen=True)
class TableRow:
    """One row of a table.

    Attributes:
        method: what made the pictures.
        figures: by column; a column without one shows "–".
        origin: of all its figures.
        note: shown beside it, such as over how many pairs.
    """

    method: str
    figures: Mapping[str, Cell]
    origin: Origin
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a heading.

    Attributes:
        title: its heading.
        columns: names of the figures; an arrow says which way is better.
        rows: in order.
        notes: sentences below it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...] = ()


def measured_row(
    method: str,
    figures: Mapping[str, float | Skipped | None],
    *,
    note: str = "",
    not_comparable: Mapping[str, str] | None = None,
    beside_reported: bool = False,
) -> TableRow:
    """A row of this project's own figures.

    Args:
        method: what made the pictures.
        figures: by column; `Skipped` is shown with its reason below the table.
        note: shown beside it.
        not_comparable: for figures that cannot be compared with the reported ones, why.
        beside_reported: whether the others can: False where no reported row stands in the table.
    """
    why = not_comparable or {}
    row: dict[str, Cell] = {}
    for column, value in figures.items():
        if isinstance(value, Skipped):
            row[column] = Cell(None, "skipped", "measured", note=value.reason)
        elif value is not None:
            comparable = False if column in why else True if beside_reported else None
            text = _number(value, DIGITS.get(column, 3))
            row[column] = Cell(float(value), text, "measured", comparable, why.get(column, ""))
    return TableRow(method, row, "measured", note)


def reported_row(row: Reported) -> TableRow:
    """A row of the paper's, its figures as printed there."""
    figures = {
        column: Cell(row.value(column), text, "reported", note=MARKS.get(row.mark, ""))
        for column, text in row.figures.items()
    }
    note = ", ".join(part for part in (f"paper, table {row.table}", row.venue, row.about) if part)
    return TableRow(row.method + row.mark, figures, "reported", note)


def newer_row(row: Newer) -> TableRow:
    """A row of a newer method, its figures as printed, each with its source."""
    figures = {column: Cell(float(text), text, "reported") for column, text in row.figures.items()}
    return TableRow(row.method, figures, "reported", f"{row.source}; pictures of {row.pictures}")


def to_markdown(tables: Sequence[Table]) -> str:
    """The tables as Markdown: a column says which rows are measured and which reported, reasons stand below."""
    return "\n".join(_markdown(table) for table in tables)


def _markdown(table: Table) -> str:
    reasons: list[str] = []

    def cell(figure: Cell | None) -> str:
        if figure is None:
            return "–"
        if not figure.note or (figure.origin == "reported"):
            return str(figure)
        if figure.note not in reasons:
            reasons.append(figure.note)
        return f"{figure} [{reasons.index(figure.note) + 1}]"

    heads = [f"{column} {_arrow(column)}".rstrip() for column in table.columns]
    lines = [_line(["Method", "Origin", *heads, "Note"]), _line(["---", "---", *["---:"] * len(heads), "---"])]
    for row in table.rows:
        figures = [cell(row.figures.get(column)) for column in table.columns]
        lines.append(_line([row.method, row.origin, *figures, row.note]))
    below = [f"- [{number}] {reason}" for number, reason in enumerate(reasons, 1)]
    below += [
        f"- {mark} {meaning}" for mark, meaning in MARKS.items() if any(row.method.endswith(mark) for row in table.rows)
    ]
    below += [f"- {note}" for note in table.notes]
    return "\n".join([f"### {table.title}", "", *lines, *([""] if below else []), *below, ""])


def to_csv(tables: Sequence[Table]) -> str:
    """The tables as CSV, a line for each figure: table, method, origin, metric, value, comparable, note.

    Measured values have six digits, reported ones those of the paper; a skipped one reads "skipped".
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "method", "origin", "metric", "value", "comparable", "note"])
    comparable = {True: "yes", False: "not comparable", None: ""}
    for table in tables:
        for row in table.rows:
            for column in table.columns:
                if (figure := row.figures.get(column)) is None:
                    continue
                exact = figure.origin == "measured" and figure.value is not None
                value = f"{figure.value:.6g}" if exact else figure.text
                note = "; ".join(part for part in (row.note, figure.note) if part)
                says = comparable[figure.comparable]
                writer.writerow([table.title, row.method, figure.origin, column, value, says, note])
    return text.getvalue()


def picture_grid(
    columns: Sequence[str], rows: Sequence[Sequence[np.ndarray]], labels: Sequence[str] = (), *, height: int = 256
) -> Image.Image:
    """Pictures side by side: a row for each case, a heading over each column, a label over each row.

    Args:
        columns: headings, such as "source", "pose", "target", "ours".
        rows: (H, W, 3) uint8 RGB pictures, one for each column; scaled to `height`, keeping their aspect.
        labels: one for each row, or none at all.
        height: of each picture in the grid, pixels.

    Raises:
        StudioError: no rows, or numbers of pictures, headings and labels that do not agree.
    """
    if not rows or any(len(row) != len(columns) for row in rows) or (labels and len(labels) != len(rows)):
        raise StudioError(
            f"A grid of {len(columns)} columns needs rows of as many pictures, and a label for each row or none."
        )
    scaled = [[_scaled(picture, height) for picture in row] for row in rows]
    widths = [max(row[n].width for row in scaled) for n in range(len(columns))]
    gap, line = 4, 20
    above = line if labels else gap
    size = (sum(widths) + gap * (len(widths) + 1), line + len(rows) * (height + above) + gap)
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    lefts = [gap + sum(widths[:n]) + gap * n for n in range(len(widths))]
    for left, width, name in zip(lefts, widths, columns, strict=True):
        draw.text((left, 2), _fitted(name, width, font), "black", font)
    for number, row in enumerate(scaled):
        top = line + number * (height + above)
        if labels:
            draw.text((gap, top + 2), _fitted(labels[number], size[0] - 2 * gap, font), "dimgray", font)
        for left, picture in zip(lefts, row, strict=True):
            sheet.paste(picture, (left, top + above))
    return sheet


def _scaled(picture: np.ndarray, height: int) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(picture))
    if image.height == height:
        return image
    width = max(1, round(image.width * height / image.height))
    enlarged = image.height < height and height % image.height == 0
    return image.resize((width, height), Image.Resampling.NEAREST if enlarged else Image.Resampling.LANCZOS)


def _fitted(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."


def _arrow(column: str) -> str:
    if column in LOWER_IS_BETTER:
        return "↓"
    return "↑" if column in DIGITS else ""


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else str(value)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write_tables(folder: Path, texts: Mapping[str, str], grid: Image.Image, grid_name: str) -> list[Path]:
    """Write texts in UTF-8 and a picture into a folder, which is made if need be; each file whole or not at all.

    Args:
        folder: where to.
        texts: by file name.
        grid, grid_name: the picture, and its file name.

    Raises:
        StudioError: where the folder cannot be written.
    """
    try:
        for name, text in texts.items():
            write_whole(folder / name, text.encode())
        with whole_file(folder / grid_name) as temporary:
            grid.save(temporary, format="PNG")
    except OSError as error:
        raise StudioError(f"The tables cannot be written into {folder}: {error}. Name another folder.") from error
    return [folder / name for name in (*texts, grid_name)]
