"""Painting body parts on an IUV map: the brush says where a part lies, U and V are worked out.

Where a stroke touches the same part, U and V go on from there: they are a plane over the picture, which is near enough
for a brush, plus what the part's own pixels differ from that plane by where they meet the stroke. A part that is not
there yet is laid on the stroke as it lies on the mannequin: box on box, turned so that the other parts lie where they
should.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np

from mcld_app.body.charts import touching_parts
from mcld_app.body.checks import is_picture
from mcld_app.body.framing import TARGET, frame_11_16
from mcld_app.body.iuv import PARTS, check_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.sampling import read_at
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.errors import IUVError, StudioError

_NEAR = 24  # pixels around a stroke that say how a part goes on
_HALF = 6.0  # pixels from the stroke at which they say half as much
_SEAM = 3.0  # pixels from the stroke that U and V join exactly
_PLANE = 12  # fewer pixels of a part do not say how it goes on
_PIECES = 16
_LONG = 1.3  # a box this much longer than wide has a direction
_YAWS = (0.0, 180.0, 90.0, -90.0)  # the views of the mannequin that layouts are taken from
_WELL = 1 / 3  # share of a part's best view
_VIEW_SIZE = (768, 528)


def paint_part(iuv: np.ndarray, mask: np.ndarray, part: int) -> np.ndarray:
    """Paint a body part on an IUV map.

    Args:
        iuv: (H, W, 3) uint8, channels I, U, V; it may be empty, and stays as it is.
        mask: (H, W) bool, the stroke.
        part: 1..24; 0 erases. Pixels that show the part already keep their U and V.

    Returns:
        The painted map, (H, W, 3) uint8; `check_iuv` passes it.

    Raises:
        IUVError: for a map or a part that is none, or where nothing would be left of the body.
        StudioError: where the stroke has another size than the map, or is empty.
    """
    if isinstance(part, bool) or not isinstance(part, int | np.integer) or not 0 <= part <= PARTS:
        raise IUVError(f"There is no body part {part!r}. Choose one from 1 to {PARTS}, or 0 to erase.")
    if not is_picture(iuv) or iuv.any():  # a map that shows nobody may be painted on
        check_iuv(iuv)
    if not isinstance(mask, np.ndarray) or mask.shape != iuv.shape[:2]:
        raise StudioError("The stroke and the IUV map differ in size. Draw on the map as it is shown.")
    stroke = mask > 0
    if not stroke.any():
        raise StudioError("There is no stroke to take: draw on the map first.")
    out = iuv.copy()
    if part == 0:
        out[stroke] = 0
        if not out[..., 0].any():
            raise IUVError("This would leave nothing of the body. Keep some of it.")
        return out
    new = stroke & (iuv[..., 0] != part)
    count, label, about, _ = cv2.connectedComponentsWithStats(new.astype(np.uint8), connectivity=8)
    place = np.zeros(count, np.int32)  # of each piece by size; crumbs beyond the first few are painted together
    place[1 + np.argsort(-about[1:, cv2.CC_STAT_AREA])] = np.minimum(np.arange(1, count), _PIECES)
    for piece in range(1, min(count - 1, _PIECES) + 1):
        _paint_piece(out, iuv, place[label] == piece, int(part))
    return out


def pose_of_picture(iuv: np.ndarray) -> np.ndarray:
    """Another picture's IUV map as a pose for the studio's own pictures.

    Args:
        iuv: (H, W, 3) uint8, channels I, U, V.

    Returns:
        (512, 352, 3) uint8, framed around the person.

    Raises:
        IUVError: where the map is unusable.
    """
    check_iuv(iuv)
    return frame_11_16(iuv, target=TARGET).iuv


def _paint_piece(out: np.ndarray, iuv: np.ndarray, new: np.ndarray, part: int) -> None:
    """Fill one connected piece of a stroke in `out`; `iuv` is what was there before the stroke."""
    left, top, width, height = cv2.boundingRect(new.astype(np.uint8))
    near = slice(max(top - _NEAR, 0), top + height + _NEAR), slice(max(left - _NEAR, 0), left + width + _NEAR)
    away = cv2.distanceTransform((~new[near]).astype(np.uint8), cv2.DIST_L2, 5)
    own = iuv[near][..., 0] == part
    touches = np.count_nonzero(own) >= _PLANE and (own & (away < 1.5)).any()
    uv = _continued(iuv[near][..., 1:], own, away) if touches else _laid(iuv, new, part)
    out[new, 0] = part
    out[new, 1:] = np.clip(uv + 0.5, 0, 255).astype(np.uint8)


def _continued(uv: np.ndarray, own: np.ndarray, away: np.ndarray) -> np.ndarray:
    """U and V of a stroke's pixels, going on from the part's own ones.

    Args:
        uv: (h, w, 2) uint8; means something where `own` (h, w) bool.
        away: (h, w) float32, distance to the stroke in pixels, 0 on it.

    Returns:
        (N, 2) float64 for the N pixels of the stroke, row by row.
    """
    y, x = np.nonzero(own)
    middle = x.mean(), y.mean()

    def terms(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.stack([np.ones(len(x)), x - middle[0], y - middle[1]], 1)

    at, values = terms(x, y), uv[own].astype(np.float64)
    weighed = at.T / (1 + (away[own] / _HALF) ** 2)
    # A line of pixels does not say how a plane tilts across it: there it does not.
    plane = np.linalg.solve(weighed @ at + np.diag([0.0, 1.0, 1.0]), weighed @ values)
    rest = np.zeros((*own.shape, 3), np.float32)
    rest[own, :2] = values - at @ plane
    spread = pull_push(rest, (own & (away < _SEAM)).astype(np.float32))
    y, x = np.nonzero(away == 0)
    return terms(x, y) @ plane + spread[y, x, :2]


def _laid(iuv: np.ndarray, new: np.ndarray, part: int) -> np.ndarray:
    """U and V of a stroke's pixels, (N, 2) float32 row by row, where nothing of the part is near."""
    layout, centres = _layout(part, _view_for(iuv, part)), _centres(iuv)
    box = max((_box_of(new).turned(k) for k in range(4)), key=lambda turned: _fit(turned, layout, centres, part))
    y, x = np.nonzero(new)
    where = layout.box.point(box.place(np.stack([x, y], 1))).astype(np.float32)
    return read_at(layout.uv, where)


