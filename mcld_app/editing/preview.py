"""The picture of a look, from its texture map alone: no network."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.mannequin import draw_iuv
from mcld_app.body.texture import TextureMap, render
from mcld_app.conditions import PICTURE_SIZE, Person
from mcld_app.editing.look import Look


@dataclass(frozen=True, eq=False)
class Preview:
    """A drawn look.

    Attributes:
        picture: (512, 352, 3) uint8 RGB.
        iuv: (512, 352, 3) uint8, channels I, U, V: the pose the picture is drawn in.
    """

    picture: np.ndarray
    iuv: np.ndarray


def draw(look: Look) -> Preview:
    """Draw a look. As in the photo, the photo itself stays and only the clothes that were put on are painted over
    it; in another pose the whole body is drawn from the texture map on a plain background."""
    if look.pose is None:
        return Preview(_dressed_photo(look), look.person.picture_iuv)
    iuv = draw_iuv(look.pose, PICTURE_SIZE)
    drawn = render(look.texture, iuv)
    return Preview(_over(drawn, _background(look.person, iuv)), iuv)


def _dressed_photo(look: Look) -> np.ndarray:
    photo, iuv = look.person.picture, look.person.picture_iuv
    if not look.worn:
        return photo
    return _over(render(TextureMap(look.texture.image, look.outfit.changed), iuv), photo)


def _over(drawn: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """RGBA over RGB. The edge is softened inwards, because an IUV map's own edge is a staircase and because outside
    it there is no colour to take."""
    out = ground.copy()
    box = cv2.boundingRect(drawn[..., 3])
    if not box[2]:
        return out
    inside = slice(box[1], box[1] + box[3]), slice(box[0], box[0] + box[2])
    alpha = np.ascontiguousarray(drawn[inside][..., 3])
    alpha = cv2.GaussianBlur(cv2.erode(alpha, np.ones((2, 2), np.uint8)), (3, 3), 0).astype(np.float32) / 255
    colour = cv2.cvtColor(drawn[inside], cv2.COLOR_RGBA2RGB)
    out[inside] = cv2.blendLinear(colour, np.ascontiguousarray(ground[inside]), alpha, 1 - alpha)
    return out


def _background(person: Person, iuv: np.ndarray) -> np.ndarray:
    """A plain background with a soft shadow under the feet."""
    ground = person.ground.copy()
    box = cv2.boundingRect(iuv[..., 0])
    feet = box[1] + box[3] - 3
    if 24 < feet < iuv.shape[0] - 5:
        shade = np.zeros((min(feet + 24, iuv.shape[0]) - feet + 24, iuv.shape[1]), np.float32)
        cv2.ellipse(shade, (box[0] + box[2] // 2, 24), (max(12, int(box[2] * 0.36)), 7), 0, 0, 360, 1.0, -1)
        floor = ground[feet - 24 : feet - 24 + len(shade)]
        floor[:] = floor * (1 - 0.22 * cv2.GaussianBlur(shade, (0, 0), 6))[..., None]
    return ground
