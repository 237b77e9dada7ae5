"""The neck in a garment's picture: its corners, and its front. The outline shows the back's, and its inside below."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np

from mcld_app.body.garments.ground import lab_of
from mcld_app.body.garments.outline import Outline

_NARROW = 12  # pixels; a narrower neck is none
_SAMPLES = 41  # of an arc
_MIDDLE = 0.86  # of an arc's half width that is looked at: its ends run into the shoulders
_BELOW, _DEEPEST = 0.12, 1.3  # of the neck's width: from below the back's own band, down to a deep neckline
_SHAPES = (1.2, 2.0, 3.0)  # y falls as 1 - |x| ** shape: a V, a round neck, a wide one
_FINE_SHAPES, _WIDER = (1.2, 1.6, 2.0, 2.5, 3.0, 4.0), (0.0, 0.07, 0.14)  # to tell where the inside of a back ends
_ALL_ALONG, _SEEN = 0.25, 0.5  # share of an arc that may be weaker than what counts; Lab units a pixel, at least
_POINTED = 0.7  # how much less a V counts than a round neck: cut too deep in the middle, that looks like one
_ROUND = 2.5  # the shape of a neckline of which no edge is seen
_CLEAR, _STANDS_OUT, _NEARLY = 0.12, 3.5, 0.6  # Lab units a pixel; times the usual arc's; of the clearest arc's
_END, _AT_ENDS = 0.55, 0.15  # of an arc's half width, where its ends begin; how strong its edge is there at least
_ONE = 0.08  # widths below the first clear arc: one edge, seen by arcs of several shapes
_LABEL_ASIDE, _LABEL_DOWN = 0.3, 0.5  # widths from the middle, and below the corners, where a label is looked for
_LABEL, _LABEL_OFF, _MOST_LABEL = (0.1, 0.55), 20.0, 0.3  # widths it has; Lab units off the cloth; share that is off
_BELOW_LABEL, _COMMON = 0.06, 0.45  # widths; a usual neckline's depth
_SEWN_ON = 0.05  # widths below a label, where a tape's edge may be
_BAND, _FAINT = 0.16, 4.5  # widths of a ribbed band; its upper edge, times the usual arc's
_FAINTER = 0.3  # of the clear arc
_APART, _DIPS = 0.5, 0.95  # how much of that edge is left above it, and between the two


def neck_corners(outline: Outline, points: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The two ends of the neck, (2,) x, y in pixels each, from the picture's left to its right."""
    right, left = (_neck_corner(outline, points[f"{side}_shoulder"], points["neckline"]) for side in ("right", "left"))
    return right, left


def front_of_neckline(picture: np.ndarray, mask: np.ndarray, corners: tuple[np.ndarray, np.ndarray]) -> float | None:
    """How far below its corners the front of a neckline lies, in pixels; None where none is seen.

    Args:
        picture: (H, W, 3) uint8 RGB.
        mask: (H, W) bool, the garment.
        corners: (2,) x, y in pixels of the neck's two ends, from left to right.
    """
    left, right = corners
    width, middle = right[0] - left[0], (left + right) / 2
    if width < _NARROW:
        return None
    column = np.flatnonzero(mask[:, int(np.clip(round(middle[0]), 0, mask.shape[1] - 1))])
    back = column[0] - middle[1] if len(column) else 0.0
    label = _below_label(picture, mask, middle, width, max(back, 0.0))
    depths = np.arange(max(max(back, 0.0) + _BELOW * width, label), _DEEPEST * width, 1.0)
    if len(depths) < 3:
        return None
    best = _strength(_steps(picture, mask, corners, depths), corners, depths).max(0)
    usual = float(np.median(best))
    if best.max() < max(_CLEAR, _STANDS_OUT * usual):
        return max(label, _COMMON * width) if label else None
    peaks = (best >= np.roll(best, 1)) & (best >= np.roll(best, -1))
    peaks[0] = False  # the edge of what is above
    below = depths > label + _SEWN_ON * width
    if label and below.any() and best[below].max() >= best[~below].max():
        peaks &= below
    first = int((peaks & (best >= _NEARLY * best.max())).argmax())
    found = first + int(best[first : first + max(1, round(_ONE * width))].argmax())
    # What is clear may be the lower edge of a band of another colour, which is the garment's, too.
    for k in np.flatnonzero(peaks[:first] & (best[:first] > max(_CLEAR, _FAINT * usual))):
        apart = k > 0 and best[:k].min() < _APART * best[k] and best[k:first].min() < _DIPS * best[k]
        # Stronger, it would be the same edge, met by an arc of another shape.
        if apart and first - k < _BAND * width and best[k] < _FAINTER * best[found]:
            return float(depths[k])
    return float(depths[found])


