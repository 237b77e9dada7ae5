"""Hair that hangs before cheeks, jaw and throat: it is the shell's, and no skin."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.manual_fit import ManualFit
from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.shells.areas import grown
from mcld_app.body.shells.find import scene_of
from mcld_app.body.shells.hair_area import hair_area
from mcld_app.errors import IUVError

_HEAD = 23  # parts from this one on
_MIXED = 0.004  # metres around hair, in which skin is mixed with it


def hair_on_face(fit: ManualFit) -> np.ndarray:
    """Pixels of a found person's map that show hair where the mannequin has cheeks, jaw or throat. A fringe stays on
    the forehead: without the shell, as a network is shown people, there would be none.

    Returns:
        (H, W) bool, of the photo's size; none where nobody was found, or no hair stands off the head.
    """
    height, width = fit.photo.shape[:2]
    out = np.zeros((height, width), bool)
    try:
        scene = scene_of(fit)
    except IUVError:  # too little of them
        return out
    found = None if scene is None else hair_area(scene)
    if found is None:
        return out
    marks = skeleton_file()["landmarks"]
    hair = grown(found[0], _MIXED * scene.standing.metre)
    rows, columns = fit.frame.box[2:]
    hair = cv2.resize(hair.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST) > 0
    hair = hair[-fit.frame.box[0] :, -fit.frame.box[1] :][:height, :width]
    _, y, z = rest_places(np.where(fit.iuv[..., :1] >= _HEAD, fit.iuv, np.uint8(0))).transpose(2, 0, 1)
    before = (y < marks["eye_up"][1]) & (z > marks["ear_front"][2])  # behind, it may hang down on the nape
    return hair & before
