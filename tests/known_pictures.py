"""Models that know drawn pictures by their content, for tests of data preparation.

They are in a module of their own because the worker processes import it, and nothing else of the tests.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcld_app.body.photo import read_photo
from mcld_app.data.prepare.photos import PICTURES
from mcld_app.engine.cache import content_key
from mcld_app.errors import StudioError


@dataclass(frozen=True)
class KnownPictures:
    """Reads pictures whose true maps are known.

    Attributes:
        known: content of a picture -> the file of its map.
        faces: whether it reads faces.
    """

    known: dict[str, Path]
    faces: bool

    def iuv(self, photo: np.ndarray) -> np.ndarray:
        """The true map. A picture that is all red ends the process, as one that takes all memory does."""
        if photo[..., 0].min() > 200 and photo[..., 1:].max() < 20:
            os._exit(9)
        file = self.known.get(content_key(photo))
        if file is None:
            raise StudioError("There is no person in this photo.")
        return np.load(file, allow_pickle=False)

    def identity(self, photo: np.ndarray, iuv: np.ndarray) -> np.ndarray | None:
        """The head's mean colour over and over, where its front is seen: there U is small."""
        head = iuv[..., 0] >= 23
        if np.count_nonzero(head & (iuv[..., 1] < 64)) < 0.2 * np.count_nonzero(head):
            return None
        return np.resize(photo[head].astype(np.float32).mean(0), 512)


def known_pictures(device: str, *, folder: Path, faces: bool = True) -> KnownPictures:
    """The models for the pictures of a folder, beside which their true maps lie, named `{picture}.npy`."""
    pictures = [path for path in sorted(folder.rglob("*")) if path.suffix in PICTURES]
    named = {path: path.with_name(f"{path.name}.npy") for path in pictures}
    known = {content_key(read_photo(path, max_side=None)): file for path, file in named.items() if file.is_file()}
    return KnownPictures(known, faces)
