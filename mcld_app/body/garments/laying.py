"""A garment's picture laid on the mannequin: a photo and an IUV map of the garment alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from mcld_app.body.garments.body_lines import along_arm
from mcld_app.body.garments.cloth_warp import ClothWarp
from mcld_app.body.garments.crotch_shadow import without_crotch_shadow
from mcld_app.body.garments.cutout import Cutout
from mcld_app.body.garments.fall import Fall, cloth_around
from mcld_app.body.garments.lower_fit import fit_legs, fit_skirt
from mcld_app.body.garments.neckline import inside_of_back, neck_corners
from mcld_app.body.garments.outline import Outline
from mcld_app.body.garments.pairing import Fit
from mcld_app.body.garments.points import KeyPoints
from mcld_app.body.garments.straps import without_back_straps
from mcld_app.body.garments.upper_fit import fit_upper
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv, posed_vertices, to_picture
from mcld_app.body.sampling import read_reduced
from mcld_app.body.shells.areas import grown, nearest_value
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.errors import PictureError

SIZE = (1024, 704)
"""Height and width of the picture a garment is laid on."""

_GROUND, _BESIDE = 243, 10  # grey level around it, from so many pixels on
_ROOM, _NEAREST = 0.90, 1.2  # of the picture that the garment takes up; the zoom at most
_EVEN = 1.5  # pixels over which what goes on beyond a rim is evened out
_SHOULDER = 0.15  # metres from the middle, where with sleeves cloth surely covers a shoulder
_HOLLOW = 0.05  # heights that the outline between collar and shoulder may be hollow
_LEAST = 0.004  # share of that picture that must show the garment
_UNDER_ARMS = 1.27  # metres above the floor: below, cloth goes around the trunk
_FALLS = 1.0  # metres above the floor: below, cloth hangs from the hips
_UNDER = 0.025  # metres that a skirt's paint ends above the hem of its shell, below which it would be seen
_ASIDE = 0.20  # metres from the middle to a leg's side
_TRUNK, _LEGS, _ARMS = (1, 2), tuple(range(7, 15)), tuple(range(15, 23))


@dataclass(frozen=True, eq=False)
class LaidGarment:
    """A garment laid on the mannequin, in the form `assets/garments` has.

    Attributes:
        photo: (1024, 704, 3) uint8 RGB.
        iuv: (1024, 704, 3) uint8, channels I, U, V: the garment's pixels only.
        pose: the mannequin's.
        fit: what was laid where.
        fall: what hangs from the hips; None for tops, trousers and shorts.
        around: all that goes around the trunk below the armpits, and around both legs; None for trousers and shorts.
    """

    photo: np.ndarray
    iuv: np.ndarray
    pose: Pose
    fit: Fit
    fall: Fall | None
    around: Fall | None


def lay(cutout: Cutout, points: KeyPoints) -> LaidGarment:
    """Lay a garment that was cut out on the mannequin, by its key points.

    Raises:
        PictureError: where next to nothing of it comes to lie on the body: the points are wrong.
    """
    mask = without_back_straps(cutout.mask)
    outline = Outline.of(mask)
    places = points.in_pixels(cutout.mask.shape)
    if points.kind in ("top", "dress", "coat"):
        fit = fit_upper(outline, places, points.kind, points.dragged)
    else:
        legs = partial(fit_legs, kind=points.kind, dragged=points.dragged)
        fit = (fit_skirt if points.kind == "skirt" else legs)(outline, places)
    pose = _pose(fit)
    warp, iuv = ClothWarp.fit(fit, pose, SIZE), draw_iuv(pose, SIZE)
    where = warp.over()
    if "neckline" in places:
        mask = mask & ~inside_of_back(cutout.picture, mask, neck_corners(outline, places), places["neckline"][1])
    picture = cutout.picture
    if "crotch" in places:
        picture = without_crotch_shadow(picture, mask, places["crotch"], fit.metre)
    colours = drawn_outwards(picture, mask)
    fall = around = None
    if points.kind not in ("trousers", "shorts"):
        cloth = partial(cloth_around, colours, cutout.mask, outline, places, fit, warp.on_trunk)
        armpit = _UNDER_ARMS if points.sleeves else min(float(fit.rows[0][1]) - 0.02, _UNDER_ARMS)
        around = cloth(fit.top if points.kind == "skirt" else armpit)
        fall = None if points.kind == "top" else cloth(min(fit.top, _FALLS))
    under = 0.0 if fall is None else _UNDER + abs(fall.slant) * _ASIDE
    lying = _rest(iuv)
    worn = _reached(iuv, lying, fit, fit.hem + under)
    covers = _beside_collar(outline, places, mask) if points.sleeves else mask
    inside = cv2.remap(covers.astype(np.float32), where, None, cv2.INTER_LINEAR) > 0.5
    worn &= inside | ~_by_mask(iuv, lying, fit)
    if around is not None and around.open.any():
        worn &= cv2.remap(around.open.astype(np.float32), where, None, cv2.INTER_LINEAR) < 0.5
    if worn.mean() < _LEAST:
        raise PictureError("Next to nothing of the garment comes to lie on the body. Move its points to where neck, "
                           "sleeves, waist and hem are, or choose another kind.")  # fmt: skip
    photo = np.full((*SIZE, 3), _GROUND, np.uint8)
    around_it = grown(worn, _BESIDE)  # where its edge is drawn as a line, a texel beyond it may be looked up
    photo[around_it] = read_reduced(colours, where, worn)[around_it]
    return LaidGarment(photo, np.where(worn[..., None], iuv, np.uint8(0)), pose, fit, fall, around)


def drawn_outwards(picture: np.ndarray, mask: np.ndarray, rim: int = 3) -> np.ndarray:
    """(H, W, 3) uint8: a picture whose colours inside a mask, `rim` pixels from its edge, go on outside as the nearest
    ones, so that stripes do."""
    kernel = np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)
    inner = cv2.erode(mask.astype(np.uint8), kernel) > 0
    if not inner.any():
        return picture
    out = nearest_value(picture, inner)
    # Where it goes on from a curve, ribs and threads would be a fringe.
    return cv2.copyTo(out, inner.view(np.uint8), cv2.GaussianBlur(out, (0, 0), _EVEN))


def _beside_collar(outline: Outline, places: dict[str, np.ndarray], mask: np.ndarray) -> np.ndarray:
    """A garment's pixels (H, W) bool, and with sleeves the hollows between a collar that stands up and the shoulders:
    laid on a neck, it goes on there."""
    out = mask.astype(np.uint8)
    for side, sign in (("left", 1), ("right", -1)):
        armpit = places[f"{side}_armpit"]
        for dent in outline.dents:
            aside = sign * (np.vstack([dent.ends, dent.place[None]])[:, 0] - outline.axis)
            shallow = dent.depth < _HOLLOW * outline.height and dent.ends[:, 1].max() < armpit[1]
            if shallow and aside.min() > 0 and aside[2] < sign * (armpit[0] - outline.axis):
                cv2.fillPoly(out, [np.round(outline.way(*dent.ends)).astype(np.int32)], 1)
    return out > 0


def _pose(fit: Fit) -> Pose:
    """The mannequin in the garment's pose, as near as previews show it and the picture has room: they can read no more
    than what is drawn of it."""
    pose = Pose("a garment's", fit.angles)
    vertices, _ = posed_vertices(pose)
    lying = to_picture(fit.points.at(vertices), pose, SIZE)[:, :2]
    room, metre = np.array(SIZE[::-1]) / 2 * _ROOM, SIZE[0] / 2
    x, (top, bottom) = np.abs(lying[:, 0] - (SIZE[1] / 2 - 0.5)).max(), (lying[:, 1].min(), lying[:, 1].max())
    zoom = min(_NEAREST, room[0] / max(x, 1), room[1] / max((bottom - top) / 2, 1))
    middle = ((top + bottom) / 2 - (SIZE[0] / 2 - 0.5)) / metre
    return pose.replace(zoom=float(zoom), shift_y=float(middle))


def _rest(iuv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flat pixels of the body (P,), and where they lie on the resting body (P, 3)."""
    pixel, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), 511).astype(int).T
    surface = rest_surface()
    return pixel, np.stack([surface.x[row, column], surface.y[row, column], surface.z[row, column]], 1)


