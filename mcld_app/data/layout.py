"""The authors' layout of DeepFashion on disk: which file holds what, and the list of pairs.

    FOLDER/
      train/*.jpg            photos, 750 x 1101 at the source
      train_densepose/*.png  IUV maps as OpenCV writes them, so that Pillow reads V, U, I
      train_texture/*.png    texture maps in the SMPL layout; pure black is a hole
      train_face/*.npy       512 floats, the raw face embedding; no file = no face
      train.csv              pairs of photos, columns `from` and `to` (or give the list by its own path)
      test/ ...              the same for the test people

Photos bear flattened names, such as fashionWOMENBlouses_Shirtsid0000337203_3back.jpg.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mcld_app.errors import StudioError

SPLITS = ("train", "test")
LISTS = ("{split}.csv", "fasion-resize-pairs-{split}.csv")
"""Names a list of pairs may have: the authors', and CFLD's, whose lists they are (spelt as published)."""


class DataError(StudioError):
    """Data on disk that is missing, or not what it should be."""


@dataclass(frozen=True)
class Pair:
    """One row of the list: a source photo, and a target photo of the same person.

    Attributes:
        source: flattened name of the photo the person is taken from.
        target: flattened name of the photo whose pose is asked for.
    """

    source: str
    target: str

    @property
    def result(self) -> str:
        """File name of a result: `{from stem}_2_{to stem}.png`."""
        return f"{_stem(self.source)}_2_{_stem(self.target)}.png"


@dataclass(frozen=True)
class Layout:
    """Where the files of one split lie; nothing is looked at on disk but by `check`.

    Attributes:
        folder: what holds `train` and `test` (the authors' dataset/fashion).
        split: "train" or "test".
    """

    folder: Path
    split: str

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise DataError(f"There is no split {self.split!r}: choose 'train' or 'test'.")

    def photo(self, name: str) -> Path:
        """The photo of that flattened name."""
        return self.folder / self.split / name

    def densepose(self, name: str) -> Path:
        """The IUV map of a photo, a PNG that Pillow reads as V, U, I."""
        return self.folder / f"{self.split}_densepose" / f"{_stem(name)}.png"

    def texture(self, name: str) -> Path:
        """The texture map of a photo."""
        return self.folder / f"{self.split}_texture" / f"{_stem(name)}.png"

    def face(self, name: str) -> Path:
        """The face embedding of a photo; need not exist."""
        return self.folder / f"{self.split}_face" / f"{_stem(name)}.npy"

    def pairs(self) -> Path:
        """The list of pairs.

        Raises:
            DataError: where the folder holds none.
        """
        names = [name.format(split=self.split) for name in LISTS]
        for name in names:
            if (self.folder / name).is_file():
                return self.folder / name
        raise DataError(
            f"{self.folder} holds no list of pairs: {' or '.join(names)} is expected there, with the columns "
            "from and to. Put it there, or name yours."
        )

    def check(self) -> None:
        """That the folder and its photos' folder exist.

        Raises:
            DataError: naming the one that does not.
        """
        if not self.folder.is_dir():
            raise DataError(f"There is no folder {self.folder}. Name the one that holds train/ and test/.")
        if not (self.folder / self.split).is_dir():
            raise DataError(f"{self.folder} has no folder {self.split}/, where the {self.split} photos are expected.")


def flattened(name: str) -> str:
    """The flattened name of a DeepFashion photo.

    WOMEN/Blouses_Shirts/id_00003372/03_3_back.jpg becomes fashionWOMENBlouses_Shirtsid0000337203_3back.jpg; folders
    before WOMEN or MEN are dropped, and a name that is flat already is returned as it is.

    Raises:
        DataError: for a path that is none of DeepFashion's.
    """
    name = name.replace("\\", "/")
    if "/" not in name:
        if name in ("", ".", ".."):
            raise DataError(f"{name!r} is no name of a photo.")
        return name
    found = re.fullmatch(r"(?:.*/)?((?:WO)?MEN)/([^/]+)/id_(\d+)/(\d+)_(\d+)_([^/]+)", name)
    if found is None:
        raise DataError(
            f"{name!r} is no DeepFashion name. Give names such as WOMEN/Blouses_Shirts/id_00003372/03_3_back.jpg, or "
            "flattened ones such as fashionWOMENBlouses_Shirtsid0000337203_3back.jpg."
        )
    gender, kind, person, outfit, view, rest = found.groups()
    return f"fashion{gender}{kind}id{person}{outfit}_{view}{rest.replace('_', '')}"


def read_pairs(path: str | Path) -> tuple[Pair, ...]:
    """A list of pairs: a CSV file with columns `from` and `to` (others are ignored), names flattened or not.

    Raises:
        DataError: no such file, not a table in UTF-8, a missing column, a row with an empty name, or no row.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = rows.fieldnames or ()
            missing = [column for column in ("from", "to") if column not in columns]
            if missing:
                found = ", ".join(columns) or "none"
                raise DataError(
                    f"{path} has no column {' and none '.join(missing)}; its columns are: {found}. "
                    "A list of pairs is a CSV file whose first line names the columns from and to."
                )
            pairs = tuple(_pair(row, f"{path}, line {rows.line_num}") for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else str(error)
        raise DataError(f"The list of pairs {path} cannot be read: {why}. It is a CSV file in UTF-8.") from error
    if not pairs:
        raise DataError(f"{path} lists no pairs: below the line that names the columns, each line is one pair.")
    return pairs


def require(paths: Iterable[Path], what: str, todo: str) -> None:
    """That every one of these files exists; folders are listed once each, so this is quick for 100,000 files.

    Args:
        paths: the files, in order; a file named twice counts once.
        what: the kind of file, in the plural, as in "texture maps".
        todo: what to do where some are missing, a sentence.

    Raises:
        DataError: naming the first missing one, and how many are missing.
    """
    wanted = tuple(dict.fromkeys(paths))
    there: dict[Path, set[str]] = {}
    for folder in {path.parent for path in wanted}:
        there[folder] = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    missing = [path for path in wanted if path.name not in there[path.parent]]
    if not missing:
        return
    first = missing[0]
    place = f"in {first.parent}" if first.parent.is_dir() else f"for there is no folder {first.parent}"
    count = f"{len(missing)} of {len(wanted)} {what} are missing"
    raise DataError(f"{count}, the first being {first.name}, {place}. {todo}")


def _pair(row: dict[str, str | None], where: str) -> Pair:
    source, target = (row["from"] or "").strip(), (row["to"] or "").strip()
    if not source or not target:
        raise DataError(f"{where}: from or to is empty. Each line names a source photo and a target photo.")
    try:
        return Pair(flattened(source), flattened(target))
    except DataError as error:
        raise DataError(f"{where}: {error}") from error


def _stem(name: str) -> str:
    return Path(name).stem
