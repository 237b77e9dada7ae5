"""Files and folders that are there whole or not at all; room on the disk; sizes in words; the user's cache folder."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from mcld_app.deployment import cache_folder_named, user_cache_folder
from mcld_app.errors import DiskFull, FileError

PART = ".part"
"""How the name of a file or folder ends that is being written; it begins with a dot."""

_LEFT = re.compile(r"\..+\.[0-9a-f]{8}" + re.escape(PART))
MARGIN = 50_000_000  # bytes left over, for whatever else the system writes meanwhile
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


def cache_folder() -> Path:
    """The folder where computed tables are kept: MCLD_CACHE_DIR, else in the user's cache folder of this system."""
    return cache_folder_named() or user_cache_folder() / "mcld-studio"


# --- Whole or not at all -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def whole_file(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """A temporary path beside `path` to write to; the file takes its place when the block ends, in one step.

    Args:
        path: the file to write or to replace; its folder is made.
        sync: make sure that the content is on the disk before. Not needed for what can be computed again.

    Raises:
        OSError: where it cannot be written; the temporary file is gone, and what was at `path` is as it was. The same
            holds for whatever the block raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path)
    try:
        yield temporary
        if sync:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` to fill; it takes its place when the block ends, in one step.

    Args:
        path: the folder to write; does not exist, or is empty.

    Raises:
        OSError: where it cannot be written; nothing of it is left. The same holds for whatever the block raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path)
    try:
        temporary.mkdir()
        yield temporary
        if path.is_dir():
            path.rmdir()  # Windows replaces no folder, an empty one neither
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """`whole_folder` for a folder that may hold something: the new one takes the old one's place when the block ends.

    Args:
        path: the folder to write or to replace.

    Raises:
        OSError: where it cannot be written; what was at `path` is as it was. The same holds for whatever the block
            raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, old = _beside(path), _beside(path)
    try:
        temporary.mkdir()
        yield temporary
        if path.exists():
            os.replace(path, old)  # no system replaces a folder that holds something in one step
        try:
            os.replace(temporary, path)
        except OSError:
            if old.exists():
                os.replace(old, path)
            raise
    finally:
        for folder in (temporary, old):
            shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(folder: Path, name: str = "*") -> list[Path]:
    """Delete what writers that were killed (`kill -9`, a power cut) have left in a folder, and nothing else.

    Args:
        folder: where they wrote; need not exist. Nobody may be writing these names there now.
        name: of what they were writing, a pattern as `Path.glob` takes it.

    Returns:
        What was deleted.
    """
    left = [path for path in folder.glob(f".{name}{PART}") if _LEFT.fullmatch(path.name)] if folder.is_dir() else []
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
    return left


def write_whole(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write a file in one step; see `whole_file`."""
    with whole_file(path, sync=sync) as temporary:
        temporary.write_bytes(data)


def read_text(data: bytes) -> str:
    """The text of a file as editors save it: UTF-8, with a byte order mark in front or without, or UTF-16 with one.

    Raises:
        UnicodeDecodeError: for anything else.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def _beside(path: Path) -> Path:
    # A name of its own for each writer, and not `tempfile`'s: such a file is for its owner alone.
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")


# --- Room, and what can go wrong -----------------------------------------------------------------------------------


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
    """The system's errors in the block as one sentence about `path`.

    Raises:
        DiskFull: the disk is full. FileError: it may not be written, or another trouble of the disk.
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
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error


def in_words(size: float | None) -> str:
    """A number of bytes as people say it: "3.5 GB", "4.3 MB", "unknown size"."""
    if size is None:
        return "unknown size"
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
