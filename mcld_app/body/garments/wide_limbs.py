"""Wide sleeves and trouser legs of a garment that was laid on the mannequin, as shells."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.garments.goes_on import goes_on
from mcld_app.body.garments.laid_slices import laid_slices
from mcld_app.body.garments.laying import drawn_outwards
from mcld_app.body.garments.pairing import LimbWidths
from mcld_app.body.garments.slices import striped
from mcld_app.body.garments.unrolled import about_axis
from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES, COS, SIN
from mcld_app.body.shells.areas import grown
from mcld_app.body.shells.cloth_picture import layer_picture
from mcld_app.body.shells.limbs import limb_surface
from mcld_app.body.shells.piece import facing
from mcld_app.body.shells.shell import PLAIN, Shell
from mcld_app.body.shells.standing import Standing, stand

_BIN = 0.03  # metres along a limb
_LOOSE, _ENOUGH = 0.010, 0.06  # metres that cloth stands off, and along how much of a limb, before it is a shell
_MOST = 0.12  # metres that cloth stands off
_ROUNDEST = 1.8  # the largest girth
_BEGINS = {"arm": (0.02, 0.10), "leg": (0.02, 0.16)}  # metres down the limb: where it leaves the body, and is off it
_THIN = 0.001  # metres
_KNEE = float(BONES["left_hip"][1][1] - BONES["left_knee"][1][1])  # metres down a leg
_COVERS = 0.018  # metres that a shell reaches below the paint under it, whose hem is uneven
_ON_FOOT = 0.012  # metres that a hem stands off the ankle, at least
_LEVEL = 0.06  # metres above a hem, over which it comes to hang level
_LIES = 0.8  # of what shorts stand off, gone on a raised thigh
_RING = 0.02  # metres above a hem that do not bend
_PART = 0.04  # of a limb's length, within which it is as wide
_RIM = 2  # pixels at the rim of what a view shows: half ground
_ROOM = 6  # pixels around it that are looked at
_BEYOND, _OVERLAP, _ACROSS = 0.40, 0.012, 1.6  # of half a limb's width, looked up beyond its rim; see `goes_on`
_FALLS = (0.04, 0.30), (1.0, 0.35)  # metres down the arm; how much of what stands off above hangs below instead
_UPPER = np.array([COS, SIN, 0.0])  # the upper side of the left arm
_WAYS = {"arm": np.array([SIN, -COS, 0.0]), "leg": np.array([0.0, -1.0, 0.0])}  # down the left limb


@dataclass(frozen=True, eq=False)
class _View:
    """The mannequin with the garment on, from one side: its picture, which pixels show the garment, how it stands."""

    picture: np.ndarray = field(repr=False)
    shown: np.ndarray = field(repr=False)
    standing: Standing


def wide_limbs(
    photo: np.ndarray, iuv: np.ndarray, pose: Pose, limbs: LimbWidths, girth: float, back: np.ndarray,
    patterned: bool,
) -> tuple[Shell, ...]:  # fmt: skip
    """The shells of both sleeves or both legs; none where they lie close.

    Args:
        photo: (H, W, 3) uint8 RGB, the garment laid on the mannequin.
        iuv: (H, W, 3) uint8, its pixels.
        pose: the mannequin's.
        limbs: how wide they are.
        girth: see `Fit.girth`.
        back: (H, W, 3) uint8 RGB, the photo as it is from behind, but not mirrored, see `behind`.
        patterned: whether its cloth is patterned all over: prints on sleeves are not repeated beside their rim.
    """
    reach = float(limbs.along[-1])
    edges = np.arange(0, reach + _BIN, _BIN)
    off = np.clip(_standing_off(limbs, girth, edges), 0, _MOST)
    end = reach if limbs.end is None else limbs.end
    if end > reach + _LOOSE:  # over the foot: there is nothing to paint it on
        off = np.maximum(off, _ON_FOOT * np.clip((edges - _KNEE) / (reach - _KNEE), 0, 1))
    elif np.count_nonzero(off > _LOOSE) * _BIN < _ENOUGH:
        return ()
    size, shown = iuv.shape[:2], iuv[..., 0] > 0
    # What a leg shows behind is the other's front, so that no seam has the same cloth on both sides; stripes go round.
    mirrored = limbs.limb == "arm" or striped(photo, laid_slices(iuv))
    behind = (back[:, ::-1], shown[:, ::-1]) if mirrored else (back, shown)
    views = [_View(photo, shown, stand(pose, size)), _View(*behind, stand(pose.replace(yaw=180.0), size))]
    ends, own_scale = (reach, end + _COVERS), patterned or limbs.limb == "leg"
    return tuple(_limb(limbs.limb, sign, edges, off, views, ends, own_scale) for sign in (1, -1))


def _standing_off(limbs: LimbWidths, girth: float, edges: np.ndarray) -> np.ndarray:
    """(B,) metres that cloth stands off the limb, on the mean, at places `edges` (B,) along it. No leg is narrower than
    what is in it: where it seems so, the picture shows it round. Sleeves stretch, and nothing fills them."""
    _, used, along = limb_surface(limbs.limb, 1)
    rest = body_mesh().rest[used]
    cloth = np.maximum(np.interp(edges, limbs.along, limbs.across), 1e-3)
    limb = np.array([_half_round(rest[np.abs(along - edge) < _BIN / 2]) for edge in edges])
    first, last = _BEGINS[limbs.limb]
    there = np.isfinite(limb)
    limb = np.interp(edges, edges[there], limb[there])  # legs end above the ankle, trousers do not
    measured = (edges >= limbs.along[0]) & there
    filled = limbs.limb == "leg" and measured.any()
    needed = float((limb / cloth)[measured].max()) if filled else girth
    widened = np.clip(limbs.fits * needed, girth, max(girth, _ROUNDEST))
    off = np.maximum(cloth * widened - limb, 0) / np.pi * np.clip((edges - first) / (last - first), 0, 1)
    return cv2.GaussianBlur(off.astype(np.float32)[:, None], (1, 3), 0.8)[:, 0]


def _half_round(points: np.ndarray) -> float:
    """Half the length around a slice of a limb (N, 3), across its two widest directions."""
    if len(points) < 5:
        return np.inf
    middle = points - points.mean(0)
    _, _, ways = np.linalg.svd(middle, full_matrices=False)
    return cv2.arcLength(cv2.convexHull((middle @ ways[:2].T).astype(np.float32)), True) / 2


def _limb(
    kind: str, sign: int, edges: np.ndarray, off: np.ndarray, views: list[_View], ends: tuple[float, float],
    own_scale: bool,
) -> Shell:
    """A shell; `ends` are metres along the limb: where the picture on the limb ends, and where the shell does. Of its
    `own_scale`, cloth is not stretched at its sides but goes on beyond its picture's rim."""
    hem, end = ends
    faces, used, along = limb_surface(kind, sign)
    whole = body_mesh().rest[used], body_mesh().weights[used]
    height = np.interp(along, edges, off)
    faces = faces[((along < hem) & (height > _THIN))[faces].any(1)]
    numbers, again = np.unique(faces, return_inverse=True)
    used, along, height, faces = used[numbers], along[numbers], height[numbers], again.reshape(-1, 3).astype(np.int32)
    rest, weights, way = body_mesh().rest, body_mesh().weights[used], _WAYS[kind] * (sign, 1, 1)
    on_body = rest[used] + np.minimum(hem - along, 0)[:, None] * way  # a straight hem
    weights = _weights_at_hem(weights, along, hem)
    # Towards the hem, cloth moves across the limb only: along it, skin swells and would leave teeth.
    out = vertex_normals(rest, body_faces())[used]
    level = out - (out @ way)[:, None] * way
    level /= np.maximum(np.linalg.norm(level, axis=1, keepdims=True), 1e-6)
    near = np.clip(1 - (hem - along) / _LEVEL, 0, 1)[:, None]
    if kind == "arm":
        height = height * (1 - np.interp(along, *_FALLS) * (level @ (_UPPER * (sign, 1, 1))))
    moved = on_body + (out * (1 - near) + level * near) * height[:, None]
    start = min(_KNEE, hem - _LEVEL)  # what goes on over the foot is drawn down from the knee
    below = np.clip(np.minimum(along, hem) - start, 0, None) / (hem - start)
    moved += (below * (end - hem))[:, None] * way
    gathered = np.zeros_like(moved)
    if kind == "leg" and end < _KNEE:  # shorts lie on a thigh that is raised
        gathered = _LIES * (on_body + out * _THIN - moved)
    front = facing(views[0].standing.seen(on_body.astype(np.float32), weights), faces)
    sheets, width = [], 0
    for view, own in zip(views, (faces[front], faces[~front]), strict=True):
        numbers, again = np.unique(own, return_inverse=True)
        triangles = again.reshape(-1, 3)
        points = view.standing.seen(on_body[numbers].astype(np.float32), weights[numbers])[:, :2]
        picture, start, beyond = _picture(view, points[triangles], own_scale)
        if own_scale:
            points = _unrolled(points, along[numbers], view.standing.seen(*whole)[:, :2], beyond)
        sheets.append((numbers, triangles, points - np.float32(start) + (width, 0), picture))
        width += picture.shape[1]
    numbers = np.concatenate([sheet[0] for sheet in sheets])
    triangles = np.concatenate([sheets[0][1], sheets[1][1] + len(sheets[0][0])])
    pictures = [sheet[3] for sheet in sheets]
    tall = max(map(len, pictures))
    picture = np.hstack([np.pad(own, ((0, tall - len(own)), (0, 0), (0, 0)), mode="edge") for own in pictures])
    return Shell(
        "limb", moved[numbers], gathered[numbers], weights[numbers], triangles,
        np.full(len(triangles), PLAIN, np.uint8), np.concatenate([sheet[2] for sheet in sheets]), picture,
    )  # fmt: skip


