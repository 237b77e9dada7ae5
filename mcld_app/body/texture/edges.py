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
