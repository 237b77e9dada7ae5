"""Change what a texture map wears: take a region from somebody else, fill what nobody saw, join several photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts, iuv_of_texel
from mcld_app.body.parts import MIRRORED_U, MIRRORED_V, PARTS, parts_mask, region, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import TextureMap, pull_push, texels_seen
from mcld_app.errors import StudioError

# What can lie behind what: seen from the front, the sides of one limb cover each other, and no other limb.
_BEHIND_EACH_OTHER = tuple(
    map(
        frozenset,
        ((1, 2), (3,), (4,), (5,), (6,), (7, 9, 11, 13), (8, 10, 12, 14), (15, 17, 19, 21), (16, 18, 20, 22), (23, 24)),
    )
)
_CELL = 0.008  # metres; a texel of the trunk is about 4 mm
_ARMS, _LEGS, _THIGHS = frozenset(range(15, 23)), frozenset(range(7, 15)), frozenset(range(7, 11))
_LIMBS = (
    frozenset({1, 2}),
    frozenset({5, 6, *range(7, 15)}),
    frozenset({3, 4, *range(15, 23)}),
    frozenset({23, 24}),
)  # trunk, legs with feet, arms with hands, head
_SLICE = 0.02  # metres of a limb that are judged as one
_LEAST = 0.03  # share of a region that must be seen before it can be taken


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


def fill(texture: TextureMap, *, mirror: bool = True) -> TextureMap:
    """Every hole of a texture map filled: from the same place on the body's other side where that was seen (unless
    `mirror` is off), else smoothly from the surroundings. Covers the whole body; seen texels stay as they are."""
    image, known = texture.image, texture.coverage
    if mirror:
        other = mirrored_texel()
        taken = ~known & known.ravel()[other]
        image = np.where(taken[..., None], image.reshape(-1, 3)[other], image)
        known = known | taken
    body = charts().part_map > 0
    smooth = _surroundings(image.astype(np.float32), known.astype(np.float32))
    if mirror:  # both halves of a back, say, are reached from different sides: give them the same colour
        smooth = (smooth + smooth.reshape(-1, 3)[mirrored_texel()]) / 2
    image = np.where(known[..., None], image, np.where(body[..., None], smooth + 0.5, 0))
    return TextureMap(image.astype(np.uint8), body.copy())


@dataclass(frozen=True, eq=False)
class Layer:
    """A garment ready to be put on anybody.

    Attributes:
        image: (512, 512, 3) uint8 RGB, the garment's colours; means something where `worn`.
        worn: (512, 512) bool, its texels.
        bared: (512, 512) bool, texels it leaves free that the person's old clothes may not cover.
    """

    image: np.ndarray
    worn: np.ndarray
    bared: np.ndarray


def garment_layer(donor: TextureMap, region_name: str, *, only: np.ndarray | None = None, bares: bool = True) -> Layer:
    """What a donor wears in a region. This is the costly half of `wear`, and depends on the donor alone.

    Args:
        donor, region_name, only: see `wear`.
        bares: whether arms, neck or legs that a garment shown alone leaves free are bared.

    Raises:
        StudioError: see `wear`.
    """
    only = _extent(donor, only)
    worn = region_mask(region_name) & (~bare_limbs(donor) if only is None else only)
    seen = worn & donor.coverage
    whole = only is None or region_name == "body"  # else: the waist of trousers that nobody wears is no top
    of = worn if whole else region_mask(region_name)
    least = _LEAST * np.count_nonzero(of)
    if np.count_nonzero(seen) < max(least, 40):
        label = region(region_name).label.lower()
        raise StudioError(
            f"The garment's picture shows next to nothing of the region “{label}”. "
            "Choose another region, or a picture that shows it."
        )
    changed = texels_changed(donor, region_name, only=only) if bares or only is None else worn
    return Layer(fill(TextureMap(donor.image, seen)).image, worn, changed & ~worn)


def lay_on(texture: TextureMap, layer: Layer) -> TextureMap:
    """A person with a garment on. Where the person's own skin was seen, it stays; other skin takes its colour."""
    image, coverage = texture.image.copy(), texture.coverage | layer.worn
    bare = layer.bared & ~bare_limbs(texture) if layer.bared.any() else layer.bared
    if bare.any():
        skin = skin_colour(texture)
        image[bare] = skin if skin is not None else fill(texture).image[bare]
        coverage |= bare
    image[layer.worn] = layer.image[layer.worn]
    return TextureMap(image, coverage)


def wear(texture: TextureMap, donor: TextureMap, region_name: str, *, only: np.ndarray | None = None) -> TextureMap:
    """Put what a donor wears in a region on a person.

    Texels of the region that the donor's picture does not show are guessed from what it shows (see `fill`), so that
    the old garment does not look through. Where the donor's arms or legs are bare, the person's own skin shows, not the
    donor's. A garment shown alone ends at its own hems, and the arms and neck
    (for a top) or legs (for a bottom) that it leaves free become bare skin.

    Args:
        texture: the person.
        donor: who, or what, is worn.
        region_name: a key of `parts.REGIONS`.
        only: (512, 512) bool, the texels the garment has, see `garment_extent`; default: worked out where the
            donor's texture map shows a garment alone, else all of the region.

    Returns:
        A new texture map; see `texels_changed` for what differs.

    Raises:
        StudioError: for an unknown region, or where the donor's picture shows next to nothing of it.
    """
    return lay_on(texture, garment_layer(donor, region_name, only=only))