def _below_label(picture: np.ndarray, mask: np.ndarray, middle: np.ndarray, width: float, back: float) -> float:
    """How far below the corners, in pixels, a label on the inside of the back surely has ended; 0 where none is
    seen. It is small, in the middle, and of another colour than the cloth around it."""
    (x, y), half = np.round(middle).astype(int), round(_LABEL_ASIDE * width)
    rows = slice(max(y + round(back), 0), max(y + round(_LABEL_DOWN * width), 1))
    columns = slice(max(x - half, 0), x + half)
    if not mask[rows, columns].any():
        return 0.0
    there = cv2.erode(mask[rows, columns].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not there.any():
        return 0.0
    lab = lab_of(picture[rows, columns])
    off = (np.linalg.norm(lab - np.median(lab[there], axis=0), axis=2) > _LABEL_OFF) & there
    if off.sum() > _MOST_LABEL * there.sum():
        return 0.0
    square = np.ones((5, 5), np.uint8)  # seams are thinner than that, and letters on a label
    off = cv2.morphologyEx(cv2.morphologyEx(off.astype(np.uint8), cv2.MORPH_CLOSE, square), cv2.MORPH_OPEN, square)
    _, _, boxes, centres = cv2.connectedComponentsWithStats(off)
    low = 0.0
    for (_, top, wide, tall, _), centre in zip(boxes[1:], centres[1:], strict=True):
        ends = top + tall < len(off) - 2
        if ends and _LABEL[0] < wide / width < _LABEL[1] and abs(centre[0] - off.shape[1] / 2) < _LABEL[0] * width:
            low = max(low, rows.start + top + tall - middle[1])
    return low + _BELOW_LABEL * width if low else 0.0


def inside_of_back(
    picture: np.ndarray, mask: np.ndarray, corners: tuple[np.ndarray, np.ndarray], row: float
) -> np.ndarray:
    """The pixels of a garment that show the inside of its back, above the front of its neckline: (H, W) bool.

    Args:
        picture, mask, corners: as for `front_of_neckline`.
        row: of the front of the neckline in the picture's middle.
    """
    left, right = corners
    width = right[0] - left[0]
    depth = row - (left[1] + right[1]) / 2
    if depth <= 0 or width < _NARROW:
        return np.zeros_like(mask)
    near = depth + width * np.linspace(-_ONE / 2, _ONE / 2, 9)
    aside = np.array([width / 2, 0.0])
    found, off = [], []
    widths, widest = list(product(_WIDER, _WIDER)), max(_WIDER) * aside
    steps = _steps(picture, mask, (left - widest, right + widest), near)
    for outer in widths:  # a front begins a little outside of where the back's collar stands highest
        ends = left - outer[0] * aside, right + outer[1] * aside
        strength = _strength(steps, ends, near, _FINE_SHAPES, _ALL_ALONG)
        strength[0] *= _POINTED
        found.append(strength.max(1))
        off.append(near[strength.argmax(1)] - depth)
    best = np.unravel_index(int(np.argmax(found)), np.shape(found))
    seen = np.max(found) > _SEEN
    outer, shape = (widths[best[0]], _FINE_SHAPES[best[1]]) if seen else (widths[0], _ROUND)
    column = np.arange(mask.shape[1])
    # A stronger edge below is that of a band, which is as wide all along.
    band = max(off[best[0]][best[1]], 0.0) if seen else 0.0
    first, last = left[0] - outer[0] * aside[0] + band, right[0] + outer[1] * aside[0] - band
    u = 2 * (column - (first + last) / 2) / (last - first)
    chord = np.interp(column, [left[0], right[0]], [left[1], right[1]])
    curve = np.where(np.abs(u) < 1, chord + depth * (1 - np.abs(u) ** shape), -1.0)
    return mask & (np.arange(mask.shape[0])[:, None] < curve[None])


def _steps(
    picture: np.ndarray, mask: np.ndarray, corners: tuple[np.ndarray, np.ndarray], depths: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """How a picture's colours change down and across around arcs between two corners, (h, w, 3) float32 Lab units a
    pixel, where it shows the garment for sure, (h, w) float32, and x and y of the first pixel."""
    left, right = corners
    blur = max(1.0, (right[0] - left[0]) / 60)
    there = _around(left, right, depths, round(4 * blur) + 6, mask.shape)
    lab = cv2.GaussianBlur(lab_of(picture[there]), (0, 0), blur)
    down, across = (cv2.Sobel(lab, cv2.CV_32F, x, 1 - x, ksize=3) / 8 for x in (0, 1))
    solid = cv2.erode(mask[there].astype(np.uint8), np.ones((7, 7), np.uint8)).astype(np.float32)
    return down, across, solid, np.array([there[1].start, there[0].start])


def _strength(
    steps_of: tuple[np.ndarray, ...], corners: tuple[np.ndarray, np.ndarray], depths: np.ndarray,
    shapes: tuple[float, ...] = _SHAPES, least: float = 0.5,
) -> np.ndarray:  # fmt: skip
    """How strong an edge runs along the arcs of each shape and depth: (shapes, depths) Lab units a pixel, that only the
    share `least` of its places is below; `steps_of` is what `_steps` says."""
    left, right = corners
    width, middle = right[0] - left[0], (left + right) / 2
    down, across, solid, origin = steps_of
    middle = middle - origin
    u = np.linspace(-_MIDDLE, _MIDDLE, _SAMPLES)
    strength, at_ends = np.zeros((2, len(shapes), len(depths)))
    for k, shape in enumerate(shapes):
        x = np.broadcast_to(middle[0] + u * width / 2, (len(depths), _SAMPLES)).astype(np.float32)
        drop = 1 - np.abs(u) ** shape
        y = (middle[1] + depths[:, None] * drop).astype(np.float32)
        slope = -depths[:, None] * shape * np.sign(u) * np.abs(u) ** (shape - 1) / (width / 2)
        length = np.sqrt(1 + slope**2)
        steps = [cv2.remap(g, x, y, cv2.INTER_LINEAR) for g in (down, across)]
        edge = (steps[0] - slope[..., None] * steps[1]) / length[..., None]
        within = cv2.remap(solid, x, y, cv2.INTER_LINEAR)
        # The same step all along: labels, folds and patterns differ from place to place.
        usual = np.median(edge, axis=1)
        way = usual / np.maximum(np.linalg.norm(usual, axis=1, keepdims=True), 1e-6)
        alike = np.einsum("nsc,nc->ns", edge, way)
        strong = np.linalg.norm(usual, axis=1) if least == 0.5 else np.maximum(np.quantile(alike, least, axis=1), 0)
        strength[k] = strong * (within.mean(1) > 0.9)
        at_ends[k] = np.minimum(*(np.median(alike[:, end], axis=1) for end in (u < -_END, u > _END)))
    # As far as its ends, about where they are: a print ends before.
    near = 2 * round(_ONE * width / 2) + 1
    reached = cv2.dilate(at_ends.max(0)[:, None], np.ones((near, 1)))[:, 0]
    return strength * (reached > _AT_ENDS * strength)


def _around(
    left: np.ndarray, right: np.ndarray, depths: np.ndarray, margin: int, shape: tuple[int, ...]
) -> tuple[slice, slice]:
    """The rows and columns of a picture that arcs between two corners run through, with a margin in pixels."""
    middle = (left[1] + right[1]) / 2
    top, bottom = middle + min(depths.min(), 0), middle + max(depths.max(), 0)
    ends = ((top, bottom, shape[0]), (left[0], right[0], shape[1]))
    rows, columns = (
        slice(int(np.clip(a - margin, 0, n - 1)), int(np.clip(b + margin + 2, 1, n))) for a, b, n in ends
    )
    return rows, columns


def _neck_corner(outline: Outline, shoulder: np.ndarray, neckline: np.ndarray) -> np.ndarray:
    """(2,) where the shoulder's line ends at the neck: the point of the outline between shoulder and axis that stands
    farthest out beyond the straight line from the shoulder to the outline above the front of the neckline."""
    top = np.array([neckline[0], outline.top])
    column = outline.contour[np.abs(outline.contour[:, 0] - neckline[0]) < 2]
    middle = column[column[:, 1].argmin()] if len(column) else top
    way = outline.way(shoulder, middle)
    line = middle - shoulder
    off = (line[0] * (way[:, 1] - shoulder[1]) - line[1] * (way[:, 0] - shoulder[0])) * -np.sign(line[0])
    return way[off.argmax()]
