"""The face projector: a Perceiver resampler (Alayrac et al., 2022) from an identity vector to tokens."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn


class _Attention(nn.Module):
    def __init__(self, dim: int, heads: int, head_dim: int) -> None:
        super().__init__()
        inner = heads * head_dim
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.to_q = nn.Linear(dim, inner, bias=False)
        self.to_kv = nn.Linear(dim, inner * 2, bias=False)
        self.to_out = nn.Linear(inner, dim, bias=False)

    def forward(self, x: Tensor, latents: Tensor) -> Tensor:
        x, latents = self.norm1(x), self.norm2(latents)
        keys, values = self.to_kv(torch.cat([x, latents], 1)).chunk(2, -1)
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (self.to_q(latents), keys, values))
        return self.to_out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class FaceProjector(ModelMixin, ConfigMixin):
    """Projects a face identity to the cross-attention's width.

    Args:
        dim, depth, heads, head_dim, ff_mult: of the resampler.
        tokens: how many it gives.
        identity: length of the identity vector.
        output: width of a token.
    """

    @register_to_config
    def __init__(
        self,
        *,
        dim: int = 1280,
        depth: int = 4,
        heads: int = 20,
        head_dim: int = 64,
        tokens: int = 16,
        identity: int = 512,
        output: int = 768,
        ff_mult: int = 4,
    ) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(1, tokens, dim) / dim**0.5)
        self.proj_in = nn.Linear(identity, dim)
        self.proj_out = nn.Linear(dim, output)
        self.norm_out = nn.LayerNorm(output)
        self.layers = nn.ModuleList(
            nn.ModuleList(
                [
                    _Attention(dim, heads, head_dim),
                    nn.Sequential(
                        nn.LayerNorm(dim),
                        nn.Linear(dim, dim * ff_mult, bias=False),
                        nn.GELU(),
                        nn.Linear(dim * ff_mult, dim, bias=False),
                    ),
                ]
            )
            for _ in range(depth)
        )

    def forward(self, identity: Tensor) -> Tensor:
        """Tokens (B, T, C) from raw, not normalised identity vectors (B, 1, 512) or (B, 512); zeros = no face."""
        x = self.proj_in(identity if identity.ndim == 3 else identity[:, None])
        latents = self.latents.expand(len(x), -1, -1)
        for attend, feed in self.layers:
            latents = attend(x, latents) + latents
            latents = feed(latents) + latents
        return self.norm_out(self.proj_out(latents))
