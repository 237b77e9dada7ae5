"""Where on the pictures of a garment's front and back each texel is read: in front of each place, so that cloth goes on
at the side seams as sharp as it is."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.front_sheet import LEFT, SIZE, SQUARE, squares
from mcld_app.body.garments.over_shoulder import over_shoulder
from mcld_app.body.garments.unrolled import unrolled
from mcld_app.body.garments.waistline import lowered_texels
from mcld_app.body.parts import parts_mask
from mcld_app.body.sampling import read_at
from mcld_app.body.shells.areas import disc, nearest_value
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.photo_places import PhotoPlaces
from mcld_app.body.texture.pull_push import pull_push

# Trunk and legs count as one, as in `back`.
_LIMBS = (frozenset({1, 2, *range(7, 15)}), frozenset({16, 18, 20, 22}), frozenset({15, 17, 19, 21}))
_TURNING = 4  # texels at the rim of what is seen, where the body turns away
_LEAST = 50  # texels that tell places
_NECK, _HOLE = 0.12, 0.02  # metres: around the middle; that make a neckline
_THROAT = 1.28  # metres above the floor, above which a neckline may be
_ARMHOLE = 0.04  # metres below that the lowest upper edge of a trunk
_BESIDE = 0.03  # of the picture's height, off the cloth: what is farther is not read
_RIM = 2  # pixels of the garment's rim, which blend with the ground


def with_places_behind(
    places: PhotoPlaces, extent: np.ndarray, shown: np.ndarray, behind: np.ndarray, *, patterned: bool, own_scale: bool,
    arms: np.ndarray | None = None, turned: bool = False, beyond: bool = False, waist: bool = False,
) -> PhotoPlaces:  # fmt: skip
    """A garment's places, its far side read through.

    Args:
        places: of what its picture shows.
        extent: (512, 512) bool, the texels it has.
        shown: (H, W) bool, the picture's pixels that show it.
        behind: (H, W) bool, the pixels of the picture of its back, which lies to the right of it, that show it.
        patterned: whether its cloth is patterned all over: sleeves show the front's picture behind, and what lies above
            a trunk's upper edge what is below it.
        own_scale: whether cloth is not stretched where the body turns away, see `unrolled`; what is printed near its
            picture's rim is seen twice then.
        arms: (H, W) bool, the pixels that show sleeves: of what lies beside them, trunks show nothing; None for none.
        turned: whether the back's pattern runs as in front, not mirrored; arms are mirrored all the same.
        beyond: whether the pictures go on beyond the seams at the body's sides.
        waist: whether it begins at a waist, whose line is lower in front, see `waistline`.

    Returns:
        The same, but where the body turns away; and for the other texels of the extent the place that lies in front of
        them, in the picture of the back.
    """
    surface, flat = rest_surface(), unrolled()
    level = surface.y + lowered_texels() if waist else surface.y
    x, y = (flat.beyond if beyond else flat.x, flat.y) if own_scale else (surface.x, surface.y)
    folded = np.zeros_like(places.seen)
    if patterned:  # it would be drawn out there
        high, share = over_shoulder()
        folded = share > 0
        y = np.where(folded, high, y)
    row, column = squares(level, surface.x)
    lower, aside = squares(y + level - surface.y, x)
    if turned:
        _, aside_behind = squares(y, -x)
        aside = np.where(flat.behind & parts_mask(_LIMBS[0]), aside_behind, aside)
    xy, seen, told = places.xy.copy(), places.seen.copy(), np.zeros_like(places.seen)
    sure = cv2.erode(places.seen.astype(np.uint8), np.ones((2 * _TURNING + 1,) * 2, np.uint8)) > 0
    if not _inside(shown).any():
        return places
    for limb in _LIMBS:
        mine, own_arms = parts_mask(limb), 1 not in limb
        beside_it = np.zeros_like(shown) if arms is None else ~arms if own_arms else arms
        solid, solid_behind = (_inside(side & ~beside_it) for side in (shown, behind))
        known = mine & sure
        wanted = mine & extent & (flat.turned & own_scale | ~places.seen & ~_throat() | folded)
        if np.count_nonzero(known) < _LEAST or not wanted.any():
            _keep_on(xy, mine & places.seen, solid)
            continue
        sheet, plane, there = _sheet(row[known], column[known], places.xy[known])
        at = np.stack([aside[wanted], lower[wanted]], 1)
        if 1 in limb and patterned:
            at = _below_edge(at, there)
        found = np.concatenate([at, np.ones((len(at), 1))], 1) @ plane + read_at(sheet, at.astype(np.float32))
        back = flat.behind[wanted]
        # Only in the middle a patterned back is another: sleeves are read on both sides without a step.
        own = 0 if patterned and own_arms else shown.shape[1]
        for there, cloth, beyond in ((~back, solid, 0), (back, solid_behind, own)):
            mine = wanted.copy()
            mine[wanted] = there
            moved, near = _on_cloth(found[there], cloth)
            xy[mine], seen[mine] = moved + np.array([beyond, 0]), near
        told |= wanted
        _keep_on(xy, parts_mask(limb) & places.seen & ~wanted, solid)
    told |= seen
    # Between two islands of the map, a place is read from both.
    xy = nearest_value(xy, told)
    xy.setflags(write=False)
    seen.setflags(write=False)
    return PhotoPlaces(xy, seen, go_on=True)


def _inside(shown: np.ndarray) -> np.ndarray:
    """Pixels (H, W) bool without those at their rim."""
    return cv2.erode(shown.astype(np.uint8), np.ones((2 * _RIM + 1,) * 2, np.uint8)) > 0


def _keep_on(xy: np.ndarray, texels: np.ndarray, solid: np.ndarray) -> None:
    """Move the places of some texels, in place, on to cloth: a texel at the rim lies half beside it."""
    if texels.any() and solid.any():
        moved, near = _on_cloth(xy[texels], solid)
        xy[texels] = np.where(near[:, None], moved, xy[texels])


def _sheet(row: np.ndarray, column: np.ndarray, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places (N, 2) at rows and columns (N,) as a plane (3, 2) of column, row and 1, what is left of them on a sheet
    (480, 320, 2) float32, and (480, 320) bool, where that is known."""
    terms = np.stack([column, row, np.ones_like(row)], 1).astype(np.float64)
    plane, *_ = np.linalg.lstsq(terms, xy, rcond=None)
    rest = xy - terms @ plane
    flat = np.clip(np.round(row), 0, SIZE[0] - 1).astype(int) * SIZE[1]
    flat += np.clip(np.round(column), 0, SIZE[1] - 1).astype(int)
    size = SIZE[0] * SIZE[1]
    count = np.bincount(flat, minlength=size).astype(np.float32).reshape(SIZE)
    sums = [np.bincount(flat, rest[:, k], size).reshape(SIZE) for k in (0, 1)]
    mean = np.dstack([*(s / np.maximum(count, 1) for s in sums), np.zeros(SIZE)]).astype(np.float32)
    weight = np.minimum(count, 1)
    filled = np.where(weight[..., None] > 0, mean, pull_push(mean, weight))[..., :2]
    trust = weight + np.float32(0.02)
    blurred = cv2.GaussianBlur(np.dstack([filled * trust[..., None], trust]), (0, 0), 2.0)
    closed = cv2.morphologyEx(weight, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    return np.ascontiguousarray(blurred[..., :2] / blurred[..., 2:]), plane, closed


def _on_cloth(places: np.ndarray, solid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places (N, 2), those beside the cloth, `solid` (H, W) bool, moved to its rim, and (N,) bool, which of them were
    near enough for that."""
    height, width = solid.shape
    x, y = (np.clip(np.round(places[:, k]), 0, solid.shape[1 - k] - 1).astype(int) for k in (0, 1))
    inside = (np.abs(places - np.stack([x, y], 1)).max(1) < 1) & solid[y, x]
    if inside.all():
        return places, inside
    nearest = nearest_value(np.arange(height * width, dtype=np.int32).reshape(solid.shape), solid)
    number = nearest[y, x]
    moved = np.where(inside[:, None], places, np.stack([number % width, number // width], 1))
    return moved, np.linalg.norm(moved - places, axis=1) < _BESIDE * len(solid)


def _below_edge(at: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Places (N, 2), column and row, of a trunk of which the front's (480, 320) bool are known: those above its upper
    edge, a neckline not counted, mirrored at that."""
    lowest = int((_THROAT - _ARMHOLE) / SQUARE)
    high = known[lowest:]
    if not high.any():
        return at
    column, rows = np.arange(SIZE[1]), np.arange(len(high))[:, None]
    sides = high.any(1)
    first, last = high.argmax(1), SIZE[1] - 1 - high[:, ::-1].argmax(1)
    hole = ~high & (column > first[:, None]) & (column < last[:, None]) & sides[:, None]
    hole &= np.abs((column + 0.5) * SQUARE + LEFT) < _NECK
    hole = cv2.morphologyEx(hole.astype(np.uint8), cv2.MORPH_OPEN, disc(_HOLE / SQUARE / 2)) > 0
    top = np.where(high | hole, rows, -1).max(0)
    there = np.flatnonzero(top >= 0)
    top = np.interp(column, there, top[there]).astype(np.float32)
    edge = cv2.GaussianBlur(top[None], (0, 0), 1.5)[0][_nearest(at[:, 0], SIZE[1])] + lowest
    return np.stack([at[:, 0], edge - np.abs(at[:, 1] - edge)], 1)


def _nearest(places: np.ndarray, count: int) -> np.ndarray:
    return np.clip(np.round(places), 0, count - 1).astype(int)


@lru_cache(maxsize=1)
def _throat() -> np.ndarray:
    """(512, 512) bool: the front's texels around the neckline, where a picture shows all that there is."""
    surface = rest_surface()
    out = parts_mask({2}) & (surface.y > _THROAT)
    out.setflags(write=False)
    return out
