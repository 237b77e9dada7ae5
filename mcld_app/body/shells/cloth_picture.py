"""A shell's own picture: the photo where it shows the shell, its colours going on where it does not."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.shells.areas import shrunk
from mcld_app.body.texture.pull_push import pull_push

_RIM = 2.0  # pixels at the rim of what is shown: half ground
_MARGIN = 2  # pixels around it that the picture goes on
_LEAST = 30  # pixels, of which colours can be taken


def layer_picture(
    photo: np.ndarray, around: np.ndarray, shown: np.ndarray, trusted: np.ndarray
) -> tuple[np.ndarray, tuple[int, int]]:
    """The part of a photo around a shell, as its picture.

    Args:
        photo: (H, W, 3) uint8 RGB.
        around: (H, W) bool; the picture is of its bounding box, and a little more.
        shown: (H, W) bool, pixels that stay as they are.
        trusted: (H, W) bool, pixels whose colours go on where the photo shows something else.

    Returns:
        (h, w, 4) uint8 RGBA, opaque, and x, y of its first pixel on the photo.
    """
    window, start = _window(around)
    own, known = photo[window].astype(np.float32), _inner(shown)[window]
    filled = np.where(known[..., None], own, pull_push(own, _inner(trusted)[window].astype(np.float32)))
    opaque = np.full(known.shape, 255, np.uint8)
    return np.dstack([np.clip(filled + 0.5, 0, 255).astype(np.uint8), opaque]), start


def _inner(area: np.ndarray) -> np.ndarray:
    inner = shrunk(area, _RIM)
    return inner if np.count_nonzero(inner) >= _LEAST else area


def _window(area: np.ndarray) -> tuple[tuple[slice, slice], tuple[int, int]]:
    left, top, width, height = cv2.boundingRect(area.astype(np.uint8))
    bottom, right = min(top + height + _MARGIN, len(area)), min(left + width + _MARGIN, area.shape[1])
    left, top = max(left - _MARGIN, 0), max(top - _MARGIN, 0)
    return (slice(top, bottom), slice(left, right)), (left, top)


def gone_sideways(picture: np.ndarray, known: np.ndarray, deep: int) -> np.ndarray:
    """A shell's picture whose unknown pixels take what is known beside them, row by row: mirrored at its end, to and
    fro over `deep` pixels, so that a pattern goes on; between two ends a blend of both.

    Args:
        picture: (h, w, 4) uint8 RGBA.
        known: (h, w) bool. Rows of which nothing is known stay as they are.
        deep: pixels.
    """
    columns, rows = np.arange(known.shape[1]), np.arange(len(known))[:, None]
    nothing = -1, known.shape[1]
    before = np.maximum.accumulate(np.where(known, columns, nothing[0]), 1)
    after = np.minimum.accumulate(np.where(known, columns, nothing[1])[:, ::-1], 1)[:, ::-1]
    total, weight = np.zeros((*known.shape, 3), np.float32), np.zeros((*known.shape, 1), np.float32)
    for end, none, sign in ((before, nothing[0], -1), (after, nothing[1], 1)):
        away = np.abs(columns - end)
        source = end + sign * (deep - np.abs(deep - away % (2 * deep)))
        there = (source >= 0) & (source < len(columns))
        source = np.clip(np.where(there, source, end), 0, len(columns) - 1)
        source = np.where(known[rows, source], source, np.clip(end, 0, len(columns) - 1))
        share = np.where(end == none, 0, 1 / np.maximum(away, 1)).astype(np.float32)[..., None]
        total += picture[rows, source, :3] * share
        weight += share
    unknown = ~known & (weight[..., 0] > 0)
    out = picture.copy()
    out[unknown, :3] = (total[unknown] / weight[unknown] + 0.5).astype(np.uint8)
    return out
