"""Several runs that prepare one folder together, each its share of the photos, on one machine or on many that share a
disk: SLURM's array jobs, say."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mcld_app.data.layout import DataError
from mcld_app.data.prepare.photo import put

LOCKS = ".locks"
"""Folder of the locks, one for each photo that is being prepared; gone once all shards came to their end."""

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


def merge_lists(folder: Path, shard: Shard, no_face: str, report: str, text: str) -> None:
    """Put a shard's lists with those of the shards that came to their end before.

    Args:
        folder: of all.
        shard: the one that came to its end now; its names without a face are in its own file.
        no_face, report: what the lists are called.
        text: its report.
    """
    put(folder / shard.file(report), text.encode())
    parts = [Shard(number, shard.count) for number in range(1, shard.count + 1)]
    reports = [path for part in parts if (path := folder / part.file(report)).is_file()]
    faces = [path for part in parts if (path := folder / part.file(no_face)).is_file()]
    lines = sorted({line for path in reports for line in path.read_text("utf-8").splitlines()[1:]})
    put(folder / report, "".join(f"{line}\n" for line in [text.splitlines()[0], *lines]).encode())
    known = folder / no_face
    names = {line for path in [known, *faces] if path.is_file() for line in path.read_text("utf-8").splitlines()}
    if names:
        put(known, "".join(f"{name}\n" for name in sorted(names)).encode())
    if len(reports) == shard.count:
        for path in (*reports, *faces):
            path.unlink()
        shutil.rmtree(folder / LOCKS, ignore_errors=True)


def sort_lines(path: Path) -> None:
    """Bring a list into order, in which one run's and many shards' are the same."""
    if path.is_file():
        lines = path.read_text("utf-8").splitlines(keepends=True)
        if lines != sorted(lines):
            put(path, "".join(sorted(lines)).encode())
