"""A garment's outline: its contour, its mirror axis, its dents, and the way along it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from mcld_app.once import cached_property

_SMOOTH = 5  # pixels; a frayed rim is no dent
_SHALLOW = 0.012  # heights; a shallower dent is a fold
_STRIDE = 0.05  # heights to both sides of a dent's deepest point between which its angle is taken
_OFF_MIDDLE = 0.15  # widths that a garment's axis may lie off the middle of its box


@dataclass(frozen=True, eq=False)
class Dent:
    """Where an outline keeps away from its convex hull.

    Attributes:
        place: (2,) x, y in pixels, the deepest point.
        ends: (2, 2), where the hull is left and met again.
        depth: pixels from the hull to the deepest point.
        angle: degrees the outline makes there; 180 is straight.
    """

    place: np.ndarray
    ends: np.ndarray
    depth: float
    angle: float


@dataclass(frozen=True, eq=False)
class Outline:
    """A garment's outline.

    Attributes:
        mask: (H, W) bool, the garment, its rim smoothed.
        contour: (N, 2) float64, x and y of each pixel along its outer edge, in order.
    """

    mask: np.ndarray
    contour: np.ndarray

    @classmethod
    def of(cls, mask: np.ndarray) -> Outline:
        """The outline of a mask (H, W) bool with one piece."""
        smooth = cv2.medianBlur(np.pad(mask.astype(np.uint8), _SMOOTH), _SMOOTH)[_SMOOTH:-_SMOOTH, _SMOOTH:-_SMOOTH]
        found, _ = cv2.findContours(smooth, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        contour = max(found, key=cv2.contourArea)
        whole = np.zeros_like(smooth)
        cv2.drawContours(whole, [contour], -1, 1, -1)
        return cls((smooth & whole) > 0, contour[:, 0].astype(np.float64))

    @property
    def top(self) -> float:
        return float(self.contour[:, 1].min())

    @property
    def bottom(self) -> float:
        return float(self.contour[:, 1].max())

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def width(self) -> float:
        return float(np.ptp(self.contour[:, 0]))

    @cached_property
    def _mirror(self) -> tuple[float, float]:
        small = cv2.resize(self.mask.astype(np.uint8), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) > 0
        axis, likeness = mirror_axis(small)
        return axis * 4 + 1.5, likeness

    @property
    def axis(self) -> float:
        """x of the upright line about which it is most like its mirror image."""
        return self._mirror[0]

    @property
    def likeness(self) -> float:
        """0..1, how much of it and of its mirror image is both."""
        return self._mirror[1]

    @cached_property
    def solidity(self) -> float:
        """0..1, its share of its convex hull."""
        hull = cv2.contourArea(cv2.convexHull(self.contour.astype(np.int32)))
        return float(self.mask.sum() / max(hull, 1))

    @cached_property
    def dents(self) -> tuple[Dent, ...]:
        """Its dents that are no mere folds."""
        points = self.contour.astype(np.int32)[:, None]
        hull = cv2.convexHull(points, returnPoints=False)
        try:
            found = cv2.convexityDefects(points, np.sort(hull, axis=0)[::-1])
        except cv2.error:  # an outline that touches itself
            found = None
        stride, count, dents = max(4, round(_STRIDE * self.height)), len(points), []
        for start, end, deep, depth in [] if found is None else found.reshape(-1, 4).tolist():
            if depth / 256 < _SHALLOW * self.height:
                continue
            place = self.contour[deep]
            a, b = self.contour[(deep - stride) % count] - place, self.contour[(deep + stride) % count] - place
            cosine = a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-6)
            angle = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
            dents.append(Dent(place, self.contour[[start, end]], depth / 256, angle))
        return tuple(dents)

    def index(self, place: np.ndarray) -> int:
        """Which point of the contour is nearest to a place (2,)."""
        return int(((self.contour - place) ** 2).sum(1).argmin())

    def nearest(self, place: np.ndarray) -> np.ndarray:
        """(2,) the contour's point nearest to a place."""
        return self.contour[self.index(place)]

    def lower_corner(self, sign: int, low: float, width: float, deepest: float = np.inf) -> np.ndarray:
        """(2,) the lower corner of what crosses the axis above a row `low`, to the picture's right (`sign` 1) or left:
        the contour's point farthest down and out, not beyond `width` from the axis, nor below the row `deepest`."""
        x, y = sign * (self.contour[:, 0] - self.axis), self.contour[:, 1]
        near = (x > 0.3 * width) & (x <= width + 2) & (np.abs(y - low) < 0.2 * self.height) & (y <= deepest)
        if not near.any():
            return np.array([self.axis + sign * width, low])
        return self.contour[near][(x[near] + y[near]).argmax()]

    def way(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """(N, 2): along the contour from the point nearest to one place to that nearest to another, the shorter way."""
        i, j, count = self.index(start), self.index(end), len(self.contour)
        there = self.contour[np.arange(i, i + (j - i) % count + 1) % count]
        back = self.contour[np.arange(i, i - (i - j) % count - 1, -1) % count]
        return there if len(there) <= len(back) else back

    def runs(self, y: float, least: float = 0.0) -> list[tuple[int, int]]:
        """First and last column of each stretch of the garment in a row, from left to right, `least` wide at least."""
        row = self.mask[int(np.clip(round(y), 0, len(self.mask) - 1))].astype(np.int8)
        step = np.diff(np.concatenate([[0], row, [0]]))
        found = zip(np.flatnonzero(step == 1).tolist(), (np.flatnonzero(step == -1) - 1).tolist(), strict=True)
        return [run for run in found if run[1] - run[0] >= least]

    def middle_run(self, y: float) -> tuple[int, int] | None:
        """The stretch of a row that the axis crosses, or the one nearest to it; None where there is none. Where the
        axis lies in an opening, narrower than what is to its left and right, it goes from end to end of these."""
        runs = self.runs(y)
        for left, right in pairwise(runs):
            narrow = right[0] - left[1] < min(left[1] - left[0], right[1] - right[0])
            if left[1] < self.axis < right[0] and narrow:
                return left[0], right[1]
        return min(runs, key=lambda r: max(r[0] - self.axis, self.axis - r[1], 0), default=None)


def mirror_axis(mask: np.ndarray) -> tuple[float, float]:
    """The column about which a mask (H, W) bool is most like its mirror image, and how much of the two is both."""
    columns = np.flatnonzero(mask.any(0))
    middle, reach = (columns[0] + columns[-1]) / 2, _OFF_MIDDLE * np.ptp(columns)
    whole, best = np.count_nonzero(mask), (-1.0, float(middle))
    for twice in range(round(2 * (middle - reach)), round(2 * (middle + reach)) + 1):
        part = mask[:, max(0, twice - mask.shape[1] + 1) : min(mask.shape[1] - 1, twice) + 1]
        both = np.count_nonzero(part & part[:, ::-1])
        best = max(best, (both / (2 * whole - both), twice / 2))
    return best[1], best[0]


def resampled(path: np.ndarray, count: int) -> np.ndarray:
    """(count, 2): points at equal distances along a way (N, 2), its ends among them."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(steps)])
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, path[:, k]) for k in range(2)], 1)


def length_of(path: np.ndarray) -> float:
    """Pixels along a way (N, 2)."""
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
