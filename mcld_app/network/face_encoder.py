"""A small face encoder for drawn people: what antelopev2's ArcFace network is to the published model."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn


class FaceEncoder(ModelMixin, ConfigMixin):
    """A head's crop to an identity vector.

    Args:
        side: of the crop, pixels: a multiple of 2 to the number of widths less one.
        widths: of the levels; each but the first halves the size.
        identity: length of the vector.
        kernel: of the convolutions.
    """

    @register_to_config
    def __init__(
        self,
        *,
        side: int = 64,
        widths: Sequence[int] = (32, 64, 128, 192),
        identity: int = 512,
        kernel: int = 3,
    ) -> None:
        super().__init__()
        pad = kernel // 2
        self.first = nn.Conv2d(3, widths[0], kernel, padding=pad)
        self.downs = nn.ModuleList(
            nn.Conv2d(a, b, kernel, padding=pad, stride=2) for a, b in itertools.pairwise(widths)
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.GroupNorm(8, w), nn.SiLU(), nn.Conv2d(w, w, kernel, padding=pad),
                nn.GroupNorm(8, w), nn.SiLU(), nn.Conv2d(w, w, kernel, padding=pad),
            )
            for w in widths
        )  # fmt: skip
        self.norm = nn.GroupNorm(8, widths[-1])
        self.out = nn.Linear(widths[-1] * 16, identity)

    def forward(self, heads: Tensor) -> Tensor:
        """Identity vectors (B, 512), not normalised, of crops (B, 3, 64, 64) in [-1, 1]."""
        x = self.first(heads)
        x = x + self.blocks[0](x)
        for down, block in zip(self.downs, list(self.blocks)[1:], strict=True):
            x = down(x)
            x = x + block(x)
        x = F.adaptive_avg_pool2d(F.silu(self.norm(x)), 4)
        return self.out(x.flatten(1))
