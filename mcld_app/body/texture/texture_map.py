"""A texture map: a person's appearance in SMPL's layout, and its look-up by an IUV map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.sampling import read_at
from mcld_app.errors import StudioError


@dataclass(frozen=True)
class TextureMap:
    """A person's appearance in SMPL's layout.

    Attributes:
        image: (512, 512, 3) uint8 RGB; what it holds where not covered means nothing (black, as a rule).
        coverage: (512, 512) bool, True where the texel was seen (or lies within 5 texels of one that was).
    """

    image: np.ndarray
    coverage: np.ndarray


def merge(textures: Sequence[TextureMap]) -> TextureMap:
    """Several photos of one person (front and back, say) as one fuller map: each texel is taken from the first map in
    the list that covers it.

    Raises:
        StudioError: for an empty list.
    """
    if not textures:
        raise StudioError("There is nothing to merge: give at least one texture map.")
    image, coverage = textures[0].image.copy(), textures[0].coverage.copy()
    for other in textures[1:]:
        new = other.coverage & ~coverage
        image[new] = other.image[new]
        coverage |= new
    return TextureMap(image, coverage)


def render(texture: TextureMap, iuv: np.ndarray) -> np.ndarray:
    """The person of a texture map in the pose of an IUV map, by bilinear look-up.

    Args:
        texture: where to look colours up.
        iuv: (H, W, 3) uint8, I 0..24, U, V.

    Returns:
        (H, W, 4) uint8 RGBA; alpha is 255 where the body is seen and its texel covered, else 0 (and black).
    """
    height, width = iuv.shape[:2]
    pixel, texel = texels_seen(iuv)
    out = np.zeros(height * width, np.uint32)  # four bytes a pixel: red, green, blue, alpha
    out[pixel] = look_up(texture, texel).view(np.uint32)[:, 0]
    return out.view(np.uint8).reshape(height, width, 4)


def look_up(texture: TextureMap, texel: np.ndarray) -> np.ndarray:
    """The colours (N, 4) uint8 RGBA at N places (N, 2) float32, x and y on the texture map, by bilinear look-up; alpha
    as in `render`."""
    if not len(texel):
        return np.zeros((0, 4), np.uint8)
    covered = texture.coverage.view(np.uint8)
    source = cv2.merge([*cv2.split(cv2.copyTo(texture.image, covered)), covered * np.uint8(255)])
    found = read_at(source, texel)
    mixed = np.flatnonzero(found.view("<u4")[:, 0] < 0xFF000000)  # with uncovered black: take that share out again
    colour, alpha = found[mixed, :3].astype(np.float32), found[mixed, 3:]
    colour = np.minimum(colour * 255 / np.maximum(alpha, 1), 255).astype(np.uint8)
    found[mixed] = np.where(alpha >= 96, np.concatenate([colour, np.full_like(alpha, 255)], 1), 0)
    return found


def places(iuv: np.ndarray) -> np.ndarray:
    """Where on the texture map each pixel of an IUV map looks.

    Args:
        iuv: (H, W, 3) uint8, channels I, U, V.

    Returns:
        (H, W, 3) float32: x and y in 0..1 on the texture map, and 1 where there is a body; 0, 0, 0 elsewhere.
    """
    out = np.zeros((iuv.shape[0] * iuv.shape[1], 3), np.float32)
    pixel, xy = texels_seen(iuv)
    out[pixel, :2] = (xy + 0.5) / TEXTURE
    out[pixel, 2] = 1
    return out.reshape(*iuv.shape)


def texels_seen(iuv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(flat pixel numbers (N,), texture-map x and y (N, 2) float32) of the pixels that show the body."""
    i, u, v = cv2.split(np.ascontiguousarray(iuv))
    pixel = np.flatnonzero(i > 0)
    # V, U, I and a zero, read as one little-endian number: the address in the table. x and y come in one look-up too.
    key = cv2.merge([v, u, i, np.zeros_like(i)]).view("<u4").reshape(-1).take(pixel)
    packed = charts().texel_of_iuv.view(np.uint32).reshape(-1).take(key)
    return pixel, packed.view(np.uint16).reshape(-1, 2) * np.float32(charts().texel_scale)
