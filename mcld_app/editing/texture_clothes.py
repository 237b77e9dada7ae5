"""Clothes from a texture map: the map itself as somebody's picture, so that they are worn and kept as any others."""

from __future__ import annotations

import numpy as np

from mcld_app.body.charts import TEXTURE, iuv_of_texel
from mcld_app.body.picture_file import PictureSource
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.texture_file import read_texture_map
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.garment import Garment
from mcld_app.editing.person import Person, kept_person

_SIZE = (745, TEXTURE)  # 11:16, as every person's picture
_TOP = (_SIZE[0] - TEXTURE) // 2


def clothes_of_texture(name: str, source: PictureSource) -> Garment:
    """What a texture map shows somebody wear: SMPL's square layout at any size, or DensePose's atlas of 24 parts.

    Raises:
        PictureError: where the file is no texture map, see `read_texture_map`.
    """
    texture = read_texture_map(source)
    photo, iuv = np.full((*_SIZE, 3), 128, np.uint8), np.zeros((*_SIZE, 3), np.uint8)
    here = slice(_TOP, _TOP + TEXTURE)
    photo[here] = _without_edges(texture)
    iuv[here] = np.where(texture.coverage[..., None], iuv_of_texel(), 0)
    return Garment(name, kept_person(name, photo, iuv), "outfit")


def shows_texture(person: Person) -> bool:
    """Whether somebody's picture is a texture map, as `clothes_of_texture` makes it."""
    if person.iuv.shape[:2] != _SIZE:
        return False
    here = person.iuv[_TOP : _TOP + TEXTURE]
    return bool(here[..., 0].any() and ((here == iuv_of_texel()) | (here[..., :1] == 0)).all())


def _without_edges(texture: TextureMap) -> np.ndarray:
    """(512, 512, 3) uint8: the map with its colours going on beyond its islands: a picture is read between pixels."""
    filled = pull_push(texture.image.astype(np.float32), texture.coverage.astype(np.float32))
    return np.where(texture.coverage[..., None], texture.image, np.clip(filled + 0.5, 0, 255).astype(np.uint8))
