"""Everything combined with everything: the rows of people x clothes x poses x faces x seeds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from mcld_app.catalogue.row import Row
from mcld_app.errors import StudioError

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
MAP = "_iuv"
"""How the name of a photo's IUV map goes on after the photo's."""


def matrix(
    people: Sequence[str],
    clothes: Sequence[str] = ("",),
    poses: Sequence[str] = ("",),
    faces: Sequence[str] = ("",),
    seeds: Sequence[int] = (0,),
) -> Iterator[Row]:
    """The rows, one at a time; people change last, so that rows that share one stand together.

    Raises:
        StudioError: where there is nobody, or nothing, to combine.
    """
    axes = {"people": people, "clothes": clothes, "poses": poses, "faces": faces, "seeds": seeds}
    if missing := [name for name, axis in axes.items() if not axis]:
        raise StudioError(f"There are no {missing[0]} to combine.")
    for person, garment, pose, face, seed in product(*axes.values()):
        yield Row(person, garment, pose, face, str(seed))


def named(words: Sequence[str], root: Path, endings: Sequence[str], *, samples: Sequence[str] = ()) -> list[str]:
    """What rows call the things of an option: a sample's id or another known word as it is; of a folder every file
    that has one of the endings, IUV maps left out; of a file its path; below `root`.

    Raises:
        StudioError: for what is neither, an empty folder, and files outside `root`.
    """
    out: list[str] = []
    for word in words:
        path = Path(word)
        if word in samples:
            out.append(word)
        elif path.is_dir():
            found = sorted(file for file in path.iterdir() if _counts(file, endings))
            if not found:
                raise StudioError(f"There is nothing to take in {word}: files that end with {', '.join(endings)}.")
            out += [_below(file, root) for file in found]
        elif path.is_file():
            out.append(_below(path, root))
        else:
            known = f" Known without a file are: {', '.join(samples)}." if samples else ""
            raise StudioError(f"There is no file and no folder {word}.{known}")
    return out


def _counts(file: Path, endings: Sequence[str]) -> bool:
    return file.suffix.lower() in endings and not file.stem.endswith(MAP) and not file.name.startswith(".")


def _below(file: Path, root: Path) -> str:
    try:
        return Path(os.path.abspath(file)).relative_to(os.path.abspath(root)).as_posix()
    except ValueError:
        raise StudioError(
            f"{file} is not below {root}. A table names files below one folder: its own, or the one that --root names."
        ) from None


def numbers(text: str) -> list[int]:
    """Seeds as typed: "3", "0,1,5" or "0-9".

    Raises:
        StudioError: for anything else.
    """
    out: list[int] = []
    for piece in text.split(","):
        first, dash, last = piece.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise StudioError(f"{text!r} are no seeds. Write them as 0,1,5 or 0-9.")
        out += range(int(first), int(last if dash else first) + 1)
    return out
