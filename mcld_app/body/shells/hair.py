"""Hair that stands off the head: the scalp pushed outwards to the hair's outline, and a curtain of what hangs down."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mcld_app.body.fitting.mixing import from_beyond, mixed_in
from mcld_app.body.shells.areas import grown
from mcld_app.body.shells.cap import cap
from mcld_app.body.shells.cap_sheet import cap_sheet
from mcld_app.body.shells.curtain import curtain
from mcld_app.body.shells.curtain_sheet import curtain_piece
from mcld_app.body.shells.hair_area import hair_area, unlike_face
from mcld_app.body.shells.hair_sheet import HairColours, hair_colours, painted
from mcld_app.body.shells.piece import Piece
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import Shell, followed

_RIM, _BEYOND = 0.03, 0.015  # metres from the silhouette inwards, in which ground is looked for; outwards, where it is
_EDGE = 0.008  # metres over which hair thins out on the forehead
_AROUND = 2  # pixels around what is shown, in its picture
_APART = 2  # pixels around each picture


def find_hair(scene: Scene) -> Shell | None:
    """The hair of a scene as one shell; None where none stands off the head."""
    found = hair_area(scene)
    if found is None:
        return None
    hair, sure = found
    covered = cap(scene, hair)
    if covered is None or not len(covered.near.faces) + len(covered.far.faces):
        return None
    ground = _ground_in(scene, hair)
    # With the crown's own colours: those of a tail alone are often lighter.
    shown, sure = (hair | covered.scalp) & ~ground, (sure | covered.scalp & unlike_face(scene)) & ~ground
    sure = sure if sure.any() else hair
    colours = hair_colours(scene.photo, shown, sure, scene.standing.metre)
    seen, start = _seen(scene, shown, ground | ~scene.silhouette, colours)
    sheets = [
        (covered.near, scene.standing.seen(covered.near.rest, covered.near.weights)[:, :2] - np.float32(start), seen),
        (covered.far, *cap_sheet(covered, scene, colours)),
    ]
    hanging = curtain(scene, hair)
    if hanging is not None:
        sheets.append(curtain_piece(hanging, scene, colours))
    return _joined(sheets, scene)


def _joined(sheets: Sequence[tuple[Piece, np.ndarray, np.ndarray]], scene: Scene) -> Shell:
    """One shell of pieces with the places (N, 2) of their vertices and their pictures (h, w, 4), side by side."""
    starts = np.cumsum([0] + [len(piece.rest) for piece, _, _ in sheets[:-1]])
    rest = np.concatenate([piece.rest for piece, _, _ in sheets])
    weights = np.concatenate([piece.weights for piece, _, _ in sheets])
    faces = np.concatenate([piece.faces + start for (piece, _, _), start in zip(sheets, starts, strict=True)])
    kinds = np.concatenate([piece.kinds for piece, _, _ in sheets])
    tall = max(len(picture) for _, _, picture in sheets)
    pictures = [
        cv2.copyMakeBorder(picture, 0, tall - len(picture), _APART, _APART, cv2.BORDER_REPLICATE)
        for _, _, picture in sheets
    ]
    lefts = np.cumsum([0] + [picture.shape[1] for picture in pictures[:-1]])
    places = [at + np.float32([left + _APART, 0]) for (_, at, _), left in zip(sheets, lefts, strict=True)]
    moves = followed(rest, scene.standing.pose.body)
    picture = np.concatenate(pictures, 1)
    return Shell("head", rest - moves, np.zeros_like(rest), weights, faces, kinds, np.concatenate(places), picture)


def _seen(
    scene: Scene, shown: np.ndarray, ground: np.ndarray, colours: HairColours
) -> tuple[np.ndarray, tuple[int, int]]:
    """The photo itself, for the near side of the cap, and where it begins: open where it shows the face, with a soft
    edge; hair where it shows the ground."""
    left, top, width, height = cv2.boundingRect(shown.astype(np.uint8))
    start = max(left - _AROUND, 0), max(top - _AROUND, 0)
    window = slice(start[1], top + height + _AROUND), slice(start[0], left + width + _AROUND)
    rows, columns = shown[window].shape
    places = np.stack(np.meshgrid(np.arange(columns) + start[0], np.arange(rows) + start[1]), -1).astype(np.float32)
    guess = painted(colours, places, np.zeros((rows, columns), np.float32))
    share = 2 * cv2.GaussianBlur(grown(ground, 1).astype(np.float32), (0, 0), 1.0)[window][..., None]
    share = np.clip(share, 0, 1)
    seen = np.dstack([scene.photo[window] * (1 - share) + guess * share, np.empty((rows, columns))])
    face = (scene.body & ~grown(shown, 1)).astype(np.uint8)
    away = cv2.distanceTransform(1 - face, cv2.DIST_L2, 5)[window] / max(_EDGE * scene.standing.metre, 1.0)
    seen[..., 3] = np.clip(255 * away, 0, 255) if face.any() else 255
    return (seen + 0.5).astype(np.uint8), start


def _ground_in(scene: Scene, hair: np.ndarray) -> np.ndarray:
    """(H, W) bool, pixels at the rim of the hair, and between its locks, that show the ground."""
    away = cv2.distanceTransform(scene.silhouette.astype(np.uint8), cv2.DIST_L2, 5)
    metre, sure = scene.standing.metre, ~grown(scene.silhouette, _BEYOND * scene.standing.metre)
    if not sure.any():
        return np.zeros_like(hair)
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    own = np.broadcast_to(np.median(lab[hair], 0).astype(np.float32), lab.shape)
    near = hair & (away < _RIM * metre)
    return mixed_in(lab, own, from_beyond(lab, sure, metre), near, ~scene.silhouette)
