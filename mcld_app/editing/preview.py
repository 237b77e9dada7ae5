"""The picture of a look, from its texture map and the photos behind it: no network."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.iuv import resize_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import kept_drawing
from mcld_app.body.shells.drawing import draw_shells, over_body, seen_shells
from mcld_app.body.shells.shoes import in_shoes
from mcld_app.body.texture.photo_reading import draw_from
from mcld_app.body.texture.texture_map import TextureMap, texels_seen
from mcld_app.editing.look import Look
from mcld_app.editing.person import PICTURE_SIZE, Person
from mcld_app.editing.photo_outline import changes_of_shells, hung, without_left, without_old

SMALL_SIZE = (PICTURE_SIZE[0] // 2, PICTURE_SIZE[1] // 2)
"""For a hand on a slider: drawn in less than half the time."""

LARGE_SIZE = (PICTURE_SIZE[0] * 2, PICTURE_SIZE[1] * 2)
"""As large as a photo's own pixels are worth."""


@dataclass(frozen=True, eq=False)
class Preview:
    """A drawn look.

    Attributes:
        picture: (H, W, 3) uint8 RGB.
        iuv: uint8 of the same size, channels I, U, V: the pose the picture is drawn in.
    """

    picture: np.ndarray
    iuv: np.ndarray


def draw(look: Look, size: tuple[int, int] = PICTURE_SIZE) -> Preview:
    """Draw a look, `size` (height, width) large, 11:16. As in the photo, the photo itself stays and only what was
    edited is painted over it; in another pose the whole body is drawn on a plain background. What a photo shows of the
    person, or of a garment, is read from the photo itself, as sharp as it is there; the texture map gives the rest."""
    if look.pose is None:
        photo, iuv = _photo(look.person, size)
        return Preview(edited_photo(look, photo, iuv), iuv)
    iuv = pose_map(look, size)
    standing = look.pose if isinstance(look.pose, Pose) else look.pose.mannequin
    shod = isinstance(look.pose, Pose) and look.appearance.wears_shoes(look.fill)
    if shod:
        pixel, texel, depth = in_shoes(look.pose, size)
    else:
        pixel, texel = _texels(look, iuv)
        depth = None if standing is None else kept_drawing(standing, size).depth
    drawn = draw_from(look.texture, look.appearance.sources(look.fill), pixel, texel, size)
    if look.appearance.shells and depth is not None:
        drawn, _ = over_body(drawn, depth, draw_shells(look.appearance.shells, standing, size))
    return Preview(_over(drawn, _background(look.person, iuv)), iuv)