@dataclass(frozen=True, eq=False)
class _Box:
    """An upright or slanted rectangle: its middle (x, y), the unit vector along its first side, which is the long one,
    and the lengths of its sides. The second side's direction is the first's turned clockwise, as y points down."""

    middle: np.ndarray
    side: np.ndarray
    size: np.ndarray

    @property
    def sides(self) -> np.ndarray:
        """(2, 2): the directions of both sides, row by row."""
        return np.stack([self.side, (-self.side[1], self.side[0])])

    def place(self, points: np.ndarray) -> np.ndarray:
        """(N, 2) points x, y as shares of the sides, -0.5..0.5 inside."""
        return (points - self.middle) @ self.sides.T / self.size

    def point(self, places: np.ndarray) -> np.ndarray:
        """What `place` undoes."""
        return self.middle + (places * self.size) @ self.sides

    def turned(self, quarters: int) -> _Box:
        """The same box, looked at from another of its sides."""
        box = self
        for _ in range(quarters):
            box = _Box(box.middle, box.sides[1], box.size[::-1])
        return box


@dataclass(frozen=True, eq=False)
class _Layout:
    """How a part lies on the mannequin, in one view of it, in pixels from the upper left corner of what that view
    shows of the part: U and V (h, w, 2) float32, the part's box, and the middles of all parts in view."""

    uv: np.ndarray
    box: _Box
    centres: Mapping[int, np.ndarray]


