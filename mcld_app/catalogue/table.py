"""Rows in files: CSV (RFC 4180, UTF-8), and Parquet where pyarrow is installed. Both are read and written as they go:
a million rows are never text at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from mcld_app.catalogue.row import COLUMNS, Row, columns_of, row_of
from mcld_app.errors import StudioError
from mcld_app.files import whole_file, writing

ENDINGS = (".csv", ".parquet")
_AT_ONCE = 10_000
_NO_PYARROW = "Parquet needs pyarrow, which is not installed: pip install pyarrow. Or write the table as CSV."


def is_table(name: str) -> bool:
    """Whether a name is a table's, by its ending."""
    return name.lower().endswith(ENDINGS)


def read_rows(name: str) -> Iterator[Row]:
    """The rows of a table.

    Args:
        name: its path, or its address for fsspec.

    Raises:
        StudioError: where there is none, it cannot be read, or it has other columns: before the first row.
    """
    with _opened(name) as file:
        yield from _of_parquet(file) if name.lower().endswith(".parquet") else _of_csv(file)


def write_rows(path: Path, rows: Iterable[Row]) -> int:
    """Write a table, whole or not at all; returns how many rows it has.

    Raises:
        StudioError: where it cannot be written, or is called neither .csv nor .parquet.
    """
    if not is_table(path.name):
        raise StudioError(f"A table is called .csv or .parquet, and not {path.name}.")
    counted = _Counted(rows)
    with writing(path), whole_file(path) as temporary:
        (_to_parquet if path.suffix.lower() == ".parquet" else _to_csv)(temporary, counted)
    return counted.count


class _Counted:
    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows, self.count = rows, 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    import fsspec

    try:
        file = fsspec.open(name, "rb").open()
    except FileNotFoundError as error:
        raise StudioError(f"There is no table {name}.") from error
    except (OSError, ImportError, ValueError) as error:
        raise StudioError(f"The table {name} cannot be read: {error}") from error
    with file:
        yield file


def _of_csv(file: IO[bytes]) -> Iterator[Row]:
    try:
        reader = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""), strict=True, restkey="")
        columns_of(reader.fieldnames or [])
        for told in reader:
            if "" in told:
                raise StudioError(f"Line {reader.line_num} of the table has more values than there are columns.")
            yield row_of(told)
    except (csv.Error, UnicodeDecodeError) as error:
        raise StudioError("The table is no CSV in UTF-8, whose first line has the columns' names.") from error


def _of_parquet(file: IO[bytes]) -> Iterator[Row]:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise StudioError(_NO_PYARROW) from error
    try:
        table = ParquetFile(file)
        columns_of(table.schema_arrow.names)
        for batch in table.iter_batches(_AT_ONCE):
            yield from map(row_of, batch.to_pylist())
    except pa.ArrowException as error:
        raise StudioError("The table is no Parquet file. It may be damaged.") from error


def _to_csv(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def _to_parquet(path: Path, rows: Iterable[Row]) -> None:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise StudioError(_NO_PYARROW) from error
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    rows = iter(rows)
    with ParquetWriter(path, schema) as writer:
        while some := list(islice(rows, _AT_ONCE)):
            writer.write_batch(pa.record_batch(list(map(pa.array, zip(*some, strict=True))), schema=schema))
