"""Shells in any pose, and over the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_surface
from mcld_app.body.raster import interpolate
from mcld_app.body.sampling import read_at
from mcld_app.body.shells.over import worn_over
from mcld_app.body.shells.shell import HANGS_ON, LINING, MASKED, Shell
from mcld_app.body.shells.standing import Standing, stand
from mcld_app.once import cached_property

_BEHIND = 0.004  # metres that a shell may lie under the skin and still be seen: cloth lies on it
_UNDER = 0.08  # metres that a skirt may pierce a top over it: the two bend by other bones
_SHADE = 0.7  # of a lining's light
_IN_SKIRT = 0.78, 0.48, 0.3  # of a skirt's: at its hem, and further in; of its picture's height, from where on
# Linear blending pushes thighs through the cloth on them, and shoulders through hair.
_PIERCED = {"hips": {(1, 2, 7, 8, 9, 10): 0.07, (11, 12, 13, 14): 0.03}, "head": {(1, 2): 0.03, (23, 24): 0.01},
            "trunk": {(1, 2, 7, 8, 9, 10): 0.05}}  # fmt: skip
_OPAQUE = 96  # of alpha


@dataclass(frozen=True, eq=False)
class Layer:
    """A shell in a picture, a window of which it takes up.

    Attributes:
        size: (H, W) of the picture.
        window: rows and columns, outside of which nothing is.
        colours: (h, w, 4) uint8 RGBA, the window's; where alpha is neither 255 nor 0, one sees what is behind it, too.
        near: (h, w) float32, the window's metres towards the camera as in `Standing.depth`; -inf where nothing is.
        known: (h, w) bool, where the photo shows that very side of it; elsewhere it is a guess.
        hangs_on: what the shell hangs on.
        inner: (h, w) bool, where its inner side is seen.
    """

    size: tuple[int, int]
    window: tuple[slice, slice]
    colours: np.ndarray
    near: np.ndarray
    known: np.ndarray
    hangs_on: str
    inner: np.ndarray

    @cached_property
    def picture(self) -> np.ndarray:
        """(H, W, 4) uint8 RGBA: `colours`, with nothing around them."""
        return self._whole(self.colours, 0)

    @cached_property
    def depth(self) -> np.ndarray:
        """(H, W) float32: `near`, with -inf around it."""
        return self._whole(self.near, -np.inf)

    @cached_property
    def shown(self) -> np.ndarray:
        """(H, W) bool: `known`, with False around it."""
        return self._whole(self.known, False)

    def _whole(self, own: np.ndarray, around: float) -> np.ndarray:
        out = np.full((*self.size, *own.shape[2:]), around, own.dtype)
        out[self.window] = own
        return out


def draw_shells(shells: Sequence[Shell], pose: Pose, size: tuple[int, int] = (512, 352)) -> tuple[Layer, ...]:
    """Each shell in a pose of anybody.

    Args:
        shells: what to draw.
        pose: of the mannequin that wears them; its shape is the wearer's.
        size: (height, width) of the picture in pixels.
    """
    if not shells:
        return ()
    standing = stand(pose, size)
    return tuple(_draw(shell, standing) for shell in worn_over(shells))


def over_body(picture: np.ndarray, depth: np.ndarray, layers: Sequence[Layer]) -> tuple[np.ndarray, np.ndarray]:
    """The body with shells before and behind it.

    Args:
        picture: (H, W, 4) uint8 RGBA, the body's.
        depth: (H, W) float32, the body's: `stand(pose, size).depth`.
        layers: from `draw_shells` in the same pose and size.

    Returns:
        (H, W, 4) uint8 RGBA, and (H, W) float32, the depth of what is seen.
    """
    picture = picture.copy()
    depth = np.where(cv2.extractChannel(picture, 3) > 0, depth, np.float32(-np.inf))
    hung_on = {layer.hangs_on for layer in layers}
    skirt = np.zeros(depth.shape, bool) if {"hips", "trunk"} <= hung_on else None
    for layer in layers:
        own, own_depth, below = layer.colours, layer.near, picture[layer.window]
        alpha = cv2.extractChannel(own, 3)
        behind = _BEHIND
        if skirt is not None and layer.hangs_on == "trunk":
            behind = np.where(skirt[layer.window] & ~layer.inner, np.float32(_UNDER), np.float32(_BEHIND))
        nearer = (own_depth > depth[layer.window] - behind).view(np.uint8)
        opaque = nearer & (alpha >= _OPAQUE)
        share = _share(alpha, nearer)
        at = np.flatnonzero((share < nearer * np.uint8(255)) & (cv2.extractChannel(np.ascontiguousarray(below), 3) > 0))
        row, column = np.divmod(at, alpha.shape[1])
        way = share[row, column, None] * np.float32(1 / 255)
        mixed = own[row, column, :3] * way + below[row, column, :3] * (1 - way) + np.float32(0.5)
        cv2.copyTo(own, opaque, below)
        below[row, column, :3] = mixed
        np.copyto(below[..., 3], 255, where=opaque.view(bool))
        np.copyto(depth[layer.window], own_depth, where=opaque.view(bool))
        if skirt is not None:
            skirt[layer.window] = np.where(opaque.view(bool), layer.hangs_on == "hips", skirt[layer.window])
    return picture, depth


def _share(alpha: np.ndarray, nearer: np.ndarray) -> np.ndarray:
    """(h, w) uint8, 0..255: how far a layer of `alpha` (h, w) hides what is behind it where it is `nearer`, 1 or 0, and
    softly at its edge: a rim of whole pixels would be drawn as a staircase."""
    soft = cv2.GaussianBlur(nearer * np.uint8(255), (3, 3), 0, borderType=cv2.BORDER_CONSTANT)
    return cv2.multiply(soft, alpha, scale=1 / 255)


def seen_shells(
    shells: Sequence[Shell], pose: Pose, size: tuple[int, int] = (512, 352), depth: np.ndarray | None = None
) -> np.ndarray:
    """What of shells is seen before a body in a pose, (*size, 4) uint8 RGBA; alpha is 255 there, else 0. The body's
    `depth` (*size) float32 is the mannequin's where none is given."""
    depth = stand(pose, size).depth if depth is None else depth
    body = np.zeros((*size, 4), np.uint8)
    body[..., 3] = np.where(depth > -np.inf, 255, 0)
    layers = draw_shells(shells, pose, size)
    _, depth = over_body(body, depth, layers)
    seen = np.zeros((*size, 4), np.uint8)
    for layer in layers:  # in its own colours: what shines through it is not known here
        front = in_front(layer, depth)
        seen[front] = layer.picture[front] | np.uint8([0, 0, 0, 255])
    return seen


