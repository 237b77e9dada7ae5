"""Keep examples on disk: drawing a person takes longer than training on one."""

from __future__ import annotations

import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from mcld_app.data.example import Example
from mcld_app.files import whole_file


class Generator(Protocol):
    """A map-style data set that gives the same example for the same number."""

    @property
    def fingerprint(self) -> str:
        """A name, fit for a folder, that another generator's examples never bear."""

    def __len__(self) -> int: ...

    def __getitem__(self, n: int) -> Example: ...


@dataclass(frozen=True)
class Cached:
    """A data set whose examples are made once and then read from a folder.

    Args:
        source: what makes them.
        folder: where to keep them; a few megabytes each. Each generator has a folder of its own in it, named by its
            fingerprint, so examples of an older one, or of another size, are never taken for its own.
    """

    source: Generator
    folder: Path

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, n: int) -> Example:
        """The example of that number. A file that cannot be read is made again."""
        path = Path(self.folder) / self.source.fingerprint / f"{n // 1000:04d}" / f"{n:07d}.npz"
        try:
            with np.load(path, allow_pickle=False) as held:
                return Example(**{name: held[name] for name in held.files})
        except (OSError, ValueError, TypeError, zipfile.BadZipFile):
            pass
        example = self.source[n]
        with whole_file(path, sync=False) as temporary, temporary.open("wb") as file:
            np.savez(file, **{name: value for name, value in asdict(example).items() if value is not None})
        return example
