"""The picture of a look, from its texture map alone: no network."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.mannequin import draw_iuv
from mcld_app.body.texture import TextureMap, render
from mcld_app.conditions import PICTURE_SIZE, Person
from mcld_app.editing.look import Look

_STUDIO = (236, 235, 232)  # Warm light grey, behind people whose own background cannot be taken along.


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
    alpha = cv2.GaussianBlur(cv2.erode(drawn[..., 3], np.ones((2, 2), np.uint8)), (3, 3), 0)
    mixed = cv2.blendLinear(
        np.ascontiguousarray(drawn[..., :3]), ground, alpha.astype(np.float32) / 255, 1 - alpha.astype(np.float32) / 255
    )
    return mixed


def _background(person: Person, iuv: np.ndarray) -> np.ndarray:
    """A plain background with a soft shadow under the feet. It takes the photo's own colour where that is plain."""
    ground = np.empty((*iuv.shape[:2], 3), np.uint8)
    ground[:] = person.plain_ground or _STUDIO
    rows, columns = np.flatnonzero(iuv[..., 0].any(1)), np.flatnonzero(iuv[..., 0].any(0))
    if rows.size and rows[-1] < iuv.shape[0] - 4:
        feet, middle = int(rows[-1]) - 2, int(columns.mean())
        shade = np.zeros((min(feet + 24, iuv.shape[0]) - feet + 24, iuv.shape[1]), np.float32)
        cv2.ellipse(shade, (middle, 24), (max(12, int(np.ptp(columns) * 0.36)), 7), 0, 0, 360, 1.0, -1)
        floor = ground[feet - 24 : feet - 24 + len(shade)]
        floor[:] = floor * (1 - 0.22 * cv2.GaussianBlur(shade, (0, 0), 6))[..., None]
    return ground