@lru_cache(maxsize=len(_YAWS) * PARTS)
def _layout(part: int, view: int) -> _Layout:
    iuv = _views()[view]
    left, top, width, height = cv2.boundingRect((iuv[..., 0] == part).astype(np.uint8))
    near = iuv[top : top + height, left : left + width]
    mask = near[..., 0] == part
    uv = np.zeros((height, width, 3), np.float32)
    uv[mask, :2] = near[mask, 1:]
    # A stroke may fill the corners of a box that the part leaves free.
    uv = pull_push(uv, mask.astype(np.float32))[..., :2]
    centres = {other: middle - (left, top) for other, middle in _centres(iuv).items()}
    return _Layout(uv, _box_of(mask), MappingProxyType(centres))


@lru_cache(maxsize=1)
def _views() -> tuple[np.ndarray, ...]:
    spread = {f"{side}_shoulder.raise": 25.0 for side in ("left", "right")}
    return tuple(draw_iuv(Pose(angles=spread, yaw=yaw), _VIEW_SIZE) for yaw in _YAWS)


@lru_cache(maxsize=1)
def _shown() -> np.ndarray:
    """(views, 25): how much of what one can see of a part at once each view shows, 0..1."""
    count = np.stack([np.bincount(view[..., 0].ravel(), minlength=PARTS + 1) for view in _views()])
    count[:, 0] = 0
    return count / np.maximum(count.max(0), 1)


def _view_for(iuv: np.ndarray, part: int) -> int:
    """The view that shows what the map shows, among those that show the part well; the front where the map is empty."""
    there = np.bincount(iuv[..., 0].ravel(), minlength=PARTS + 1)[: PARTS + 1]
    return int(np.argmax(np.where(_shown()[:, part] >= _WELL, _shown() @ there, -1)))


def _centres(iuv: np.ndarray) -> Mapping[int, np.ndarray]:
    """Part -> the mean (x, y) of the pixels that show it."""
    y, x = np.nonzero(iuv[..., 0])
    part = iuv[y, x, 0]
    count = np.bincount(part, minlength=PARTS + 1)
    mean = np.stack([np.bincount(part, c, PARTS + 1) for c in (x, y)], 1) / np.maximum(count, 1)[:, None]
    return MappingProxyType({int(k): mean[k] for k in np.flatnonzero(count)})


def _box_of(mask: np.ndarray) -> _Box:
    """The smallest rectangle around a mask, slanted if need be; an upright one where it has no direction."""
    y, x = np.nonzero(mask)
    points = np.stack([x, y], 1).astype(np.float32)
    middle, size, angle = cv2.minAreaRect(points)
    size, a = np.array(size) + 1, np.radians(angle)
    side = np.array([np.cos(a), np.sin(a)])
    if size.max() <= _LONG * size.min():
        low, high = points.min(0), points.max(0)
        middle, size, side = (low + high) / 2, high - low + 1, np.array([1.0, 0.0])
    box = _Box(np.array(middle), side, size)
    return box if size[0] >= size[1] else box.turned(1)


def _fit(box: _Box, layout: _Layout, centres: Mapping[int, np.ndarray], part: int) -> float:
    """How well a box suits a layout: sides of like proportions, the other parts on the same sides of it (those that
    touch the part count most), and turned little."""
    score = 0.5 * float(box.side @ layout.box.side)
    score -= abs(float(np.log(box.size[0] / box.size[1]) - np.log(layout.box.size[0] / layout.box.size[1])))
    for other in (centres.keys() & layout.centres.keys()) - {part}:
        here = box.sides @ (centres[other] - box.middle)
        there = layout.box.sides @ (layout.centres[other] - layout.box.middle)
        cosine = here @ there / max(np.linalg.norm(here) * np.linalg.norm(there), 1e-6)
        score += float(cosine) * (1.0 if touching_parts()[part, other] else 0.1)
    return score
