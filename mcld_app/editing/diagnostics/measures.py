"""A target map measured: how much of each part there is, in how many pieces, and which way it faces."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.framing import person_box
from mcld_app.body.iuv import resize_iuv
from mcld_app.once import cached_property

LEAST_JUDGED = 60
"""Pixels: of smaller parts and limbs nothing can be said."""

HEAD, TORSO, ARMS, LEGS = (23, 24), (1, 2), (3, 4, *range(15, 23)), tuple(range(5, 15))
LIMBS = {
    "head": HEAD, "torso": TORSO,
    "left upper arm": (15, 17), "right upper arm": (16, 18), "left lower arm": (19, 21), "right lower arm": (20, 22),
    "left hand": (4,), "right hand": (3,), "left upper leg": (8, 10), "right upper leg": (7, 9),
    "left lower leg": (12, 14), "right lower leg": (11, 13), "left foot": (5,), "right foot": (6,),
}  # fmt: skip

_LARGEST = 512
_STEP = 3  # pixels over which U and V are compared: nearer by, they change by less than one grey level


def reduced(iuv: np.ndarray) -> np.ndarray:
    """A map of at most 512 rows, which is enough to count by: (H, W, 3) uint8 to the same or less."""
    height, width = iuv.shape[:2]
    return iuv if height <= _LARGEST else resize_iuv(iuv, (_LARGEST, max(1, round(width * _LARGEST / height))))


@dataclass(frozen=True)
class Turn:
    """How the torso stands.

    Attributes:
        middle: (2,) x, y in pixels.
        right: (2,) unit vector x, y: where the person's own right lies in the picture.
        breadth: of the torso in that direction, pixels.
        fit: how well that is known, 0..1: above 0.8 where front or back is seen, low from the side.
    """

    middle: np.ndarray
    right: np.ndarray
    breadth: float
    fit: float


@dataclass(frozen=True, eq=False)
class BodyMeasures:
    """A map cut to the body's box.

    Attributes:
        iuv: (h, w, 3) uint8, channels I, U, V.
        frame: (height, width) of the whole map.
        edges: "top", "bottom", "left", "right": the share of that edge of the map which shows the body.
        trunk_below: the share of the bottom edge that shows head or torso.
        count: (25,) pixels of each part, 0 for the background.
    """

    iuv: np.ndarray
    frame: tuple[int, int]
    edges: dict[str, float]
    trunk_below: float
    count: np.ndarray

    @property
    def pixels(self) -> int:
        return int(self.count.sum())

    @property
    def length(self) -> int:
        """The longer side of the body's box, pixels."""
        return max(self.iuv.shape[:2])

    def share(self, parts) -> float:
        """What part of the body's pixels show these parts."""
        return float(self.count[list(parts)].sum() / max(self.pixels, 1))

    def shown(self, limb: str) -> np.ndarray:
        """Where a limb of `LIMBS` is seen: (h, w) bool."""
        return self._limb_of_pixel == 1 + list(LIMBS).index(limb)

    @cached_property
    def _limb_of_pixel(self) -> np.ndarray:
        number = np.zeros(256, np.uint8)
        for k, parts in enumerate(LIMBS.values(), 1):
            number[list(parts)] = k
        return number[self.iuv[..., 0]]

    @cached_property
    def turn(self) -> Turn | None:
        """V grows from the person's left to their right on both of the torso's charts, so where front or back is seen,
        a plane fits it, and its slope says where their right is. From the side V falls again behind the edge: no plane.
        None where there is no torso to tell by."""
        y, x = np.nonzero(self.shown("torso"))
        if len(x) < LEAST_JUDGED:
            return None
        place = np.stack([x, y], 1).astype(np.float64)
        middle = place.mean(0)
        place -= middle
        v = self.iuv[y, x, 2].astype(np.float64)
        v -= v.mean()
        square = place.T @ place
        spread = float(v @ v)
        if spread < 1 or abs(np.linalg.det(square)) < 1e-6:
            return None
        slope = np.linalg.solve(square, place.T @ v)
        right = slope / max(float(np.hypot(*slope)), 1e-12)
        breadth = float((place @ right).std()) * 12**0.5  # of an even spread
        return Turn(middle, right, breadth, float(((place @ slope) ** 2).sum()) / spread)


def measured(iuv: np.ndarray) -> BodyMeasures:
    """The body of a map (H, W, 3) uint8, channels I, U, V, which may be empty."""
    top, left, height, width = person_box(iuv) or (0, 0, 0, 0)
    shown = iuv[..., 0] > 0
    trunk = np.isin(iuv[-1:, :, 0], (*HEAD, *TORSO))
    lines = {"top": shown[:1], "bottom": shown[-1:], "left": shown[:, :1], "right": shown[:, -1:]}
    cut = np.ascontiguousarray(iuv[top : top + height, left : left + width])
    edges = {name: float(line.mean()) if line.size else 0.0 for name, line in lines.items()}
    count = np.bincount(cut[..., 0].ravel(), minlength=25)
    count[0] = 0
    return BodyMeasures(cut, iuv.shape[:2], edges, float(trunk.mean()) if trunk.size else 0.0, count)


def pieces(mask: np.ndarray) -> list[tuple[int, float]]:
    """A limb's pieces but for the largest: (its pixels, pixels between it and the largest)."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    mask = mask[top : top + height, left : left + width]
    if np.count_nonzero(mask) < LEAST_JUDGED:
        return []
    number, label, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if number <= 2:
        return []
    area = stats[1:, cv2.CC_STAT_AREA]
    largest = int(area.argmax())
    distance = distance_to(label == 1 + largest)
    nearest = np.full(number, np.inf, np.float32)
    np.minimum.at(nearest, label[mask], distance[mask])
    return [(int(area[k]), float(nearest[1 + k])) for k in range(number - 1) if k != largest]


def distance_to(mask: np.ndarray) -> np.ndarray:
    """Pixels between each pixel and the mask, (h, w) float32; 0 for its neighbours too."""
    return np.maximum(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3) - 1, 0)


def inside_out(body: BodyMeasures) -> float:
    """Share of the body in parts whose U and V turn the wrong way round. A surface is seen from outside only, so on
    each chart the turn from U to V has one sense, in every pose; a mirror changes it, and so does mixing up U and V."""
    s = _STEP
    if min(body.iuv.shape[:2]) <= s:
        return 0.0
    part = body.iuv[:-s, :-s, 0]
    same = (part > 0) & (part == body.iuv[:-s, s:, 0]) & (part == body.iuv[s:, :-s, 0])
    part = part[same]
    here = body.iuv[:-s, :-s][same].astype(np.int32)
    across = body.iuv[:-s, s:][same] - here
    down = body.iuv[s:, :-s][same] - here
    turn = (across[:, 1] * down[:, 2] - across[:, 2] * down[:, 1]) * _sense()[part]
    good, wrong = (np.bincount(part[way], minlength=25) for way in (turn > 0, turn < 0))
    return body.share(np.flatnonzero((wrong > good) & (good + wrong >= LEAST_JUDGED)))


@lru_cache(maxsize=1)
def _sense() -> np.ndarray:
    """(25,) int32: 1 or -1, the sense in which each part's U and V turn in a picture, y down."""
    c = charts()
    a, b, d = c.uv[c.faces].transpose(1, 2, 0)
    area = (b[0] - a[0]) * (d[1] - a[1]) - (b[1] - a[1]) * (d[0] - a[0])  # corners run counter-clockwise outside
    out = -np.sign(np.bincount(c.face_part, area, 25)).astype(np.int32)
    out.setflags(write=False)
    return out
