"""The picture of a look, from its texture map alone: no network."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.iuv import resize_iuv
from mcld_app.body.mannequin.rendering import kept_iuv
from mcld_app.body.texture.texture_map import TextureMap, render
from mcld_app.editing.look import Look, MapPose
from mcld_app.editing.person import PICTURE_SIZE, Person

SMALL_SIZE = (PICTURE_SIZE[0] // 2, PICTURE_SIZE[1] // 2)


@dataclass(frozen=True, eq=False)
class Preview:
    """A drawn look.

    Attributes:
        picture: (512, 352, 3) uint8 RGB, or half of that.
        iuv: uint8 of the same size, channels I, U, V: the pose the picture is drawn in.
    """

    picture: np.ndarray
    iuv: np.ndarray


def draw(look: Look, *, small: bool = False) -> Preview:
    """Draw a look. As in the photo, the photo itself stays and only what was edited is painted over it; in another pose
    the whole body is drawn from the texture map on a plain background. `small` draws that at half the size, in less
    than half the time: for a hand on a slider."""
    if look.pose is None:
        return Preview(edited_photo(look, look.person.picture, look.person.picture_iuv), look.person.picture_iuv)
    iuv = pose_map(look, small=small)
    drawn = render(look.texture, iuv)
    return Preview(_over(drawn, _background(look.person, iuv)), iuv)


def pose_map(look: Look, *, small: bool = False) -> np.ndarray:
    """The IUV map of a look's pose, (512, 352, 3) uint8, channels I, U, V; or half of that."""
    if look.pose is None:
        iuv = look.person.picture_iuv
    elif isinstance(look.pose, MapPose):
        iuv = look.pose.iuv
    else:
        return kept_iuv(look.pose, SMALL_SIZE if small else PICTURE_SIZE)
    return resize_iuv(iuv, SMALL_SIZE) if small else iuv


def edited_photo(look: Look, photo: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """The person's photo with the edited texels painted over it.

    Args:
        look: the person under their edits.
        photo: (H, W, 3) uint8 RGB, theirs, at any size; it is returned where nothing was edited.
        iuv: (H, W, 3) uint8, its IUV map.
    """
    changed = look.appearance.changed
    if not changed.any():
        return photo
    return _over(render(TextureMap(look.texture.image, changed), iuv), photo)


def _over(drawn: np.ndarray, below: np.ndarray) -> np.ndarray:
    """RGBA over RGB. The edge is softened inwards, because an IUV map's own edge is a staircase and because outside
    it there is no colour to take."""
    out = below.copy()
    box = cv2.boundingRect(drawn[..., 3])
    if not box[2]:
        return out
    inside = slice(box[1], box[1] + box[3]), slice(box[0], box[0] + box[2])
    alpha = np.ascontiguousarray(drawn[inside][..., 3])
    alpha = cv2.GaussianBlur(cv2.erode(alpha, np.ones((2, 2), np.uint8)), (3, 3), 0).astype(np.float32) / 255
    colour = cv2.cvtColor(drawn[inside], cv2.COLOR_RGBA2RGB)
    out[inside] = cv2.blendLinear(colour, np.ascontiguousarray(below[inside]), alpha, 1 - alpha)
    return out


def _background(person: Person, iuv: np.ndarray) -> np.ndarray:
    """A plain background with a soft shadow under the feet."""
    share = iuv.shape[0] / PICTURE_SIZE[0]
    out = person.background[: iuv.shape[0], : iuv.shape[1]].copy()  # of one colour: any part will do
    box = cv2.boundingRect(iuv[..., 0])
    reach, feet = round(24 * share), box[1] + box[3] - round(3 * share)
    if reach < feet < iuv.shape[0] - 5 * share:
        shade = np.zeros((min(feet + reach, iuv.shape[0]) - feet + reach, iuv.shape[1]), np.float32)
        axes = (max(round(12 * share), int(box[2] * 0.36)), round(7 * share))
        cv2.ellipse(shade, (box[0] + box[2] // 2, reach), axes, 0, 0, 360, 1.0, -1)
        floor = out[feet - reach : feet - reach + len(shade)]
        floor[:] = floor * (1 - 0.22 * cv2.GaussianBlur(shade, (0, 0), 6 * share))[..., None]
    return out
