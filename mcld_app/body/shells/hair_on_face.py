"""Hair that hangs before cheeks, jaw, neck and shoulders: it is the shell's, and no skin."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.manual_fit import ManualFit
from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.shells.areas import grown
from mcld_app.body.shells.hair_area import hair_area
from mcld_app.body.shells.head_sides import beside_face
from mcld_app.body.shells.scene import Scene

_HEAD = 23  # parts from this one on
_TRUNK = (1, 2)
_MIXED = 0.004  # metres around hair, in which skin is mixed with it
_SHOULDERS = 1.40  # metres above the floor: hair that falls further down stays on what is worn there


def hair_on_face(fit: ManualFit, scene: Scene | None) -> np.ndarray:
    """Pixels of a found person's map that show hair where the mannequin has cheeks, jaw or throat, and where their face
    is seen, neck or shoulders; and what beside the face has not the colour of its place (`head_sides`). A fringe stays
    on the forehead: without the shell, as a network is shown people, there would be none.

    Args:
        fit: the person's.
        scene: what shells are found in (`find.scene_of`); None where there is none.

    Returns:
        (H, W) bool, of the photo's size.
    """
    height, width = fit.photo.shape[:2]
    found = None if scene is None else hair_area(scene)
    if found is None:
        out = np.zeros((height, width), bool)
        own = beside_face(fit.photo, fit.iuv, out, _metre(fit))
        return out if own is None else own
    marks = skeleton_file()["landmarks"]
    hair = grown(found[0], _MIXED * scene.standing.metre)
    rows, columns = fit.frame.box[2:]
    hair = cv2.resize(hair.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST) > 0
    hair = hair[-fit.frame.box[0] :, -fit.frame.box[1] :][:height, :width]
    part = fit.iuv[..., 0]
    _, y, z = rest_places(np.where(hair[..., None], fit.iuv, np.uint8(0))).transpose(2, 0, 1)
    head = part >= _HEAD
    before = head & (y < marks["eye_up"][1]) & (z > marks["ear_front"][2])  # behind, it may hang down on the nape
    own = beside_face(fit.photo, fit.iuv, hair, _metre(fit))
    if own is None:
        return hair & before
    before |= (head & (y < marks["ear_lobe"][1])) | (np.isin(part, _TRUNK) & (y > _SHOULDERS))
    return (hair & before) | own


def _metre(fit: ManualFit) -> float:
    return fit.frame.box[2] / 2 * fit.pose.zoom * fit.pose.height
