"""What the live network is given, as planes: of the target, of the photo, of the texture map."""

from __future__ import annotations

import torch
from torch import Tensor


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
