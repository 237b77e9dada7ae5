"""Edges of what lies on the texture map, drawn as lines: pixels and texels are not in step, and that makes teeth."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.parts import part_map


def edge_share(texels: np.ndarray, reach: float) -> np.ndarray:
    """How far each texel belongs to some texels, with a soft way from 1 to 0 across their edge.

    Args:
        texels: (512, 512) bool.
        reach: texels over which the edge is evened out.

    Returns:
        (512, 512) float32, 0..1. Each part of the body is looked at by itself: what lies beside it on the map may be
        far away on the body.
    """
    part, out = part_map(), texels.astype(np.float32)
    for number in np.unique(part[texels]):
        own = (part == number).astype(np.uint8)
        left, top, width, height = cv2.boundingRect(own)
        box = slice(top, top + height), slice(left, left + width)
        body = own[box].astype(np.float32)
        share = cv2.GaussianBlur(texels[box] * body, (0, 0), reach)
        share /= np.maximum(cv2.GaussianBlur(body, (0, 0), reach), 1e-6)
        out[box] = np.where(own[box] > 0, share, out[box])
    return np.where(part > 0, np.clip(out, 0, 1), 0).astype(np.float32)


def drawn_as_lines(texels: np.ndarray, reach: float) -> np.ndarray:
    """Some texels, (512, 512) bool, with smooth edges: each outline is evened out along itself over `reach` texels,
    so that what is thin, as a strap, stays as wide as it is."""
    part, out = part_map(), texels.copy()
    for number in np.unique(part[texels]):
        own = part == number
        if texels[own].all():
            continue
        left, top, width, height = cv2.boundingRect(own.astype(np.uint8))
        room = 2 * round(reach) + 2
        box = slice(max(top - room, 0), top + height + room), slice(max(left - room, 0), left + width + room)
        # An edge that runs out of the part goes straight on.
        _, nearest = cv2.distanceTransformWithLabels(
            (~own[box]).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        of_label = np.zeros(int(nearest.max()) + 1, bool)
        of_label[nearest[own[box]]] = texels[box][own[box]]
        out[box] = np.where(own[box], _evened(of_label[nearest], reach), out[box])
    return out


def _evened(area: np.ndarray, reach: float) -> np.ndarray:
    """An area (h, w) bool whose outlines are evened out along themselves."""
    solid = np.pad(area.astype(np.uint8), 1)
    found, _ = cv2.findContours(cv2.resize(solid, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST), cv2.RETR_CCOMP,
                                cv2.CHAIN_APPROX_NONE)  # fmt: skip
    lines = []
    for contour in found:
        line, count = contour[:, 0].astype(np.float32), len(contour)
        turns = min(round(8 * reach), count // 2)
        long = np.concatenate([line[count - turns :], line, line[:turns]])
        even = cv2.GaussianBlur(long[:, None], (1, 2 * turns + 1), 4 * reach, borderType=cv2.BORDER_REPLICATE)[:, 0]
        edge = (line <= 1).any(1) | (line >= np.float32(solid.shape[::-1]) * 4 - 2).any(1)  # of the picture, not of it
        lines.append(np.where(edge[:, None], line, even[turns : turns + count]))
    canvas = np.zeros((4 * solid.shape[0], 4 * solid.shape[1]), np.uint8)
    cv2.fillPoly(canvas, [np.round(line).astype(np.int32) for line in lines], 255)
    return cv2.resize(canvas, solid.shape[::-1], interpolation=cv2.INTER_AREA)[1:-1, 1:-1] > 127
