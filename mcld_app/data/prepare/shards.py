"""Several runs that prepare one folder together, each its share of the photos, on one machine or on many that share a
disk: SLURM's array jobs, say."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcld_app.data.layout import DataError
from mcld_app.data.prepare.photo import put
from mcld_app.files import writing

LOCKS = ".locks"
"""Folder of the locks, one for each photo that is being prepared; gone once all shards came to their end."""

_ENDED = "ended.txt"
"""A shard's sign that it came to its end, until all have."""

_LISTS = ".lists.lock"


@dataclass(frozen=True)
class Shard:
    """The `number`-th of `count` shares, from 1."""

    number: int
    count: int

    @classmethod
    def read(cls, text: str) -> Shard:
        """A shard as typed, "2/8"; DataError for anything else."""
        number, _, count = text.partition("/")
        if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            raise DataError(f"{text!r} is no shard. Write 1/8 for the first of eight, and 8/8 for the last.")
        return cls(int(number), int(count))

    def of(self, split: Mapping[str, str]) -> dict[str, str]:
        """Its share of photos: of all names in their order, every `count`-th one."""
        return {name: split[name] for name in sorted(split)[self.number - 1 :: self.count]}

    def file(self, name: str) -> str:
        """What its own part of a list is called."""
        stem, _, ending = name.rpartition(".")
        return f".{stem}.{self.number}-of-{self.count}.{ending}"


def list_lock(folder: Path):
    """Held while lists of a folder are written."""
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / _LISTS)


def begin_shard(folder: Path, shard: Shard) -> None:
    """Make the folder of locks; a shard that came to its end before is at work again. To be called with the lists
    locked, so that no other shard's end takes the locks away."""
    with writing(folder / LOCKS):
        (folder / LOCKS).mkdir(parents=True, exist_ok=True)
        (folder / shard.file(_ENDED)).unlink(missing_ok=True)


def merge_lists(
    folder: Path, shard: Shard, split: Mapping[str, str], no_face: str, report: str, text: str, *, ended: bool
) -> None:
    """Put a shard's lists with those of the others. To be called with the lists locked.

    Args:
        folder: of all.
        shard: the one that ends now; its names without a face are in its own file.
        split: all photos.
        no_face, report: what the lists are called.
        text: its report.
        ended: it came to its end. One that was stopped keeps the lines of photos that it did not come to.
    """
    path = folder / report
    old = path.read_text("utf-8") if path.is_file() else ""
    put(path, _merged_report(old, text, split, shard.of(split) if ended else ()).encode())
    parts = [Shard(number, shard.count) for number in range(1, shard.count + 1)]
    faces = [folder / part.file(no_face) for part in parts]
    if names := {name for path in [folder / no_face, *faces] for name in whole_lines(path)}:
        put(folder / no_face, "".join(f"{name}\n" for name in sorted(names)).encode())
    if not ended:
        return
    put(folder / shard.file(_ENDED), b"")
    marks = [folder / part.file(_ENDED) for part in parts]
    if all(mark.is_file() for mark in marks):
        for path in (*marks, *faces):
            path.unlink(missing_ok=True)
        shutil.rmtree(folder / LOCKS, ignore_errors=True)


def _merged_report(old: str, new: str, known: Container[str], done: Container[str]) -> str:
    """The lines of both, by photo: of the old ones those that are known and neither done nor in the new ones."""
    head, *mine = csv.reader(io.StringIO(new, newline=""))
    others = list(csv.reader(io.StringIO(old, newline="")))[1:]
    told = {line[0] for line in mine}
    kept = [line for line in others if line and line[0] in known and line[0] not in done and line[0] not in told]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(sorted([*kept, *mine], key=lambda line: line[0]))
    return text.getvalue()


def whole_lines(path: Path) -> list[str]:
    """The lines of a list that is appended to; none where there is no such file. A last one that is half written, by
    somebody who was killed or writes just now, is left out."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    return text[: text.rfind("\n") + 1].splitlines()


def sort_lines(path: Path) -> None:
    """Bring a list into order, in which one run's and many shards' are the same."""
    if path.is_file():
        lines = path.read_text("utf-8").splitlines(keepends=True)
        if lines != sorted(lines):
            put(path, "".join(sorted(lines)).encode())
