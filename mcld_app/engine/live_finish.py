"""What of the live network's picture is shown: an outline that is sharp, and broad colours; never anything softer than
the preview.

How far a person reaches is not certain to a pixel, so the network's alpha falls off over several, and what it draws
there is hardly ever seen while it learns. Shown as it is, that is a dark haze around everybody; and where it cannot
tell cloth from the ground between two legs, it may hang a skirt there. So the outline is put where alpha is one half,
as sharp as a picture's own edges are, and at most a little beside the preview's. Inside, where it is not certain how
things lie it draws their mean; so only broad changes of colour are taken from it, and all detail is the preview's.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body import cut_edges

_REACH = 1.5  # pixels from the preview's outline, to both sides
_FINE = (3, 4, 23, 24)  # hands and head: a profile is in its outline's last pixel
_BROAD = 4.0  # pixels: of the Gaussian that tells broad changes of colour from detail


def mended(colour: np.ndarray, drawn: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The preview's colours, changed as broadly as the network's differ from them.

    Args:
        colour: (H, W, 3) uint8 RGB, the preview's.
        drawn: (H, W, 3) float32 RGB in 0..255, the network's.
        inside: (H, W) bool, where the preview's colours are known.

    Returns:
        (H, W, 3) uint8 RGB; outside it is the preview's.
    """
    share = inside.astype(np.float32)
    change = cv2.GaussianBlur((drawn - colour) * share[..., None], (0, 0), _BROAD)
    change /= np.maximum(cv2.GaussianBlur(share, (0, 0), _BROAD), 1e-3)[..., None]
    return np.where(inside[..., None], np.clip(colour + change + 0.5, 0, 255).astype(np.uint8), colour)


def outline(alpha: np.ndarray, covered: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """The person's outline.

    Args:
        alpha: (H, W) float32 in 0..1, the network's.
        covered: (H, W) bool, where the preview shows something.
        parts: (H, W) uint8, which part of the body each pixel shows, 0 for none.

    Returns:
        (H, W) float32 in 0..1, how much of each pixel is the person.
    """
    there = covered.astype(np.uint8)
    return cut_edges.outline(_near(alpha, there, np.isin(parts, _FINE).astype(np.uint8)), there)


def _near(alpha: np.ndarray, covered: np.ndarray, fine: np.ndarray) -> np.ndarray:
    """Alpha that crosses one half near the preview's outline; around what is fine, and where a gap or a finger of it is
    narrow, just there."""
    beyond = cv2.distanceTransform(1 - covered, cv2.DIST_L2, 3) - cv2.distanceTransform(covered, cv2.DIST_L2, 3)
    still = cut_edges.narrow(covered) | cv2.dilate(fine, np.ones((9, 9), np.uint8))
    reach = np.where(still > 0, 0, _REACH).astype(np.float32)
    least, most = (np.clip(0.5 - 0.5 * (beyond + side * reach), 0, 1) for side in (1, -1))
    return np.clip(alpha, least, most)
