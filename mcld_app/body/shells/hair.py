"""Hair that stands off the head: the scalp pushed outwards to the hair's outline, and a curtain of what hangs down."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.mixing import from_beyond, mixed_in
from mcld_app.body.shells.areas import grown
from mcld_app.body.shells.cap import cap
from mcld_app.body.shells.cloth_picture import layer_picture
from mcld_app.body.shells.curtain import curtain
from mcld_app.body.shells.hair_area import hair_area, unlike_face
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import Shell, followed

_RIM, _BEYOND = 0.03, 0.015  # metres from the silhouette inwards, in which ground is looked for; outwards, where it is


def find_hair(scene: Scene) -> Shell | None:
    """The hair of a scene as one shell; None where none stands off the head."""
    found = hair_area(scene)
    if found is None:
        return None
    hair, sure = found
    covered = cap(scene, hair)
    hanging = curtain(scene, hair)
    if covered is None:
        return None
    near, far, scalp = covered
    pieces = [near, far] + ([] if hanging is None else [hanging])
    starts = np.cumsum([0] + [len(piece.rest) for piece in pieces[:-1]])
    rest = np.concatenate([piece.rest for piece in pieces])
    weights = np.concatenate([piece.weights for piece in pieces])
    faces = np.concatenate([piece.faces + start for piece, start in zip(pieces, starts, strict=True)])
    kinds = np.concatenate([piece.kinds for piece in pieces])
    if not len(faces):
        return None
    picture, start = _picture(scene, hair, sure, scalp)
    places = scene.standing.seen(rest, weights)[:, :2] - np.float32(start)
    places[: len(near.rest), 0] += picture.shape[1] / 2
    moves = followed(rest, scene.standing.pose.body)
    return Shell("head", rest - moves, np.zeros_like(rest), weights, faces, kinds, places, picture)


def _picture(scene: Scene, hair: np.ndarray, sure: np.ndarray, scalp: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Two pictures side by side: at the left for what the photo does not show, nothing but hair; at the right for the
    near side of the cap, the photo itself, open where it shows the face."""
    ground = _ground_in(scene, hair)
    # With the crown's own colours: those of a tail alone are often lighter.
    shown, sure = (hair | scalp) & ~ground, (sure | scalp & unlike_face(scene)) & ~ground
    sure = sure if sure.any() else hair
    seen, start = layer_picture(scene.photo, shown, shown, sure)
    hidden, _ = layer_picture(scene.photo, shown, sure, sure)
    window = slice(start[1], start[1] + len(seen)), slice(start[0], start[0] + seen.shape[1])
    seen[scene.body[window] & ~grown(shown, 1)[window], 3] = 0
    return np.concatenate([hidden, seen], 1), start


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