def in_front(layer: Layer, depth: np.ndarray) -> np.ndarray:
    """(H, W) bool: where a layer is what is seen, `depth` being that of what is seen, from `over_body`."""
    return (cv2.extractChannel(layer.picture, 3) >= _OPAQUE) & (layer.depth >= depth)


def _draw(shell: Shell, standing: Standing) -> Layer:
    points = standing.seen(shell.in_pose(standing.pose), shell.follows(standing.pose))
    window = reached(points, standing.size)
    points -= np.float32([window[1].start, window[0].start, 0])
    size = window[0].stop - window[0].start, window[1].stop - window[1].start
    # Colours are carried about as one number of four bytes each.
    colour, near = np.zeros(size[0] * size[1], np.uint32), np.full(size[0] * size[1], -np.inf, np.float32)
    shown, inner = np.zeros(size[0] * size[1], bool), np.zeros(size[0] * size[1], bool)
    values = np.concatenate([shell.places, points[:, 2:]], 1)
    for kept in shell.passes:
        faces = shell.faces[kept]
        if not len(faces):
            continue
        corners, drawn, seen = draw_surface(points, faces, size)
        pixel, value = interpolate(corners, values[faces[drawn]], seen)
        if not len(pixel):
            continue
        face = drawn[seen.ravel()[pixel]]
        kind = shell.kinds[kept][face]
        found = _colours(shell, value[:, :2], kind)
        body = standing.depth[window].ravel()[pixel]
        if shell.hangs_on == "head":  # open before nothing, as beside an ear, it would show the ground between locks
            found[~np.isfinite(body) & (kind == MASKED), 3] = 255
        depth = _lying(shell, standing, window, pixel, value[:, 2], kind)
        there = np.flatnonzero((found[:, 3] > 0) & (depth > near[pixel]))
        at = pixel[there]
        _lay_over(found, there, colour[at], near[at] > body[there])
        colour[at], near[at] = found.view(np.uint32)[there, 0], depth[there]
        shown[at] = shell.shown[kept][face[there]]
        inner[at] = kind[there] == LINING
    colours = colour.view(np.uint8).reshape(*size, 4)
    sides = shown.reshape(size), inner.reshape(size)
    return Layer(standing.size, window, colours, near.reshape(size), sides[0], shell.hangs_on, sides[1])


