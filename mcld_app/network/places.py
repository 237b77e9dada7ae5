"""Where on the texture map each latent cell of a pose looks, and a preference for that place in reference attention.

An addition to the paper for small models, off in the paper's configuration: the IUV map says which texel each pixel
shows, so attention need not learn it. A place (x, y) becomes Fourier features; the mean of those over a cell's pixels,
multiplied with the features of a reference cell, is the mean of cosines of their distances: largest where they
coincide. Being a product of queries and keys, it costs a few more channels and no table of pairs.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

OCTAVES = 5
FEATURES = 4 * OCTAVES
"""Channels of a place: cosine and sine of x and of y, for each octave."""


def features_of(xy: Tensor) -> Tensor:
    """Fourier features (..., 20) of places (..., 2) in 0..1 on the texture map: for each octave cos x, sin x, cos y,
    sin y; periods 2, 1, 1/2, 1/4, 1/8."""
    turns = math.pi * 2.0 ** torch.arange(OCTAVES, device=xy.device, dtype=torch.float32)
    angle = xy[..., None, :].float() * turns[:, None]  # (..., octaves, 2)
    return torch.stack([angle.cos(), angle.sin()], -1).flatten(-3)


def cell_places(places: Tensor, size: tuple[int, int]) -> Tensor:
    """Mean features of each cell (B, 20, h, w).

    Args:
        places: (B, 3, H, W): x, y in 0..1 and 1 where the body is (else 0), of each pixel of a pose.
        size: (h, w), the cells.
    """
    sparse = places[:, :, ::2, ::2].float()  # every other pixel is enough for a mean
    features = features_of(sparse[:, :2].movedim(1, -1)).movedim(-1, 1) * sparse[:, 2:]
    return F.adaptive_avg_pool2d(features, size)


def grid_places(count: int, like: Tensor) -> Tensor:
    """Features (count, 20) of a square reference's cells, row by row."""
    side = math.isqrt(count)
    middle = (torch.arange(side, device=like.device, dtype=torch.float32) + 0.5) / side
    y, x = torch.meshgrid(middle, middle, indexing="ij")
    return features_of(torch.stack([x, y], -1).reshape(-1, 2)).to(like.dtype)


class PlacePreference(nn.Module):
    """How much each head of an attention prefers the reference cell its query's pixels show.

    Args:
        heads: of the attention.
    """

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.full((heads, OCTAVES), 0.6))

    def queries(self, places: Tensor, size: tuple[int, int], count: int, width: int) -> Tensor:
        """(B, heads, N, 20) to be appended to queries whose logits are scaled by width ** -0.5.

        Args:
            places: (B, 20, h, w) of the latents' cells.
            size: (h, w) of the latents.
            count: N, how many cells this attention has: each level of the UNet halves, and rounds up.
            width: of a head.
        """
        h, w = size
        while h * w > count:
            h, w = (h + 1) // 2, (w + 1) // 2
        level = F.adaptive_avg_pool2d(places, (h, w)).flatten(2).transpose(1, 2)[:, None]
        gain = self.gain.repeat_interleave(4, 1)[None, :, None]
        return level * gain.to(level.dtype) * width**0.5
