"""The authors' prepared DeepFashion folder (or any in its layout, see `layout`) as training examples.

Everything is resized as the authors do: by Pillow's default filter, without regard to the aspect, the IUV map too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from mcld_app.body.iuv import PARTS, from_network_rgb, resize_like_authors
from mcld_app.body.picture_file import Wanted, open_picture
from mcld_app.data.example import Example
from mcld_app.data.layout import DataError, Layout, read_pairs, require
from mcld_app.errors import PictureError

IDENTITY = 512


class PreparedFolder:
    """A map-style data set: item n is pair n of the list, as an Example with one target.

    Attributes:
        layout: where its files lie.
        pairs: the list, in the file's order.
        size: (height, width) of photos and poses.
        texture_size: side of the texture maps.
    """

    def __init__(
        self,
        folder: str | Path,
        split: str,
        size: tuple[int, int],
        *,
        pairs: str | Path | None = None,
        texture_size: int = 512,
    ) -> None:
        """Read the list and look whether every file it needs is there; no picture is opened yet.

        Args:
            folder: what holds `train`, `train_densepose` and the others.
            split: "train" or "test".
            size: (height, width) in pixels that photos and IUV maps are resized to; (512, 512) in the paper.
            pairs: the list of pairs; default: the one in the folder.
            texture_size: side in pixels that texture maps are resized to.

        Raises:
            DataError: a missing folder, list or file, an empty list, or a size that is none.
        """
        if len(size) != 2 or min(*size, texture_size) < 1:
            raise DataError(f"Pictures of {size} and textures of {texture_size} pixels cannot be: give sizes above 0.")
        self.layout = Layout(Path(folder), split)
        self.layout.check()
        self.pairs = read_pairs(self.layout.pairs() if pairs is None else pairs)
        self.size, self.texture_size = (int(size[0]), int(size[1])), int(texture_size)
        photos = [name for pair in self.pairs for name in (pair.source, pair.target)]
        require(map(self.layout.photo, photos), "photos", "Put them there, or shorten the list of pairs.")
        prepare = "Prepare the folder again, or shorten the list of pairs."
        require((self.layout.densepose(pair.target) for pair in self.pairs), "IUV maps", prepare)
        require((self.layout.texture(pair.source) for pair in self.pairs), "texture maps", prepare)

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[Example]:
        return (self[n] for n in range(len(self)))

    def __getitem__(self, n: int) -> Example:
        """Pair n: photos (H, W, 3), one target and pose (1, H, W, 3), texture (T, T, 3), identity (512,).

        Raises:
            IndexError: where there is no pair n.
            DataError: a file that is damaged or not what it should be, named.
        """
        pair = self.pairs[n]
        texture, coverage = read_texture(self.layout.texture(pair.source), self.texture_size)
        return Example(
            photo=read_picture(self.layout.photo(pair.source), self.size),
            texture=texture,
            coverage=coverage,
            identity=read_identity(self.layout.face(pair.source)),
            targets=read_picture(self.layout.photo(pair.target), self.size)[None],
            poses=resize_like_authors(read_map(self.layout.densepose(pair.target)), self.size)[None],
        )


def read_picture(path: Path, size: tuple[int, int] | None = None) -> np.ndarray:
    """A picture as (H, W, 3) uint8 RGB, resized to `size` (height, width) by Pillow's default filter, if given.

    Raises:
        DataError: not a picture, or damaged; the file is named.
    """
    image = _open(path)
    return np.array(image if size is None else image.resize((size[1], size[0])))


def read_map(path: Path) -> np.ndarray:
    """An IUV map as (H, W, 3) uint8 I, U, V. One without a body is let pass, for the lists hold such photos.

    Raises:
        DataError: not a picture, or part numbers above 24; the file is named.
    """
    iuv = from_network_rgb(np.array(_open(path)))
    if iuv[..., 0].max() > PARTS:
        other = " Its red channel would do: it was written in another order." if iuv[..., 2].max() <= PARTS else ""
        raise DataError(
            f"{path} is no IUV map in the authors' order: the channel OpenCV reads first holds {iuv[..., 0].max()}, "
            f"and DensePose's parts go from 1 to {PARTS}.{other} Make it again and save it as PNG, unresized."
        )
    return iuv


def read_texture(path: Path, side: int) -> tuple[np.ndarray, np.ndarray]:
    """A texture map, (side, side, 3) uint8 RGB, and its coverage, (side, side) bool: pure black is a hole.

    Colours are resized by Pillow's default filter, coverage by the nearest texel.

    Raises:
        DataError: not a picture; the file is named.
    """
    image = _open(path)
    covered = Image.fromarray(np.array(image).any(-1).astype(np.uint8))
    coverage = np.array(covered.resize((side, side), Image.Resampling.NEAREST)).astype(bool)
    return np.array(image.resize((side, side))), coverage


def read_identity(path: Path) -> np.ndarray:
    """A face embedding, (512,) float32; zeros where there is no such file, which means no face.

    Raises:
        DataError: not 512 finite numbers in NumPy's format; the file is named.
    """
    if not path.is_file():
        return np.zeros(IDENTITY, np.float32)
    try:
        embedding = np.load(path, allow_pickle=False)
        identity = np.asarray(embedding, np.float32).reshape(-1)
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise DataError(
            f"{path} is no face embedding: {error}. Make it again: {IDENTITY} floats, saved by NumPy."
        ) from error
    if identity.shape != (IDENTITY,) or not np.isfinite(identity).all():
        found = f"{identity.size} numbers" if identity.size != IDENTITY else "numbers that are not finite"
        raise DataError(f"{path} holds {found}; a face embedding is {IDENTITY} finite floats. Make it again.")
    return identity


def _open(path: Path) -> Image.Image:
    try:
        return open_picture(path, Wanted("file")).image.convert("RGB")
    except PictureError as error:
        raise DataError(f"{path}: {error}") from error
