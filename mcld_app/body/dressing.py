"""Change what a texture map wears: take a region from somebody else, fill what nobody saw, join several photos."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from mcld_app.body.charts import TEXTURE, charts, iuv_of_texel
from mcld_app.body.parts import MIRRORED_U, MIRRORED_V, PARTS, parts_mask, region, region_mask
from mcld_app.body.texture import TextureMap, pull_push, texels_seen
from mcld_app.body.wardrobe import ground
from mcld_app.errors import StudioError

_SLACK = 0.012  # metres a hem may lie past the last texel that was seen of a garment
_LIMBS = (
    frozenset({1, 2}),
    frozenset({5, 6, *range(7, 15)}),
    frozenset({3, 4, *range(15, 23)}),
    frozenset({23, 24}),
)  # trunk, legs with feet, arms with hands, head
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
        other = _mirrored_texel()
        taken = ~known & known.ravel()[other]
        image = np.where(taken[..., None], image.reshape(-1, 3)[other], image)
        known = known | taken
    body = charts().part_map > 0
    smooth = _surroundings(image.astype(np.float32), known.astype(np.float32))
    if mirror:  # both halves of a back, say, are reached from different sides: give them the same colour
        smooth = (smooth + smooth.reshape(-1, 3)[_mirrored_texel()]) / 2
    image = np.where(known[..., None], image, np.where(body[..., None], smooth + 0.5, 0))
    return TextureMap(image.astype(np.uint8), body.copy())


def wear(texture: TextureMap, donor: TextureMap, region_name: str) -> TextureMap:
    """Put what a donor wears in a region on a person.

    Texels of the region that the donor's picture does not show are guessed from what it shows (see `fill`), so that
    the old garment does not look through. Where the picture shows a garment alone (no head and no hands: a shop's
    picture), the garment ends at its own hems and sleeves, and the rest of the region becomes bare skin.

    Args:
        texture: the person.
        donor: who, or what, is worn.
        region_name: a key of `parts.REGIONS`.

    Returns:
        A new texture map; texels outside the region are untouched.

    Raises:
        StudioError: for an unknown region, or where the donor's picture shows next to nothing of it.
    """
    mask = region_mask(region_name)
    seen = mask & donor.coverage
    if np.count_nonzero(seen) < _LEAST * np.count_nonzero(mask):
        label = region(region_name).label.lower()
        raise StudioError(
            f"The garment's picture shows next to nothing of the region “{label}”. "
            "Choose another region, or a picture that shows it."
        )
    image, coverage = texture.image.copy(), texture.coverage | mask
    worn = mask
    if is_garment_alone(donor):
        worn = mask & _reach_of_garment(seen)
        bare = mask & ~worn
        skin = skin_colour(texture)
        image[bare] = skin if skin is not None else fill(texture).image[bare]
    image[worn] = fill(TextureMap(donor.image, seen)).image[worn]
    return TextureMap(image, coverage)


def is_garment_alone(texture: TextureMap) -> bool:
    """Whether a texture map shows clothes without anybody in them: nothing of a face, nothing of a hand."""
    return not (texture.coverage & (region_mask("face") | region_mask("hands"))).any()


def skin_colour(texture: TextureMap) -> np.ndarray | None:
    """The person's skin: the median colour of the seen texels of cheeks, nose and hands, (3,) uint8 RGB; None where
    none of them was seen."""
    g = ground()
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


def _reach_of_garment(seen: np.ndarray) -> np.ndarray:
    """The texels a garment covers all around the body, judged from the side of it that was seen: sleeves and legs go
    as far as they were seen to go, and so does the hem."""
    g = ground()
    out = seen.copy()
    arms = parts_mask(frozenset(range(15, 23)))
    legs, trunk = parts_mask(frozenset(range(7, 15))), parts_mask({1, 2})
    if (sleeve := _end(g.arm, seen & arms, 98)) is not None:
        out |= arms & (g.arm <= sleeve + _SLACK)
    lower = legs | trunk
    if (hem := _end(g.y, seen & lower, 2)) is not None and (seen & lower).sum() > 400:
        top = np.percentile(g.y[seen & lower], 98)
        # A tank top leaves the shoulders free behind as in front: only what has sleeves goes all the way out there.
        inside = (g.y <= 1.36) | (np.abs(g.x) < 0.115) | (sleeve is not None)
        out |= lower & (g.y >= hem - _SLACK) & (g.y <= top + _SLACK) & inside
        out |= (g.part == 1) & (g.y > 1.38) & (top > 1.38) & inside
    feet = parts_mask({5, 6})
    if (seen & feet).sum() > 100:
        out |= feet
        if (shaft := _end(g.y, seen & legs, 98)) is not None and (seen & trunk).sum() == 0:
            out |= legs & (g.y <= shaft + _SLACK)
    return out


def _end(values: np.ndarray, where: np.ndarray, percent: float) -> float | None:
    return float(np.percentile(values[where], percent)) if where.sum() > 60 else None


@lru_cache(maxsize=1)
def _mirrored_texel() -> np.ndarray:
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
