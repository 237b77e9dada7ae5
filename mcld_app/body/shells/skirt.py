"""A skirt, or what of a dress or coat hangs below the waist: found in a photo as a tube wider than hips and legs."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.shells.cloth_picture import gone_sideways, layer_picture
from mcld_app.body.shells.girth import tube_weights
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import LINING, PLAIN, Shell, followed
from mcld_app.body.shells.skirt_rows import Rows, Signs, look
from mcld_app.body.shells.tube import COLUMNS, tube, tube_faces
from mcld_app.body.texture.seams import meet

_HIGHEST, _LOWEST, _ROW = 1.08, 0.08, 0.02  # metres: where skirts are looked for
_CROTCH = 0.80  # a skirt reaches below it, else it is a top's hem
_ROWS = 12  # of the shell
_DEPTH = 1.0  # of what a skirt stands off at the sides, at its front and back
_CLEAR = 0.004  # metres between body and cloth at least
_HANGS = 0.75  # of what stands off a standing person's sides and back, gone on a sitting one
_WAIST = 1.035  # metres: where what hangs begins
_FITS = 0.02  # metres that it may stand off there
_COMES_OFF = 0.12  # metres below, over which it comes off the body, on which all above it lies
_NEW = 14.0  # of weighted Lab, as far as a row's colour may be from all those above
_HUE = (0.5, 1.0, 1.0)  # how a difference in lightness counts beside one in hue
_ENOUGH = 3  # rows that say so
_AT_ONCE = 0.6  # of what was filled between the legs: that much is empty just below a hem,
_OPEN = 0.65  # and that much of the gap there
_WIDE = 0.06  # metres between the legs that only a skirt fills
_RIM, _DEEP = 0.008, 0.06  # metres at a skirt's rim, and from it inwards, which go on where it is hidden
_FILLED = 0.7  # of a row that shows somebody: below a slanting hem it shows legs
_STRAIGHT = 0.05  # metres up and down, over which the line at which they are mirrored is straight
_MOST_MISSES = 0.2  # of a skirt's rows that may show nothing of it


def find_skirt(scene: Scene) -> Shell | None:
    """The skirt of a scene; None where there is none."""
    body = scene.standing.pose.body
    heights = np.arange(_HIGHEST, _LOWEST, -_ROW)
    around = tube(heights, body)
    rows = look(scene, around)
    extent = _extent(heights, rows.signs)
    if extent is None:
        return None
    heights = np.linspace(*extent, _ROWS)
    around = tube(heights, body)
    rows = look(scene, around)
    free = np.clip((_WAIST - heights) / _COMES_OFF, 0, 1)
    clearance = (_clearance(rows, around.hang) * (free * (2 - free))[:, None]).astype(np.float32)
    turn = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    grid = around.rest + around.outwards * clearance[..., None]
    return _shell(scene, grid, around.outwards * (np.minimum(_CLEAR - clearance, 0) * _lies(turn))[..., None])


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
    """Whether rows show a skirt and no trousers: those open little by little below the crotch, a skirt at once.

    Args:
        signs: of all rows.
        rows: those from the crotch to what may be a hem.
        legs: the first row that shows ground between the legs.
    """
    if np.count_nonzero(signs.off_map[rows]) >= _ENOUGH:
        return True
    if legs < len(signs.empty) and legs <= rows.stop + 1:
        below = slice(legs, legs + 2)
        empty, still = signs.empty[below].mean(), signs.filled[below].mean()
        return bool(empty > _AT_ONCE * signs.filled[legs - 1] and empty > _OPEN * (empty + still))
    return np.count_nonzero(signs.flare[rows] | (signs.filled[rows] > _WIDE)) >= _ENOUGH


def _new_colour(signs: Signs, start: int) -> int:
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


def _shell(scene: Scene, grid: np.ndarray, gathered: np.ndarray) -> Shell:
    standing = scene.standing
    rest = grid.reshape(-1, 3)
    weights = tube_weights(rest)
    faces = tube_faces(len(grid), COLUMNS)
    points = standing.seen(rest, weights)
    a, b, c = (points[faces[:, k], :2] for k in range(3))
    near = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
    covered = np.zeros(scene.silhouette.shape, np.uint8)
    cv2.fillPoly(covered, np.round(points[faces[near], :2]).astype(np.int32), 1)
    shown = (covered > 0) & scene.silhouette & ~scene.hands
    picture, (x, y) = layer_picture(scene.photo, shown, shown, shown)
    where = slice(y, y + len(picture)), slice(x, x + picture.shape[1])
    picture = _uncovered(picture, (covered > 0)[where], shown[where], scene.silhouette[where], standing.metre)
    moves = followed(rest, standing.pose.body)
    return Shell(
        "hips", rest - moves, gathered.reshape(-1, 3), weights, np.concatenate([faces, faces[:, ::-1]]),
        np.repeat(np.uint8([PLAIN, LINING]), len(faces)), points[:, :2] - (x, y), picture,
    )  # fmt: skip


def _uncovered(
    picture: np.ndarray, covered: np.ndarray, shown: np.ndarray, there: np.ndarray, metre: float
) -> np.ndarray:
    """A skirt's picture (h, w, 4) that goes on sideways where hands hid it, and at its rim, where the outline takes in
    fingers and ground. `covered`, `shown` and `there` are (h, w) bool: where it lies, is seen, and where anybody is."""
    aside, along = (round(metres * metre) for metres in (_RIM, _STRAIGHT))
    hidden = cv2.dilate((covered & ~shown).astype(np.uint8), np.ones((1, 2 * aside + 1), np.uint8))
    straight = cv2.dilate(hidden, np.ones((2 * along + 1, 1), np.uint8))  # mirrored at a hand's round edge, lines bend
    known = covered & (straight == 0)
    known &= (covered & there).sum(1, keepdims=True) > _FILLED * covered.sum(1, keepdims=True)  # no legs at its hem
    beside = gone_sideways(picture, known, max(1, round(_DEEP * metre)))[..., :3]
    own, hidden = covered & (hidden == 0), covered & (hidden > 0)
    beside = meet(np.where(hidden[..., None], beside, picture[..., :3]), own, hidden, covered)
    share = cv2.GaussianBlur(own.astype(np.float32), (0, 0), aside / 2 + 0.5)
    share = np.where(covered, np.clip(2 * share - 1, 0, 1) * own, 1)[..., None]
    mixed = picture[..., :3] * share + beside * (1 - share)
    return np.dstack([(mixed + 0.5).astype(np.uint8), picture[..., 3]])
