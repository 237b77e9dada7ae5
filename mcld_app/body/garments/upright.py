"""Setting a garment upright that lies askew in its picture."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.garments.outline import mirror_axis

_STEP, _FARTHEST = 2.0, 14.0  # degrees
_ROWS = 120  # height of the small mask that is turned
_GAIN = 0.03  # by which the garment must be more like its mirror image
_FIRST = 2.0  # degrees; less is no lying askew


def set_upright(picture: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A picture (H, W, 3) uint8 and a garment's mask (H, W) bool, both turned so that the garment is most like its
    mirror image, where that makes a difference; else as they are."""
    angle = tilt(mask)
    if abs(angle) < _FIRST:
        return picture, mask
    height, width = mask.shape
    y, x = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    about = ((x[0] + x[-1]) / 2, (y[0] + y[-1]) / 2)
    turn = cv2.getRotationMatrix2D(about, angle, 1.0)
    corners = np.stack(np.meshgrid(x[[0, -1]], y[[0, -1]]), -1).reshape(-1, 2) @ turn[:, :2].T + turn[:, 2]
    # A garment that nearly filled its picture is made a little smaller, so that it stays in it.
    low, high = corners.min(0), corners.max(0)
    scale = min(1.0, width / max(high[0] - low[0], 1), height / max(high[1] - low[1], 1))
    turn = cv2.getRotationMatrix2D(about, angle, scale)
    turn[:, 2] += (width / 2 - about[0], height / 2 - about[1])
    turned = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    solid = cv2.warpAffine(mask.astype(np.float32), turn, (width, height), flags=cv2.INTER_LINEAR)
    return turned, solid > 0.5


def tilt(mask: np.ndarray) -> float:
    """By how many degrees, counter-clockwise, a garment's mask (H, W) bool must be turned to stand upright; 0 where
    turning it does not make it clearly more like its mirror image."""
    scale = _ROWS / len(mask)
    small = cv2.resize(mask.astype(np.float32), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    pad = max(small.shape) // 3
    small = np.pad(small, pad)
    middle = (small.shape[1] / 2, small.shape[0] / 2)

    def likeness(angle: float) -> float:
        turn = cv2.getRotationMatrix2D(middle, angle, 1.0)
        turned = cv2.warpAffine(small, turn, small.shape[::-1], flags=cv2.INTER_LINEAR) > 0.5
        return mirror_axis(turned)[1] if turned.any() else 0.0

    found = {angle: likeness(angle) for angle in np.arange(-_FARTHEST, _FARTHEST + 0.1, _STEP).tolist()}
    best = max(found, key=found.__getitem__)
    if found[best] < found[0.0] + _GAIN:
        return 0.0
    near = {best + off: likeness(best + off) for off in (-1.0, -0.5, 0.5, 1.0)} | {best: found[best]}
    return max(near, key=near.__getitem__)
