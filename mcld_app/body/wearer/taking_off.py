"""Taking off what somebody wears in their photo, before something else is put on."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.dressing import GarmentLayer
from mcld_app.body.texture.skin import bare_limbs
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.bared_skin import bare_skin, skin_tone
from mcld_app.body.wearer.old_ankles import without_old_hems
from mcld_app.body.wearer.old_collar import without_old_collar
from mcld_app.body.wearer.old_waist import without_old_bottom, without_old_top
from mcld_app.body.wearer.pieces import Pieces

_TRUNK, _ARMS, _LEGS = frozenset({1, 2}), frozenset(range(15, 23)), frozenset(range(7, 15))
_HIGH = 1.20  # metres: what an old top leaves below is the waist


@dataclass(frozen=True, eq=False)
class Old:
    """What is known of old clothes.

    Attributes:
        cloth: (512, 512) bool, their texels, seen or not.
        hem: (WAYS,) float32, metres above the floor, where a top ends above a bottom; None where they are one, or
            nothing tells.
        whole: (512, 512, 3) uint8 RGB, the person's texture map with a guess of what is not seen.
        bottom: (3,) RGB, the colour of a bottom that the texture map does not show; None where it does.
        later: (512, 512) bool, texels of clothes that were put on since.
        skirt: metres above the floor, where what hangs around the hips begins; None where nothing does.
        strip: heights in metres between which the midriff is bare; None where it is covered.
    """

    cloth: np.ndarray = field(repr=False)
    hem: np.ndarray | None = field(repr=False)
    whole: np.ndarray = field(repr=False)
    bottom: np.ndarray | None
    later: np.ndarray = field(repr=False)
    skirt: float | None = None
    strip: tuple[float, float] | None = None


def old_cloth(pieces: Pieces, texture: TextureMap) -> np.ndarray:
    """(512, 512) bool: all texels that somebody's clothes have, shoes left out."""
    parts = [extent for name, extent in pieces.extents.items() if name in ("top", "bottom", "dress")]
    return np.any(parts, axis=0) if parts else parts_mask(_TRUNK | _ARMS | _LEGS) & ~bare_limbs(texture)


def taken_off(texture: TextureMap, layer: GarmentLayer, old: Old, *, covers: str) -> TextureMap:
    """A person ready for a garment: nothing of the old one is left beside it.

    Where the new garment bares arms, legs or trunk, their own skin shows; what is worn beside it goes on under it.

    Args:
        texture: the person, the old garment on.
        layer: the new one.
        covers: "upper", "bottom" or "body": what of the old clothes it takes the place of; "" where it is worn over
            them.
        old: what they are.
    """
    cloth = old.cloth & ~old.later
    if old.later.any():
        cloth |= old.later & ~bare_limbs(texture)
    out = texture
    if covers in ("bottom", "body"):
        out = without_old_hems(out, cloth & ~old.later, lambda: skin_tone(texture, cloth))
    bared = layer.bared & ~layer.worn
    free, height = _midriff() & ~layer.worn & ~old.later, rest_surface().y
    if old.strip is not None and covers in ("upper", "bottom"):
        bared |= free & (height > old.strip[0] if covers == "upper" else height < old.strip[1])
    elif old.skirt is not None and (bared & _midriff()).any():  # down to the skirt
        bared |= free & (height > old.skirt)
    if bared.any():
        out = bare_skin(out, bared, cloth, old.whole)
    if covers in ("upper", "body"):
        out = without_old_collar(out, texture, cloth, skin_tone(texture, cloth))
    if old.hem is None or covers not in ("upper", "bottom"):
        return out
    whole = cv2.copyTo(texture.image, texture.coverage.view(np.uint8), old.whole.copy())
    kept = layer.worn | bared | old.later
    if covers == "upper":
        kept |= height > _HIGH
        return without_old_top(out, whole, old.hem, kept, old.bottom)
    return without_old_bottom(out, whole, old.hem, kept)


def _midriff() -> np.ndarray:
    return parts_mask(_TRUNK) & (rest_surface().y < _HIGH)
