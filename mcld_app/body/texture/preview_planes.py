"""The texture preview as a network's input: what the texture map shows in a pose, and how far that can be trusted."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.texture.texture_map import TextureMap, render, texels_seen

PLANES = 5
"""Channels of `preview_planes`."""

_WARM_GREY = (236, 235, 232)
_ALIKE = 12  # grey levels from the median that still count as the same plain background


def background_colour(photo: np.ndarray) -> np.ndarray:
    """What a person stands in front of in another pose, (3,) uint8 RGB: the colour along the photo's upper and outer
    edges where two thirds of them have it (an arm may reach past an edge), else a warm light grey.

    Args:
        photo: (H, W, 3) uint8 RGB.
    """
    colour, alike = _of_edges(photo)
    return np.array(colour if alike >= 2 / 3 else _WARM_GREY, np.uint8)


def has_plain_ground(photo: np.ndarray) -> bool:
    """Whether two thirds of a photo's upper and outer edges, (H, W, 3) uint8 RGB, have one colour."""
    return _of_edges(photo)[1] >= 2 / 3


def _of_edges(photo: np.ndarray) -> tuple[np.ndarray, float]:
    """The median colour along a photo's upper and outer edges, and the share of them that has it."""
    edge = np.concatenate([photo[:8].reshape(-1, 3), photo[:, :8].reshape(-1, 3), photo[:, -8:].reshape(-1, 3)])
    colour = np.median(edge, 0)
    return colour, float((np.abs(edge - colour).max(1) <= _ALIKE).mean())


def preview_planes(filled: TextureMap, seen: np.ndarray, iuv: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The preview of a pose, plane by plane.

    Args:
        filled: a texture map without holes.
        seen: (512, 512) bool, the texels that were seen or put there on purpose; the others were guessed.
        iuv: (H, W, 3) uint8, channels I, U, V: the pose.
        background: (3,) uint8 RGB behind the person.

    Returns:
        (H, W, 5) uint8: R, G, B on the plain background; 255 where the body is; 255 where its colour is no guess.
    """
    drawn = render(filled, iuv)
    out = np.empty((*iuv.shape[:2], PLANES), np.uint8)
    out[..., :3] = np.where(drawn[..., 3:] > 0, drawn[..., :3], background)
    out[..., 3] = drawn[..., 3]
    pixel, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), seen.shape[0] - 1).astype(np.int64).T
    known = np.zeros(iuv.shape[0] * iuv.shape[1], np.uint8)
    known[pixel] = seen[row, column] * np.uint8(255)
    out[..., 4] = known.reshape(iuv.shape[:2])
    return out


def with_shells(planes: np.ndarray, stands_off: np.ndarray) -> np.ndarray:
    """The same planes with what stands off the body: it is drawn, counts as the body, and its colour is no guess.

    Args:
        planes: (H, W, 5) uint8, from `preview_planes`.
        stands_off: (h, w, 4) uint8 RGBA in the same pose, of any size; alpha is 255 where it is seen.
    """
    size = planes.shape[1::-1]
    share = stands_off[..., 3:].astype(np.float32) / 255
    # Colours are weighted, so that nothing of the black beside them comes in where the picture is made smaller.
    whole = cv2.resize(np.dstack([stands_off[..., :3] * share, share]), size, interpolation=cv2.INTER_AREA)
    seen = whole[..., 3] >= 0.5
    colour = whole[..., :3] / np.maximum(whole[..., 3:], 1e-3)
    out = planes.copy()
    out[seen, :3] = np.clip(colour[seen] + 0.5, 0, 255)
    out[seen, 3:] = 255
    return out
