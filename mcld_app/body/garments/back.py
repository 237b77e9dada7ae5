"""The back of a garment whose picture shows the front: a guess from the front."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.front_sheet import column_of, row_of, texels_before
from mcld_app.body.garments.unrolled import unrolled
from mcld_app.body.parts import part_map, parts_mask
from mcld_app.body.sampling import read_at
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.dressing import garment_extent
from mcld_app.body.texture.edges import drawn_as_lines
from mcld_app.body.texture.photo_reading import PhotoSource
from mcld_app.body.texture.texture_map import TextureMap

# Trunk and legs count as one: behind the lower end of the trunk's front lies the seat, which belongs to the legs.
_LIMBS = (frozenset({1, 2, *range(7, 15)}), frozenset({16, 18, 20, 22}), frozenset({15, 17, 19, 21}))
_SLICE = 0.006  # metres of a limb that have one colour on a plain back
_SIDES = 0.7  # of the trunk's half width: prints lie nearer to its middle
_PATTERNED, _OF = 10.0, 75  # Lab units that patterned cloth is off the colour of its slice; per cent that are less off
_LEAST = 6  # texels
_TURNING = 4  # texels at the rim of what was seen
_TEETH = 4.0  # texels: about as long as teeth are
_BESIDE = 9  # texels across
_REACH = 4  # texels beyond the seen ones that a texture map covers, see `extraction`


def with_back(texture: TextureMap, extent: np.ndarray) -> TextureMap:
    """A garment's texture map with its far side guessed.

    Patterned cloth shows the front's pattern there, mirrored, so that it goes on at the seams; other cloth the colours
    the front has at its sides, height by height: stripes and blocks go round, prints do not.

    Args:
        texture: what the picture of the garment alone shows.
        extent: (512, 512) bool, the texels the garment has.
    """
    sharp = _sharp(texture)
    slices = _by_slices(sharp)
    guess, found = _through(sharp) if _patterned(sharp, *slices) else slices
    return _joined(texture, sharp, extent, guess, found)


def with_read_back(texture: TextureMap, extent: np.ndarray, source: PhotoSource) -> TextureMap:
    """A flat garment's texture map with its far side, and what turns away at its sides, read from its photo.

    Args:
        texture: as for `with_back`.
        extent: (512, 512) bool, the texels the garment has.
        source: the photo, with the places in it, x and y in pixels, of all texels of the extent.
    """
    level = min(1, len(source.sizes) - 1)
    guess = np.zeros_like(texture.image)
    at = source.places.xy[extent]
    guess[extent] = read_at(source.sizes[level], (at + 0.5) * np.float32(0.5**level) - 0.5)
    out = _joined(texture, _sharp(texture), extent, guess, extent)
    turned = out.coverage & extent & unrolled().turned
    return TextureMap(np.where(turned[..., None], guess, out.image), out.coverage)


def _joined(
    near: TextureMap, sharp: TextureMap, extent: np.ndarray, guess: np.ndarray, found: np.ndarray
) -> TextureMap:
    """What is seen with a guess (512, 512, 3), where that was `found`, of the rest of an extent."""
    unseen = extent & ~sharp.coverage
    image, known = sharp.image.copy(), sharp.coverage.copy()
    # Where a hem was drawn straight, what lies beside it goes on.
    beside = unseen & near.coverage & (cv2.dilate(known.astype(np.uint8), np.ones((_BESIDE,) * 2, np.uint8)) > 0)
    known |= beside
    taken = unseen & found & ~beside
    image[taken] = guess[taken]
    return TextureMap(image, known | taken)


def extent_alone(texture: TextureMap) -> np.ndarray:
    """The texels of a garment that its picture alone shows, (512, 512) bool: as `garment_extent`, but without the few
    texels around seen ones that a texture map is trusted for: they would blunt necklines and thicken straps. Its edges
    are drawn as lines: pixels and texels do not lie in step, and that makes teeth."""
    return drawn_as_lines(garment_extent(_sharp(texture)), _TEETH)


def _sharp(texture: TextureMap) -> TextureMap:
    """Without the texels that only lie near seen ones, whose colours are a blend."""
    off_body = part_map() == 0
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _REACH + 1,) * 2)
    seen = cv2.erode((texture.coverage | off_body).astype(np.uint8), kernel) > 0
    return TextureMap(texture.image, seen & texture.coverage)


def is_patterned(texture: TextureMap) -> bool:
    """Whether a garment's cloth is patterned all over: not printed in the middle, striped across, or plain."""
    sharp = _sharp(texture)
    return _patterned(sharp, *_by_slices(sharp))


