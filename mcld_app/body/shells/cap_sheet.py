"""The sheet that is the far side of a cap of hair: laid flat around the point that is farthest from the camera."""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.rendering import draw_surface
from mcld_app.body.raster import interpolate
from mcld_app.body.shells.cap import Cap
from mcld_app.body.shells.hair_sheet import HairColours, painted
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import PLAIN
from mcld_app.body.texture.pull_push import pull_push

_RADIUS = 0.11  # metres from the middle of a skull to the hair
_ALONG, _FULL = 0.1, 0.4  # of its direction: how far a place faces the camera that shows nothing yet, and all
_MARGIN = 3  # pixels around the sheet


def cap_sheet(covered: Cap, scene: Scene, colours: HairColours) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) float32, the places of the vertices of `covered.far` on their picture, and that, (h, w, 4) uint8 RGBA."""
    x, y, z = covered.around.T
    off = np.arccos(np.clip(-z, -1, 1)) * _RADIUS + covered.inwards
    off *= scene.standing.metre / np.maximum(np.hypot(x, y), 1e-6)
    at = np.stack([x * off, y * off], 1)
    at = (at - at.min(0) + _MARGIN).astype(np.float32)
    width, height = np.ceil(at.max(0)).astype(int) + _MARGIN + 1
    faces = covered.far.faces[covered.far.kinds == PLAIN][:, ::-1]  # the camera sees them from behind
    corners, drawn, seen = draw_surface(
        np.concatenate([at, np.zeros((len(at), 1), np.float32)], 1), faces, (height, width)
    )
    photo = scene.standing.seen(covered.far.rest, covered.far.weights)[:, :2]
    values = np.concatenate([photo, covered.towards[:, None]], 1)
    found, known = np.zeros((height * width, 3), np.float32), np.zeros(height * width, np.float32)
    if len(drawn):
        pixel, value = interpolate(corners, values[faces[drawn]], seen)
        found[pixel], known[pixel] = value, 1
    found, known = found.reshape(height, width, 3), known.reshape(height, width)
    found = np.where(known[..., None] > 0, found, pull_push(found, known)).astype(np.float32)
    picture = painted(colours, found[..., :2], np.clip((found[..., 2] - _ALONG) / (_FULL - _ALONG), 0, 1))
    return at, np.dstack([picture, np.full((height, width), 255, np.uint8)])