def reached(points: np.ndarray, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a picture that points (N, 3) can reach."""
    flat = np.ascontiguousarray(points[:, :2].T)
    low = np.clip(np.floor(flat.min(1)).astype(int), 0, (size[1] - 1, size[0] - 1))
    high = np.clip(np.ceil(flat.max(1)).astype(int) + 1, low + 1, (size[1], size[0]))
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _lay_over(found: np.ndarray, there: np.ndarray, below: np.ndarray, seen: np.ndarray) -> None:
    """Mix what of a shell is to be drawn, pixels `there` (K,) of `found` (P, 4) uint8 RGBA, with what is drawn of it
    already, `below` (K,) uint32, where that is `seen` before the body, (K,) bool."""
    soft = np.flatnonzero((found[there, 3] < 255) & (below > 0) & seen)
    if not len(soft):
        return
    own, other = found[there[soft]].astype(np.float32), below[soft].view(np.uint8).reshape(-1, 4).astype(np.float32)
    share, rest = own[:, 3:] / 255, other[:, 3:] / 255 * (1 - own[:, 3:] / 255)
    whole = share + rest
    mixed = (own[:, :3] * share + other[:, :3] * rest) / np.maximum(whole, 1e-6)
    found[there[soft]] = np.concatenate([mixed, 255 * whole], 1) + np.float32(0.5)


def _colours(shell: Shell, places: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """(P, 4) uint8 RGBA at places (P, 2) of a shell's picture; alpha is 0 where there is nothing."""
    found = read_at(shell.picture, places)
    inside = kind == LINING
    if inside.any():
        found[inside, :3] = found[inside, :3] * _light_inside(shell, places[inside])
    if shell.hangs_on != "head":  # cloth ends where it ends, and locks thin out
        whole = 255 if shell.hangs_on != "limb" else found[:, 3]  # on a limb, cloth begins softly
        found[:, 3] = np.where(kind != MASKED, whole, np.where(found[:, 3] >= _OPAQUE, 255, 0))
    return np.ascontiguousarray(found)


def _light_inside(shell: Shell, places: np.ndarray) -> np.ndarray:
    """(P, 1) float32: how bright a shell's inner side is at places (P, 2) of its picture. It gets darker up a skirt."""
    if shell.hangs_on != "hips":
        return np.full((len(places), 1), _SHADE, np.float32)
    at_hem, deep, height = _IN_SKIRT
    up = 1 - places[:, 1:] / max(float(shell.places[:, 1].max()), 1.0)
    return (at_hem + (deep - at_hem) * np.clip(up / height, 0, 1)).astype(np.float32)


def _lying(
    shell: Shell, standing: Standing, window: tuple[slice, slice], pixel: np.ndarray, near: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """(P,) float32, the depth of a shell's pixels: where the skin that it covers would pierce it, just before that."""
    body = standing.depth[window].ravel()[pixel]
    under = _pierced(shell.hangs_on)[standing.iuv[..., 0][window].ravel()[pixel]]
    pierced = (kind != LINING) & (body > near) & (body - near < under)
    return np.where(pierced, body + np.float32(0.001), near)


@lru_cache(maxsize=len(HANGS_ON))
def _pierced(hangs_on: str) -> np.ndarray:
    """(256,) float32, metres by which each part of the body may seem to pierce a shell that covers it."""
    out = np.zeros(256, np.float32)
    for parts, metres in _PIERCED.get(hangs_on, {}).items():
        out[list(parts)] = metres
    return out
