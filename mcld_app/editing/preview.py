"""The picture of a look, from its texture map and the photos behind it: no network."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.cut_edges import gone_on, inner, outline
from mcld_app.body.enlarging import enlarged_iuv
from mcld_app.body.iuv import resize_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import kept_drawing
from mcld_app.body.shells.areas import grown
from mcld_app.body.shells.clad import clad
from mcld_app.body.shells.drawing import Layer, draw_shells, in_front, over_body, seen_shells
from mcld_app.body.texture.garment_line import GarmentLine
from mcld_app.body.texture.photo_reading import draw_from
from mcld_app.body.texture.smooth_texels import smooth_texels
from mcld_app.body.texture.texture_map import TextureMap, texels_seen
from mcld_app.editing.look import Look
from mcld_app.editing.person import PICTURE_SIZE, Person
from mcld_app.editing.photo_hands import beside_hands, without_left
from mcld_app.editing.photo_outline import changes_of_shells, hung, without_old

SMALL_SIZE = (PICTURE_SIZE[0] // 2, PICTURE_SIZE[1] // 2)
"""For a hand on a slider: drawn in less than half the time."""

LARGE_SIZE = (PICTURE_SIZE[0] * 2, PICTURE_SIZE[1] * 2)
"""As large as a photo's own pixels are worth."""

_OLD_STEPS = 2.0  # pixels of `PICTURE_SIZE`: how high the steps of a photo's map are where old clothes ended
_STEP, _FAR = 0.015, -9.0  # metres between two pixels of one limb at most; where nothing is


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
        photo, iuv = photo_at(look.person, size)
        return Preview(edited_photo(look, photo, iuv), iuv)
    iuv = pose_map(look, size)
    return Preview(laid(cut_out(look, size), ground(look.person, iuv)), iuv)