def _unrolled(points: np.ndarray, along: np.ndarray, limb: np.ndarray, beyond: bool) -> np.ndarray:
    """Places (N, 2) in a view of what it sees of a limb, at metres (N,) along it, unrolled about the axis of all of the
    limb, whose places (M, 2) are given: the edge of a part of it is ragged. At the picture's rim they go on `beyond` it
    or back."""
    middle = points.mean(0)
    way = (points - middle).T @ (along - along.mean())
    way /= max(float(np.linalg.norm(way)), 1e-6)
    length = float(np.ptp(points @ way))
    sides = (-1, 1) if beyond else ()
    places = about_axis(points, way.astype(np.float32), max(length * _PART, 1.0), of=limb, beyond=sides)
    return places.astype(np.float32)


def _weights_at_hem(weights: np.ndarray, along: np.ndarray, hem: float) -> np.ndarray:
    """Skin weights (N, 21) of a limb's cloth, metres (N,) along it: towards its hem all around moves alike, for a hem
    is a ring of cloth, and near a joint skin would pull it apart."""
    ring = (along > hem - _RING - _LEVEL) & (along < hem - _RING)
    if not ring.any():
        return weights
    share = np.clip((along - hem + _RING + _LEVEL) / _LEVEL, 0, 1)[:, None]
    return weights * (1 - share) + weights[ring].mean(0) * share


