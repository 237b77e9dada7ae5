"""Edges of what lies on the texture map, drawn as lines: pixels and texels are not in step, and that makes teeth."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from mcld_app.body.parts import part_map

FAR = 4.0
"""Texels beyond which nothing tells how far an edge is."""

_FINER = 4  # times as fine as texels, that outlines are drawn


def lines_off(texels: np.ndarray, reach: float, wanted: np.ndarray | None = None) -> np.ndarray:
    """How far inside the outline of some texels, evened out along itself, each texel lies.

    Args:
        texels: (512, 512) bool.
        reach: texels over which the outline is evened out.
        wanted: (512, 512) bool, texels for which it is asked; None for all.

    Returns:
        (512, 512) float32, texels: below 0 outside, and no more than `FAR` either way. Each part of the body is looked
        at by itself: what lies beside it on the map may be far away on the body.
    """
    part, out = part_map(), np.where(texels, np.float32(FAR), np.float32(-FAR))
    for number, box, own in _mixed_parts(texels, reach):
        edge = cv2.morphologyEx(own.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        if wanted is not None:
            edge &= wanted[box] & (part[box] == number)
        left, top, width, height = cv2.boundingRect(edge)
        if not width:
            continue
        room = 2 * round(FAR + reach)
        near = slice(max(top - room, 0), top + height + room), slice(max(left - room, 0), left + width + room)
        beside = round(FAR) + 1  # an edge of what is looked at is none
        inside = (_fine(np.pad(own[near], beside, mode="edge"), reach) > 127).astype(np.uint8)
        off = cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
        off = cv2.resize(off, None, fx=1 / _FINER, fy=1 / _FINER, interpolation=cv2.INTER_AREA) / _FINER
        off = off[beside + 1 : -beside - 1, beside + 1 : -beside - 1]
        mine = part[box][near] == number
        out[box][near] = np.where(mine, np.clip(off, -FAR, FAR), out[box][near])
    return out


def drawn_as_lines(texels: np.ndarray, reach: float) -> np.ndarray:
    """Some texels, (512, 512) bool, with smooth edges: each outline is evened out along itself over `reach` texels,
    so that what is thin, as a strap, stays as wide as it is."""
    part, out = part_map(), texels.copy()
    for number, box, own in _mixed_parts(texels, reach):
        even = cv2.resize(_fine(own, reach), None, fx=1 / _FINER, fy=1 / _FINER, interpolation=cv2.INTER_AREA)
        out[box] = np.where(part[box] == number, even[1:-1, 1:-1] > 127, out[box])
    return out


def _mixed_parts(texels: np.ndarray, reach: float) -> Iterator[tuple[int, tuple[slice, slice], np.ndarray]]:
    """The parts of the body that some texels cover partly: number, where on the map, and the texels there, (h, w)
    bool, an edge that runs out of the part going straight on."""
    part = part_map()
    for number in np.unique(part[texels]):
        own = part == number
        if texels[own].all():
            continue
        left, top, width, height = cv2.boundingRect(own.astype(np.uint8))
        room = 2 * round(reach) + 2
        box = slice(max(top - room, 0), top + height + room), slice(max(left - room, 0), left + width + room)
        _, nearest = cv2.distanceTransformWithLabels(
            (~own[box]).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        of_label = np.zeros(int(nearest.max()) + 1, bool)
        of_label[nearest[own[box]]] = texels[box][own[box]]
        yield int(number), box, of_label[nearest]


def _fine(area: np.ndarray, reach: float) -> np.ndarray:
    """An area (h, w) bool whose outlines are evened out along themselves, (4 h + 8, 4 w + 8) uint8, 255 inside: four
    times as fine, and with a texel of room around."""
    solid = np.pad(area.astype(np.uint8), 1)
    found, _ = cv2.findContours(cv2.resize(solid, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_NEAREST),
                                cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)  # fmt: skip
    lines = []
    for contour in found:
        line, count = contour[:, 0].astype(np.float32), len(contour)
        turns = min(round(2 * _FINER * reach), count // 2)
        long = np.concatenate([line[count - turns :], line, line[:turns]])
        even = cv2.GaussianBlur(
            long[:, None], (1, 2 * turns + 1), _FINER * reach, borderType=cv2.BORDER_REPLICATE
        )[:, 0]
        end = np.float32(solid.shape[::-1]) * _FINER - 2
        edge = (line <= 1).any(1) | (line >= end).any(1)  # of the picture, not of it
        lines.append(np.where(edge[:, None], line, even[turns : turns + count]))
    canvas = np.zeros((_FINER * solid.shape[0], _FINER * solid.shape[1]), np.uint8)
    cv2.fillPoly(canvas, [np.round(line).astype(np.int32) for line in lines], 255)
    return canvas
