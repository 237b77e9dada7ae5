"""Photo, map, pose and silhouette of a person -> the shells that stand off their body."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.manual_fit import ManualFit
from mcld_app.body.fitting.map_fit import fit_map
from mcld_app.body.fitting.snapping import doubtful
from mcld_app.body.iuv import check_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.shells.areas import shrunk
from mcld_app.body.shells.hair import find_hair
from mcld_app.body.shells.hair_area import hair_area
from mcld_app.body.shells.limbs import find_limbs
from mcld_app.body.shells.scene import Scene, look_at
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.silhouette import find_silhouette
from mcld_app.body.shells.skirt import find_skirt
from mcld_app.body.shells.standing import stand
from mcld_app.errors import PictureError

_RIM = 0.01  # of the photo: at a person's rim everything is doubtful


def find_shells(
    photo: np.ndarray,
    iuv: np.ndarray,
    pose: Pose,
    silhouette: np.ndarray,
    *,
    printed: np.ndarray | None = None,
    known: np.ndarray | None = None,
) -> tuple[Shell, ...]:
    """What stands off a person's body: hair, wide sleeves and trousers, and a skirt or what
    hangs like one.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, channels I, U, V: its own map of the body.
        pose: the mannequin's, in a picture of that size.
        silhouette: (H, W) bool, the person with all they wear.
        printed: (H, W) bool, pixels that may show a hand, beside those of the map's and the mannequin's; None where
            nothing more is known.
        known: (H, W) bool, where the picture is the photo and no padding; None: everywhere.

    Raises:
        IUVError: where the map is unusable or of another size than the photo.
        PictureError: where the silhouette is.
    """
    check_iuv(iuv, photo)
    if silhouette.shape != photo.shape[:2] or silhouette.dtype != bool:
        raise PictureError("The silhouette does not belong to the photo: give one of its size, true or false.")
    return shells_in(look_at(photo, iuv, pose, silhouette, printed, known))


def fitted_shells(fit: ManualFit) -> tuple[Shell, ...]:
    """The shells of a person who was found in a photo, or over whom the mannequin was laid; none where no outline is
    known.

    Raises:
        IUVError: where the mannequin does not lie on the photo.
    """
    scene = scene_of(fit)
    return () if scene is None else shells_in(scene)


def scene_of(fit: ManualFit) -> Scene | None:
    """A person who was found in a photo as shells are found in it; None where no outline is known. IUVError as
    `fitted_shells`."""
    seen = fit.sighting
    if seen is None:
        return None
    # The mannequin's own frame is 11:16; the photo lies in it, and its pose counts for that frame.
    photo, iuv, outline = (_in_frame(array, fit) for array in (fit.photo, fit.snapped, seen.outline))
    top, left, height, width = seen.inside
    known = np.zeros(seen.outline.shape, bool)
    known[top : top + height, left : left + width] = True
    check_iuv(iuv, photo)
    return look_at(photo, iuv, fit.pose, outline >= 128, _in_frame(_printed(fit), fit), _in_frame(known, fit))


def found_shells(
    photo: np.ndarray, iuv: np.ndarray, pose: Pose | None = None, silhouette: np.ndarray | None = None
) -> tuple[Shell, ...]:
    """The shells of a person of whom only a photo (H, W, 3) uint8 RGB and its IUV map (H, W, 3) uint8 are known.

    Args:
        photo: the photo.
        iuv: its map.
        pose: the mannequin's in it, and
        silhouette: (H, W) bool, the person's; None where these are still to be found.

    Raises:
        IUVError: where the map is unusable, of another size, or shows too little of a body to tell its pose.
    """
    return shells_in(_found_scene(photo, iuv, pose, silhouette))


def fitted_hair(fit: ManualFit) -> np.ndarray:
    """(H, W) bool: the pixels of a fit's photo that show hair which stands off the head, or hangs down from it; none
    where no outline is known."""
    rows, columns = fit.photo.shape[:2]
    scene = scene_of(fit)
    return np.zeros((rows, columns), bool) if scene is None else hair_in(scene, fit)


def hair_in(scene: Scene, fit: ManualFit) -> np.ndarray:
    """As `fitted_hair`, (H, W) bool, where the scene of the fit is known already."""
    rows, columns = fit.photo.shape[:2]
    top, left, height, width = fit.frame.box
    return _hair_of(scene, (height, width))[-top : rows - top, -left : columns - left]


def found_hair(
    photo: np.ndarray, iuv: np.ndarray, pose: Pose | None = None, silhouette: np.ndarray | None = None
) -> np.ndarray:
    """As `fitted_hair`, (H, W) bool, where only a photo and its map are known. Arguments and errors are those of
    `found_shells`."""
    return _hair_of(_found_scene(photo, iuv, pose, silhouette), photo.shape[:2])


def _hair_of(scene: Scene, size: tuple[int, int]) -> np.ndarray:
    found = hair_area(scene)
    if found is None:
        return np.zeros(size, bool)
    return cv2.resize(found[0].astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _found_scene(photo: np.ndarray, iuv: np.ndarray, pose: Pose | None, silhouette: np.ndarray | None) -> Scene:
    if pose is not None and silhouette is not None:
        return look_at(photo, iuv, pose, silhouette)
    check_iuv(iuv, photo)
    pose = fit_map(iuv).pose
    return look_at(photo, iuv, pose, find_silhouette(photo, iuv, stand(pose, photo.shape[:2])))


def shells_in(scene: Scene) -> tuple[Shell, ...]:
    """The shells of whoever a scene shows."""
    skirt = find_skirt(scene)
    found = (find_hair(scene), *find_limbs(scene, legs=skirt is None), skirt)
    shells = tuple(shell for shell in found if shell is not None)
    for shell in shells:
        shell.on(scene.standing.pose.body)  # worked out now, not when it is first drawn
    return shells


def _printed(fit: ManualFit) -> np.ndarray:
    """(H, W) bool, where the photo shows skin of a hand on cloth, or may."""
    seen = fit.sighting
    inner = shrunk(seen.outline >= 128, _RIM * max(fit.photo.shape[:2]))
    metre = fit.frame.box[2] / 2 * fit.pose.zoom * fit.pose.height
    return doubtful(fit.pose, fit.snapped, seen.shares, metre, fit.photo, seen.landmarks) & inner


def _in_frame(array: np.ndarray, fit: ManualFit) -> np.ndarray:
    """A picture of the photo's size in the mannequin's, which is a little larger, with nothing around it."""
    top, left, height, width = fit.frame.box
    out = np.zeros((height, width, *array.shape[2:]), array.dtype)
    rows, columns = array.shape[:2]
    out[-top : rows - top, -left : columns - left] = array
    return out