def _picture(view: _View, triangles: np.ndarray, goes: bool) -> tuple[np.ndarray, tuple[int, int], bool]:
    """What a view shows around triangles (M, 3, 2) in it, x and y of its first pixel, and whether its cloth `goes` on
    beyond its rim there."""
    there = np.zeros(view.shown.shape, np.uint8)
    for triangle in np.round(triangles).astype(np.int32):
        cv2.fillConvexPoly(there, triangle, 1)
    box = cv2.boundingRect(there)
    wide = int(np.ceil(_BEYOND * box[2] / 2)) + 2 if goes else 0
    (top, low), (left, right) = ((max(box[k] - _ROOM - wide, 0), box[k] + box[k + 2] + _ROOM + wide) for k in (1, 0))
    inside = slice(top, low), slice(left, right)
    there, own = there[inside] > 0, np.ascontiguousarray(view.picture[inside])
    # Where cloth turns away, a pixel is as wide as much of it: what goes on there must be its pattern.
    shown = there & view.shown[inside]
    picture = drawn_outwards(own, shown, _RIM)
    first, last = shown.argmax(1), shown.shape[1] - 1 - shown[:, ::-1].argmax(1)
    ends = np.where(shown.any(1)[:, None], np.stack([first + _RIM, last - _RIM], 1), np.nan)
    overlap = round(_OVERLAP * view.standing.metre)
    wider = goes_on(picture, ends, wide, overlap, None, _ACROSS) if goes else picture
    window, everywhere = cv2.dilate(there.astype(np.uint8), np.ones((1, 2 * wide + 1))) > 0, np.ones(there.shape, bool)
    sheet, start = layer_picture(wider, grown(window, 2), everywhere, everywhere)
    return sheet, (start[0] + left, start[1] + top), wider is not picture
