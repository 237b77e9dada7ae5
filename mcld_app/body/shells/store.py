"""Shells as bytes and back: a compressed archive of plain arrays, exact."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence

import numpy as np

from mcld_app.body.shells.shell import HANGS_ON, Shell
from mcld_app.errors import StudioError

LARGEST_FILE = 8 * 2**20
"""Bytes; those of a person are some 400 kB."""

_MOST = 16  # shells
_DAMAGES = (OSError, ValueError, LookupError, TypeError, SyntaxError, EOFError, NotImplementedError, RuntimeError,
            MemoryError, OverflowError)  # fmt: skip
_ARRAYS = ("rest", "gathered", "weights", "faces", "kinds", "places", "picture")


def shells_to_bytes(shells: Sequence[Shell]) -> bytes:
    """Shells as a file's content."""
    arrays = {"hangs_on": np.array([HANGS_ON.index(shell.hangs_on) for shell in shells], np.uint8)}
    for number, shell in enumerate(shells):
        arrays |= {f"{number}_{name}": getattr(shell, name) for name in _ARRAYS}
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def shells_from_bytes(data: bytes) -> tuple[Shell, ...]:
    """What `shells_to_bytes` gave.

    Raises:
        StudioError: where the bytes are none of its, or hold shells that cannot be.
    """
    if len(data) > LARGEST_FILE:
        raise StudioError("This is no file of shells: it is larger than 8 MB. Choose one that was saved here.")
    try:
        _check_unpacked(data)
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            hangs_on = [HANGS_ON[number] for number in file["hangs_on"].tolist()]
            found = [{name: file[f"{number}_{name}"] for name in _ARRAYS} for number in range(len(hangs_on[:_MOST]))]
    except (*_DAMAGES, zipfile.BadZipFile, zlib.error) as error:
        raise StudioError("This is no file of shells, or it is damaged. Choose one that was saved here.") from error
    return tuple(Shell(place, **arrays) for place, arrays in zip(hangs_on, found, strict=False))


def _check_unpacked(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(member.file_size for member in archive.infolist()) > 8 * LARGEST_FILE:
            raise ValueError("too large when unpacked")
