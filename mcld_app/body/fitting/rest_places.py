"""Which place of the resting body each pixel of a map shows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.texture.texture_map import texels_seen


def rest_places(iuv: np.ndarray) -> np.ndarray:
    """The places that a map (H, W, 3) uint8 shows, within a centimetre: the middle of the mesh's triangle there.

    Returns:
        (H, W, 3) float32, metres, as in `surface.RestSurface`; NaN where no body is seen.
    """
    pixel, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), TEXTURE - 1).astype(np.int64).T
    face = charts().face_of_texel.reshape(TEXTURE, TEXTURE)[row, column]
    out = np.full((iuv.shape[0] * iuv.shape[1], 3), np.nan, np.float32)
    out[pixel[face >= 0]] = _middles()[face[face >= 0]]
    return out.reshape(*iuv.shape[:2], 3)


@lru_cache(maxsize=1)
def _middles() -> np.ndarray:
    c = charts()
    return body_mesh().rest[c.body_vertex[c.faces]].mean(1).astype(np.float32)
