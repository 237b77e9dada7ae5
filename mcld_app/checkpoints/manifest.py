"""The checksum manifest: each file's SHA-256 on its arrival. A file that is not in it, or has changed, is not loaded.

A file gets in by being one whose published hash stands in the table, by being downloaded here (where the table has no
hash, it is checked against the server's own word, and where that says none, against nothing), by lying in the Hugging
Face cache under its own hash, by being converted here from such a file, or by the owner's word on the command line
(`python -m mcld_app trust FILE`). Of a download, the repository's commit is noted, too: later ones are of the same.

It is a small JSON file in the checkpoints folder. Names under that folder are kept relative to it, so it may be moved.
Hashing 3 GB takes seconds, so a file whose size and time have not changed since it was last hashed is not hashed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mcld_app.checkpoints.errors import BrokenWeights, UntrustedWeights, WeightsError
from mcld_app.checkpoints.folders import checkpoints_folder
from mcld_app.checkpoints.formats import recognise
from mcld_app.checkpoints.table import TABLE
from mcld_app.files import write_whole

# The first version's name: under another one, owners would have to vouch for all their files again.
NAME = "ledger.json"
_BLOCK = 1 << 22

COLOURS = {
    "BGR": "takes colours blue first, as it finds more body so",
    "RGB": "takes colours red first, as it finds more body so",
    "either": "is given colours blue first, as detectron2 is: it finds about as much body either way",
}
"""What was found of a DensePose export's order of colours, in words."""


@dataclass(frozen=True)
class Entry:
    """What is known of a file.

    Attributes:
        sha256: of its content, 64 hex digits.
        size, mtime_ns: when it was last hashed.
        how: "published" (its hash stands in the table), "downloaded" (it has the hash that the server said),
            "unchecked" (downloaded, and the server said none), "cached", "converted", "saved" or "trusted".
        source, source_sha256: of a converted file: what it was made from.
        repository, revision: of a downloaded file: where it is from, and at which commit, as far as the server said.
        colours: of a DensePose export, once tried: one of `COLOURS` (see `perception.densepose_probe`).
    """

    sha256: str
    size: int
    mtime_ns: int
    how: str
    source: str | None = None
    source_sha256: str | None = None
    repository: str | None = None
    revision: str | None = None
    colours: str | None = None


