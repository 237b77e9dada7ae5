"""What lies in the middle of a patterned front only, such as a bow or a fly, and how its back goes on without it."""

from __future__ import annotations

import cv2
import numpy as np

_MIDDLE, _BESIDE = 0.025, (0.06, 0.13)  # metres to either side of the middle line: in it, and beside it
_WINDOW = 0.08  # metres of height that are looked at together
_APART, _EVEN = 30.0, 10.0  # of Lab: a bow is so far off the pattern beside it; and varies no more
_CALMER = 1.3  # times that the pattern beside it varies more
_LEAST = 0.08  # metres that it goes down at least: less is pattern
_HANGS = 0.30  # metres below the neckline that it begins at most: lower lies a large pattern
_EDGE = 2  # pixels at a row's ends that are not repeated
_STEP, _MOSTLY = 0.005, 0.4  # metres; of what lies so far out that is like the middle
_WIDEST, _RIM, _TAPERS = 0.11, 0.015, 0.04  # metres: half as wide at most; around it; below it


def without_middle(picture: np.ndarray, across: np.ndarray, cloth: np.ndarray, closed: np.ndarray, metre: float
                   ) -> np.ndarray:  # fmt: skip
    """A garment's picture whose middle shows what is beside it, mirrored: as two halves that are sewn together there.

    Args:
        picture: (H, W, 3) uint8 RGB.
        across: (H, W) float32, metres to the right of the middle line.
        cloth: (H, W) bool.
        closed: (H,) float32, metres to either side where each row is closed, as with a fly; 0 where that has to be
            found.
        metre: pixels of a metre.
    """
    left, right = np.maximum(closed[:, None], _bow(picture, across, cloth, metre)).T * metre
    rows = np.flatnonzero((left + right > 0) & cloth.any(1))
    if not len(rows):
        return picture
    own, column = cloth[rows], np.arange(picture.shape[1], dtype=np.float32)
    axis = (((column - across[rows] * metre) * own).sum(1) / own.sum(1))[:, None]
    first, last = own.argmax(1)[:, None], (own.shape[1] - 1 - own[:, ::-1].argmax(1))[:, None]
    away = np.abs(column - axis)
    on_left = column < axis
    reach = np.where(on_left, axis - first, last - axis) - _EDGE
    wide = np.minimum(np.where(on_left, left[rows, None], right[rows, None]), np.maximum(reach, 0))
    deep = np.maximum(reach - wide, 1)
    folded = wide + deep - np.abs(deep - (wide - away) % (2 * deep))
    source = np.where(away < wide, axis + np.where(on_left, -1, 1) * folded, column).astype(np.float32)
    out, at_row = picture.copy(), np.broadcast_to(rows[:, None], source.shape).astype(np.float32)
    out[rows] = cv2.remap(picture, source, at_row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return out


def _bow(picture: np.ndarray, across: np.ndarray, cloth: np.ndarray, metre: float) -> np.ndarray:
    """(H, 2) metres to the left and to the right of the middle line that something plain lies over a pattern; 0 where
    nothing does."""
    lab, off = cv2.cvtColor(np.float32(picture) / 255, cv2.COLOR_RGB2LAB), np.abs(across)
    reach = max(round(_WINDOW * metre), 1)
    middle, beside = cloth & (off < _MIDDLE), cloth & (off > _BESIDE[0]) & (off < _BESIDE[1])
    (inner, even), (outer, varied) = _spread(lab, middle, reach), _spread(lab, beside, reach)
    told = (np.linalg.norm(inner - outer, axis=1) > _APART) & (even < _EVEN) & (varied > _CALMER * even)
    told &= middle.any(1) & beside.any(1)
    half, top = np.zeros((len(picture), 2)), int(middle.any(1).argmax())
    edges = np.flatnonzero(np.diff(np.concatenate([[0], told.astype(np.int8), [0]])))
    for first, last in edges.reshape(-1, 2):
        if last - first < _LEAST * metre or first - top > _HANGS * metre:
            continue
        like = np.linalg.norm(lab[first:last] - inner[first:last, None], axis=2) < _APART / 2
        sides = (cloth[first:last] & (sign * across[first:last] > 0) for sign in (-1, 1))
        wide = [_reach(like, side, off[first:last]) + _RIM for side in sides]
        last = min(len(half), last + round(_TAPERS * metre))
        half[:last] = np.maximum(half[:last], wide)  # it hangs from the neck
    return np.minimum(half, _WIDEST)


def _reach(like: np.ndarray, side: np.ndarray, off: np.ndarray) -> float:
    """Metres from the middle line, as far as much of one side is like the middle."""
    near = side & (off < _WIDEST)
    bins = (off[near] / _STEP).astype(int)
    total = np.bincount(bins, minlength=1)
    share = np.bincount(bins, like[near], len(total)) / np.maximum(total, 1)
    most = np.flatnonzero(share > _MOSTLY)
    return (int(most[-1]) + 1) * _STEP if len(most) else 0.0


def _spread(lab: np.ndarray, area: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """(H, 3) the mean and (H,) the deviation of what an area (H, W) shows within `reach` rows."""
    weight = area[..., None].astype(np.float32)
    sums = [plane.sum(1).astype(np.float32) for plane in (lab * weight, lab**2 * weight, weight)]
    total, square, count = (cv2.blur(s.reshape(len(s), 1, -1), (1, reach)).reshape(len(s), -1) for s in sums)
    count = np.maximum(count, 1e-3)
    mean = total / count
    return mean, np.sqrt(np.maximum(square / count - mean**2, 0)).mean(1)
