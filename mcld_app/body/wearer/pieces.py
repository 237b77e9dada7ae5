"""Which pixels of a photo show which piece of what a person wears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from mcld_app.body.lengths import length
from mcld_app.body.parts import region_mask
from mcld_app.body.shells.areas import grown, opened, touching
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.skin import likely_skin, skin_colour
from mcld_app.body.texture.texture_map import TextureMap, texels_seen
from mcld_app.body.wearer.colours import away, typical, weighted_lab, without_skin
from mcld_app.body.wearer.extent import Extents
from mcld_app.body.wearer.hem import WAYS, find_hem, way_of
from mcld_app.body.wearer.limbs import bare_texels

PIECES: Mapping[str, str] = MappingProxyType(
    {"top": "Top", "bottom": "Bottom", "dress": "Dress", "shoes": "Shoes", "outfit": "Whole outfit"}
)
"""The pieces that a person may wear -> what the page calls them."""

_CHEST, _THIGHS = (1.12, 1.36), (0.60, 0.85)  # metres above the floor, where top and bottom are sure
_SHINS = (0.18, 0.42)  # metres: where legs are bare, if anywhere
_APART = 6.0  # of weighted Lab, between bare shins and what is worn on the hips
_HIPS = 0.97  # metres: where the thighs are not shown, the bottom is looked for up to there
_WAIST = 0.98  # metres: where a top ends that is of the bottom's own cloth
_TRUNK, _TO_THIGHS, _ARMS, _LEGS, _FEET, _HANDS, _HEAD = (
    (1, 2), (1, 2, 7, 8, 9, 10), tuple(range(15, 23)), tuple(range(7, 15)), (5, 6), (3, 4), (23, 24),
)  # fmt: skip
_NECKLINE, _MIDRIFF = 1.20, (1.0, 1.28)  # metres: above, skin may show at the neck; between, at the waist
_SKIN_HUE = 18.0  # of Lab: farther from skin's hue nothing is skin
_CLOTH = 0.5  # of a chest that must be unlike skin: else its cloth has that colour
_RARE = 0.08  # share of a chest's colours
_SKIN_LIGHT = 22.0  # and legs so much lighter or darker than the rest of it, half of Lab's numbers, are none
_ONE_CLOTH = 8.0  # of weighted Lab: colours of one garment, on the whole
_LEAST = 0.004  # of the picture that a piece must show
_LEAST_CLOTH = 40  # pixels whose colours are asked
_SHOD = 0.3  # of the feet that must be no skin
_FOOT = 13.0  # of weighted Lab: as near to skin, a foot is bare


@dataclass(frozen=True, eq=False)
class Pieces:
    """The clothes of a person in a photo.

    Attributes:
        shown: piece, a key of `PIECES`, -> (H, W) bool, the pixels that show it; those that show enough, upper first,
            and where they are several, all of them together as "outfit".
        extents: piece -> (512, 512) bool, the texels it has, seen or not.
        mixed: (H, W) bool, pixels at the border of two of them, or of skin or hair.
        hem: (WAYS,) float32, metres above the floor, where a top ends above a bottom; None where they are one, or
            their colours tell no border.
        strip: heights in metres between which the midriff is bare; None where it is covered.
    """

    shown: Mapping[str, np.ndarray]
    extents: Mapping[str, np.ndarray]
    mixed: np.ndarray = field(repr=False)
    hem: np.ndarray | None = field(default=None, repr=False)
    strip: tuple[float, float] | None = None


def find_pieces(
    photo: np.ndarray,
    iuv: np.ndarray,
    texture: TextureMap,
    *,
    hair: np.ndarray,
    unsure: np.ndarray,
    skirt: float | None = None,
) -> Pieces:
    """What a person wears.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, its IUV map of them.
        texture: what the photo shows of them.
        hair: (H, W) bool, pixels that show their hair.
        unsure: (H, W) bool, pixels that may show another limb or what somebody holds.
        skirt: metres above the floor where a skirt or the like ends; None where none is worn.
    """
    looked = _Looked.at(photo, iuv, hair, unsure)
    skin = _skin_colours(looked, texture)
    chest = looked.cloth(_TRUNK, _CHEST)
    colours, shares = typical(looked.lab[chest])
    common = shares >= _RARE  # less is shade, which all cloth has
    top, told = without_skin(colours[common], shares[common], skin, _CLOTH)
    thighs = looked.cloth(_TO_THIGHS, _THIGHS)
    if np.count_nonzero(thighs) < _LEAST_CLOTH:
        thighs = looked.cloth(_TO_THIGHS, (_THIGHS[0], _HIPS))
    colours, shares = typical(looked.lab[thighs])
    bottom, told_below = without_skin(colours, shares, skin, 0.2)
    to_skin = away(looked.lab, skin)
    off = looked.lab[:, None, 1:] - skin[None, :, 1:]
    like_skin = length(off).min(1) < _SKIN_HUE if len(skin) else np.zeros(len(to_skin), bool)
    above, below = away(looked.lab, top), away(looked.lab, bottom)
    upper = np.isin(looked.part, (*_TRUNK, *_ARMS)) & (looked.y > _MIDRIFF[0])
    like_skin &= to_skin < np.where(upper, np.where(told, above, 0), np.where(told_below, below, 0))
    belly = np.isin(looked.part, _TRUNK) & (looked.y < _MIDRIFF[1])
    like_skin &= ~belly | (to_skin < below) & told_below
    like_skin = _on_legs(looked, skin, like_skin)
    bare_limb = bare_texels(looked.row, looked.column, like_skin)
    bare, strip = _bare_pixels(looked, like_skin, bare_limb)
    one = skirt is not None and strip is None and len(bottom) > 0 and _is_one(bottom, colours, shares, top)
    trunk = np.isin(looked.part, _TO_THIGHS) & ~bare & ~looked.hair & ~looked.unsure
    hem, told_apart = np.full(WAYS, _WAIST, np.float32), False
    if len(top) and len(bottom) and not one and not _is_one(bottom, colours, shares, top):
        told_apart = True
        hem = find_hem(looked.row[trunk], looked.column[trunk], above[trunk], below[trunk])
    if strip is not None:
        hem = np.clip(hem, *strip)
    extents = Extents(bare_limb, looked.texels(bare & upper), hem, strip, skirt)
    pieces = _pieces(looked, bare, hem, extents, one, skirt, to_skin > _FOOT)
    return replace(pieces, hem=hem, strip=strip) if told_apart and {"top", "bottom"} <= pieces.shown.keys() else pieces


def _on_legs(looked: _Looked, skin: np.ndarray, like_skin: np.ndarray) -> np.ndarray:
    """The same, told anew on legs whose shins have the colour of skin. Where the hips have it, too, trousers do; else
    what is like the shins is bare, and what is like the hips is not: shorts may have that colour in another light."""
    shins, shares = typical(looked.lab[looked.cloth(_LEGS, _SHINS)], 3)
    hips, _ = typical(looked.lab[looked.cloth(_TO_THIGHS, (_THIGHS[1], _HIPS))], 3)
    if not len(shins) or not len(hips) or not len(skin):
        return like_skin
    off = np.abs(shins[:, None] - skin[None])
    bare = ((np.hypot(off[..., 1], off[..., 2]) < _SKIN_HUE) & (off[..., 0] < _SKIN_LIGHT)).any(1)
    if shares[bare].sum() < 0.5:
        return like_skin
    shins = shins[bare]
    legs = np.isin(looked.part, _LEGS)
    if away(shins, hips).mean() < _APART:
        return like_skin & ~legs
    return np.where(legs, away(looked.lab, shins) < away(looked.lab, hips), like_skin)


@dataclass(frozen=True, eq=False)
class _Looked:
    """The pixels (N,) of a photo that show a body: flat numbers, texels, parts, heights, and colours (N, 3) of weighted
    Lab; which show hair, and which are unsure."""

    size: tuple[int, int]
    pixel: np.ndarray
    row: np.ndarray
    column: np.ndarray
    part: np.ndarray
    y: np.ndarray
    lab: np.ndarray
    hair: np.ndarray
    unsure: np.ndarray

    @classmethod
    def at(cls, photo: np.ndarray, iuv: np.ndarray, hair: np.ndarray, unsure: np.ndarray) -> _Looked:
        pixel, xy = texels_seen(iuv)
        column, row = np.clip(np.round(xy), 0, rest_surface().y.shape[0] - 1).astype(np.int64).T
        flat = weighted_lab(photo).reshape(-1, 3)[pixel]
        return cls(iuv.shape[:2], pixel, row, column, iuv[..., 0].ravel()[pixel], rest_surface().y[row, column], flat,
                   hair.ravel()[pixel], unsure.ravel()[pixel])  # fmt: skip

    def cloth(self, parts: tuple[int, ...], heights: tuple[float, float]) -> np.ndarray:
        """(N,) bool, sure pixels of parts between two heights."""
        inside = (self.y > heights[0]) & (self.y < heights[1])
        return inside & np.isin(self.part, parts) & ~self.hair & ~self.unsure

    def picture(self, chosen: np.ndarray) -> np.ndarray:
        """(H, W) bool of chosen pixels (N,) bool."""
        out = np.zeros(self.size[0] * self.size[1], bool)
        out[self.pixel[chosen]] = True
        return out.reshape(self.size)

    def texels(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows and columns of chosen pixels' texels, and of those of all others."""
        mask = np.zeros(rest_surface().y.shape, bool)
        mask[self.row[chosen], self.column[chosen]] = True
        seen = np.zeros_like(mask)
        seen[self.row, self.column] = True
        return mask, seen


