"""Dressing: the clothes of one texture map put on another."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask, region, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.edges import lines_off
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.garment_line import WIDTH, GarmentLine
from mcld_app.body.texture.skin import bare_limbs, skin_colour
from mcld_app.body.texture.sleeveless import has_sleeves, straps_begin
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.errors import StudioError
from mcld_app.once import cached_property

# Seen from the front, the sides of one limb cover each other, and no other limb. Trunk and legs count as one: behind
# the lower end of the trunk's front lies the seat, which belongs to the legs.
_FRONT, _BACK = frozenset({2, 9, 10, 13, 14}), frozenset({1, 7, 8, 11, 12})
_LIMBS = tuple(map(frozenset, ((3,), (4,), (5,), (6,), (15, 17, 19, 21), (16, 18, 20, 22), (23, 24))))
_FORK = 0.88  # metres above the floor; below, each leg is by itself
_CELL = 0.008  # metres; a texel of the trunk is about 4 mm
_ARMS, _LEGS, _THIGHS = frozenset(range(15, 23)), frozenset(range(7, 15)), frozenset(range(7, 11))
_HEAD = frozenset({23, 24})
_EDGE, _MIXED = 0.9, 1.3  # texels over which an edge is evened out, and over which colours are mixed on it
_LEAST = 0.03  # share of a region that must be seen before it can be taken


@dataclass(frozen=True, eq=False)
class GarmentLayer:
    """A garment ready to be put on anybody.

    Attributes:
        image: (512, 512, 3) uint8 RGB, the garment's colours; means something where `worn`.
        worn: (512, 512) bool, its texels.
        bared: (512, 512) bool, texels it leaves free that the person's old clothes may not cover.
        seen: (512, 512) bool, the texels whose colours are no guess; None where all that are worn have a colour.
        soft: whether its edges are lines that run between texels, not along them.
        edge: (512, 512) float32, 0..1, how far each texel belongs to a soft one; NaN, and None for all, where `worn`
            says so.
    """

    image: np.ndarray
    worn: np.ndarray
    bared: np.ndarray
    seen: np.ndarray | None = None
    soft: bool = False
    edge: np.ndarray | None = None

    @cached_property
    def shares(self) -> np.ndarray:
        """(512, 512) float32, 0..1: how far each texel belongs to it, a slope across its edges, one half on them."""
        unknown = np.isnan(self.edge) if self.edge is not None else None
        if unknown is not None and not unknown.any():
            return self.edge
        share = np.clip(0.5 + lines_off(self.worn, _EDGE, unknown) / WIDTH, 0, 1)
        return share if unknown is None else np.where(unknown, share, self.edge)

    @cached_property
    def line(self) -> GarmentLine | None:
        """Where a soft one ends, between texels; None for others."""
        return GarmentLine.of(self.shares.astype(np.float32)) if self.soft else None

    def as_seen(self, donor: TextureMap) -> GarmentLayer:
        """The same garment with a donor's texels as they are, and holes where the donor has holes."""
        return replace(self, image=donor.image, seen=donor.coverage)


def garment_layer(
    donor: TextureMap, region_name: str, *, only: np.ndarray | None = None, bares: bool = True
) -> GarmentLayer:
    """What a donor wears in a region, ready for `lay_on`. The costly half of dressing: it depends on the donor alone.

    Texels of the region that the donor's picture does not show are guessed from what it shows (see `fill`), so that
    the old garment does not look through. Where the donor's arms or legs are bare, the person's own skin shows, not
    the donor's. A garment shown alone ends at its own hems, and the arms and neck (for a top) or legs (for a bottom)
    that it leaves free become bare skin.

    Args:
        donor: who, or what, is worn.
        region_name: a key of `parts.REGIONS`.
        only: (512, 512) bool, the texels the garment has, see `garment_extent`; default: worked out where the
            donor's texture map shows a garment alone, else all of the region.
        bares: whether arms, neck or legs that a garment shown alone leaves free are bared.

    Raises:
        StudioError: for an unknown region, or where the donor's picture shows next to nothing of it.
    """
    if only is None and _is_garment_alone(donor):
        only = garment_extent(donor)
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
    bared = region_mask(region_name) if only is None else _left_free(worn) if bares else np.zeros_like(worn)
    # A head is no cloth: its holes take hair or skin, which the rest of the donor may tell of.
    head = worn[parts_mask(_HEAD)].any() and not worn[~parts_mask(_HEAD)].any()
    filled = fill(donor, through=True) if head else fill(TextureMap(donor.image, seen))
    return GarmentLayer(filled.image, worn, bared & ~worn)


def lay_on(texture: TextureMap, layer: GarmentLayer) -> TextureMap:
    """A person with a garment on. Where the person's own skin was seen, it stays; other skin takes its colour, though
    where nothing is to be guessed only if the person's picture shows that place."""
    image, coverage = texture.image.copy(), texture.coverage | layer.worn
    bare = layer.bared & ~bare_limbs(texture) if layer.bared.any() else layer.bared
    if layer.seen is not None:
        coverage &= layer.seen | ~layer.worn
        image[bare & ~texture.coverage] = 0
        bare = bare & texture.coverage
    if bare.any():
        skin = skin_colour(texture)
        image[bare] = skin if skin is not None else fill(texture).image[bare]
        coverage |= bare
    below = image.copy() if layer.soft else None
    image[layer.worn] = layer.image[layer.worn]
    if below is not None:
        _soften(TextureMap(image, coverage), below, layer.worn, layer.shares)
    return TextureMap(image, coverage)


