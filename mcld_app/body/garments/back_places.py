"""Where on a patterned garment's picture its back is read: in front of each place, so that the pattern goes on at the
side seams as sharp as it is."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.garments.unrolled import unrolled
from mcld_app.body.parts import parts_mask
from mcld_app.body.sampling import read_at
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.photo_places import PhotoPlaces
from mcld_app.body.texture.pull_push import pull_push

# Trunk and legs count as one, as in `back`.
_LIMBS = (frozenset({1, 2, *range(7, 15)}), frozenset({16, 18, 20, 22}), frozenset({15, 17, 19, 21}))
_SQUARE, _SHEET, _LEFT = 0.004, (480, 320), -0.64  # metres, squares, metres: the sheet before the body
_TURNING = 4  # texels at the rim of what is seen, where the body turns away
_LEAST = 50  # texels that tell places
_NECK, _COLLAR, _HOLE = 0.12, 0.03, 0.02  # metres: around the middle; of a collar's width; that make a neckline
_THROAT = 1.28  # metres above the floor, above which a neckline may be
_BESIDE = 0.03  # of the picture's height, off the cloth: what is farther is not read
_RIM = 2  # pixels of the garment's rim, which blend with the ground


def with_places_behind(
    places: PhotoPlaces, extent: np.ndarray, shown: np.ndarray, beyond: float = 0.0
) -> PhotoPlaces:
    """A garment's places, its far side read through.

    Args:
        places: of what its picture shows.
        extent: (512, 512) bool, the texels it has.
        shown: (H, W) bool, the picture's pixels that show it.
        beyond: pixels to the right, where the far side has a picture of its own.

    Returns:
        The same, but where the body turns away, see `unrolled`; and for the other texels of the extent the place that
        lies in front of them. A collar is not repeated: above the front's neckline the cloth below it is mirrored.
    """
    surface, flat = rest_surface(), unrolled()
    row, column = surface.y / _SQUARE - 0.5, (surface.x - _LEFT) / _SQUARE - 0.5
    lower, aside = flat.y / _SQUARE - 0.5, (flat.x - _LEFT) / _SQUARE - 0.5
    xy, seen, far = places.xy.copy(), places.seen.copy(), np.zeros_like(places.seen)
    sure = cv2.erode(places.seen.astype(np.uint8), np.ones((2 * _TURNING + 1,) * 2, np.uint8)) > 0
    solid = cv2.erode(shown.astype(np.uint8), np.ones((2 * _RIM + 1,) * 2, np.uint8)) > 0
    if not solid.any():
        return places
    for limb in _LIMBS:
        mine = parts_mask(limb)
        known = mine & sure
        wanted = mine & extent & (flat.turned | ~places.seen & ~_throat())
        if np.count_nonzero(known) < _LEAST or not wanted.any():
            continue
        sheet, plane, there = _sheet(row[known], column[known], places.xy[known])
        at = np.stack([aside[wanted], lower[wanted]], 1)
        if 1 in limb:
            at[:, 1] = _below_neckline(at, there)
        found = np.concatenate([at, np.ones((len(at), 1))], 1) @ plane + read_at(sheet, at.astype(np.float32))
        found, near = _on_cloth(found, solid)
        found[:, 0] += beyond * flat.behind[wanted]
        xy[wanted], seen[wanted] = found, near
        far |= wanted & flat.behind
    rim = places.seen & ~far
    xy[rim], _ = _on_cloth(xy[rim], solid)  # a texel at the rim lies half beside it
    # Between two islands of the map, a place is read from both.
    _, label = cv2.distanceTransformWithLabels((~seen).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of_label = np.zeros((label.max() + 1, 2), np.float32)
    of_label[label[seen]] = xy[seen]
    xy = of_label[label]
    xy.setflags(write=False)
    seen.setflags(write=False)
    return PhotoPlaces(xy, seen, go_on=True)


def _sheet(row: np.ndarray, column: np.ndarray, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places (N, 2) at rows and columns (N,) as a plane (3, 2) of column, row and 1, what is left of them on a sheet
    (480, 320, 2) float32, and (480, 320) bool, where that is known."""
    terms = np.stack([column, row, np.ones_like(row)], 1).astype(np.float64)
    plane, *_ = np.linalg.lstsq(terms, xy, rcond=None)
    rest = xy - terms @ plane
    flat = np.clip(np.round(row), 0, _SHEET[0] - 1).astype(int) * _SHEET[1]
    flat += np.clip(np.round(column), 0, _SHEET[1] - 1).astype(int)
    size = _SHEET[0] * _SHEET[1]
    count = np.bincount(flat, minlength=size).astype(np.float32).reshape(_SHEET)
    sums = [np.bincount(flat, rest[:, k], size).reshape(_SHEET) for k in (0, 1)]
    mean = np.dstack([*(s / np.maximum(count, 1) for s in sums), np.zeros(_SHEET)]).astype(np.float32)
    weight = np.minimum(count, 1)
    filled = np.where(weight[..., None] > 0, mean, pull_push(mean, weight))[..., :2]
    trust = weight + np.float32(0.02)
    blurred = cv2.GaussianBlur(np.dstack([filled * trust[..., None], trust]), (0, 0), 2.0)
    closed = cv2.morphologyEx(weight, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    return np.ascontiguousarray(blurred[..., :2] / blurred[..., 2:]), plane, closed


def _on_cloth(places: np.ndarray, solid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places (N, 2), those beside the cloth, `solid` (H, W) bool, moved to its rim, and (N,) bool, which of them were
    near enough for that."""
    _, label = cv2.distanceTransformWithLabels(
        (~solid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    row, column = np.nonzero(solid)
    of_label = np.zeros((label.max() + 1, 2))
    of_label[label[solid]] = np.stack([column, row], 1)
    x, y = (np.clip(np.round(places[:, k]), 0, solid.shape[1 - k] - 1).astype(int) for k in (0, 1))
    inside = (np.abs(places - np.stack([x, y], 1)).max(1) < 1) & solid[y, x]
    moved = np.where(inside[:, None], places, of_label[label[y, x]])
    return moved, np.linalg.norm(moved - places, axis=1) < _BESIDE * len(solid)


def _below_neckline(at: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(N,) the rows of places (N, 2), column and row: those above the front's upper edge mirrored at it; where it has a
    neckline, at a line below its collar."""
    rows = np.arange(_SHEET[0])[:, None]
    top = np.where(known, rows, -1).max(0).astype(np.float64)
    columns = np.flatnonzero(top >= 0)
    top = np.interp(np.arange(_SHEET[1]), columns, top[columns])
    middle = np.abs((np.arange(_SHEET[1]) + 0.5) * _SQUARE + _LEFT) < _NECK
    hole = middle & (top < top[middle].max() - _HOLE / _SQUARE)
    if hole.any():  # one line for all: stripes stay straight above it
        top = np.minimum(top, top[hole].min() - _COLLAR / _SQUARE)
    edge = cv2.GaussianBlur(top[None].astype(np.float32), (0, 0), 1.5)[0]
    own = edge[np.clip(np.round(at[:, 0]), 0, _SHEET[1] - 1).astype(int)]
    return own - np.abs(at[:, 1] - own)


@lru_cache(maxsize=1)
def _throat() -> np.ndarray:
    """(512, 512) bool: the front's texels around the neckline, where a picture shows all that there is."""
    surface = rest_surface()
    out = parts_mask({2}) & (surface.y > _THROAT)
    out.setflags(write=False)
    return out
