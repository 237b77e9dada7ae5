"""Results of a test list, and the true pictures they are measured against, at the paper's two sizes.

A results folder holds `256/` and `512/` (or one of them), and in each a PNG for every pair, named
`{from stem}_2_{to stem}.png`. The data lie as `mcld_app.data.layout` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mcld_app.body.iuv import resize_iuv
from mcld_app.data.deepfashion import read_map, read_picture
from mcld_app.data.layout import DataError, Layout, Pair, require


@dataclass(frozen=True)
class Resolution:
    """A size the paper evaluates at, in pixels."""

    height: int
    width: int

    @property
    def folder(self) -> str:
        """Its folder of results."""
        return str(self.height)

    def __str__(self) -> str:
        return f"{self.height} x {self.width}"


RESOLUTIONS = (Resolution(256, 176), Resolution(512, 352))


def resolutions_in(results: Path) -> tuple[Resolution, ...]:
    """The sizes that a results folder has.

    Raises:
        DataError: no such folder, or neither 256/ nor 512/ in it.
    """
    if not results.is_dir():
        raise DataError(f"There is no folder {results}. Name the one that holds the results, in 256/ and 512/.")
    found = tuple(resolution for resolution in RESOLUTIONS if (results / resolution.folder).is_dir())
    if not found:
        raise DataError(
            f"{results} has neither a folder 256/ nor 512/. Put results of 256 x 176 pixels (height x width) into the "
            "one and of 512 x 352 into the other, each named {from stem}_2_{to stem}.png."
        )
    return found


def result_path(results: Path, resolution: Resolution, pair: Pair) -> Path:
    """The file of a pair's result."""
    return results / resolution.folder / pair.result


def require_results(results: Path, resolution: Resolution, pairs: Sequence[Pair]) -> None:
    """That every pair has its result.

    Raises:
        DataError: naming the first that has none, and how many have none.
    """
    require(
        (result_path(results, resolution, pair) for pair in pairs),
        f"results of {resolution}",
        "Generate them, or give a shorter list of pairs.",
    )


def read_result(results: Path, resolution: Resolution, pair: Pair) -> np.ndarray:
    """A result, (H, W, 3) uint8 RGB.

    Raises:
        DataError: not a picture, or of another size; the file is named.
    """
    path = result_path(results, resolution, pair)
    picture = read_picture(path)
    if picture.shape[:2] != (resolution.height, resolution.width):
        raise DataError(
            f"{path} is {picture.shape[0]} x {picture.shape[1]} pixels (height x width), and {resolution} is measured. "
            "Save it at that size: results are compared as they are."
        )
    return picture


def read_truth(layout: Layout, resolution: Resolution, name: str) -> np.ndarray:
    """A photo of the data set at a size, (H, W, 3) uint8 RGB: by antialiased bicubic, as the authors resize it.

    Raises:
        DataError: not a picture; the file is named.
    """
    photo = Image.fromarray(read_picture(layout.photo(name)))
    return np.array(photo.resize((resolution.width, resolution.height), Image.Resampling.BICUBIC))


def read_pose(layout: Layout, resolution: Resolution, name: str) -> np.ndarray | None:
    """The IUV map of a photo at a size, (H, W, 3) uint8 I, U, V, nearest pixels; None where there is no such file.

    Raises:
        DataError: a file that is no IUV map, named.
    """
    path = layout.densepose(name)
    return resize_iuv(read_map(path), (resolution.height, resolution.width)) if path.is_file() else None
