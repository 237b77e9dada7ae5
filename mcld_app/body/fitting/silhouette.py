"""Where the mannequin's outline lies beside a person's: for the fit, and for bending the map afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.fitting import camera
from mcld_app.body.fitting.articulated import BodyPoints, Bones
from mcld_app.body.fitting.camera import SCALE, Canvas
from mcld_app.body.lengths import dot
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.raster import rasterise

_ROWS = 320  # height of the small picture the mannequin's outline is taken from
_POINTS = 220  # of the outline that are used
_STRIDE = 0.004  # metres between two looks along a normal
_SMOOTH = 0.012  # metres over which the outline's direction is taken
_SPREAD = 0.02  # metres by which an outline errs, as one of `_USUAL_POINTS`; more points say no more
_USUAL_POINTS = 60
_NEAR = 0.03  # metres between a point of the outline and the mannequin's vertex that makes it
_STANDS_OFF = 0.02  # metres beyond which the person's outline is taken for loose cloth
_LOOSE, _HAIR = 0.5, 0.3  # what a point counts that lies outside of the mannequin: of cloth, of the head
_FEWEST = 20  # points; of fewer, an outline says nothing


@dataclass(frozen=True, eq=False)
class Crossings:
    """Points of one outline and where, along their normals, the other one is.

    Attributes:
        points: (N, 2) x, y in pixels, on the edge itself: half a pixel beyond the last one of the shape.
        pixels: (N, 2) int, that last pixel.
        normals: (N, 2) outwards, of length 1.
        away: (N,) pixels along the normal to the other outline, negative inwards; NaN where it is not met.
    """

    points: np.ndarray
    pixels: np.ndarray
    normals: np.ndarray
    away: np.ndarray


def crossings(shape: np.ndarray, other: np.ndarray, metre: float, reach: float, most: int | None = None) -> Crossings:
    """From the outline of a shape, along its normals, to another one's.

    Args:
        shape: (H, W) bool.
        other: (H, W) float32, 0..1; its outline lies at 0.5.
        metre: pixels a metre takes.
        reach: metres to look inwards and outwards.
        most: points of the outline to take, about; default: all.
    """
    found, _ = cv2.findContours(shape.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    if not found:
        return Crossings(np.zeros((0, 2)), np.zeros((0, 2), int), np.zeros((0, 2)), np.zeros(0))
    pixels = np.concatenate([contour[:, 0] for contour in found])
    pixels = pixels[:: max(1, len(pixels) // most)] if most else pixels
    smooth = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), max(1.5, _SMOOTH * metre))
    slope = np.stack([cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)], -1)
    normals = -slope[pixels[:, 1], pixels[:, 0]].astype(np.float64)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    points = pixels + 0.5 * normals
    steps = np.arange(-reach, reach + 1e-6, _STRIDE) * metre
    along = (points[:, None] + normals[:, None] * steps[None, :, None]).astype(np.float32)
    values = cv2.remap(other, along[..., 0], along[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    leaves = (values[:, :-1] >= 0.5) & (values[:, 1:] < 0.5)
    fall = np.maximum(values[:, :-1] - values[:, 1:], 1e-6)
    between = steps[:-1] + np.clip((values[:, :-1] - 0.5) / fall, 0, 1) * (steps[1] - steps[0])
    away = np.where(leaves, np.abs(between), np.inf)
    rows, nearest = np.arange(len(pixels)), away.argmin(1)
    met = np.isfinite(away[rows, nearest])
    return Crossings(points, pixels, normals, np.where(met, between[rows, nearest], np.nan))


def is_within(points: np.ndarray, inside: tuple[float, float, float, float], margin: float = 2.0) -> np.ndarray:
    """(N,) bool: whether points x, y lie in a box (top, left, height, width), not at its very edge: there a photo
    ends, and not a person."""
    top, left, height, width = inside
    x, y = points.T
    return (x > left + margin) & (x < left + width - 1 - margin) & (y > top + margin) & (y < top + height - 1 - margin)


def extended(outline: np.ndarray, inside: tuple[int, int, int, int]) -> np.ndarray:
    """An outline (H, W) whose values at a box's edge go on beyond it: who is cut off by the photo's edge goes on."""
    top, left, height, width = inside
    bottom, right = outline.shape[0] - top - height, outline.shape[1] - left - width
    if not (top or left or bottom or right):
        return outline
    seen = outline[top : top + height, left : left + width]
    return cv2.copyMakeBorder(seen, top, bottom, left, right, cv2.BORDER_REPLICATE)


def outline_term(
    unknowns: np.ndarray, canvas: Canvas, outline: np.ndarray, inside: tuple[int, int, int, int], reach: float
) -> Callable[[np.ndarray, Bones], tuple[np.ndarray, np.ndarray]] | None:
    """What the outline counts in a fit (a `pose_fit.Term`): the mannequin's vertices on its own outline are drawn along
    its normals to the person's. None where the two hardly meet.

    Args:
        unknowns: how the mannequin stands now.
        canvas: the picture.
        outline: (H, W) float32, 0..1, the person's.
        inside: (top, left, height, width) of what the outline is known of.
        reach: metres.
    """
    small = min(1.0, _ROWS / canvas.size[0])
    metre = canvas.metre * float(np.exp(unknowns[SCALE])) * small
    pixels = (canvas.to_pixels(camera.skin(unknowns)[:, :2]) + 0.5) * small - 0.5
    edge = round(0.15 * metre) + 2  # so that what stands beyond the picture has no outline at its edge
    size = (round(canvas.size[0] * small), round(canvas.size[1] * small))
    faces = body_faces()
    a, b, c = (pixels[faces[:, k]] for k in range(3))
    front = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
    shape = rasterise((pixels + edge)[faces[front]], (size[0] + 2 * edge, size[1] + 2 * edge)) >= 0
    known = cv2.resize(extended(outline, inside), size[::-1], interpolation=cv2.INTER_AREA)
    known = cv2.copyMakeBorder(known, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    met = crossings(shape, known, metre, reach, _POINTS)
    points = met.points - edge
    vertices, gap = _rim_vertices(pixels, faces, front, points)
    used = np.isfinite(met.away) & (gap < _NEAR * metre) & is_within(points, tuple(side * small for side in inside))
    if np.count_nonzero(used) < _FEWEST:
        return None
    vertices, normals, away = vertices[used], met.normals[used] * (1.0, -1.0), met.away[used] / metre
    at = ((points + met.normals * met.away[:, None])[used] + 0.5) / small - 0.5
    targets = canvas.to_metres(at)
    body = camera.body_points()
    rim = BodyPoints(body.rest[vertices], body.directions[:, vertices], body.weights[vertices])
    weight = np.where(away > _STANDS_OFF, _LOOSE, 1.0) / _SPREAD / np.sqrt(len(vertices) / _USUAL_POINTS)
    on_head = rim.weights[:, list(BONES).index("head")] > 0.5
    weight = np.where(on_head & (away > 0), weight * _HAIR, weight)

    def term(unknowns: np.ndarray, bones: Bones) -> tuple[np.ndarray, np.ndarray]:
        now = camera.seen(bones, rim, unknowns)
        miss = ((now.places - targets) * normals).sum(1) * weight
        size = np.abs(miss)
        bent = np.sqrt(np.where(size < 2, 1.0, 2 / np.maximum(size, 1e-9)))
        slopes = (normals[:, :, None] * now.slopes).sum(1) * (weight * bent)[:, None]
        return miss * bent, slopes

    return term


def _rim_vertices(
    pixels: np.ndarray, faces: np.ndarray, front: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each point of the outline the nearest vertex that both a seen and an unseen triangle have, and how far it is
    in pixels."""
    seen, unseen = np.zeros(len(pixels), bool), np.zeros(len(pixels), bool)
    seen[faces[front].ravel()] = True
    unseen[faces[~front].ravel()] = True
    rim = np.flatnonzero(seen & unseen)
    if not len(rim) or not len(points):
        return np.zeros(len(points), int), np.full(len(points), np.inf)
    off = points[:, None].astype(np.float32) - pixels[None, rim].astype(np.float32)
    apart = dot(off, off)
    nearest = apart.argmin(1)
    return rim[nearest], np.sqrt(apart[np.arange(len(points)), nearest])