def pose_map(look: Look, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray:
    """The IUV map of a look's pose, (*size, 3) uint8, channels I, U, V."""
    if isinstance(look.pose, Pose):
        return kept_drawing(look.pose, size).iuv
    iuv = look.person.picture_iuv if look.pose is None else look.pose.iuv
    return iuv if size == PICTURE_SIZE else resize_iuv(iuv, size)


def stands_off(look: Look, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray | None:
    """Hair, skirts and wide clothes where they are seen in a look's pose, (*size, 4) uint8 RGBA: alpha 255 there, else
    0; None where nothing stands off, or nothing tells how the mannequin stands."""
    pose = look.pose
    standing = pose if isinstance(pose, Pose) else look.person.standing if pose is None else pose.mannequin
    if standing is None or not look.appearance.shells:
        return None
    return seen_shells(look.appearance.shells, standing, size)


def edited_photo(look: Look, photo: np.ndarray, iuv: np.ndarray, *, stand_off: bool = True) -> np.ndarray:
    """The person's photo with the edited texels painted over it.

    Args:
        look: the person under their edits.
        photo: (H, W, 3) uint8 RGB, theirs, at any size; it is returned where nothing was edited.
        iuv: (H, W, 3) uint8, its IUV map.
        stand_off: whether new hair and skirts are drawn, too, and what stood off in the photo and is not worn any more
            is covered by the ground.
    """
    changed = look.appearance.changed
    new = changes_of_shells(look.appearance) if stand_off else None
    if not changed.any() and new is None:
        return photo
    edited = TextureMap(look.texture.image, changed)
    if new is None:
        return _over(draw_from(edited, look.appearance.donors, *texels_seen(iuv), photo.shape[:2]), photo)
    laid = without_old(look.appearance, photo, iuv, new)
    pixel, texel = texels_seen(laid.iuv)
    drawn = draw_from(edited, look.appearance.donors, pixel, texel, photo.shape[:2])
    bare = laid.exposed.ravel()[pixel]
    if bare.any():  # the photo does not show the body there, edited or not
        whole = draw_from(look.texture, look.appearance.sources(look.fill), pixel[bare], texel[bare], photo.shape[:2])
        drawn = np.where(laid.exposed[..., None], whole, drawn)
    return without_left(_over(hung(look.appearance, drawn, new), laid.ground), laid.left)


def _photo(person: Person, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A person's photo and its IUV map at that size."""
    if size == PICTURE_SIZE:
        return person.picture, person.picture_iuv
    shrinks = size[0] < person.photo.shape[0]
    filter_of = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(person.photo, size[::-1], interpolation=filter_of), resize_iuv(person.iuv, size)


def _texels(look: Look, iuv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pixels that show the body, and the texel each of them shows: the mannequin's own, where it is one, and where
    one was painted on, wherever it was not."""
    mannequin = look.pose if isinstance(look.pose, Pose) else look.pose.painted_on
    if mannequin is None:
        return texels_seen(iuv)
    drawing = kept_drawing(mannequin, iuv.shape[:2])
    if isinstance(look.pose, Pose):
        return drawing.pixel, drawing.texel
    pixel, texel = texels_seen(iuv)
    own = np.zeros((iuv.shape[0] * iuv.shape[1], 2), np.float32)
    own[drawing.pixel] = drawing.texel
    same = (iuv == drawing.iuv).all(2).ravel()[pixel]
    return pixel, np.where(same[:, None], own[pixel], texel)


def _over(drawn: np.ndarray, below: np.ndarray) -> np.ndarray:
    """RGBA over RGB. The edge is softened inwards, because an IUV map's own edge is a staircase and because outside
    it there is no colour to take."""
    out = below.copy()
    box = cv2.boundingRect(drawn[..., 3])
    if not box[2]:
        return out
    # With some room: at an array's border nothing is softened.
    inside = slice(max(box[1] - 2, 0), box[1] + box[3] + 2), slice(max(box[0] - 2, 0), box[0] + box[2] + 2)
    there = np.ascontiguousarray(drawn[inside][..., 3])
    alpha = cv2.GaussianBlur(cv2.erode(there, np.ones((2, 2), np.uint8)), (3, 3), 0)
    alpha = np.minimum(alpha, there).astype(np.float32) / 255  # a square of two leaves two sides as they were
    colour = cv2.cvtColor(drawn[inside], cv2.COLOR_RGBA2RGB)
    out[inside] = cv2.blendLinear(colour, np.ascontiguousarray(below[inside]), alpha, 1 - alpha)
    return out


def _background(person: Person, iuv: np.ndarray) -> np.ndarray:
    """A plain background with a soft shadow under the feet."""
    share = iuv.shape[0] / PICTURE_SIZE[0]
    out = np.empty(iuv.shape, np.uint8)
    out[:] = person.background[0, 0]  # it is of one colour
    box = cv2.boundingRect(iuv[..., 0])
    reach, feet = round(24 * share), box[1] + box[3] - round(3 * share)
    if reach < feet < iuv.shape[0] - 5 * share:
        low = cv2.boundingRect(np.ascontiguousarray(iuv[feet - reach :, :, 0]))  # arms are higher up
        shade = np.zeros((min(feet + reach, iuv.shape[0]) - feet + reach, iuv.shape[1]), np.float32)
        axes = (round(low[2] * 0.5 + 8 * share), round(7 * share))
        cv2.ellipse(shade, (low[0] + low[2] // 2, reach), axes, 0, 0, 360, 1.0, -1)
        floor = out[feet - reach : feet - reach + len(shade)]
        # Rounded: a floor that is one level darker all over ends in straight edges.
        floor[:] = floor * (1 - 0.22 * cv2.GaussianBlur(shade, (0, 0), 6 * share))[..., None] + 0.5
    return out
