"""A skirt's shell: its tube, with the photo on it; open in front where the photo shows it open."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.lengths import length
from mcld_app.body.shells.areas import grown, shrunk
from mcld_app.body.shells.cloth_picture import gone_sideways, layer_picture
from mcld_app.body.shells.girth import tube_weights
from mcld_app.body.shells.opening import find_opening
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import LINING, MASKED, PLAIN, Shell, followed
from mcld_app.body.shells.tube import tube_faces
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.seams import meet

_MIXED = 2.0  # pixels around legs that are mixed with them
_RIM, _DEEP = 0.008, 0.06  # metres at a skirt's rim, and from it inwards, which go on where it is hidden
_NEAR_HEM, _LEAST, _LEGS = 0.05, 40, tuple(range(7, 15))  # metres above and below a hem; pixels; parts
_FILLED = 0.7  # of a row that shows somebody: below a slanting hem it shows legs
_FADES = 0.03  # metres, over which plain cloth comes to its usual colour
_SHADOW = 0.016  # metres beside a hand, over which its shadow lies on plain cloth
_FINE, _PATTERN = 0.012, 7.0  # metres; grey levels by which cloth varies within them, where it has a pattern
_STRAIGHT = 0.05  # metres up and down, over which the line at which they are mirrored is straight


def skirt_shell(scene: Scene, lining: np.ndarray, grid: np.ndarray, gathered: np.ndarray) -> Shell:
    """The shell of a skirt, or of what of a coat hangs from the hips.

    Args:
        scene: the person.
        lining: (H, W) bool, pixels that show the inner side of its back, see `lining.find_lining`.
        grid: (rows, columns, 3) float32, metres: its tube, on the person in the rest pose.
        gathered: of the same shape, see `Shell.gathered`.
    """
    rest = grid.reshape(-1, 3)
    weights = tube_weights(rest)
    faces = tube_faces(*grid.shape[:2])
    points = scene.standing.seen(rest, weights)
    a, b, c = (points[faces[:, k], :2] for k in range(3))
    near = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
    covered = np.zeros(scene.silhouette.shape, np.uint8)
    cv2.fillPoly(covered, np.round(points[faces[near], :2]).astype(np.int32), 1)
    shown = (covered > 0) & scene.silhouette & ~scene.hands
    shown &= ~_legs_at_hem(scene, covered > 0, shown)
    rest = rest - followed(rest, scene.standing.pose.body)
    gathered = gathered.reshape(-1, 3)
    opening = find_opening(scene, covered > 0, lining)
    if opening is None:
        picture, (x, y) = layer_picture(scene.photo, shown, shown, shown)
        where = slice(y, y + len(picture)), slice(x, x + picture.shape[1])
        seen = (mask[where] for mask in (covered > 0, shown, scene.silhouette))
        picture = _uncovered(picture, *seen, scene.standing.metre)
        return Shell("hips", rest, gathered, weights, np.concatenate([faces, faces[:, ::-1]]),
                     np.repeat(np.uint8([PLAIN, LINING]), len(faces)), points[:, :2] - (x, y), picture)  # fmt: skip
    gap, legs = opening
    cloth = shown & ~grown(legs | gap, _MIXED)
    picture, (x, y) = layer_picture(scene.photo, covered > 0, cloth, cloth)
    places = points[:, :2] - (x, y)
    # Behind, where the same picture is seen, it is not open: there are two of them, side by side.
    height, width = picture.shape[:2]
    gap = gap[y : y + height, x : x + width]
    front = np.dstack([picture[..., :3], np.where(gap, 0, 255).astype(np.uint8)])
    column, row = np.clip(np.round(places).astype(int), 0, (width - 1, height - 1)).T
    closed = near & ~gap[row, column][faces].any(1)
    sides = [faces[near], faces[~near] + len(rest)]
    inner = np.concatenate([faces[closed], sides[1]])[:, ::-1]
    rest, gathered, weights = (np.concatenate([values, values]) for values in (rest, gathered, weights))
    kinds = np.repeat(np.uint8([MASKED, PLAIN, LINING]), [*map(len, sides), len(inner)])
    places = np.concatenate([places, places + np.float32([width, 0])])
    return Shell("hips", rest, gathered, weights, np.concatenate([*sides, inner]), kinds, places,
                 np.concatenate([front, picture], 1))  # fmt: skip


def _is_plain(picture: np.ndarray, known: np.ndarray, metre: float) -> bool:
    """Whether cloth has folds alone, which need not go on beside it, and no pattern."""
    inner = cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not inner.any():
        return False
    colour = picture[..., :3].astype(np.float32)
    fine = colour - cv2.GaussianBlur(colour, (0, 0), max(_FINE * metre, 1.0))
    return float(np.sqrt((fine[inner] ** 2).mean())) < _PATTERN


def _plain(picture: np.ndarray, known: np.ndarray, fades: float) -> np.ndarray:
    """(h, w, 3) uint8: cloth that goes on smoothly from what is known of it, (h, w) bool, over `fades` pixels to its
    usual colour at that height: beside a hand there is a fold in the shade more often than not."""
    colour = picture[..., :3].astype(np.float32)
    usual = np.ma.median(np.ma.masked_array(colour, np.broadcast_to(~known[..., None], colour.shape)), axis=1)
    rows = known.any(1)
    told = rows[:, None].astype(np.float32)
    usual = pull_push(np.where(rows[:, None], usual.filled(0), 0).astype(np.float32)[:, None], told)
    away = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 5)[..., None]
    smooth = usual + pull_push(colour - usual, known.astype(np.float32)) * np.exp(-away / fades)
    smooth = np.clip(smooth, 0, 255)
    return np.where(known[..., None], picture[..., :3], (smooth + 0.5).astype(np.uint8))


def _legs_at_hem(scene: Scene, covered: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels just above a hem that have the colour of the legs below it, and not the skirt's: where it
    slants in the photo. `covered` and `shown`, (H, W) bool, are where the skirt lies and where it is seen."""
    out, rows = np.zeros_like(shown), np.flatnonzero(covered.any(1))
    if not shown.any():
        return out
    near, last = round(_NEAR_HEM * scene.standing.metre), rows[-1]
    legs = np.isin(scene.part, _LEGS) & scene.silhouette & ~scene.hands & ~covered
    legs[:last] = legs[last + near :] = False
    if np.count_nonzero(legs) < _LEAST:
        return out
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    to_skirt, to_legs = (length(lab - np.median(lab[own], 0)) for own in (shown, legs))
    above = max(last - near, 0)
    out[above:] = (to_legs < to_skirt)[above:]
    return out