def _reached(iuv: np.ndarray, lying: tuple[np.ndarray, np.ndarray], fit: Fit, hem: float) -> np.ndarray:
    """(H, W) bool: the pixels of the body that the garment reaches, down to `hem` and as far as sleeves go; `lying` is
    what `_rest` says."""
    pixel, place = lying
    part = iuv.reshape(-1, 3)[pixel, 0]
    y = place[:, 1]
    on_body = np.isin(part, _TRUNK + _LEGS) & (y >= hem) & (y <= fit.top)
    on_arm = np.isin(part, _ARMS) & (along_arm(place) <= fit.sleeve) & (fit.sleeve > 0)
    out = np.zeros(iuv.shape[:2], bool)
    out.ravel()[pixel] = on_body | on_arm
    # Between two parts of the body a pixel may look up a texel beside the map's islands.
    closed = cv2.morphologyEx(out.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0
    return out | closed & np.isin(iuv[..., 0], np.unique(part[on_body | on_arm]))


def _by_mask(iuv: np.ndarray, lying: tuple[np.ndarray, np.ndarray], fit: Fit) -> np.ndarray:
    """(H, W) bool: the pixels of the trunk where the garment's own mask says whether it is there, as `_reached`."""
    pixel, place = lying
    part = iuv.reshape(-1, 3)[pixel, 0]
    out = np.zeros(iuv.shape[:2], bool)
    out.ravel()[pixel] = np.isin(part, _TRUNK) & (place[:, 1] > fit.high)
    if fit.sleeve > 0:  # farther out, a sleeve's gaps and frills are none of the neckline's
        out.ravel()[pixel] &= np.abs(place[:, 0]) < _SHOULDER
    # As in `_reached`: between two parts of the body a pixel may look up a texel beside the map's islands.
    closed = cv2.morphologyEx(out.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0
    return out | closed & np.isin(iuv[..., 0], _TRUNK)