class ChecksumManifest:
    """The manifest of a checkpoints folder.

    Args:
        folder: default: `checkpoints_folder()`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or checkpoints_folder()).absolute()
        self.path = self.folder / NAME

    def entry(self, path: Path) -> Entry | None:
        """What is known of a file, or None."""
        return self._read().get(self._key(path))

    def record(
        self,
        path: Path,
        how: str,
        *,
        sha256: str | None = None,
        source: Path | None = None,
        source_sha256: str = "",
        repository: str | None = None,
        revision: str | None = None,
    ) -> Entry:
        """Note a file as it is now; the arguments are those of `Entry`.

        Raises:
            WeightsError: where the manifest cannot be written.
        """
        stat = path.stat()
        entry = Entry(
            sha256=sha256 or sha256_of(path),
            size=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
            how=how,
            source=self._key(source) if source else None,
            source_sha256=source_sha256 or None,
            repository=repository,
            revision=revision,
        )
        self._write(path, entry)
        return entry

    def verify(self, path: Path, *, known: tuple[str, ...] = (), in_cache: bool = False) -> Entry:
        """Make sure that a file is what it was.

        Args:
            path: the file.
            known: published hashes; a file that has one of them needs nobody's word.
            in_cache: it lies in the Hugging Face cache, whose files are named by their hash.

        Raises:
            BrokenWeights: it is cut short, no weights, or not the file that was noted.
            UntrustedWeights: nobody has vouched for it yet.
        """
        recognise(path)
        stat = path.stat()
        entry = self.entry(path)
        if entry is not None:
            if (entry.size, entry.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
                return entry
            if sha256_of(path) != entry.sha256:
                raise BrokenWeights(
                    f"{path} is not the file it was: its SHA-256 has changed. If you replaced it yourself, say so with "
                    f"`{command(path)}`; else delete it and get it again."
                )
            entry = replace(entry, size=stat.st_size, mtime_ns=stat.st_mtime_ns)
            self._write(path, entry, must=False)
            return entry
        named = path.resolve().name if in_cache else ""
        named = named if re.fullmatch(r"[0-9a-f]{64}", named) else ""
        if known or named:
            digest = sha256_of(path)
            if digest in known or digest == named:
                entry = Entry(digest, stat.st_size, stat.st_mtime_ns, "cached" if in_cache else "published")
                self._write(path, entry, must=False)
                return entry
            if named:
                raise BrokenWeights(f"{path} is damaged: its content does not have the SHA-256 it is named by.")
        raise UntrustedWeights(
            f"{path} was not downloaded by this program, so nobody has vouched for it. If you know where it comes "
            f"from, say so once with `{command(path)}`."
        )

    def revision_of(self, repository: str) -> str | None:
        """The commit of which files of a repository were downloaded, the first of several; None where none is known."""
        noted = [entry for entry in self._read().values() if entry.repository == repository and entry.revision]
        return min(noted, key=lambda entry: entry.mtime_ns).revision if noted else None

    def note_colours(self, path: Path, colours: str) -> None:
        """Note a file's order of colours; where the manifest cannot be written, it is found out again another time."""
        entry = self.entry(path)
        if entry is not None:
            self._write(path, replace(entry, colours=colours), must=False)

    def is_stale(self, path: Path) -> bool:
        """Whether a file was converted from another one that is still there and has changed since."""
        entry = self.entry(path)
        if entry is None or not entry.source:
            return False
        source = self.folder / entry.source  # an absolute source stays what it is
        noted = self.entry(source)
        if noted is None or not source.is_file():
            return False
        stat = source.stat()
        same = (noted.size, noted.mtime_ns) == (stat.st_size, stat.st_mtime_ns)
        return noted.sha256 != entry.source_sha256 or not same

    # --- The file --------------------------------------------------------------------------------------------------

    def _key(self, path: Path) -> str:
        # Not resolved: a name in the Hugging Face cache is a link, and the link is what was vouched for.
        path = Path(os.path.abspath(path))
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else path.as_posix()

    def _read(self) -> dict[str, Entry]:
        try:
            stored = json.loads(self.path.read_text("utf-8"))
            return {key: Entry(**value) for key, value in stored["files"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise WeightsError(
                f"{self.path} cannot be read ({type(error).__name__}). Delete it; files you vouched for must then be "
                "vouched for again."
            ) from error

    def _write(self, path: Path, entry: Entry, *, must: bool = True) -> None:
        try:
            with self._locked():
                files = {key: asdict(value) for key, value in self._read().items()}
                files[self._key(path)] = asdict(entry)
                write_whole(self.path, json.dumps({"version": 1, "files": files}, indent=1, sort_keys=True).encode())
        except OSError as error:
            if must:  # else it only costs the time to hash again
                raise WeightsError(f"{self.path} cannot be written: {error.strerror or error}.") from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".ledger.lock", timeout=30):
            yield


def sha256_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    """The SHA-256 of a file, 64 hex digits; `on_bytes` is called with the number of bytes read so far."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            if on_bytes is not None:
                on_bytes(done)
    return digest.hexdigest()


def trust(path: Path, folder: Path | None = None) -> dict[Path, Entry]:
    """The owner's word: note a weight file, or each one in a folder, as it is now.

    This is for the command line alone: nothing that a visitor of the page can reach may call it.

    Raises:
        WeightsError: where there is no such file, or it is plainly no weights.
    """
    manifest = ChecksumManifest(folder)
    path = Path(path)
    extensions = {extension for weight in TABLE for extension in weight.extensions}
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix in extensions)
        if not files:
            raise WeightsError(f"There are no weights in {path}: no {', '.join(sorted(extensions))}.")
    elif path.is_file():
        files = [path]
    else:
        raise WeightsError(f"There is no file {path}.")
    for file in files:
        recognise(file)
    return {file: manifest.record(file, "trusted") for file in files}


def command(path: Path) -> str:
    """What the owner types to vouch for a file."""
    text = str(path)
    plain = re.fullmatch(r"[\w./\\:~-]+", text)
    return "python -m mcld_app trust " + (text if plain else f'"{text}"')
