"""The visible watermark: a small "AI" in a corner of a picture, for whoever sees it without its metadata."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.checks import check_rgb
from mcld_app.errors import StudioError

_SHARE = 0.05  # of the picture's area, at most
_HEIGHT = 0.07  # of the picture's shorter side
_READABLE = 14  # pixels high, where the picture has room for that
_SHAPE = 1.5  # width over height
_FINE = 8  # drawn so many times larger, then averaged: smooth edges, the same on every machine
_GROUND, _INK = 30, 255
_OPACITY = 0.72


def with_watermark(picture: np.ndarray) -> np.ndarray:
    """A copy with the watermark in its lower right corner: white letters on a dark plate with a light rim, which is
    seen on light and on dark backgrounds. It covers at most 5 % of the picture.

    Args:
        picture: (H, W, 3) uint8 RGB, or (H, W, 4) RGBA: what lies under the watermark is seen then.

    Raises:
        StudioError: for anything else.
    """
    check_rgb(
        picture, "The watermark is drawn on RGB pictures of 8 bits per channel", error=StudioError, channels=(3, 4)
    )
    if picture.shape[2] == 4:
        marked = with_watermark(np.ascontiguousarray(picture[..., :3]))
        there = (marked != picture[..., :3]).any(2)
        return np.dstack([marked, np.where(there, np.uint8(255), picture[..., 3])])
    height, width = picture.shape[:2]
    high = max(_READABLE, round(_HEIGHT * min(height, width)))
    high = max(1, min(high, int(np.sqrt(_SHARE * height * width / _SHAPE)), height, int(width / _SHAPE)))
    wide = min(width, max(1, int(_SHAPE * high)))
    gap = min(high // 3, height - high, width - wide)
    out = picture.copy()
    under = out[height - gap - high : height - gap, width - gap - wide : width - gap]
    shade, opacity = _plate(high, wide)
    under[:] = np.rint(under + (shade - under) * opacity).astype(np.uint8)
    return out


def _plate(high: int, wide: int) -> tuple[np.ndarray, np.ndarray]:
    """The plate's grey levels and how much of them is seen, each (high, wide, 1) float32."""
    h, w = high * _FINE, wide * _FINE
    radius, rim = h // 4, max(1, h // 16)
    plate, inner, ink = (np.zeros((h, w), np.uint8) for _ in range(3))
    _rounded(plate, 0, radius)
    _rounded(inner, rim, radius - rim)
    _letters(ink, h, w)
    rimmed = np.where(inner > 0, _GROUND, 235)
    shade = np.where(ink > 0, _INK, rimmed).astype(np.float32)
    seen = np.where((ink > 0) | ((plate > 0) & (inner == 0)), 0.92, _OPACITY) * (plate > 0)
    # Averaged as colour times opacity, so that what is outside the plate does not tint its edge.
    small = cv2.resize(np.float32(seen), (wide, high), interpolation=cv2.INTER_AREA)
    mixed = cv2.resize(np.float32(shade * seen), (wide, high), interpolation=cv2.INTER_AREA)
    return (mixed / np.maximum(small, 1e-6))[..., None], small[..., None]


def _rounded(plane: np.ndarray, inset: int, radius: int) -> None:
    h, w = plane.shape
    ends = ((inset, inset + radius), (inset + radius, inset))
    for x, y in ends:
        cv2.rectangle(plane, (x, y), (w - 1 - x, h - 1 - y), 1, cv2.FILLED)
    for x in (inset + radius, w - 1 - inset - radius):
        for y in (inset + radius, h - 1 - inset - radius):
            cv2.circle(plane, (x, y), radius, 1, cv2.FILLED)


def _letters(plane: np.ndarray, h: int, w: int) -> None:
    """A and I, as strokes of the plate's size."""
    stroke = max(1, round(0.13 * h))
    top, foot, bar = round(0.24 * h), round(0.76 * h), round(0.60 * h)

    def line(x0: float, y0: int, x1: float, y1: int) -> None:
        cv2.line(plane, (round(x0 * w), y0), (round(x1 * w), y1), 1, stroke)

    line(0.40, top, 0.22, foot)
    line(0.40, top, 0.58, foot)
    line(0.28, bar, 0.52, bar)
    line(0.75, top, 0.75, foot)
