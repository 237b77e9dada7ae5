"""Hair that stands off the head: the scalp pushed outwards to the hair's outline, and a curtain of what hangs down."""

from __future__ import annotations

import numpy as np

from mcld_app.body.shells.cap import cap
from mcld_app.body.shells.cloth_picture import layer_picture
from mcld_app.body.shells.curtain import curtain
from mcld_app.body.shells.hair_area import hair_area
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import Shell, followed


def find_hair(scene: Scene) -> Shell | None:
    """The hair of a scene as one shell; None where none stands off the head."""
    hair = hair_area(scene)
    if hair is None:
        return None
    pieces = [piece for piece in (cap(scene, hair), curtain(scene, hair)) if piece is not None]
    if not pieces:
        return None
    starts = np.cumsum([0] + [len(piece.rest) for piece in pieces[:-1]])
    rest = np.concatenate([piece.rest for piece in pieces])
    weights = np.concatenate([piece.weights for piece in pieces])
    faces = np.concatenate([piece.faces + start for piece, start in zip(pieces, starts, strict=True)])
    kinds = np.concatenate([piece.kinds for piece in pieces])
    face = scene.body & ~hair
    picture, (x, y) = layer_picture(scene.photo, hair, face)
    body = scene.standing.pose.body
    moves = np.tensordot(np.array([body.build, *body.shape], np.float32), followed(rest)[: 1 + len(body.shape)], 1)
    places = scene.standing.seen(rest, weights)[:, :2] - (x, y)
    return Shell("head", rest - moves, np.zeros_like(rest), weights, faces, kinds, places, picture)
