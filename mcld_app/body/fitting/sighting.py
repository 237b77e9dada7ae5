"""A person as they were found in a photo: what the mannequin is laid by."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from mcld_app.body.fitting.landmarks import Landmarks
from mcld_app.body.framing import Frame, shown_part
from mcld_app.once import cached_property


@dataclass(frozen=True, eq=False)
class Sighting:
    """A person as they were found in a photo.

    Attributes:
        outline: (H, W) uint8, 0..255, where they are; of the photo's size.
        landmarks: in pixels of that photo; None where only the outline is known.
        whole: the photo as it came, and how it was framed; None where it is the same.
        shown: `inside`, where the photo as it came is not known any more; None where all of the photo is shown.
    """

    outline: np.ndarray = field(repr=False)
    landmarks: Landmarks | None
    whole: tuple[np.ndarray, Frame] | None = field(default=None, repr=False)
    shown: tuple[int, int, int, int] | None = None

    @cached_property
    def inside(self) -> tuple[int, int, int, int]:
        """(top, left, height, width) of the photo that is no padding."""
        if self.whole is not None:
            return shown_part(self.whole[1])
        return self.shown or (0, 0, *self.outline.shape)

    def beside_padding(self, width: float) -> np.ndarray:
        """(H, W) bool: padding, and what lies within `width` pixels of it: there, the photo's edge is mixed with it."""
        top, left, height, across = self.inside
        out = np.ones(self.outline.shape, bool)
        edges = ((top, height, out.shape[0]), (left, across, out.shape[1]))
        rows, columns = (
            slice(start + math.ceil(width) * (start > 0), start + length - math.ceil(width) * (start + length < whole))
            for start, length, whole in edges
        )
        out[rows, columns] = False
        return out

    @property
    def shares(self) -> np.ndarray:
        """The outline, (H, W) float32, 0..1."""
        return self.outline.astype(np.float32) / np.float32(255)

    def painted(self, where: np.ndarray, *, add: bool) -> Sighting:
        """With more, or less, in the outline: `where` is (H, W) bool."""
        outline = self.outline.copy()
        outline[where] = 255 if add else 0
        return replace(self, outline=outline)
