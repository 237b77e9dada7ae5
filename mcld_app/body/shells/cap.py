"""The scalp pushed outwards as far as the hair's outline says."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.areas import disc
from mcld_app.body.shells.hairline import above_brows, is_forehead, is_scalp, towards_nape
from mcld_app.body.shells.piece import Piece, facing
from mcld_app.body.shells.rim import march
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import LINING, MASKED, PLAIN
from mcld_app.body.shells.skull import rounded, skull, with_middles

_WAYS = 72  # directions in which the outline is looked for
_REACH = 0.25  # metres
_BACK = 0.02
_THINNEST = 0.004  # metres of hair
_BEHIND = 1.1  # of the outline's mean height, at the middle of the far side
_BEFORE = 0.6  # and of the near one
_HEM = 0.02  # metres around hair on the forehead, so that it ends where it thins out and not where triangles do
_ALONG = 0.45  # of its direction: what faces the camera less is seen along
_SUNK = 0.01  # metres under the skin, to which hair goes in: on it, it would be drawn through it
_UNDER = 0.02  # metres behind the body: hidden
_TEMPLE = 0.035  # metres, in depth: before it hair lies on the forehead, and behind it stands off


@dataclass(frozen=True, eq=False)
class Cap:
    """Hair on the scalp.

    Attributes:
        near: what the photo shows of it.
        far: what it does not show, or only from the side: and below its edge the way down to the skin.
        around: (N, 3) float32, for each vertex of `far` its direction from the middle of the skull, as the camera sees
            it: x to the picture's right, y down, z to the camera; of length 1.
        towards: (N,) float32, how far each of them faces the camera, -1..1.
        inwards: (N,) float32, metres from the hair's edge in to it; 0 but for the vertices on the skin.
        scalp: (H, W) bool, where the photo shows the scalp.
    """

    near: Piece
    far: Piece
    around: np.ndarray = field(repr=False)
    towards: np.ndarray = field(repr=False)
    inwards: np.ndarray = field(repr=False)
    scalp: np.ndarray = field(repr=False)


def cap(scene: Scene, hair: np.ndarray) -> Cap | None:
    """The cap of a scene's hair (H, W) bool; None where the head is not seen."""
    standing = scene.standing
    faces, used, edges = skull()
    body = standing.pose.body
    whole = body_mesh().shaped(body.build, body.shape)
    weights, average = with_middles(body_mesh().weights[used], edges), with_middles(body_mesh().rest[used], edges)
    rest, normals = with_middles(whole[used], edges), with_middles(vertex_normals(whole, body_faces())[used], edges)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    turned = standing.turned(normals, weights)
    rest = rounded(rest, normals, edges, np.abs(turned[:, 2]))
    points = standing.seen(rest, weights)
    centre = _middle(rest)
    middle = standing.seen(centre, _on_head())[0, :2]
    heights = _outline_heights(scene, hair, middle)
    if heights is None:
        return None
    lift = _lift(scene, hair, points, turned, middle, heights)
    scalp = is_scalp(average)
    lift *= np.where(scalp, 1, above_brows(average)) * towards_nape(average)
    grown = (rest + normals * lift[:, None]).astype(np.float32)
    seen = standing.seen(grown, weights)
    towards = turned[faces][..., 2].mean(1)
    near = facing(seen, faces) & (towards > 0) & ~_hidden(scene, seen, faces)
    on_scalp = scalp[faces].all(1)
    high = (average[faces][..., 1] > skeleton_file()["landmarks"]["ear_top"][1]).all(1)
    corners = _corners_in(cv2.dilate(hair.astype(np.uint8), np.ones((3, 3), np.uint8)), seen, faces)
    fringe = near & (scalp | is_forehead(average))[faces].all(1)
    around = _corners_in(cv2.dilate(hair.astype(np.uint8), disc(_HEM * standing.metre)), seen, faces)
    fringe &= np.where(high, on_scalp | around.any(1), corners.all(1))
    # What is seen along is a smear at the photo's rim: it goes with the far side, which takes what it can of the photo.
    along = near & on_scalp & corners.all(1) & (towards < _ALONG)
    fringe &= ~along
    far = (on_scalp & ~near) | along
    fringe &= _voted(fringe | far, faces)
    area = np.zeros(hair.shape, np.uint8)
    cv2.fillPoly(area, np.round(points[faces[near & on_scalp], :2]).astype(np.int32), 1)
    area = (area > 0) & (scene.part >= 23) & scene.silhouette
    behind, used = _behind(faces[far], _edge(faces[fringe | far], average), grown, rest - normals * _SUNK, weights)
    around = standing.turned(grown[used] - centre, weights[used])
    inwards = np.concatenate([np.zeros(len(used), np.float32), lift[used]])
    twice = [np.concatenate([each, each]) for each in (around, turned[used, 2])]
    return Cap(_piece(grown, weights, faces[fringe], MASKED), behind, *twice, inwards, area)


def _behind(
    faces: np.ndarray, edge: np.ndarray, grown: np.ndarray, rest: np.ndarray, weights: np.ndarray
) -> tuple[Piece, np.ndarray]:
    """Triangles (M, 3) of hair, with a wall from its edge (K, 2) in under the skin (`rest`): hair is no hollow helmet.
    Its vertices stand twice, first on the hair and then under the skin; with their numbers (N,)."""
    used, number = np.unique(np.concatenate([faces.ravel(), edge.ravel()]), return_inverse=True)
    outer, (a, b) = number[: faces.size].reshape(-1, 3), number[faces.size :].reshape(-1, 2).T
    wall = np.concatenate([np.stack([b, a, a + len(used)], 1), np.stack([b, a + len(used), b + len(used)], 1)])
    piece = Piece(
        np.concatenate([grown[used], rest[used]]),
        np.concatenate([weights[used]] * 2),
        np.concatenate([outer, wall, wall[:, ::-1]]).astype(np.int32),
        np.repeat(np.uint8([PLAIN, LINING]), (len(outer), 2 * len(wall))),
    )
    return piece, used


