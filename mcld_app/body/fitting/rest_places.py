"""Which place of the resting body each pixel of a map shows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen

MIDDLE = np.array([0.0, 0.9, 0.0], np.float32)
"""Of the resting body, metres: places are told from here."""


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


def body_places(iuv: np.ndarray) -> np.ndarray:
    """(H, W, 3) float16: the place on the resting body that each pixel of a map (H, W, 3) uint8 shows, metres from
    `MIDDLE`; 0 off the body."""
    places = rest_places(iuv) - MIDDLE
    return np.where(np.isnan(places), np.float32(0), places).astype(np.float16)


@lru_cache(maxsize=2)
def texture_places(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Of a texture map (side, side): each texel's place as in `body_places`, (side, side, 3) float16, and (side, side)
    uint8, 255 on the body's islands."""
    surface = rest_surface()
    step = surface.part.shape[0] // side
    middle = slice(step // 2, None, step)
    part = surface.part[middle, middle]
    place = np.stack([surface.x, surface.y, surface.z], -1)[middle, middle] - MIDDLE
    island = part > 0
    return np.where(island[..., None], place, 0).astype(np.float16), island.astype(np.uint8) * np.uint8(255)
