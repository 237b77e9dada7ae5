"""One person's landmarks and outline: BlazePose's second network, which looks at a turned square around the body.

See Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020, and Grishchenko et al., "BlazePose
GHUM Holistic", 2022. The points it gives are drawn to the middle of their heat maps nearby, as its makers' own program
does; that gains most at wrists and ankles.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.fitting.landmarks import NAMES, Landmarks
from mcld_app.checkpoints.wheel_models import BODY
from mcld_app.perception.litert import network, sigmoid

SIDE = 256
_AROUND = 1.25  # of the circle about the body: what the square shows
_HELPERS = 2  # points after the 33: the hips' middle and the circle's rim, for a second, better look
_CELL = 4  # pixels of the square that a place of the heat maps stands for
_REACH = 3  # places around a point that its heat map is asked about
_LIT = 0.5  # what a heat map must reach there, else the point stays


@dataclass(frozen=True, eq=False)
class Outline:
    """Where a person is, as the network sees it.

    Attributes:
        values: (256, 256) float32, 0..1.
        to_photo: (2, 3) float64, which takes a place of that square to one in the photo, in pixels.
    """

    values: np.ndarray
    to_photo: np.ndarray

    def over(self, size: tuple[int, int], scale: float = 1.0, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
        """(*size,) float32, 0..1, over a picture of `size` (height, width) that shows the photo, scaled about its
        corner and then shifted, in pixels."""
        move = self.to_photo * scale
        move[:, 2] += (scale - 1) / 2 + np.array(shift)
        return cv2.warpAffine(self.values, move, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)

    def at(self, places: np.ndarray) -> np.ndarray:
        """(N,) float32, 0..1, at places x, y (N, 2) of the photo; 0 beyond the square."""
        here = (places - self.to_photo[:, 2]) @ np.linalg.inv(self.to_photo[:, :2]).T
        here = np.clip(here, -SIDE, 2 * SIDE).astype(np.float32)[None]  # far away is as good as just outside
        return cv2.remap(self.values, here, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)[0]

    @property
    def circle(self) -> tuple[np.ndarray, np.ndarray]:
        """The hips and the rim of the circle, (2,) each, of the square that was looked at, as `look` takes them."""
        middle, above = np.full(2, SIDE / 2), np.array([SIDE / 2, SIDE / 2 - SIDE / 2 / _AROUND])
        return self.to_photo[:, :2] @ middle + self.to_photo[:, 2], self.to_photo[:, :2] @ above + self.to_photo[:, 2]

    def share_in(self, other: Outline) -> float:
        """How much of this person, 0..1, lies where the other one is."""
        rows, columns = np.nonzero(self.values[::4, ::4] > 0.5)
        if not len(rows):
            return 0.0
        places = np.stack([columns, rows], 1) * 4.0 @ self.to_photo[:, :2].T + self.to_photo[:, 2]
        return float((other.at(places) > 0.5).mean())


@dataclass(frozen=True, eq=False)
class Look:
    """What the network says of one square.

    Attributes:
        score: 0..1, that a person is there.
        landmarks: in pixels of the photo.
        outline: of the person.
        hips, rim: (2,) each, as `people_detector.Candidate` has them, for a second look.
    """

    score: float
    landmarks: Landmarks
    outline: Outline
    hips: np.ndarray
    rim: np.ndarray


def look(photo: np.ndarray, hips: np.ndarray, rim: np.ndarray) -> Look:
    """Look at one person of a photo, (H, W, 3) uint8 RGB, in a square about `hips` with `rim` upwards, each (2,)."""
    across, down = rim - hips
    side = max(2 * _AROUND * float(np.hypot(across, down)), 2.0)
    angle = np.pi / 2 - np.arctan2(-down, across)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    to_photo = np.column_stack([turn * side / SIDE, hips - turn @ np.full(2, side / 2)])
    out = network(BODY.files[1]).run(_square(photo, to_photo) / np.float32(255))
    points = out["Identity"].reshape(-1, 5).astype(np.float64)
    xy = _refined(points[:, :2], out["Identity_3"]) @ to_photo[:, :2].T + to_photo[:, 2]
    space = out["Identity_4"].reshape(-1, 3)[: len(NAMES)].astype(np.float64)
    space[:, :2] = space[:, :2] @ turn.T
    sure = sigmoid(points[:, 3]) * sigmoid(points[:, 4])  # that it is not hidden, and that it is in the picture
    found = Landmarks(xy[: len(NAMES)], sure[: len(NAMES)], space * np.array([1.0, -1.0, -1.0]))
    outline = Outline(sigmoid(out["Identity_2"][..., 0]).astype(np.float32), to_photo)
    helpers = xy[len(NAMES) : len(NAMES) + _HELPERS]
    return Look(float(out["Identity_1"][0]), found, outline, *helpers)


def _square(photo: np.ndarray, to_photo: np.ndarray) -> np.ndarray:
    """(256, 256, 3) uint8, black beyond the photo. A square that is much larger is shrunk by areas first, and only the
    part of the photo that it shows."""
    corners = np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]], np.float64) @ to_photo[:, :2].T + to_photo[:, 2]
    low = np.clip(np.floor(corners.min(0)).astype(int) - 2, 0, None)
    high = np.ceil(corners.max(0)).astype(int) + 3
    part = photo[low[1] : max(high[1], 0), low[0] : max(high[0], 0)]
    if not part.size:
        return np.zeros((SIDE, SIDE, 3), np.uint8)
    move = to_photo.copy()
    move[:, 2] -= low
    side = float(np.hypot(*to_photo[:, 0])) * SIDE
    if side > 2 * SIDE:
        wish = 2 * SIDE / side
        size = [max(1, round(length * wish)) for length in part.shape[1::-1]]
        exact = np.array(size) / part.shape[1::-1]
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        move = move * exact[:, None]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(part, move, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_CONSTANT)


def _refined(points: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """(N, 2) points of the square, each drawn to the middle of its heat map, (64, 64, N), within `_REACH`."""
    out = points.copy()
    cells = heat.shape[0]
    for number, (x, y) in enumerate(np.floor(points / _CELL).astype(int)):
        if not (0 <= x < cells and 0 <= y < cells):
            continue
        top, left = max(y - _REACH, 0), max(x - _REACH, 0)
        near = sigmoid(heat[top : y + _REACH + 1, left : x + _REACH + 1, number])
        if near.max() >= _LIT:
            rows, columns = np.mgrid[top : top + near.shape[0], left : left + near.shape[1]]
            out[number] = np.array([(near * columns).sum(), (near * rows).sum()]) / near.sum() * _CELL
    return out
