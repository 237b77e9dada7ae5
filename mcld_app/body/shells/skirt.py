"""A skirt, or what of a dress or coat hangs below the waist: found in a photo as a tube wider than hips and legs."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.shells.lining import find_lining
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.skirt_rows import Rows, Signs, look
from mcld_app.body.shells.skirt_shell import skirt_shell
from mcld_app.body.shells.tube import COLUMNS, tube

_HIGHEST, _LOWEST, _ROW = 1.08, 0.08, 0.02  # metres: where skirts are looked for
_CROTCH = 0.80  # a skirt reaches below it, else it is a top's hem
_ROWS = 12  # of the shell
_DEPTH = 1.0  # of what a skirt stands off at the sides, at its front and back
_CLEAR = 0.004  # metres between body and cloth at least
_HANGS = 0.75  # of what stands off a standing person's sides and back, gone on a sitting one
_WAIST = 1.035  # metres: where what hangs begins
_FITS = 0.02  # metres that it may stand off there
_COMES_OFF = 0.12  # metres below, over which it comes off the body, on which all above it lies
_BUST, _BUST_TO_HIPS = 1.20, 0.30  # metres: the same of a dress
_TELL, _LEAST_SEEN = ((1.16, 1.25), (0.90, 1.0)), 8  # metres: where cloth of a dress is the same; vertices
_HIDDEN = 0.03  # metres that something is nearer, before a vertex counts as hidden
_UNDER = 0.010  # metres under the tube at its upper edge: it is wider than a waist, and would be seen as a shelf
_NEW = 14.0  # of weighted Lab, as far as a row's colour may be from all those above
_HUE = (0.5, 1.0, 1.0)  # how a difference in lightness counts beside one in hue
_ENOUGH = 3  # rows that say so
_UNEVEN = 2  # rows above and below a hem that show both, for it slants where somebody walks
_BESIDE = 4  # rows below those, in which cloth that goes on is seen beside the gap
_AT_ONCE = 0.6  # of what was filled between the legs: that much is empty just below a hem,
_OPEN = 0.65  # and that much of the gap there
_WIDE = 0.06  # metres between the legs that only a skirt fills
_MOST_MISSES = 0.2  # of a skirt's rows that may show nothing of it


def find_skirt(scene: Scene) -> Shell | None:
    """The skirt of a scene; None where there is none."""
    lining = find_lining(scene)
    scene = replace(scene, silhouette=scene.silhouette | lining)
    body = scene.standing.pose.body
    heights = np.arange(_HIGHEST, _LOWEST, -_ROW)
    around = tube(heights, body)
    rows = look(scene, around)
    extent = _extent(heights, rows.signs)
    if extent is None:
        return None
    start, comes_off = (_BUST, _BUST_TO_HIPS) if _is_dress(scene, extent) else (_WAIST, _COMES_OFF)
    rows_between = (extent[0] - extent[1]) / (_ROWS - 1)
    heights = np.linspace(start, extent[1], _ROWS + round((start - extent[0]) / rows_between))
    around = tube(heights, body)
    rows = look(scene, around)
    free = np.clip((start - heights) / comes_off, 0, 1)
    clearance = _clearance(rows, around.hang) * (free * (2 - free))[:, None]
    clearance = (clearance - _UNDER * (1 - free[:, None]) ** 2).astype(np.float32)
    turn = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    grid = around.rest + around.outwards * clearance[..., None]
    gathered = around.outwards * (np.minimum(_CLEAR - clearance, 0) * _lies(turn))[..., None]
    return skirt_shell(scene, lining, grid, gathered)


def _is_dress(scene: Scene, extent: tuple[float, float]) -> bool:
    """Whether the cloth of a skirt, of that upper and lower edge in metres, goes on above the waist: then it hangs from
    the bust."""
    trunk = np.isin(charts().face_part, (1, 2))
    front = np.unique(body_faces()[trunk])
    rest, points = body_mesh().rest[front], scene.standing.points[front]
    height, width = scene.silhouette.shape
    x, y = np.clip(np.round(points[:, :2]).astype(int), 0, (width - 1, height - 1)).T
    seen = (scene.standing.depth[y, x] < points[:, 2] + _HIDDEN) & scene.silhouette[y, x] & ~scene.hands[y, x]
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    cloth = []
    for low, high in _TELL:
        own = seen & (rest[:, 1] > low) & (rest[:, 1] < high)
        if np.count_nonzero(own) < _LEAST_SEEN:
            return False
        cloth.append(np.median(lab[y[own], x[own]], 0))
    return bool((_apart(np.array(cloth[:1]), np.array(cloth[1:])) < _NEW).all() and extent[0] < _BUST)


def _extent(heights: np.ndarray, signs: Signs) -> tuple[float, float] | None:
    """The heights of a skirt's upper and lower edge; None where there is no skirt."""
    start = int(np.searchsorted(-heights, -_CROTCH))
    bare = np.flatnonzero(signs.bare[start:])
    legs = start + int(bare[0]) if len(bare) else len(heights)
    end = min(legs, _new_colour(signs, start))
    cloth = start + np.flatnonzero(signs.cloth[start:end])
    if not len(cloth):
        return None
    hem = int(cloth[-1])
    rows = slice(start, hem + 1)
    if (~signs.cloth[rows]).mean() > _MOST_MISSES or not _is_skirt(signs, rows, legs):
        return None
    return _WAIST, float(heights[hem] - _ROW / 2)