def _skin_colours(looked: _Looked, texture: TextureMap) -> np.ndarray:
    """(K, 3) of weighted Lab: skin in light and in shade."""
    one = skin_colour(texture)
    one = likely_skin(texture) if one is None else one
    middle = weighted_lab(np.broadcast_to(one, (3, 3, 3)).astype(np.uint8))[1, 1]
    face = region_mask("face")[looked.row, looked.column] | np.isin(looked.part, _HANDS)
    own = looked.lab[face & ~looked.hair & ~looked.unsure]
    own = own[np.linalg.norm((own - middle)[:, 1:], axis=1) < 14] if len(own) else own
    colours, shares = typical(own, 3)
    return np.concatenate([middle[None], colours[shares > 0.15]])


def _bare_pixels(
    looked: _Looked, like_skin: np.ndarray, bare_limb: np.ndarray
) -> tuple[np.ndarray, tuple[float, float] | None]:
    """(N,) bool, pixels that show skin; and the heights between which a bare midriff shows, or None."""
    bare = bare_limb[looked.row, looked.column] | np.isin(looked.part, (*_HANDS, *_HEAD))
    on_trunk = np.isin(looked.part, _TRUNK)
    high = on_trunk & (looked.y > _NECKLINE) & like_skin
    reached = touching(looked.picture(high | bare), looked.picture(bare & (looked.y > _NECKLINE)))
    bare = bare | (high & reached.ravel()[looked.pixel])
    strip = _midriff(looked, on_trunk & ~looked.unsure & ~looked.hair, like_skin)
    if strip is not None:
        bare |= on_trunk & (looked.y > strip[0]) & (looked.y < strip[1])
    return bare, strip


