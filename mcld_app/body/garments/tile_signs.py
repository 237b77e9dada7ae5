"""Whether a picture is a pattern's tile or swatch, and no garment: small, about square, and cloth from edge to edge."""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments.cutout import LEAST_SIDE, SeveralGarments, cut_out
from mcld_app.errors import PictureError

_SMALL = 600  # pixels of a tile's longer side, at most
_SQUARE = 1.6  # its longer side by its shorter one, at most
_STEP, _NOISE = 1.2, 4.0  # by how much, times and grey levels, edges may differ more than neighbouring rows do
_PLAIN = 6  # grey levels: of less, a picture is of one colour
_LARGER = 3  # times, to look at a tiny picture for a garment


def may_be_swatch(picture: np.ndarray) -> bool:
    """Whether a picture (H, W, 3 or 4) uint8 has the shape of a tile or a swatch, whatever its size."""
    height, width = picture.shape[:2]
    return max(height, width) <= _SQUARE * min(height, width)


def looks_like_tile(picture: np.ndarray) -> bool:
    """Whether a picture (H, W, 3 or 4) uint8 is a pattern's tile for sure: small, with edges that fit each other, and
    without one or a few things that stand out of a ground."""
    if not may_be_swatch(picture) or not 1 < min(picture.shape[:2]) <= max(picture.shape[:2]) <= _SMALL:
        return False
    tiny = min(picture.shape[:2]) < LEAST_SIDE
    if not tiny and np.ptp(picture[..., :3].reshape(-1, 3), axis=0).max() < _PLAIN:
        return False
    if not _edges_meet(picture):
        return False
    try:
        while min(picture.shape[:2]) < LEAST_SIDE:
            picture = picture.repeat(_LARGER, 0).repeat(_LARGER, 1)
        cut_out(picture)
    except SeveralGarments:
        return False
    except PictureError:
        return True
    return False


def _edges_meet(picture: np.ndarray) -> bool:
    """Whether the picture goes on when it is laid beside itself, in both directions."""
    colours = picture[..., :3].astype(np.float32)
    for lines in (colours, colours.transpose(1, 0, 2)):
        apart = np.abs(lines[0] - lines[-1]).mean()
        usual = np.abs(np.diff(lines, axis=0)).mean((1, 2)).max()  # where a stripe ends, neighbours differ most
        if apart > _STEP * usual + _NOISE:
            return False
    return True
