"""A skirt, or what of a dress or coat hangs below the waist: found in a photo as a tube wider than hips and legs."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.shells.cloth_picture import layer_picture
from mcld_app.body.shells.rim import march
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import LINING, PLAIN, Shell, followed
from mcld_app.body.shells.tube import COLUMNS, Tube, skirt_weights, tube, tube_faces

_HIGHEST, _LOWEST, _ROW = 1.08, 0.08, 0.02  # metres: where skirts are looked for
_CROTCH = 0.80  # a skirt reaches below it, else it is a top's hem
_ROWS = 16  # of the shell
_REACH = 0.30  # metres that a skirt stands off at most
_BACK = 0.03  # metres by which the mannequin may lie beside the body
_DEPTH = 0.9  # of what a skirt stands off at the sides, at its front and back
_CLEAR = 0.004  # metres between body and cloth at least
_FLARE = 0.02  # metres off the body on both sides: cloth
_OFF_MAP = 0.25  # of a row that the photo's own map says is no body: cloth
_GAP = 0.012  # metres between the legs: what fills it is cloth, and where it is empty there is none
_HANGS = 0.4  # of what stands off a standing person's sides and back, gone on a sitting one
_WAIST = 1.035  # metres: where what hangs begins
_FITS = 0.02  # metres that it may stand off there
_NEW = 14.0  # of weighted Lab, as far as a row's colour may be from all those above
_HUE = (0.5, 1.0, 1.0)  # how a difference in lightness counts beside one in hue
_ENOUGH = 3  # rows that say so
_AT_ONCE = 0.6  # of what was filled between the legs: that much is empty just below a hem
_WIDE = 0.06  # metres between the legs that only a skirt fills
_SPAN = 48  # places along a row that are looked at
_MOST_MISSES = 0.2  # of a skirt's rows that may show nothing of it


@dataclass(frozen=True, eq=False)
class _Signs:
    """What tells a skirt from legs and trousers, in rows of the tube, (R,) each.

    Attributes:
        filled, empty: metres between the mannequin's legs that show something of the person, and that show the ground.
        off_map: bool, whether much of it is no body on the photo's own map.
        flare: bool, whether it stands off on both sides.
        colour: (R, 3) float32, of Lab (8 bits), what the row shows on the whole; NaN where it shows nothing.
        cloth, bare: bool, whether it may show cloth, and whether it shows that there is none.
    """

    filled: np.ndarray = field(repr=False)
    empty: np.ndarray = field(repr=False)
    off_map: np.ndarray = field(repr=False)
    flare: np.ndarray = field(repr=False)
    colour: np.ndarray = field(repr=False)
    cloth: np.ndarray = field(repr=False)
    bare: np.ndarray = field(repr=False)


@dataclass(frozen=True, eq=False)
class _Rows:
    """What the photo says of rows of the tube, (R,) each.

    Attributes:
        off: (R, 2) float32, metres that the silhouette goes beyond the tube at its rims; NaN where that is not seen.
        least: (R, 2) float32, metres that it goes at least.
        rims: (R, 2) int, the columns of the tube at the rims.
        signs: what it shows of cloth.
    """

    off: np.ndarray = field(repr=False)
    least: np.ndarray = field(repr=False)
    rims: np.ndarray = field(repr=False)
    signs: _Signs = field(repr=False)


def find_skirt(scene: Scene) -> Shell | None:
    """The skirt of a scene; None where there is none."""
    body = scene.standing.pose.body
    heights = np.arange(_HIGHEST, _LOWEST, -_ROW)
    around = tube(heights, body)
    rows = _look(scene, around)
    extent = _extent(heights, rows.signs)
    if extent is None:
        return None
    heights = np.linspace(*extent, _ROWS)
    around = tube(heights, body)
    rows = _look(scene, around)
    clearance = _clearance(rows, around.hang)
    turn = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    grid = around.rest + around.outwards * clearance[..., None]
    return _shell(scene, grid, around.outwards * ((_CLEAR - clearance) * _lies(turn))[..., None])


def _look(scene: Scene, around: Tube) -> _Rows:
    standing, metre = scene.standing, scene.standing.metre
    count = len(around.rest)
    flat = lambda array: array.reshape(count * COLUMNS, -1)  # noqa: E731
    points = standing.seen(flat(around.rest), flat(around.weights)).reshape(count, COLUMNS, 3)
    ways = standing.turned(flat(around.outwards), flat(around.weights)).reshape(count, COLUMNS, 3)
    rims = _rims(points, ways)
    at = np.take_along_axis(points, rims[..., None], 1)[..., :2]
    way = np.take_along_axis(ways, rims[..., None], 1)[..., :2].astype(np.float64)
    way /= np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-6)
    found = march(scene.silhouette, scene.hides, at.reshape(-1, 2), way.reshape(-1, 2), _BACK * metre, _REACH * metre)
    least = (np.nan_to_num(found.away, nan=0.0) / metre).reshape(count, 2)
    off = np.where(found.met, found.away / metre, np.nan).reshape(count, 2)
    return _Rows(off.astype(np.float32), least.astype(np.float32), rims, _signs(scene, at, off))


def _rims(points: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """(R, 2) the columns at the left and right rim of each row, as the picture shows it."""
    across = points[..., 0] - points[..., 0].mean(1, keepdims=True)
    side = np.abs(ways[..., 2])
    left = np.where(across < 0, side, 2).argmin(1)
    right = np.where(across >= 0, side, 2).argmin(1)
    return np.stack([left, right], 1)


def _signs(scene: Scene, rims: np.ndarray, off: np.ndarray) -> _Signs:
    share = np.linspace(0.04, 0.96, _SPAN)[None, :, None]
    at = np.round(rims[:, :1] * (1 - share) + rims[:, 1:] * share).astype(int)
    height, width = scene.silhouette.shape
    within = (at[..., 0] >= 0) & (at[..., 0] < width) & (at[..., 1] >= 0) & (at[..., 1] < height)
    x, y = np.clip(at[..., 0], 0, width - 1), np.clip(at[..., 1], 0, height - 1)
    looked = within & ~scene.hides[y, x]
    person = looked & scene.silhouette[y, x]
    between = scene.standing.iuv[..., 0][y, x] == 0
    length = np.linalg.norm(rims[:, 1] - rims[:, 0], axis=-1) / scene.standing.metre
    filled = (person & between).mean(1) * length
    empty = (looked & ~scene.silhouette[y, x]).mean(1) * length
    off_map = (person & ~scene.body[y, x]).sum(1) / np.maximum(person.sum(1), 1) > _OFF_MAP
    flare = np.nan_to_num(off, nan=0.0).min(1) > _FLARE
    seen = looked.mean(1) > 0.3
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB).astype(np.float32)[y, x]
    with np.errstate(invalid="ignore"):
        colour = (lab * person[..., None]).sum(1) / person.sum(1)[:, None]
    open_gap = empty > _GAP
    cloth = seen & ~open_gap & ((filled > _GAP) | off_map | flare)
    return _Signs(filled, empty, off_map & seen, flare & seen, colour, cloth, seen & open_gap)


def _extent(heights: np.ndarray, signs: _Signs) -> tuple[float, float] | None:
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


def _is_skirt(signs: _Signs, rows: slice, legs: int) -> bool:
    """Whether rows show a skirt and no trousers: those open little by little below the crotch, a skirt at once.

    Args:
        signs: of all rows.
        rows: those from the crotch to what may be a hem.
        legs: the first row that shows ground between the legs.
    """
    if np.count_nonzero(signs.off_map[rows]) >= _ENOUGH:
        return True
    if legs < len(signs.empty) and legs <= rows.stop + 1:
        return bool(signs.empty[legs] > _AT_ONCE * signs.filled[legs - 1])
    return np.count_nonzero(signs.flare[rows] | (signs.filled[rows] > _WIDE)) >= _ENOUGH


def _new_colour(signs: _Signs, start: int) -> int:
    """The first row below `start`, from which on two rows have a colour that no row above has, and nothing else that
    tells of cloth: skin, or shoes."""
    colour, sure = signs.colour, signs.off_map | signs.flare
    for row in range(start + 2, len(colour) - 1):
        two = slice(row, row + 2)
        if sure[two].any() or not np.isfinite(colour[two]).all():
            continue
        above = colour[:row][np.isfinite(colour[:row]).all(1)]
        apart = np.linalg.norm((colour[two, None] - above[None]) * np.float32(_HUE), axis=-1)
        if len(above) and (apart.min(1) > _NEW).all():
            return row
    return len(colour)


def _clearance(rows: _Rows, hang: np.ndarray) -> np.ndarray:
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


def _shell(scene: Scene, grid: np.ndarray, gathered: np.ndarray) -> Shell:
    standing = scene.standing
    rest = grid.reshape(-1, 3)
    weights = skirt_weights(rest)
    faces = tube_faces(len(grid), COLUMNS)
    points = standing.seen(rest, weights)
    a, b, c = (points[faces[:, k], :2] for k in range(3))
    near = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
    covered = np.zeros(scene.silhouette.shape, np.uint8)
    cv2.fillPoly(covered, np.round(points[faces[near], :2]).astype(np.int32), 1)
    shown = (covered > 0) & scene.silhouette & ~scene.hands
    picture, (x, y) = layer_picture(scene.photo, shown, shown, shown)
    moves = followed(rest, standing.pose.body)
    return Shell(
        "hips", rest - moves, gathered.reshape(-1, 3), weights, np.concatenate([faces, faces[:, ::-1]]),
        np.repeat(np.uint8([PLAIN, LINING]), len(faces)), points[:, :2] - (x, y), picture,
    )  # fmt: skip
