"""The scalp pushed outwards as far as the hair's outline says."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.shells.areas import disc
from mcld_app.body.shells.piece import Piece, facing
from mcld_app.body.shells.rim import march
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import LINING, MASKED, PLAIN

_WAYS = 72  # directions in which the outline is looked for
_REACH = 0.25  # metres
_BACK = 0.02
_THINNEST = 0.004  # metres of hair
_BEHIND = 1.1  # of the outline's mean height, at the middle of the far side
_BEFORE = 0.6  # and of the near one
_ROUND = 0.75  # of the way to the normals' planes
_HEM = 0.02  # metres around hair on the forehead, so that it ends where it thins out and not where triangles do
_ALONG = 0.45  # of its direction: what faces the camera less is seen along
_UNDER = 0.02  # metres behind the body: hidden
_TEMPLE = 0.065  # metres, in depth: before it hair lies on the forehead, and behind it stands off
_THINS, _EDGE = 0.035, 0.4  # metres above the nape over which hair thins out, and to what share
_BARE, _FRINGE = 0.015, 0.03  # metres above the eyes where a fringe ends, and over which it rises from the forehead


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
    faces, used, edges = _head()
    body = standing.pose.body
    whole = body_mesh().shaped(body.build, body.shape)
    weights, average = _with_middles(body_mesh().weights[used], edges), _with_middles(body_mesh().rest[used], edges)
    rest, normals = _with_middles(whole[used], edges), _with_middles(vertex_normals(whole, body_faces())[used], edges)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    turned = standing.turned(normals, weights)
    rest = _rounded(rest, normals, edges, np.abs(turned[:, 2]))
    points = standing.seen(rest, weights)
    skull = _middle(rest)
    middle = standing.seen(skull, _on_head())[0, :2]
    heights = _outline_heights(scene, hair, middle)
    if heights is None:
        return None
    lift = _lift(scene, hair, points, turned, middle, heights)
    scalp = _is_scalp(average)
    brow = skeleton_file()["landmarks"]["eye_up"][1]
    lift = np.where(scalp, lift, lift * np.clip((average[:, 1] - brow - _BARE) / _FRINGE, 0, 1))
    lift *= _towards_nape(average)
    grown = (rest + normals * lift[:, None]).astype(np.float32)
    seen = standing.seen(grown, weights)
    towards = turned[faces][..., 2].mean(1)
    near = facing(seen, faces) & (towards > 0) & ~_hidden(scene, seen, faces)
    on_scalp = scalp[faces].all(1)
    high = (average[faces][..., 1] > skeleton_file()["landmarks"]["ear_top"][1]).all(1)
    corners = _corners_in(cv2.dilate(hair.astype(np.uint8), np.ones((3, 3), np.uint8)), seen, faces)
    fringe = near & (scalp | _is_forehead(average))[faces].all(1)
    around = _corners_in(cv2.dilate(hair.astype(np.uint8), disc(_HEM * standing.metre)), seen, faces)
    fringe &= np.where(high, on_scalp | around.any(1), corners.all(1))
    # What is seen along is a smear at the photo's rim: it goes with the far side, which takes from the photo what it can.
    along = near & on_scalp & corners.all(1) & (towards < _ALONG)
    fringe &= ~along
    far = (on_scalp & ~near) | along
    area = np.zeros(hair.shape, np.uint8)
    cv2.fillPoly(area, np.round(points[faces[near & on_scalp], :2]).astype(np.int32), 1)
    area = (area > 0) & (scene.part >= 23) & scene.silhouette
    down = _edge(faces[fringe | far], average)
    far = faces[far]
    # Below its edge the hair goes in to the skin: vertices there stand twice, on the hair and on the head.
    points, number = np.unique(np.concatenate([far.ravel(), down.ravel()]), return_inverse=True)
    at = number[: far.size].reshape(-1, 3), number[far.size :].reshape(-1, 2)
    a, b = at[1].T
    wall = np.concatenate([np.stack([b, a, a + len(points)], 1), np.stack([b, a + len(points), b + len(points)], 1)])
    behind = Piece(
        np.concatenate([grown[points], rest[points].astype(np.float32)]),
        np.concatenate([weights[points]] * 2),
        np.concatenate([at[0], wall, at[0][:, ::-1], wall[:, ::-1]]).astype(np.int32),  # hair is no hollow helmet
        np.repeat(np.uint8([PLAIN, LINING]), (len(far), len(far) + 2 * len(wall))),
    )
    around = standing.turned(grown[points] - skull, weights[points])
    inwards = np.concatenate([np.zeros(len(points), np.float32), lift[points]])
    twice = [np.concatenate([each, each]) for each in (around, turned[points, 2])]
    return Cap(_piece(grown, weights, faces[fringe], MASKED), behind, *twice, inwards, area)


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


def _towards_nape(rest: np.ndarray) -> np.ndarray:
    """(N,) by how much hair is thinner towards the line where it ends behind the ears, 0..1."""
    above = (rest[:, 1] - _line(rest[:, 2])) / _THINS
    share = _EDGE + (1 - _EDGE) * np.clip(above, 0, 1)
    return np.where(rest[:, 2] < skeleton_file()["landmarks"]["ear_back"][2], share, 1).astype(np.float32)


def _line(depth: np.ndarray) -> np.ndarray:
    """(N,) metres: how low hair grows at depths (N,) of the average head."""
    marks = skeleton_file()["landmarks"]
    ear, brow = marks["ear_top"], marks["eye_up"][1] + 0.05
    return np.interp(depth, [-0.06, ear[2] - 0.02, ear[2] + 0.02, 0.09], [1.585, 1.62, ear[1], brow])


def _piece(rest: np.ndarray, weights: np.ndarray, faces: np.ndarray, kind: int) -> Piece:
    """Triangles (M, 3) of points, with those points only."""
    used, number = np.unique(faces, return_inverse=True)
    return Piece(rest[used], weights[used], number.reshape(-1, 3).astype(np.int32), np.full(len(faces), kind, np.uint8))


@lru_cache(maxsize=1)
def _head() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The head's triangles above the chin, each cut into four, (M, 3); the numbers (N,) of the body's vertices that
    they begin with; and (E, 2) which of those the others, one after the other, lie halfway between."""
    chin = skeleton_file()["landmarks"]["chin"][1]
    faces = body_faces()[charts().face_part >= 23]
    faces = faces[(body_mesh().rest[faces][..., 1] > chin - 0.01).all(1)]
    used, number = np.unique(faces, return_inverse=True)
    a, b, c = number.reshape(-1, 3).T
    sides = np.sort(np.stack([np.stack([a, b], 1), np.stack([b, c], 1), np.stack([c, a], 1)]), axis=2)
    edges, middle = np.unique(sides.reshape(-1, 2), axis=0, return_inverse=True)
    ab, bc, ca = middle.reshape(3, -1) + len(used)
    cut = [np.stack(corners, 1) for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return np.concatenate(cut).astype(np.int32), used, edges


def _with_middles(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.concatenate([values, values[edges].mean(1)]).astype(np.float32)


def _rounded(points: np.ndarray, normals: np.ndarray, edges: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """Points whose last ones, the edges' middles, are as round as the normals are (Boubekeur and Alexa, Phong
    Tessellation, 2008): hair pushed outwards from a coarse skull has corners. Only as far as they face the camera, or
    away from it: at the rim the outline tells."""
    ends, flat = len(points) - len(edges), points[len(points) - len(edges) :]
    onto = [((flat - points[k]) * normals[k]).sum(1, keepdims=True) * normals[k] for k in edges.T]
    out = points.copy()
    out[ends:] -= (onto[0] + onto[1]) / 2 * (_ROUND * towards[ends:, None])
    return out


def _corners_in(shown: np.ndarray, points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(M, 3) bool: which corners of triangles of points (N, 3) in the picture lie in an area (H, W) uint8 of it."""
    x, y = np.ascontiguousarray(points[:, :2].T, np.float32)
    return cv2.remap(shown, x[:, None], y[:, None], cv2.INTER_NEAREST)[:, 0].astype(bool)[faces]


def _is_scalp(rest: np.ndarray) -> np.ndarray:
    """(N,) bool: whether points of the average head lie where hair grows: behind a line from the forehead past the ear
    to the nape."""
    marks = skeleton_file()["landmarks"]
    ear, crown = marks["ear_top"], marks["crown"][1]
    brow = marks["eye_up"][1] + 0.05
    line = _line(rest[:, 2])
    on_ear = (np.abs(rest[:, 0]) > 0.072) & (rest[:, 1] < ear[1] + 0.012) & (np.abs(rest[:, 2] - ear[2]) < 0.035)
    before = (rest[:, 2] > 0.03) & (rest[:, 1] < brow - 0.02)
    return (rest[:, 1] > np.minimum(line, crown - 0.01)) & ~before & ~on_ear


def _is_forehead(rest: np.ndarray) -> np.ndarray:
    """(N,) bool: whether points of the average head lie above the brows and in front, where a fringe hangs."""
    return (rest[:, 1] > skeleton_file()["landmarks"]["eye_up"][1] + _BARE) & (rest[:, 2] > 0.0)


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
