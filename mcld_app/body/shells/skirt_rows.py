"""What a photo says of rows of the tube around hips and legs: how far cloth stands off, and whether there is any."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.shells.rim import march
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.tube import COLUMNS, Tube

_REACH = 0.30  # metres that a skirt stands off at most
_BACK = 0.03  # metres by which the mannequin may lie beside the body
_FLARE = 0.02  # metres off the body on both sides: cloth
_OFF_MAP = 0.25  # of a row that the photo's own map says is no body: cloth
_GAP = 0.012  # metres between the legs: what fills it is cloth, and where it is empty there is none
_SPAN = 96  # places along a row that are looked at


@dataclass(frozen=True, eq=False)
class Signs:
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
class Rows:
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
    signs: Signs = field(repr=False)


def look(scene: Scene, around: Tube) -> Rows:
    """The rows of a tube in a scene."""
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
    return Rows(off.astype(np.float32), least.astype(np.float32), rims, _signs(scene, at, off))


def _rims(points: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """(R, 2) the columns at the left and right rim of each row, as the picture shows it."""
    across = points[..., 0] - points[..., 0].mean(1, keepdims=True)
    side = np.abs(ways[..., 2])
    left = np.where(across < 0, side, 2).argmin(1)
    right = np.where(across >= 0, side, 2).argmin(1)
    return np.stack([left, right], 1)


def _signs(scene: Scene, rims: np.ndarray, off: np.ndarray) -> Signs:
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
    return Signs(filled, empty, off_map & seen, flare & seen, colour, cloth, seen & open_gap)