def _voted(kept: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(M,) bool: which triangles (M, 3) most of those around are `kept` with, (M,) bool: a single one at a temple, with
    the wall around it, would be a twig."""
    flat = faces.ravel()
    share = np.bincount(flat, np.repeat(kept, 3)) / np.maximum(np.bincount(flat), 1)
    return share[faces].mean(1) > 0.5


def _edge(faces: np.ndarray, average: np.ndarray) -> np.ndarray:
    """(K, 2) the edges where the hair's triangles end, around the ears and along the nape, in the triangles' order."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    count = int(faces.max()) + 1 if len(faces) else 1
    own, other = edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0]
    edges = edges[~np.isin(own, other)]
    return edges[(average[edges][..., 2] < _TEMPLE).all(1)]


def _hidden(scene: Scene, points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(M,) bool: which triangles of points (N, 3) in the picture lie behind the body."""
    x, y, depth = np.ascontiguousarray(points[faces].mean(1).T.astype(np.float32))
    body = cv2.remap(scene.standing.depth, x[:, None], y[:, None], cv2.INTER_NEAREST, borderValue=-np.inf)[:, 0]
    return body > depth + _UNDER


def _piece(rest: np.ndarray, weights: np.ndarray, faces: np.ndarray, kind: int) -> Piece:
    """Triangles (M, 3) of points, with those points only."""
    used, number = np.unique(faces, return_inverse=True)
    return Piece(rest[used], weights[used], number.reshape(-1, 3).astype(np.int32), np.full(len(faces), kind, np.uint8))


def _corners_in(shown: np.ndarray, points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(M, 3) bool: which corners of triangles of points (N, 3) in the picture lie in an area (H, W) uint8 of it."""
    x, y = np.ascontiguousarray(points[:, :2].T, np.float32)
    return cv2.remap(shown, x[:, None], y[:, None], cv2.INTER_NEAREST)[:, 0].astype(bool)[faces]


def _middle(rest: np.ndarray) -> np.ndarray:
    """(1, 3) float32, the middle of the skull."""
    skull = rest[rest[:, 1] > np.median(rest[:, 1])]
    return ((skull.min(0) + skull.max(0)) / 2 - (0, 0.02, 0))[None].astype(np.float32)


def _outline_heights(scene: Scene, hair: np.ndarray, middle: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """How far the hair goes beyond the head in `_WAYS` directions about the middle, metres (NaN where it is not seen),
    and the head's own reach in them, pixels."""
    standing, metre = scene.standing, scene.standing.metre
    turn = np.arange(_WAYS) * (2 * np.pi / _WAYS)
    ways = np.stack([np.cos(turn), np.sin(turn)], 1)
    head = np.isin(standing.iuv[..., 0], (23, 24))
    to_rim = march(head, np.zeros_like(head), np.broadcast_to(middle, ways.shape), ways, 0.0, _REACH * metre).away
    if not np.isfinite(to_rim).all():
        return None
    own = np.maximum(to_rim, 1.0)
    inside = hair | (scene.body & (scene.part >= 23) & scene.silhouette)
    blocked = (scene.silhouette & ~inside) | scene.hides & ~hair
    found = march(inside, blocked, middle + ways * own[:, None], ways, _BACK * metre, _REACH * metre)
    high = np.where(found.met, np.maximum(found.away, 0) / metre, np.nan)
    # Below the jaw the neck begins, and hair that hangs down is the curtain's.
    up = scene.standing.turned(np.float32([[0, 1, 0]]), _on_head())[0, :2]
    high[ways @ up < -0.45] = np.nan
    return None if not np.isfinite(high).any() else (high, own)


def _on_head() -> np.ndarray:
    weights = np.zeros((1, len(BONES)), np.float32)
    weights[0, list(BONES).index("head")] = 1
    return weights


def _lift(
    scene: Scene,
    hair: np.ndarray,
    points: np.ndarray,
    turned: np.ndarray,
    middle: np.ndarray,
    heights: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """(N,) metres that each vertex of the head is pushed outwards."""
    high, own = heights
    known = np.flatnonzero(np.isfinite(high))
    ways = np.arange(_WAYS)
    full = np.interp(ways, known, high[known], period=_WAYS)
    soft = np.array([0.25, 0.5, 0.25])
    full = np.convolve(np.concatenate([full[-1:], full, full[:1]]), soft, "valid")
    mean = float(np.mean(high[known]))
    flat = points[:, :2] - middle
    at = np.arctan2(flat[:, 1], flat[:, 0]) / (2 * np.pi) * _WAYS
    rim = np.interp(at, ways, full, period=_WAYS)
    out_there = np.clip(np.hypot(*flat.T) / np.interp(at, ways, own, period=_WAYS), 0, 1) ** 2
    far = rim * out_there + _BEHIND * mean * (1 - out_there)
    shown = cv2.GaussianBlur(hair.astype(np.float32), (0, 0), max(0.8, 0.006 * scene.standing.metre))
    x, y = points[:, :1], points[:, 1:2]
    covered = cv2.remap(shown, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)[:, 0]
    before = (rim * out_there + _BEFORE * mean * (1 - out_there)) * covered
    near = np.clip(0.5 + turned[:, 2] / 0.5, 0, 1)
    return np.maximum(near * np.maximum(before, rim * out_there**4) + (1 - near) * far, _THINNEST).astype(np.float32)