def _midriff(looked: _Looked, seen: np.ndarray, skin: np.ndarray) -> tuple[float, float] | None:
    low, high = _MIDRIFF
    edges = np.arange(low, high + 0.01, 0.01)
    at = np.digitize(looked.y[seen], edges)
    count = np.bincount(at, minlength=len(edges) + 1)[1:-1]
    share = np.bincount(at, skin[seen], len(edges) + 1)[1:-1] / np.maximum(count, 1)
    rows = np.flatnonzero((share > 0.55) & (count > 5))
    if len(rows) < 2 or rows[-1] - rows[0] > len(rows) + 3 or rows[-1] >= len(edges) - 3:
        return None  # no strip, or cloth of skin's colour
    return float(edges[rows[0]]), float(edges[rows[-1] + 1])


def _is_one(bottom: np.ndarray, colours: np.ndarray, shares: np.ndarray, top: np.ndarray) -> bool:
    """Whether a lower garment is of the upper one's cloth, colour by colour."""
    kept = np.array([(bottom == colour).all(1).any() for colour in colours])
    return bool((away(colours[kept], top) * shares[kept]).sum() / max(shares[kept].sum(), 1e-6) < _ONE_CLOTH)


def _pieces(
    looked: _Looked, bare: np.ndarray, hem: np.ndarray, extents: Extents, one: bool, skirt: float | None,
    no_skin: np.ndarray,
) -> Pieces:
    place = rest_surface()
    way = way_of(place.x, place.z)[looked.row, looked.column]
    clothed = ~bare & ~looked.hair
    feet = np.isin(looked.part, _FEET)
    body = np.isin(looked.part, (*_TRUNK, *_LEGS))
    high = (body & (looked.y > hem[way])) | np.isin(looked.part, _ARMS)
    low = body & (looked.y <= hem[way])
    if skirt is not None:
        low &= looked.y > skirt
        high &= (looked.y > skirt) | ~body
    shod = feet & no_skin
    if np.count_nonzero(shod) < _SHOD * np.count_nonzero(feet):
        shod = np.zeros_like(feet)
    found = {"dress": clothed & (high | low)} if one else {"top": clothed & high, "bottom": clothed & low}
    found["shoes"] = shod
    least = _LEAST * looked.size[0] * looked.size[1]
    shown = {}
    other = looked.picture(~clothed)
    for name, chosen in found.items():
        picture = opened(looked.picture(chosen), 1)
        if np.count_nonzero(picture & ~looked.picture(looked.unsure)) >= (least / 6 if name == "shoes" else least):
            shown[name] = picture
    rims = [grown(area, 1.5) for area in (*shown.values(), other)]
    mixed = np.sum(rims, axis=0) > 1
    if len(shown) > 1:
        shown["outfit"] = np.any([*shown.values()], axis=0)
    return Pieces(MappingProxyType(shown), _extents(looked, shown, extents, feet & ~no_skin), mixed)


def _extents(
    looked: _Looked, shown: Mapping[str, np.ndarray], extents: Extents, bare_feet: np.ndarray
) -> Mapping[str, np.ndarray]:
    out = {name: extents.of(name) for name in shown if name != "outfit"}
    if "shoes" in out:
        out["shoes"] &= ~grown(looked.texels(bare_feet)[0], 3)
    if "outfit" in shown:
        out["outfit"] = np.any([extent for name, extent in out.items() if name != "outfit"], axis=0)
    return MappingProxyType(out)
