"""The outline of a person that the live network drew: sharp, and never far from the preview's.

How far a person reaches is not certain to a pixel, so the network's alpha falls off over several, and what it draws
there is hardly ever seen while it learns. Shown as it is, that is a dark haze around everybody; and where it cannot
tell cloth from the ground between two legs, it may hang a skirt there. So the outline is put where alpha is one half,
as sharp as a picture's own edges are, and at most a little beside the preview's.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.cut_edges import sharp

_REACH = 2.0  # pixels from the preview's outline, to both sides
_NARROW = 9  # pixels: gaps that are not closed, and fingers that are not cut


def outline(alpha: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """The person's outline.

    Args:
        alpha: (H, W) float32 in 0..1, the network's.
        covered: (H, W) bool, where the preview shows something.

    Returns:
        (H, W) float32 in 0..1, how much of each pixel is the person.
    """
    return sharp(_near(alpha, covered.astype(np.uint8)))


def _near(alpha: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """Alpha that crosses one half near the preview's outline; where a gap or a finger of it is narrow, just there."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_NARROW, _NARROW))
    beyond = cv2.distanceTransform(1 - covered, cv2.DIST_L2, 3) - cv2.distanceTransform(covered, cv2.DIST_L2, 3)
    narrow = cv2.morphologyEx(covered, cv2.MORPH_CLOSE, disc) != cv2.morphologyEx(covered, cv2.MORPH_OPEN, disc)
    reach = np.where(narrow, 0, _REACH).astype(np.float32)
    least, most = (np.clip(0.5 - 0.5 * (beyond + side * reach), 0, 1) for side in (1, -1))
    return np.clip(alpha, least, most)
