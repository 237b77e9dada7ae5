"""How a garment's picture lies along the body, slice by slice."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FAR = 9.0
"""Metres from the middle line that no place of a trunk or a leg lies."""

SLICE = 0.006
"""Metres of a limb that have one usual colour."""

MIDDLE = 0.03
"""Metres to either side of the middle line, where fronts are closed."""


_STRIPED = 0.4  # of how much a trunk's light changes from row to row, that it changes along one


@dataclass(frozen=True, eq=False)
class Slices:
    """How a garment's picture lies along the body; arrays (H, W).

    Attributes:
        number: float32, the slice of a limb that each pixel lies in, in whole and parts; -1 off the garment.
        side: float32, 0 in the limb's middle to 1 at its sides; all of a limb tells its colours where it is 1.
        across: float32, metres to the right of the middle line; far from it on arms.
        closed: float32, metres to either side of the middle line where fronts are closed: that is never repeated.
        hole: bool, what a neckline leaves free in front.
        metre: pixels of a metre.
        fly: whether it is a bottom, whose middle is never repeated, whatever it shows.
    """

    number: np.ndarray
    side: np.ndarray
    across: np.ndarray
    closed: np.ndarray
    hole: np.ndarray
    metre: float
    fly: bool = False

    @property
    def middle(self) -> np.ndarray:
        """(H, W) bool: where fronts are closed."""
        return np.abs(self.across) < self.closed

    def within(self, box: tuple[slice, slice]) -> Slices:
        """Those of a part of the picture."""
        planes = (plane[box] for plane in (self.number, self.side, self.across, self.closed, self.hole))
        return Slices(*planes, self.metre, self.fly)


def striped(picture: np.ndarray, slices: Slices) -> bool:
    """Whether the trunk of a garment, (H, W, 3) uint8 RGB, shows stripes around it: its light changes from row to row,
    and hardly along one."""
    trunk = (slices.number >= 0) & (np.abs(slices.across) < FAR) & ~slices.hole
    inner = cv2.erode(trunk.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    if not inner.any():
        return False
    light = cv2.GaussianBlur(picture.mean(2, dtype=np.float32), (0, 0), 2.0)
    down, along = (float(np.abs(change[inner]).mean()) for change in np.gradient(light))
    return along < _STRIPED * down