def _is_skirt(signs: Signs, rows: slice, legs: int) -> bool:
    """Whether rows show a skirt and no trousers: those open little by little below the crotch, a skirt at once; and
    theirs is the cloth that goes on below.

    Args:
        signs: of all rows.
        rows: those from the crotch to what may be a hem.
        legs: the first row that shows ground between the legs.
    """
    off_map = np.count_nonzero(signs.off_map[rows]) >= _ENOUGH
    if legs < len(signs.empty) and legs <= rows.stop + 1:
        below = slice(legs, legs + 2)
        empty, still = signs.empty[below].mean(), signs.filled[below].mean()
        if empty > _AT_ONCE * signs.filled[legs - 1] and empty > _OPEN * (empty + still):
            return rows.stop - rows.start >= _ENOUGH or not _goes_on(signs, rows, legs)
        return off_map and not _goes_on(signs, rows, legs)
    between = signs.filled[rows] > _WIDE
    if rows.stop > len(signs.filled) - _ENOUGH:  # to the ankles: what is only wide may be trousers, legs together
        return off_map or np.count_nonzero(between) >= _ENOUGH
    return off_map or np.count_nonzero(signs.flare[rows] | between) >= _ENOUGH


def _goes_on(signs: Signs, rows: slice, legs: int) -> bool:
    """Whether the cloth above a gap goes on beside it: in the same colours, and as wide. So do the legs of trousers,
    whose gap begins lower than the body's; below a short skirt there is skin, or stockings that are narrower."""
    below = slice(legs + _UNEVEN, legs + _UNEVEN + _BESIDE)
    if signs.flare[rows.stop - 1] and signs.flare[below].mean() < 0.5:
        return False
    above = slice(rows.start, max(rows.stop - _UNEVEN, rows.start + 2))
    over, under = (own[np.isfinite(own).all(1)] for own in (signs.colour[above], signs.colour[below]))
    return bool(len(over) and len(under) and np.median(_apart(under, over)) < _NEW)


def _new_colour(signs: Signs, start: int) -> int:
    """The first row below `start`, from which on two rows have a colour that no row above has, and nothing else that
    tells of cloth: skin, or shoes."""
    colour, sure = signs.colour, signs.off_map | signs.flare
    for row in range(start + 2, len(colour) - 1):
        two = slice(row, row + 2)
        if sure[two].any() or not np.isfinite(colour[two]).all():
            continue
        above = colour[:row][np.isfinite(colour[:row]).all(1)]
        if len(above) and (_apart(colour[two], above) > _NEW).all():
            return row
    return len(colour)


def _apart(colours: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N,) how far colours (N, 3) of Lab are from the nearest of others (M, 3)."""
    return np.linalg.norm((colours[:, None] - others[None]) * np.float32(_HUE), axis=-1).min(1)


def _clearance(rows: Rows, hang: np.ndarray) -> np.ndarray:
    """(R, COLUMNS) float32, metres from the tube to the cloth. As freely as it hangs at the sides, and as far as it
    stands off there, it does so in front and behind."""
    sides = np.stack([_completed(rows.off[:, k], rows.least[:, k]) for k in (0, 1)], 1)
    straight = np.take_along_axis(hang, rows.rims, 1)
    freely = np.clip((sides + 0.005) / (straight + 0.005), 0, 1)
    extra = sides - freely * straight
    turn = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    own = turn[rows.rims]
    near = (1 + np.cos(turn[None, None] - own[..., None])) / 2  # (R, 2, COLUMNS): 1 at the rim itself
    near = near / near.sum(1, keepdims=True)
    beside = np.abs(np.sin(turn[None] - own[:, :1]))  # 0 at the rims, 1 at front and back
    mixed = (near * extra[..., None]).sum(1) * (1 - (1 - _DEPTH) * beside)
    return np.maximum(mixed + (near * freely[..., None]).sum(1) * hang, _CLEAR).astype(np.float32)


def _lies(turn: np.ndarray) -> np.ndarray:
    """How much of what cloth stands off is gone where a thigh is raised, by its place around the tube: all of it in
    front, where it lies on the lap; at the sides and below it hangs."""
    return _HANGS + (1 - _HANGS) * np.clip(0.5 + np.sin(turn), 0, 1)


def _completed(off: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Rows of which nothing is seen from those above and below; smooth from row to row."""
    known = np.isfinite(off)
    if not known[0]:  # at the waist cloth fits
        off = np.concatenate([np.minimum(least[:1], _FITS), off[1:]])
        known[0] = True
    known[-2:] = False  # at the very hem a march may go on below it
    rows = np.arange(len(off))
    full = np.interp(rows, rows[known], off[known]) if known.any() else np.zeros(len(off))
    full[-2:] = full[-3] + np.arange(1, 3) * (full[-3] - full[-7]) / 4
    full = np.maximum(full, np.where(known, full, least))
    return cv2.GaussianBlur(full[:, None].astype(np.float32), (1, 3), 0.8)[:, 0]
