"""Thin-plate splines: a smooth map of the plane that takes given points to given places (Bookstein, 1989)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.lengths import dot

_STEP = 6  # pixels between the places at which a map is worked out; it is smooth


@dataclass(frozen=True, eq=False)
class ThinPlate:
    """A fitted spline; `at` evaluates it."""

    knots: np.ndarray
    weights: np.ndarray
    middle: np.ndarray
    scale: float

    @classmethod
    def fit(cls, source: np.ndarray, target: np.ndarray, stiffness: float | np.ndarray = 1e-4) -> ThinPlate:
        """The spline from points (N, 2) to places (N, 2).

        Args:
            source: where from; at least three that are not on a line.
            target: where to.
            stiffness: what bending costs, beside all points or beside each (N,); 0 meets them exactly.
        """
        middle = source.mean(0)
        scale = max(float(np.abs(source - middle).max()), 1e-9)
        knots = (source - middle) / scale
        count = len(knots)
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = _kernel(knots, knots) + stiffness * np.eye(count)
        system[:count, count] = system[count, :count] = 1
        system[:count, count + 1 :] = knots
        system[count + 1 :, :count] = knots.T
        weights = np.linalg.solve(system, np.concatenate([target, np.zeros((3, 2))]))
        return cls(knots, weights, middle, scale)

    def at(self, points: np.ndarray) -> np.ndarray:
        """(N, 2) float64: where points (N, 2) go."""
        q = (points - self.middle) / self.scale
        count = len(self.knots)
        flat = self.weights[count] + q @ self.weights[count + 1 :]
        return _kernel(q, self.knots) @ self.weights[:count] + flat

    def over(self, size: tuple[int, int], start: tuple[int, int] = (0, 0)) -> np.ndarray:
        """(height, width, 2) float32: where each pixel of a picture of that size goes, whose first one lies at `start`,
        x and y."""
        rows, columns = -(-size[0] // _STEP) + 1, -(-size[1] // _STEP) + 1
        y, x = np.mgrid[0:rows, 0:columns] * _STEP
        at = np.stack([x.ravel() + start[0], y.ravel() + start[1]], 1)
        grid = self.at(at.astype(float)).astype(np.float32)
        grid = grid.reshape(rows, columns, 2)
        at_x, at_y = np.meshgrid(
            np.arange(size[1], dtype=np.float32) / _STEP, np.arange(size[0], dtype=np.float32) / _STEP
        )
        return cv2.remap(grid, at_x, at_y, cv2.INTER_LINEAR)


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    off = a[:, None] - b[None]
    squared = dot(off, off)
    return squared * np.log(np.maximum(squared, 1e-18))