def drawn(look: Look, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray:
    """A look in a pose that is not the photo's, without a ground: (*size, 4) uint8 RGBA, alpha 255 where the body, or
    what stands off it, is seen, else 0. `look.pose` is not None."""
    return _with_shells(look, size, *_body(look, size))[0]


def cut_out(look: Look, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray:
    """`drawn`, to be laid before a ground: its edge is a line, where what is drawn has steps one pixel high (more where
    a map was made larger), and of the person's own colours, where a photo's ground is mixed in. (*size, 4) uint8 RGBA,
    straight colours."""
    picture, depth, _ = _with_shells(look, size, *_body(look, size))
    mannequin = look.pose if isinstance(look.pose, Pose) else look.pose.painted_on
    if depth is None and mannequin is not None:
        depth = kept_drawing(mannequin, size).depth
    out = _smooth_limits(picture, depth)
    left, top, wide, high = cv2.boundingRect(out[..., 3])
    if not wide:
        return out
    steps = 1.0 if isinstance(look.pose, Pose) else max(size[0] / PICTURE_SIZE[0], 1.0)
    room = round(2 + 2 * steps)
    part = out[max(top - room, 0) : top + high + room, max(left - room, 0) : left + wide + room]
    covered = np.ascontiguousarray(part[..., 3])
    share = outline((covered > 0).astype(np.float32), covered, steps)
    part[..., :3] = gone_on(cv2.cvtColor(part, cv2.COLOR_RGBA2RGB), inner(covered) > 0, share > 0)
    part[..., 3] = share * 255 + 0.5
    return out


def planes(look: Look, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray:
    """`drawn`, and how far it can be trusted: (*size, 5) uint8, R, G, B, 255 where the body, or what stands off it, is
    seen, and 255 where the colour was read from a photo or put there by an edit, 0 where it was guessed."""
    pixel, texel, body_depth = _body(look, size)
    column, row = np.minimum(np.round(texel), look.texture.coverage.shape[0] - 1).astype(np.int64).T
    known = np.zeros(size, bool)
    known.ravel()[pixel] = look.appearance.known(look.fill)[row, column]
    picture, depth, layers = _with_shells(look, size, pixel, texel, body_depth)
    for layer in layers:
        known = np.where(in_front(layer, depth), layer.shown, known)
    return np.dstack([picture, (known & (picture[..., 3] > 0)) * np.uint8(255)])


def _body(look: Look, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The pixels that show the body, the texel each of them shows, and the body's depth (*size); None where nothing
    stands off it, or nothing tells how the mannequin stands."""
    standing = _standing(look) if look.appearance.shells else None
    if isinstance(look.pose, Pose):
        shod, legs = look.appearance.wears_shoes(look.fill), look.appearance.cut_legs(look.fill)
        if shod or legs is not None:
            pixel, texel, depth = clad(look.pose, size, shod=shod, legs=legs)
            return pixel, texel, None if standing is None and legs is None else depth
    depth = None if standing is None else kept_drawing(standing, size).depth
    return *_texels(look, pose_map(look, size)), depth


def _with_shells(
    look: Look, size: tuple[int, int], pixel: np.ndarray, texel: np.ndarray, depth: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None, tuple[Layer, ...]]:
    """The picture (*size, 4) of `drawn` from what `_body` gives, the depth (*size) of what is seen, and the layers that
    stand off the body."""
    sources, lines = look.appearance.sources(look.fill), _lines(look)
    picture = draw_from(look.texture, sources, pixel, texel, size, lines)
    if depth is None:
        return picture, None, ()
    layers = draw_shells(look.appearance.shells, _standing(look), size)
    return *over_body(picture, depth, layers), layers


def _lines(look: Look) -> tuple[GarmentLine, ...]:
    return tuple(line for _, line in look.appearance.lines)


def _standing(look: Look) -> Pose | None:
    """The mannequin that hair and skirts hang on; None where nothing tells how it stands."""
    pose = look.pose
    return pose if isinstance(pose, Pose) else look.person.standing if pose is None else pose.mannequin


def pose_map(look: Look, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray:
    """The IUV map of a look's pose, (*size, 3) uint8, channels I, U, V."""
    if isinstance(look.pose, Pose):
        return kept_drawing(look.pose, size).iuv
    iuv = look.person.picture_iuv if look.pose is None else look.pose.iuv
    return iuv if size == PICTURE_SIZE else resize_iuv(iuv, size)


def stands_off(look: Look, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray | None:
    """Hair, skirts and wide clothes where they are seen in a look's pose, (*size, 4) uint8 RGBA: alpha 255 there, else
    0; None where nothing stands off, or nothing tells how the mannequin stands."""
    standing = _standing(look)
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
    return edits_over(look, photo, iuv, stand_off=stand_off)[0]


def edits_over(
    look: Look, photo: np.ndarray, iuv: np.ndarray, *, stand_off: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """`edited_photo`, and where it shows the person as they are edited: (H, W) bool. Beside that, what has changed is
    the ground that old clothes hid."""
    changed = look.appearance.changed
    new = changes_of_shells(look.appearance) if stand_off else None
    if not changed.any() and new is None:
        return photo, np.zeros(photo.shape[:2], bool)
    edited = TextureMap(look.texture.image, changed)
    seen = smooth_texels if look.appearance.donors else texels_seen  # a donor's photo is sharper than texels
    if new is None:
        drawn = draw_from(edited, look.appearance.donors, *seen(iuv), photo.shape[:2], _lines(look))
        return _over(drawn, photo), drawn[..., 3] > 0
    laid = without_old(look.appearance, photo, iuv, new)
    pixel, texel = seen(laid.iuv)
    drawn = draw_from(edited, look.appearance.donors, pixel, texel, photo.shape[:2], _lines(look))
    bare = laid.exposed.ravel()[pixel]
    if bare.any():  # the photo does not show the body there, edited or not
        whole = draw_from(look.texture, look.appearance.sources(look.fill), pixel[bare], texel[bare], photo.shape[:2])
        drawn = np.where(laid.exposed[..., None], whole, drawn)
    drawn = beside_hands(hung(look.appearance, drawn, new, photo, iuv), laid.iuv)
    covered, there = laid.iuv[..., 0] > 0, drawn[..., 3] > 0
    kept = covered & grown(covered & ~there, 1.5)  # no ground shows between what is drawn and what stays
    ground = np.where(kept[..., None], photo, laid.ground)
    return without_left(_over(drawn, ground, _OLD_STEPS), laid.left & ~there, there, laid.iuv), there


def photo_at(person: Person, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A person's photo and its IUV map at that size."""
    if size == PICTURE_SIZE:
        return person.picture, person.picture_iuv
    shrinks = size[0] < person.photo.shape[0]
    filter_of = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    known = person.worked_out.get("enlarged")
    if known is None or known.shape[:2] != size:
        known = person.worked_out["enlarged"] = enlarged_iuv(person.iuv, size)
    return cv2.resize(person.photo, size[::-1], interpolation=filter_of), known


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


def laid(picture: np.ndarray, below: np.ndarray) -> np.ndarray:
    """RGBA of straight colours, (H, W, 4) uint8, laid over (H, W, 3) uint8 RGB."""
    left, top, wide, high = cv2.boundingRect(picture[..., 3])
    if not wide:
        return below
    inside = slice(top, top + high), slice(left, left + wide)
    share = picture[inside][..., 3].astype(np.float32) / 255
    colour, out = cv2.cvtColor(picture[inside], cv2.COLOR_RGBA2RGB), below.copy()
    out[inside] = cv2.blendLinear(colour, np.ascontiguousarray(below[inside]), share, 1 - share)
    return out


def _smooth_limits(drawn: np.ndarray, depth: np.ndarray | None) -> np.ndarray:
    """A drawn body (H, W, 4) without staircases where one limb ends before another, by its depth (H, W): inside of its
    outline, which `cut_out` makes a line."""
    box = cv2.boundingRect(drawn[..., 3])
    if depth is None or not box[2]:
        return drawn
    inside = slice(box[1], box[1] + box[3]), slice(box[0], box[0] + box[2])
    picture, square = np.ascontiguousarray(drawn[inside]), np.ones((3, 3), np.uint8)
    near = np.maximum(depth[inside], np.float32(_FAR))
    limit = cv2.morphologyEx(near, cv2.MORPH_GRADIENT, square) > _STEP
    limit &= cv2.erode(cv2.extractChannel(picture, 3), square, borderValue=0) > 0
    cv2.copyTo(cv2.GaussianBlur(picture, (3, 3), 0), limit.view(np.uint8), picture)
    out = drawn.copy()
    out[inside] = picture
    return out


def _over(drawn: np.ndarray, below: np.ndarray, steps: float = 1.0) -> np.ndarray:
    """RGBA over RGB, its edge a line: an IUV map's own edge is a staircase, its `steps` so many pixels of
    `PICTURE_SIZE` high."""
    out = below.copy()
    box = cv2.boundingRect(drawn[..., 3])
    if not box[2]:
        return out
    steps = steps * max(len(drawn) / PICTURE_SIZE[0], 1.0)
    room = round(2 + 2 * steps)  # at an array's border nothing is softened
    inside = slice(max(box[1] - room, 0), box[1] + box[3] + room), slice(max(box[0] - room, 0), box[0] + box[2] + room)
    covered = np.ascontiguousarray(drawn[inside][..., 3])
    share = outline((covered > 0).astype(np.float32), covered, steps)
    colour = gone_on(cv2.cvtColor(drawn[inside], cv2.COLOR_RGBA2RGB), inner(covered) > 0, share > 0)
    out[inside] = cv2.blendLinear(colour, np.ascontiguousarray(below[inside]), share, 1 - share)
    return out


def ground(person: Person, iuv: np.ndarray) -> np.ndarray:
    """What stands behind somebody in a pose that is not the photo's, (H, W, 3) uint8 RGB, as large as the pose's map: a
    plain background with a soft shadow under the feet."""
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