def _patterned(texture: TextureMap, plain: np.ndarray, found: np.ndarray) -> bool:
    """`is_patterned` of what is sharp of it, given what `_by_slices` makes of that."""
    beside = texture.coverage & found & _at_sides() & (parts_mask({1, 2}) | parts_mask(frozenset(range(7, 15))))
    if np.count_nonzero(beside) < 50:
        return False
    lab, usual = (cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[beside].astype(np.float32) for image in (texture.image, plain))
    off = np.sqrt((((lab - usual) * (0.39, 1, 1)) ** 2).sum(1))
    return bool(np.percentile(off, _OF) > _PATTERNED)


def _by_slices(texture: TextureMap) -> tuple[np.ndarray, np.ndarray]:
    """The median colour at the sides of each slice of each limb, (512, 512, 3) uint8, and where there is one."""
    surface = rest_surface()
    image, found = np.zeros_like(texture.image), np.zeros_like(texture.coverage)
    for limb in _LIMBS:
        mask = parts_mask(limb)
        seen = mask & texture.coverage
        if np.count_nonzero(seen) < _LEAST:
            continue
        along = surface.arm if limb <= frozenset(range(15, 23)) else surface.y
        slice_of = np.clip(((along + 0.2) / _SLICE).astype(int), 0, 399)
        beside = seen & _at_sides()
        colours = np.full((400, 3), np.nan, np.float32)
        order = np.argsort(slice_of[beside], kind="stable")
        values, numbers = texture.image[beside][order], slice_of[beside][order]
        for number in np.unique(numbers):
            first, last = np.searchsorted(numbers, [number, number + 1])
            if last - first >= _LEAST:
                colours[number] = np.median(values[first:last], axis=0)
        known = np.flatnonzero(~np.isnan(colours[:, 0]))
        if not len(known):
            continue
        filled = np.stack([np.interp(np.arange(400), known, colours[known, k]) for k in range(3)], 1)
        filled = cv2.medianBlur(filled.astype(np.float32).reshape(-1, 1, 3), 5).reshape(-1, 3)
        image[mask] = filled[slice_of[mask]] + 0.5
        found |= mask
    return image, found


def _through(texture: TextureMap) -> tuple[np.ndarray, np.ndarray]:
    """What the front shows before each texel, (512, 512, 3) uint8, and where it shows anything of that limb."""
    flat = unrolled()
    lower, aside = row_of(flat.y), column_of(flat.x)
    image, found = np.zeros_like(texture.image), np.zeros_like(texture.coverage)
    # Where the body turns away from the camera few pixels show much cloth, and colours are a blend again.
    sure = cv2.erode(texture.coverage.astype(np.uint8), np.ones((2 * _TURNING + 1,) * 2, np.uint8)) > 0
    for limb in _LIMBS:
        mask = parts_mask(limb)
        if np.count_nonzero(mask & sure) < _LEAST:
            continue
        before = texels_before(mask & sure)
        image[mask] = texture.image.reshape(-1, 3)[before[lower[mask], aside[mask]]]
        found |= mask
    return image, found


@lru_cache(maxsize=1)
def _at_sides() -> np.ndarray:
    """(512, 512) bool: the texels of the trunk nearer to its sides than to its middle; all of arms and legs."""
    surface, trunk = rest_surface(), parts_mask({1, 2})
    slice_of = np.clip((surface.y / 0.02).astype(int), 0, 99)
    widest = np.zeros(100, np.float32)
    np.maximum.at(widest, slice_of[trunk], np.abs(surface.x[trunk]))
    out = ~trunk | (np.abs(surface.x) > _SIDES * widest[slice_of])
    out.setflags(write=False)
    return out
