"""What is behind a person in their photo, where clothes and hair that are not worn any more were before it."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.compositing import healed
from mcld_app.body.lengths import farthest
from mcld_app.body.shells.areas import disc, grown
from mcld_app.body.texture.preview_planes import has_plain_ground
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.editing.person import Person

_SAME = 8  # grey levels from the ground around that are ground
_BLENDS = 0.005  # of the photo's height around what is no ground, which blends with it
_SOFT = 3  # pixels of a body's edge that are half transparent


def without_person(
    person: Person, photo: np.ndarray, taken: np.ndarray, near: np.ndarray, covered: np.ndarray
) -> np.ndarray:
    """A photo some of whose pixels show what is behind the person.

    Args:
        person: whose photo it is; what is behind them is worked out once for a size.
        photo: (H, W, 3) uint8 RGB.
        taken: (H, W) bool, the pixels to be shown so.
        near: (H, W) bool, all that may show the person, or blend with them.
        covered: (H, W) bool, where their body is; beside it a plain ground that is seen stays as it is.
    """
    if not taken.any():
        return photo
    plain, behind = _behind(person, photo, near)
    if plain:
        strange = covered | (farthest(photo - behind.astype(np.float32)) > _SAME)
        taken = taken & grown(strange, max(2.0, _BLENDS * len(photo)))
    return np.where(taken[..., None], behind, photo)


def _behind(person: Person, photo: np.ndarray, near: np.ndarray) -> tuple[bool, np.ndarray]:
    """Whether a photo's ground is plain, and the photo without the person, (H, W, 3) uint8: nothing of them, nor of
    clothes that are taken off, goes on in it. Kept for the size that was asked for last."""
    kept = person.worked_out.get("behind")
    if kept is None or kept[1].shape != photo.shape:
        plain = has_plain_ground(photo)
        if plain:
            found = np.clip(pull_push(photo.astype(np.float32), (~near).astype(np.float32)) + 0.5, 0, 255)
        else:
            found = healed(photo, near, np.zeros(near.shape, bool))
        kept = person.worked_out["behind"] = plain, found.astype(np.uint8)
    return kept


def beside_hair(photo: np.ndarray, hair: np.ndarray, taken: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """A photo whose hair goes on under the soft edge of the body beside it: no ground shows between the two.

    Args:
        photo: (H, W, 3) uint8 RGB.
        hair: (H, W) bool, the pixels that show hair.
        taken: (H, W) bool, those of the ground that was laid.
        covered: (H, W) bool, where the body is.
    """
    kernel = disc(max(_SOFT, _BLENDS * len(photo)))
    both = cv2.morphologyEx((hair | covered).astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0
    beside = taken & both & grown(hair, max(_SOFT, 2 * _BLENDS * len(photo)))
    if not beside.any():
        return photo
    goes_on = pull_push(photo.astype(np.float32), hair.astype(np.float32))
    return np.where(beside[..., None], np.clip(goes_on + 0.5, 0, 255).astype(np.uint8), photo)
