"""The texels that a piece of clothes has, shown or not."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.parts import region_mask
from mcld_app.body.surface import RestSurface, rest_surface
from mcld_app.body.wearer.hem import way_of

_CELL, _SHEET, _LEFT = 0.008, (250, 300), 1.2  # metres, cells, metres: a sheet before the body
_SOFT = 1.2  # cells
_LITTLE = 0.2  # texels of a cell: with fewer, nothing is known of it
_MIDDLE = 0.05  # metres from the middle: what is bare there is a neckline
_BESIDE = 0.13  # metres from the middle: farther out it is an armhole, though the two be one
_NAPE = 1.44  # metres above the floor: necklines at the back are no deeper than that
_FRONT, _BACK = 2, 1
_FEET, _ARMS, _LEGS = (5, 6), tuple(range(15, 23)), tuple(range(7, 15))


@dataclass(frozen=True, eq=False)
class Extents:
    """What tells how far the pieces reach.

    Attributes:
        limbs: (512, 512) bool, bare texels of arms and legs.
        trunk: texels of the trunk that were seen bare, and those that were seen at all, (512, 512) bool each.
        hem: (WAYS,) float32, metres above the floor, where the upper piece ends.
        strip: heights between which the midriff is bare; None where it is covered.
        skirt: metres above the floor where a skirt ends; None where none is worn.
    """

    limbs: np.ndarray = field(repr=False)
    trunk: tuple[np.ndarray, np.ndarray] = field(repr=False)
    hem: np.ndarray = field(repr=False)
    strip: tuple[float, float] | None = None
    skirt: float | None = None

    def of(self, piece: str) -> np.ndarray:
        """The texels of a piece, (512, 512) bool."""
        place = rest_surface()
        if piece == "shoes":
            return np.isin(place.part, _FEET)
        trunk, legs, arms = np.isin(place.part, (1, 2)), np.isin(place.part, _LEGS), np.isin(place.part, _ARMS)
        above = place.y > self.hem[way_of(place.x, place.z)]
        body = trunk & ~self._bare_trunk() | legs & ~self.limbs
        if self.skirt is not None:
            body &= (place.y > self.skirt) | trunk
        sleeves = arms & ~self.limbs
        # What is tucked in goes on under the other piece as far as such pieces do.
        tucked = region_mask("bottom") if self.strip is None else np.zeros_like(above)
        upper = above | ~tucked if self.strip is None else above
        return {"dress": body | sleeves, "top": body & upper | sleeves, "bottom": body & (~above | tucked)}[piece]

    def _bare_trunk(self) -> np.ndarray:
        """(512, 512) bool: what was seen bare, and what is so at the back by it."""
        place, (bare, seen) = rest_surface(), self.trunk
        shares, sure = [], []
        for part in (_FRONT, _BACK):
            own = place.part == part
            skin, every = (_on_sheet(place, texels & own) for texels in (bare, seen))
            shares.append(skin / np.maximum(every, 1e-3))
            sure.append(every)
        far = int(sure[0].sum() > sure[1].sum())
        shares[far] = np.where(sure[far] > _LITTLE, shares[far], _behind(shares[1 - far]))
        out = np.zeros(bare.shape, bool)
        for part, share in zip((_FRONT, _BACK), shares, strict=True):
            x, y = (place.x + _LEFT) / _CELL - 0.5, place.y / _CELL - 0.5
            there = cv2.remap(share.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            out |= (place.part == part) & (there > 0.5)
        if self.strip is not None:
            out |= np.isin(place.part, (1, 2)) & (place.y > self.strip[0]) & (place.y < self.strip[1])
        return out


def _on_sheet(place: RestSurface, texels: np.ndarray) -> np.ndarray:
    """(250, 300) float32, how much of texels (512, 512) bool lies in each cell of a sheet before the body, softly."""
    row = np.clip((place.y[texels] / _CELL).astype(int), 0, _SHEET[0] - 1)
    column = np.clip(((place.x[texels] + _LEFT) / _CELL).astype(int), 0, _SHEET[1] - 1)
    counts = np.bincount(row * _SHEET[1] + column, minlength=_SHEET[0] * _SHEET[1])
    return cv2.GaussianBlur(counts.reshape(_SHEET).astype(np.float32), (0, 0), _SOFT)


def _behind(share: np.ndarray) -> np.ndarray:
    """How bare the far side is, by the near one: armholes are as deep there, a neckline is not."""
    count, label = cv2.connectedComponents((share > 0.5).astype(np.uint8))
    x = np.abs((np.arange(_SHEET[1]) + 0.5) * _CELL - _LEFT)[None]
    high = ((np.arange(_SHEET[0]) + 0.5) * _CELL > _NAPE)[:, None]
    out = np.zeros_like(share)
    for k in range(1, count):
        own = label == k
        neck = (own & (x < _MIDDLE)).any()
        out[own & (high | (x > _BESIDE)) if neck else own] = 1
    return cv2.GaussianBlur(out, (0, 0), _SOFT)