def _uncovered(
    picture: np.ndarray, covered: np.ndarray, shown: np.ndarray, there: np.ndarray, metre: float
) -> np.ndarray:
    """A skirt's picture (h, w, 4) that goes on sideways where hands hid it, and at its rim, where the outline takes in
    fingers and ground. `covered`, `shown` and `there` are (h, w) bool: where it lies, is seen, and where anybody is."""
    plain = _is_plain(picture, covered & shown, metre)
    aside, along = (round(metres * metre) for metres in (_SHADOW if plain else _RIM, _STRAIGHT))
    hidden = cv2.dilate((covered & ~shown).astype(np.uint8), np.ones((1, 2 * aside + 1), np.uint8))
    straight = cv2.dilate(hidden, np.ones((2 * along + 1, 1), np.uint8))  # mirrored at a hand's round edge, lines bend
    known = covered & ((hidden if plain else straight) == 0)
    known &= (covered & there).sum(1, keepdims=True) > _FILLED * covered.sum(1, keepdims=True)  # no legs at its hem
    if plain:
        beside = _plain(picture, known & shrunk(shown & there, _RIM * metre), _FADES * metre)
    else:
        beside = gone_sideways(picture, known, max(1, round(_DEEP * metre)))[..., :3]
    own, hidden = covered & (hidden == 0), covered & (hidden > 0)
    beside = np.where(hidden[..., None], beside, picture[..., :3])
    beside = beside if plain else meet(beside, own, hidden, covered)
    share = cv2.GaussianBlur(own.astype(np.float32), (0, 0), aside * (1.2 if plain else 0.5) + 0.5)
    share = np.where(covered, np.clip(2 * share - 1, 0, 1) * own, 1)[..., None]
    mixed = picture[..., :3] * share + beside * (1 - share)
    return np.dstack([(mixed + 0.5).astype(np.uint8), picture[..., 3]])
