"""The line at which a garment ends, drawn by previews between texels: a texel is as large as a rib, and colours that
were mixed on it are a blur.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.parts import part_map
from mcld_app.body.sampling import read_at

WIDTH = 6.0
"""Texels over which a garment's share goes from 1 to 0 across its edge: bilinear reading does not bend such a slope; of
one that is as short as a texel it would make a staircase."""

_ON_IT = 0.65  # texels from the line, within which a texel shows both sides
_INSIDE, _OUTSIDE = 0.7, 1.8  # texels from the line at which the garment, and what lies beside it, is read unmixed
_SOFT = 1.2  # pixels over which the line falls off
_NEXT = 2  # texels beside a garment's own that are read from its picture, too


@dataclass(frozen=True, eq=False)
class GarmentLine:
    """Where on the texture map a garment ends.

    Attributes:
        share: (512, 512) float32, 0..1, how far each texel is the garment's: one half on the line.
        inwards: (512, 512, 2) float32, the way x, y into it, of length 1; 0 where it does not change.
    """

    share: np.ndarray = field(repr=False)
    inwards: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, share: np.ndarray) -> GarmentLine:
        """Of shares (512, 512) float32, a slope of `WIDTH` texels across the edge."""
        whole = share.reshape(-1)[_nearest_on_body()]  # between islands, a place is read from both
        ways = [cv2.Sobel(whole, cv2.CV_32F, x, 1 - x) for x in (1, 0)]
        steep = np.maximum(cv2.magnitude(*ways), 1e-3)
        return cls(whole, np.stack([way / steep for way in ways], -1))

    def under(self, worn: np.ndarray) -> GarmentLine:
        """Its line where nothing is worn over it, (512, 512) bool."""
        over = cv2.dilate(worn.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return GarmentLine(np.where(over, np.float32(1), self.share), self.inwards)

    def reach(self, texels: np.ndarray) -> np.ndarray:
        """(512, 512) bool: texels that show the garment, and those beside them that its line crosses."""
        near = cv2.dilate(texels.astype(np.uint8), np.ones((2 * _NEXT + 1,) * 2, np.uint8)) > 0
        return texels | near & self.crosses

    @property
    def crosses(self) -> np.ndarray:
        """(512, 512) bool: texels that its line crosses."""
        return np.abs(self.share - 0.5) < _ON_IT / WIDTH

    def crossed(self, texel: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Which of N places (N, 2) float32 on the texture map lie near the line.

        Returns:
            their K numbers, (K,) float32 texels that they lie inside of it, and for each the place (K, 2) at which the
            garment is read and that at which what lies beside it is.
        """
        x, y = (np.ascontiguousarray(texel[:, k]) for k in (0, 1))
        nearest = np.clip(np.round(y), 0, 511).astype(np.intp), np.clip(np.round(x), 0, 511).astype(np.intp)
        which = np.flatnonzero(self.inwards[nearest].any(1))
        if not len(which):
            return which, np.zeros(0, np.float32), np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
        share = read_at(self.share, texel[which])
        off = (share - 0.5) * np.float32(WIDTH)
        near = (off < _INSIDE) & (off > -_OUTSIDE)
        which, off = which[near], off[near]
        row, column = (place[which] for place in nearest)
        way, at = self.inwards[row, column], texel[which]
        part = part_map()[row, column]
        places = []
        for moved in (np.maximum(_INSIDE - off, 0), -np.maximum(_OUTSIDE + off, 0)):
            place = (at + way * moved[:, None]).astype(np.float32)
            to = np.clip(np.round(place), 0, 511).astype(np.intp)
            places.append(np.where((part_map()[to[:, 1], to[:, 0]] == part)[:, None], place, at))
        return which, off, *places


@lru_cache(maxsize=1)
def _nearest_on_body() -> np.ndarray:
    """(512, 512) int: the flat number of the texel of the map's islands that is nearest to each."""
    body = part_map() > 0
    _, label = cv2.distanceTransformWithLabels(
        (~body).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(label.max()) + 1, np.intp)
    of_label[label[body]] = np.flatnonzero(body)
    return of_label[label]


def sharpness(pixel: np.ndarray, texel: np.ndarray) -> float:
    """By how much a line's share grows for each texel, where N pixels, flat numbers (N,), show texels (N, 2)."""
    beside = np.flatnonzero(np.diff(pixel) == 1)
    if not len(beside):
        return 1.0
    step = np.abs(texel[beside + 1] - texel[beside]).sum(1)
    return float(1 / max(_SOFT * np.median(step), 0.05))