def texels_changed(donor: TextureMap, region_name: str, *, only: np.ndarray | None = None) -> np.ndarray:
    """The texels that `wear` with these arguments changes: the garment's, and the skin it bares. (512, 512) bool."""
    only = _extent(donor, only)
    if only is None:
        return region_mask(region_name)
    worn = region_mask(region_name) & only
    bared = worn.copy()
    height = rest_surface().y
    neckline = parts_mask({1, 2}) & (height > 1.28)
    for covered, bare in (
        (parts_mask({1, 2}) & (height > 1.2), parts_mask(_ARMS) | neckline),
        (parts_mask(_THIGHS), parts_mask(_LEGS)),
    ):
        if np.count_nonzero(worn & covered) > 0.15 * np.count_nonzero(covered):
            bared |= bare
    return bared


def _extent(donor: TextureMap, only: np.ndarray | None) -> np.ndarray | None:
    return garment_extent(donor) if only is None and is_garment_alone(donor) else only


def is_garment_alone(texture: TextureMap) -> bool:
    """Whether a texture map shows clothes without anybody in them: nothing of a face, nothing of a hand."""
    return not (texture.coverage & (region_mask("face") | region_mask("hands"))).any()


def skin_colour(texture: TextureMap) -> np.ndarray | None:
    """The person's skin: the median colour of the seen texels of cheeks, nose and hands, (3,) uint8 RGB; None where
    none of them was seen."""
    g = rest_surface()
    cheeks = region_mask("face") & (np.abs(g.y - 1.632) < 0.022) & (g.z > 0.02)
    for place in (cheeks, region_mask("face"), region_mask("hands")):
        seen = texture.image[place & texture.coverage]
        if len(seen) >= 20:
            return np.median(seen, axis=0).astype(np.uint8)
    return None


def _surroundings(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """A smooth guess for every texel from what is known of its own limb: islands that lie side by side on the map may
    be far apart on the body. Limbs of which nothing is known take what the rest of the body gives."""
    out = np.zeros_like(image)
    everywhere = None
    for limb in _LIMBS:
        mask = _limb_mask(limb)
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        if known[mask].all():
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


def bare_limbs(texture: TextureMap) -> np.ndarray:
    """The arms' and legs' texels that show skin: from where along a limb most of what was seen has the colour of face
    and hands, out to its end. (512, 512) bool; empty where the skin's colour is not known or is the clothes' too."""
    out = np.zeros(texture.coverage.shape, bool)
    skin = skin_colour(texture)
    if skin is None:
        return out
    g = rest_surface()
    # Shade changes a skin's lightness a lot and its colour little. On legs beige trousers are common and a mistake
    # would undress somebody, so there the lightness must fit too, and the thighs are never taken for bare.
    off = cv2.cvtColor(texture.image, cv2.COLOR_RGB2LAB).astype(np.float32)
    own = cv2.cvtColor(skin.reshape(1, 1, 3), cv2.COLOR_RGB2LAB).astype(np.float32)
    off -= own
    same_hue = np.hypot(off[..., 1], off[..., 2]) < 14
    chest = parts_mask({1, 2}) & texture.coverage
    if chest.any() and same_hue[chest].mean() > 0.8:
        return out  # clothes of the skin's own colour: nobody can tell them apart by it
    for limb, outwards, first, last, darker, lighter in (
        (_ARMS, g.arm, 0.02, 0.52, 0.6 * own[0, 0, 0], 45),
        (_LEGS, 1.0 - g.y, 0.22, 0.90, 28, 28),
    ):
        mask = parts_mask(limb)
        seen = mask & texture.coverage
        alike = same_hue & (off[..., 0] > -darker) & (off[..., 0] < lighter)
        slice_of = np.clip((outwards / _SLICE).astype(int), 0, 63)
        count = np.bincount(slice_of[seen], minlength=64)
        share = np.bincount(slice_of[seen], alike[seen], 64) / np.maximum(count, 1)
        start, strange = None, 0
        for k in range(int(last / _SLICE), int(first / _SLICE) - 1, -1):  # from the wrist or the ankle inwards
            if count[k] < 12:
                continue
            strange = 0 if share[k] >= 0.5 else strange + 1
            if strange == 2:
                break
            if strange == 0:
                start = k
        if start is not None:
            out |= mask & (slice_of >= start)
    return out


def garment_extent(texture: TextureMap) -> np.ndarray:
    """The texels a garment has, seen or not: its far side is taken to reach as far as the side its picture shows.

    Args:
        texture: taken from a picture of the garment alone.

    Returns:
        (512, 512) bool.
    """
    place = rest_surface()
    column = np.clip(((place.x + 1.2) / _CELL).astype(int), 0, 299)
    row = np.clip((place.y / _CELL).astype(int), 0, 249)
    extent = texture.coverage.copy()
    for limb in _BEHIND_EACH_OTHER:
        on_limb = parts_mask(limb)
        seen = texture.coverage & on_limb
        if not seen.any():
            continue
        front = np.zeros((250, 300), np.uint8)
        front[row[seen], column[seen]] = 1
        front = cv2.morphologyEx(front, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        extent |= on_limb & (front[row, column] > 0)
    return extent


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
