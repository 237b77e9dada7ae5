"""Photo, map, pose and silhouette of a person -> the shells that stand off their body."""

from __future__ import annotations

import numpy as np

from mcld_app.body.iuv import check_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.shells.hair import find_hair
from mcld_app.body.shells.scene import look_at
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.skirt import find_skirt
from mcld_app.errors import PictureError


def find_shells(
    photo: np.ndarray, iuv: np.ndarray, pose: Pose, silhouette: np.ndarray, printed: np.ndarray | None = None
) -> tuple[Shell, ...]:
    check_iuv(iuv, photo)
    if silhouette.shape != photo.shape[:2] or silhouette.dtype != bool:
        raise PictureError("The silhouette does not belong to the photo: give one of its size, true or false.")
    scene = look_at(photo, iuv, pose, silhouette, printed)
    found = (find_hair(scene), find_skirt(scene))
    return tuple(shell for shell in found if shell is not None)
