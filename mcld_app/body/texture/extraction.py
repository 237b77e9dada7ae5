"""Extraction: photo and IUV map to texture map.

Two ways to extract a texture map:

* "fast" (the default) averages every pixel that falls on a texel, fills gaps smoothly, and knows by its own mask what
  was seen, so a black garment stays black cloth. It is what the studio shows and edits.
* "exact" repeats the MCLD authors' preprocessing, byte for byte with their outline of the charts and within 35 dB with
  our own, see `atlas`. It is what their network was trained on, and what the published model is given.

"fast" is the default because it loses nothing of a dark garment and follows an edit at once.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts, touching_parts
from mcld_app.body.iuv import check_iuv
from mcld_app.body.texture.atlas import atlas_to_texture, extract_atlas
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.texture_map import TextureMap, texels_seen
from mcld_app.errors import StudioError

# How far around a seen texel the texture map is still trusted, in texels (the authors' 10 x 10 dilation).
_REACH = 5
# A pixel on the silhouette shows half background: it counts only where nothing better was seen.
_RIM_WEIGHT = 0.1


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
