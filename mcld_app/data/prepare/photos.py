"""Which pictures a download of DeepFashion holds, by the flattened names that the authors give them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from mcld_app.data.layout import DataError, flattened

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
_FLAT = re.compile(r"(fashion(?:WO)?MEN.+id(\d+)\d\d)_\d+[^_]*")


@dataclass(frozen=True)
class Photos:
    """The pictures of a folder and all below it.

    Attributes:
        named: flattened name (always .jpg) -> file, in the order of names.
        strangers: pictures whose names are none of DeepFashion's.
        twice: how many names more than one file has; the largest file is the one in `named`.
    """

    named: dict[str, Path]
    strangers: tuple[Path, ...]
    twice: int


def photo_name(path: str) -> str | None:
    """The flattened name of a DeepFashion picture, ending in .jpg whatever the file's own ending; None for any other.

    Args:
        path: as downloaded (.../WOMEN/Blouses_Shirts/id_00003372/03_3_back.jpg), or a name that is flat already,
            whatever folders are above it.
    """
    path = path.replace("\\", "/")
    last = path.rpartition("/")[2]
    try:
        stem = Path(last if _FLAT.fullmatch(Path(last).stem) else flattened(path)).stem
    except DataError:
        return None
    return f"{stem}.jpg" if _FLAT.fullmatch(stem) else None


def person_of(name: str) -> str:
    """The number behind `id` in a flattened name. (It is the article's; who wears it is nowhere said.)"""
    return _parts(name)[2]


def outfit_of(name: str) -> str:
    """What the photos of one person in one outfit have in common: the flattened name up to the view."""
    return _parts(name)[1]


def find_photos(source: Path, *, leave_out: Path | None = None) -> Photos:
    """The pictures below a folder; hidden files are passed over, links to folders not followed.

    Args:
        source: the folder.
        leave_out: a folder below it that is not looked into.

    Raises:
        DataError: there is no such folder, or no picture in it, or none with a name of DeepFashion's.
    """
    if source.is_file():
        raise DataError(f"{source} is a file. Unpack it, and name the folder with the pictures.")
    if not source.is_dir():
        raise DataError(f"There is no folder {source}. Name the one that DeepFashion's pictures were unpacked into.")
    named: dict[str, Path] = {}
    strangers, twice = [], set()
    for path in _pictures(source, leave_out):
        name = photo_name(path.absolute().as_posix())
        if name is None:
            strangers.append(path)
        elif name not in named:
            named[name] = path
        else:  # the same picture in img/ and in img_highres/, as a rule
            twice.add(name)
            named[name] = max(named[name], path, key=lambda file: file.stat().st_size)
    if not named:
        example = "WOMEN/Blouses_Shirts/id_00003372/03_3_back.jpg"
        if strangers:
            raise DataError(
                f"None of the {len(strangers)} pictures in {source} has a name of DeepFashion's, such as {example}; "
                f"the first is {strangers[0]}. Name the folder that holds WOMEN and MEN, or one above it."
            )
        raise DataError(f"There are no pictures in {source}. DeepFashion's lie there as {example}.")
    return Photos(dict(sorted(named.items())), tuple(strangers), len(twice))


def find_maps(folder: Path) -> dict[str, Path]:
    """IUV maps made elsewhere: flattened name of the photo -> PNG file of the same stem, anywhere below a folder.

    Raises:
        DataError: there is no such folder, or no such file.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}, where IUV maps are expected.")
    files = (path for path in _pictures(folder, None) if path.suffix.lower() == ".png")
    named = {name: path for path in files if (name := photo_name(path.absolute().as_posix()))}
    if not named:
        raise DataError(
            f"There are no IUV maps in {folder}: PNG files are expected, named as their photos are, flattened or not."
        )
    return named


def _pictures(source: Path, leave_out: Path | None) -> list[Path]:
    found: list[Path] = []
    for folder, below, files in os.walk(source):
        below[:] = [n for n in below if leave_out is None or (Path(folder) / n).resolve() != leave_out.resolve()]
        found += [Path(folder) / n for n in files if Path(n).suffix.lower() in PICTURES and not n.startswith(".")]
    return sorted(found)


def _parts(name: str) -> re.Match[str]:
    found = _FLAT.fullmatch(Path(name).stem)
    if found is None:
        raise DataError(f"{name!r} is no flattened name of DeepFashion's.")
    return found
