"""A folder to read from or to write to: on this machine, or wherever fsspec reaches (`s3://`, `gs://`, `memory://`)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mcld_app.errors import FileError, StudioError
from mcld_app.files import write_whole, writing


@dataclass(frozen=True)
class Place:
    """A folder.

    Attributes:
        name: its path, or its address such as "s3://bucket/folder".
    """

    name: str

    @property
    def local(self) -> Path | None:
        """The folder on this machine; None where it is elsewhere."""
        return local_path(self.name)

    def is_same(self, other: Place) -> bool:
        """Whether both are one folder."""
        here, there = self.local, other.local
        return self.name == other.name if here is None or there is None else here.resolve() == there.resolve()

    def read(self, file: str, most: int | None = None) -> bytes:
        """The bytes of a file in it.

        Args:
            file: its path below this folder, as `inside` takes it.
            most: bytes; of a larger one nothing is read.

        Raises:
            StudioError: where it is none, is too large or cannot be read.
        """
        fs, root = self._system()
        path = f"{root}/{inside(file)}"
        try:
            if most is not None and fs.size(path) > most:
                raise StudioError(f"{file} is larger than {most >> 20} MB.")
            return fs.cat_file(path)
        except FileNotFoundError as error:
            raise StudioError(f"There is no file {file} in {self.name}.") from error
        except OSError as error:
            raise StudioError(f"{file} in {self.name} cannot be read.") from error

    def has(self, file: str) -> bool:
        """Whether there is such a file below it."""
        fs, root = self._system()
        return fs.isfile(f"{root}/{inside(file)}")

    def write(self, file: str, data: bytes) -> None:
        """Write a file, whole or not at all: in one step on a disk; an object storage shows no half object either.

        Raises:
            FileError, DiskFull: as `files.writing` says.
        """
        if (folder := self.local) is not None:
            with writing(folder / inside(file)):
                write_whole(folder / inside(file), data)
            return
        fs, root = self._system()
        path = f"{root}/{inside(file)}"
        try:
            fs.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
            fs.pipe_file(path, data)
        except OSError as error:
            raise FileError(f"{self.name}/{file} cannot be written: {error.strerror or error}.") from error

    def remove(self, file: str) -> None:
        """Delete a file, if it is there."""
        fs, root = self._system()
        with contextlib.suppress(FileNotFoundError):
            fs.rm_file(f"{root}/{inside(file)}")

    def names(self) -> set[str]:
        """The paths of all files below it, "/" between folders: one listing, where asking for each would be a million
        questions. Empty where there is no such folder."""
        fs, root = self._system()
        fs.invalidate_cache()
        with contextlib.suppress(FileNotFoundError):
            return {path[len(root) + 1 :] for path in fs.find(root)}
        return set()

    def _system(self):
        import fsspec

        try:
            fs, root = fsspec.core.url_to_fs(self.name)
        except (ImportError, ValueError) as error:  # its own words name the package that is missing
            raise StudioError(f"{self.name} cannot be reached: {error}") from error
        return fs, root.rstrip("/")


def local_path(name: str) -> Path | None:
    """A path, or an address, as a path on this machine, which `file://…` is, too; None where it is elsewhere."""
    if "://" not in name:
        return Path(name)
    if name.partition("://")[0] not in ("file", "local"):
        return None
    import fsspec

    return Path(fsspec.core.url_to_fs(name)[1])


def place_and_file(name: str) -> tuple[Place, str]:
    """A file by its path or address: the folder it lies in, and what it is called there."""
    folder, _, file = name.replace("\\", "/").rpartition("/") if "://" not in name else name.rpartition("/")
    return Place(folder or "."), file


def inside(file: str) -> str:
    """A path below a folder, as it may be written in a table.

    Raises:
        StudioError: for an absolute path, and one that leaves the folder.
    """
    path = file.replace("\\", "/")
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or ":" in parts[0]:
        raise StudioError(f"{file!r} is no path below the folder. Leave out “..”, drives and a “/” in front.")
    return "/".join(parts)
