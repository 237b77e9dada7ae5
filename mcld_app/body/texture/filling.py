"""Filling: the holes of a texture map, from the body's other side and from their surroundings."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts, iuv_of_texel
from mcld_app.body.parts import MIRRORED_U, MIRRORED_V, PARTS, parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import TextureMap, texels_seen

_LIMBS = (
    frozenset({1, 2}),
    frozenset({5, 6, *range(7, 15)}),
    frozenset({3, 4, *range(15, 23)}),
    frozenset({23, 24}),
)  # trunk, legs with feet, arms with hands, head


_HARDLY_SEEN = 0.2  # of a side of the torso
_SQUARE, _SHEET, _LEFT, _BOTTOM = 0.004, 256, -0.5, 0.7  # metres, squares, metres: the sheet before the torso


def fill(texture: TextureMap, *, mirror: bool = True, through: bool = False) -> TextureMap:
    """Every hole of a texture map filled: from the same place on the body's other side where that was seen (unless
    `mirror` is off); with `through`, a side of the torso of which next to nothing was seen from the place behind or in
    front of it; else smoothly from the surroundings. Covers the whole body; seen texels stay as they are."""
    image, known = texture.image, texture.coverage
    if mirror:
        other = mirrored_texel()
        taken = ~known & known.ravel()[other]
        image = np.where(taken[..., None], image.reshape(-1, 3)[other], image)
        known = known | taken
    if through:
        taken = unseen_torso(texture.coverage) & ~known & known.ravel()[texel_behind()]
        image = np.where(taken[..., None], image.reshape(-1, 3)[texel_behind()], image)
        known = known | taken
    body = charts().part_map > 0
    smooth = _surroundings(image.astype(np.float32), known.astype(np.float32))
    if mirror:  # both halves of a back, say, are reached from different sides: give them the same colour
        smooth = (smooth + smooth.reshape(-1, 3)[mirrored_texel()]) / 2
    image = np.where(known[..., None], image, np.where(body[..., None], smooth + 0.5, 0))
    return TextureMap(image.astype(np.uint8), body.copy())


@lru_cache(maxsize=1)
def mirrored_texel() -> np.ndarray:
    """(512, 512) int64: flat number of the texel at the same place on the body's other side."""
    iuv = iuv_of_texel()
    part = iuv[..., 0]
    mirrored = iuv.copy()
    mirrored[..., 0] = np.array([0] + [PARTS[k].mirror for k in range(1, 25)], np.uint8)[part]
    turn_u, turn_v = np.isin(part, list(MIRRORED_U)), np.isin(part, list(MIRRORED_V))
    mirrored[turn_u, 1] = 255 - mirrored[turn_u, 1]
    mirrored[turn_v, 2] = 255 - mirrored[turn_v, 2]
    out = np.arange(TEXTURE * TEXTURE)
    pixel, xy = texels_seen(mirrored)
    column, row = np.minimum(np.round(xy), TEXTURE - 1).astype(np.int64).T
    out[pixel] = row * TEXTURE + column
    out.setflags(write=False)
    return out.reshape(TEXTURE, TEXTURE)


def unseen_torso(coverage: np.ndarray) -> np.ndarray:
    """The side of the torso, front or back, of which next to nothing was seen while the other was: (512, 512) bool. A
    printed dress that goes on in plain colours, or in those of the neck, would look like bare skin."""
    sides = [parts_mask({1}), parts_mask({2})]
    seen = [np.count_nonzero(coverage & side) / np.count_nonzero(side) for side in sides]
    for side, own, other in zip(sides, seen, reversed(seen), strict=True):
        if own < _HARDLY_SEEN and other > 2 * own:
            return side
    return np.zeros_like(coverage)


@lru_cache(maxsize=1)
def texel_behind() -> np.ndarray:
    """(512, 512) int64: on the torso, flat number of the texel that lies behind or in front of this one, at the same
    height and the same distance from the middle of the resting body; elsewhere the texel's own."""
    surface = rest_surface()
    out = np.arange(TEXTURE * TEXTURE)
    there = {part: np.flatnonzero(parts_mask({part})) for part in (1, 2)}
    for part, other in ((1, 2), (2, 1)):
        # A sheet of 4 mm squares seen from the front; each square knows a texel of the other side, or its neighbour's.
        column, row = (
            np.round((plane.ravel()[there[other]] - low) / _SQUARE).astype(int)
            for plane, low in ((surface.x, _LEFT), (surface.y, _BOTTOM))
        )
        sheet = np.full((_SHEET, _SHEET), -1)
        sheet[np.clip(row, 0, _SHEET - 1), np.clip(column, 0, _SHEET - 1)] = there[other]
        _, nearest = cv2.distanceTransformWithLabels(
            (sheet < 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        of_label = np.zeros(nearest.max() + 1, np.int64)
        of_label[nearest[sheet >= 0]] = sheet[sheet >= 0]
        column, row = (
            np.clip(np.round((plane.ravel()[there[part]] - low) / _SQUARE).astype(int), 0, _SHEET - 1)
            for plane, low in ((surface.x, _LEFT), (surface.y, _BOTTOM))
        )
        out[there[part]] = of_label[nearest[row, column]]
    out.setflags(write=False)
    return out.reshape(TEXTURE, TEXTURE)


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


def _surroundings(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """A smooth guess for every texel from what is known of its own limb: islands that lie side by side on the map may
    be far apart on the body. Limbs of which nothing is known take what the rest of the body gives."""
    out = np.zeros_like(image)
    everywhere = None
    for limb in _LIMBS:
        mask = _limb_mask(limb)
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        if known[mask].all():  # its own colours: a mirrored texel of another limb may lie just across its border
            out[box] = np.where(mask[box][..., None], image[box], out[box])
            continue
        if (known[box] * mask[box]).any():
            guess = pull_push(image[box], known[box] * mask[box])
        else:
            everywhere = pull_push(image, known) if everywhere is None else everywhere
            guess = everywhere[box]
        out[box] = np.where(mask[box][..., None], guess, out[box])
    return out


@lru_cache(maxsize=8)
def _limb_mask(parts: frozenset[int]) -> np.ndarray:
    mask = parts_mask(parts)
    mask.setflags(write=False)
    return mask
