"""Room on a disk: asked for before writing, and said in a sentence when it runs out all the same."""

from __future__ import annotations

import contextlib
import errno
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from mcld_app.checkpoints.errors import DiskFull, WeightsError
from mcld_app.checkpoints.table import in_words

MARGIN = 50_000_000  # bytes left over, for whatever else the system writes meanwhile
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of a folder that may not exist yet."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def need_room(folder: Path, size: int, what: str) -> None:
    """Make sure that `size` bytes fit.

    Raises:
        DiskFull: where they do not.
    """
    free = free_bytes(folder)
    if free < size + MARGIN:
        raise DiskFull(
            f"There is not enough space in {folder} for {what}: it takes {in_words(size)}, and {in_words(free)} are "
            "free. Make room, or set MCLD_CHECKPOINTS to a folder on another disk."
        )


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns what goes wrong when `path` is written into a sentence.

    Raises:
        DiskFull: the disk is full. WeightsError: it may not be written, or another trouble of the disk.
    """
    from safetensors import SafetensorError

    try:
        try:
            yield
        except SafetensorError as error:  # its writer wraps the system's errors in text
            match = re.search(r"os error (\d+)", str(error))
            raise OSError(int(match[1]) if match else errno.EIO, str(error)) from error
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(
                f"The disk became full while {path} was written. "
                "Nothing half-written was left; make room and try again."
            ) from error
        raise WeightsError(f"{path} cannot be written: {error.strerror or error}.") from error
