"""What the live network is given, as planes: of the target, of the photo, of the texture map."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.surface import rest_surface

MIDDLE = np.array([0.0, 0.9, 0.0], np.float32)
"""Of the resting body, metres: places are told from here."""


def body_places(iuv: np.ndarray) -> np.ndarray:
    """(H, W, 3) float16: the place on the resting body that each pixel of a map (H, W, 3) uint8 shows, metres from
    `MIDDLE`; 0 off the body."""
    places = rest_places(iuv) - MIDDLE
    return np.where(np.isnan(places), np.float32(0), places).astype(np.float16)


@lru_cache(maxsize=2)
def texture_places(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Of a texture map (side, side): each texel's place as in `body_places`, (side, side, 3) float16, and (side, side)
    uint8, 255 on the body's islands."""
    surface = rest_surface()
    step = surface.part.shape[0] // side
    middle = slice(step // 2, None, step)
    part = surface.part[middle, middle]
    place = np.stack([surface.x, surface.y, surface.z], -1)[middle, middle] - MIDDLE
    island = part > 0
    return np.where(island[..., None], place, 0).astype(np.float16), island.astype(np.uint8) * np.uint8(255)


def target_planes(preview: Tensor, places: Tensor, body: Tensor, own: Tensor) -> Tensor:
    """(B, 10, H, W) float, see `live.TARGET_PLANES`.

    Args:
        preview: (B, 5, H, W) in 0..1: RGB, alpha, seen.
        places: (B, 3, H, W) metres.
        body: (B, 1, H, W) 1 on the body.
        own: (B,) 1 where the map is a picture's own.
    """
    alpha = preview[:, 3:4]
    flag = own.to(preview).view(-1, 1, 1, 1).expand_as(alpha)
    return torch.cat([preview[:, :3] * alpha, preview[:, 3:], places.to(preview), body.to(preview), flag], 1)


def source_planes(picture: Tensor, held: Tensor, places: Tensor, body: Tensor, seen: Tensor) -> Tensor:
    """(B, 9, H, W) float, see `live.SOURCE_PLANES`.

    Args:
        picture: (B, 3, H, W) RGB 0..1.
        held: (B, 1, H, W) 0..1, what of it counts.
        places: (B, 3, H, W) metres.
        body: (B, 1, H, W) 1 on the body.
        seen: (B, 1, H, W) 1 where it was seen.
    """
    return torch.cat([picture * held, held, places.to(picture), body.to(picture), seen.to(picture)], 1)
