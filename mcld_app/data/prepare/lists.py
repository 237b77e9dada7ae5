"""Which photos are for training and which for tests, and which are paired: as the benchmark's lists say, else by rule.

The lists a folder may hold are the benchmark's `train.lst` and `test.lst` (a photo's name in each line), and lists of
pairs under one of the names of `layout.LISTS`.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import groupby, permutations
from pathlib import Path

from mcld_app.data.layout import LISTS, SPLITS, DataError, Pair, read_pairs
from mcld_app.data.prepare.photos import outfit_of, person_of, photo_name

COLUMNS = ("from", "to", "outfit")
"""The columns of the lists written here. A list with exactly these is taken for ours, and may be written again."""

_TEST_SHARE = 13  # one id in 13: 7.7 %, as 8,570 of the benchmark's 110,536 pairs are for tests


@dataclass(frozen=True)
class Lists:
    """What is for training, and what for tests.

    Attributes:
        split: flattened name -> "train" or "test".
        pairs: by split, where a list of pairs was given; where not, they are made by rule.
        origin: where all that comes from, for the user.
    """

    split: dict[str, str]
    pairs: dict[str, tuple[Pair, ...]] = field(default_factory=dict)
    origin: str = ""


def read_lists(folder: Path) -> Lists | None:
    """The lists that lie in a folder; None where there are none. Photos named by `.lst` files or by pairs both count.
    Lists that were written here are not read back: they say what came out, not what to do.

    Raises:
        DataError: a list that cannot be read, names that are none of DeepFashion's, or a photo on both sides.
    """
    split: dict[str, str] = {}
    pairs, used = {}, []
    for side in SPLITS:
        names: list[str] = []
        if (path := folder / f"{side}.lst").is_file():
            names += _read_names(path)
            used.append(path.name)
        for path in (folder / name.format(split=side) for name in LISTS):
            if path.is_file() and not is_ours(path):
                pairs[side] = tuple(_named(pair, path) for pair in read_pairs(path))
                names += [name for pair in pairs[side] for name in (pair.source, pair.target)]
                used.append(path.name)
                break
        for name in names:
            if split.setdefault(name, side) != side:
                raise DataError(f"{name} is on both sides in the lists in {folder}: give lists that agree.")
    return Lists(split, pairs, f"the lists in {folder} ({', '.join(used)})") if used else None


def split_by_id(names: Iterable[str]) -> Lists:
    """A split where there are no lists: all photos under one id fall on the same side, one id in 13 on the side of
    tests. It depends on the id alone, so more photos change nothing for those that were there. DeepFashion's ids are
    those of articles: one model wearing two articles may stand on both sides, as only faces could tell."""
    split = {name: "train" if zlib.crc32(person_of(name).encode()) % _TEST_SHARE else "test" for name in names}
    return Lists(split, {}, "a rule: no lists were found, so one id in 13 is for tests")


def pairs_for(lists: Lists, side: str, usable: Collection[str]) -> tuple[Pair, ...]:
    """The pairs of one side whose photos are usable: those of its list, in its order; without one, all ordered pairs
    of two photos of one person in one outfit."""
    if side in lists.pairs:
        return tuple(pair for pair in lists.pairs[side] if pair.source in usable and pair.target in usable)
    mine = sorted(name for name, where in lists.split.items() if where == side and name in usable)
    return tuple(Pair(*two) for _, group in groupby(mine, outfit_of) for two in permutations(group, 2))


def pairs_as_csv(pairs: Iterable[Pair]) -> bytes:
    """A list of pairs as a file, with the outfit of each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((pair.source, pair.target, outfit_of(pair.source)) for pair in pairs)
    return text.getvalue().encode()


def is_ours(path: Path) -> bool:
    """Whether a list of pairs was written here."""
    with path.open("rb") as file:
        return file.readline(200).strip() == ",".join(COLUMNS).encode()


def _read_names(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The list {path} cannot be read: {error}. It has a name in each line.") from error
    names = [_flat(line.strip(), f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not names:
        raise DataError(f"The list {path} is empty. Put the benchmark's own there, or take it away.")
    return names


def _named(pair: Pair, path: Path) -> Pair:
    return Pair(_flat(pair.source, str(path)), _flat(pair.target, str(path)))


def _flat(name: str, where: str) -> str:
    flat = photo_name(name)
    if flat is None:
        raise DataError(f"{where}: {name!r} is no name of DeepFashion's, flattened or not.")
    return flat
