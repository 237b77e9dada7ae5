"""The authors' own outline of the charts, where somebody has it: the picture that comes with their code."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcld_app.body.charts import ATLAS
from mcld_app.body.photo import read_photo
from mcld_app.errors import PictureError

_ROWS, _COLUMNS = 6, 4


def read_outline(path: Path) -> np.ndarray:
    """The charts' outline from a picture of all 24 charts, white on black: 6 rows and 4 columns of 200 x 200, filled
    column by column, as the authors keep texture maps too.

    Returns:
        (24, 200, 200) bool, True inside a chart.

    Raises:
        PictureError: where the picture is none of that kind.
    """
    picture = read_photo(path)
    if picture.shape[:2] != (_ROWS * ATLAS, _COLUMNS * ATLAS):
        raise PictureError(
            f"{path} is no outline of the charts: that is a picture of {_COLUMNS * ATLAS} x {_ROWS * ATLAS} pixels, "
            f"and this one has {picture.shape[1]} x {picture.shape[0]}. Take it away, or put the authors' there."
        )
    tiles = (picture[..., 0] > 0).reshape(_ROWS, ATLAS, _COLUMNS, ATLAS)
    return np.ascontiguousarray(tiles.transpose(2, 0, 1, 3).reshape(_ROWS * _COLUMNS, ATLAS, ATLAS))