def _soften(texture: TextureMap, below: np.ndarray, worn: np.ndarray, share: np.ndarray) -> None:
    """Mix the colours along the edge of what is worn, in place, with those (512, 512, 3) below it; where nothing is
    known of what is beside it, it ends as it does."""
    beside = texture.coverage & ~worn
    near = cv2.dilate(beside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    share = np.clip(0.5 + (share - 0.5) * (WIDTH / _MIXED), 0, 1)
    rim = (share > 0) & (share < 1) & np.where(worn, near, beside)
    above, beneath = _gone_on(texture.image, worn, 2 * _EDGE), _gone_on(below, beside, 2 * _EDGE)
    way = share[rim, None]
    texture.image[rim] = above[rim] * way + beneath[rim] * (1 - way) + 0.5


def _gone_on(image: np.ndarray, texels: np.ndarray, reach: float) -> np.ndarray:
    """(512, 512, 3) float32: the colours of some texels, and beside them their mean within `reach`: the old collar
    below a new one is not to shine through its edge."""
    weight = cv2.GaussianBlur(texels.astype(np.float32), (0, 0), reach)
    mean = cv2.GaussianBlur(image * texels[..., None].astype(np.float32), (0, 0), reach)
    return np.where(texels[..., None], image, mean / np.maximum(weight, 1e-3)[..., None])


def _left_free(worn: np.ndarray) -> np.ndarray:
    """The arms and the neck with a top, the legs with a bottom, (512, 512) bool: where a garment alone does not cover
    them, skin takes the place of old clothes."""
    free = np.zeros_like(worn)
    height = rest_surface().y
    neckline = parts_mask({1, 2}) & (height > 1.28)
    legs = parts_mask(_LEGS)
    # What a garment leaves free of the legs above its own middle is above its waistband, and no leg is seen there.
    below = legs & (height < np.median(height[worn & legs])) if (worn & legs).any() else legs
    for covered, bare in (
        (parts_mask({1, 2}) & (height > 1.2), parts_mask(_ARMS) | neckline),
        (parts_mask(_THIGHS) & (height < _FORK), below),
    ):
        if np.count_nonzero(worn & covered) > 0.15 * np.count_nonzero(covered):
            free |= bare
    return free


def _is_garment_alone(texture: TextureMap) -> bool:
    """Whether a texture map shows clothes without anybody in them: nothing of a face, nothing of a hand."""
    return not (texture.coverage & (region_mask("face") | region_mask("hands"))).any()


def garment_extent(texture: TextureMap) -> np.ndarray:
    """The texels a garment has, seen or not: its far side is taken to reach as far as the side its picture shows, and
    to be whole between its edges: a neckline cut out of the front is none in the back, unless all above it are straps.

    Args:
        texture: taken from a picture of the garment alone.

    Returns:
        (512, 512) bool.
    """
    place = rest_surface()
    cells = np.clip((place.y / _CELL).astype(int), 0, 249), np.clip(((place.x + 1.2) / _CELL).astype(int), 0, 299)
    extent = texture.coverage.copy()
    for limb in _LIMBS:
        on_limb = parts_mask(limb)
        extent |= on_limb & _cells_of(cells, texture.coverage & on_limb)[cells]
    front, back = parts_mask(_FRONT), parts_mask(_BACK)
    shown_from_behind = np.count_nonzero(texture.coverage & back) > np.count_nonzero(texture.coverage & front)
    near, far = (back, front) if shown_from_behind else (front, back)
    worn = _cells_of(cells, texture.coverage & (near | far))
    extent |= near & worn[cells]
    silhouette = np.zeros(worn.shape, bool)
    silhouette[cells[0][near], cells[1][near]] = True
    # Where the far side is higher or wider than the near one, it goes on as that ends.
    row = _nearest_in_row(silhouette.any(1)[None])[0]
    behind = np.take_along_axis(worn[row], _nearest_in_row(silhouette[row]), 1)
    straps = len(behind) if has_sleeves(texture.coverage) else straps_begin(worn, _CELL)
    trunk = behind[round(_FORK / _CELL) : straps]
    trunk |= np.maximum.accumulate(trunk, 1) & np.maximum.accumulate(trunk[:, ::-1], 1)[:, ::-1]
    extent |= far & behind[cells]
    closed = cv2.morphologyEx(extent.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0  # pinholes
    return extent | closed & (near | far)


def _cells_of(cells: tuple[np.ndarray, np.ndarray], texels: np.ndarray) -> np.ndarray:
    """The cells of the body's front view that texels lie in: (250, 300) bool, a cell's gap closed.

    Args:
        cells: each texel's row and column, (512, 512) int each.
        texels: (512, 512) bool.
    """
    out = np.zeros((250, 300), np.uint8)
    out[cells[0][texels], cells[1][texels]] = 1
    return cv2.morphologyEx(out, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0


def _nearest_in_row(known: np.ndarray) -> np.ndarray:
    """For each cell of a bool table the column of the nearest True cell of its row, its own column in a row without."""
    width = known.shape[1]
    column = np.broadcast_to(np.arange(width), known.shape)
    left = np.maximum.accumulate(np.where(known, column, -width), 1)
    right = np.minimum.accumulate(np.where(known, column, 3 * width)[:, ::-1], 1)[:, ::-1]
    nearest = np.where(column - left <= right - column, left, right)
    return np.where(known.any(1, keepdims=True), nearest, column)
