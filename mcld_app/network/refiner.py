"""The detail refiner: a decoder's second half that sees the texture preview.

An addition to the paper, for what the paper itself names as its limit: the autoencoder loses detail. Where the preview
shows the cloth, there is no need to guess its pattern; the picture from the latents says how it is lit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from mcld_app.network.patch_autoencoder import ResidualBlock


class DetailRefiner(ModelMixin, ConfigMixin):
    """Picture from the latents and texture preview to the final picture.

    The result is the picture, plus a share of (preview - picture), plus a share of the preview's detail lit as the
    picture is, plus a correction; shares are per pixel and 0 where there is no preview.

    Args:
        latent_channels: of the latents, which it sees too.
        widths: at a half, a quarter and an eighth of the size.
    """

    @register_to_config
    def __init__(self, *, latent_channels: int = 16, widths: Sequence[int] = (32, 48, 96)) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.unshuffle = nn.PixelUnshuffle(2)
        self.into = nn.Conv2d(4 * 8, half, 3, padding=1)
        self.down1 = nn.Conv2d(half, quarter, 3, padding=1, stride=2)
        self.block1 = ResidualBlock(quarter)
        self.down2 = nn.Conv2d(quarter, eighth, 3, padding=1, stride=2)
        self.latents = nn.Conv2d(latent_channels, eighth, 3, padding=1)
        self.block2 = nn.Sequential(ResidualBlock(eighth), ResidualBlock(eighth))
        self.up1 = nn.Sequential(nn.Conv2d(eighth, 4 * quarter, 1), nn.PixelShuffle(2))
        self.block3 = ResidualBlock(quarter)
        self.up2 = nn.Sequential(nn.Conv2d(quarter, 4 * half, 1), nn.PixelShuffle(2))
        self.block4 = ResidualBlock(half)
        self.out = nn.Sequential(nn.SiLU(), nn.Conv2d(half, 4 * 5, 3, padding=1), nn.PixelShuffle(2))
        nn.init.zeros_(self.out[1].weight)
        nn.init.zeros_(self.out[1].bias)

    def forward(self, picture: Tensor, latents: Tensor, preview: Tensor) -> Tensor:
        """Final pictures (B, 3, H, W), about [-1, 1].

        Args:
            picture: (B, 3, H, W) in [-1, 1], decoded.
            latents: (B, C, H/8, W/8), scaled.
            preview: (B, 5, H, W): RGB in [-1, 1], 1 on the body, 1 where its colour was seen; all 0 = hidden.
        """
        x = self.into(self.unshuffle(torch.cat([picture, preview], 1)))
        y = self.block1(self.down1(F.silu(x)))
        z = self.block2(self.down2(F.silu(y)) + self.latents(latents))
        y = self.block3(y + self.up1(z))
        x = self.block4(x + self.up2(y))
        correction, shares = self.out(x).split([3, 2], 1)
        colour, body = preview[:, :3], preview[:, 3:4]
        copy, lit = (torch.sigmoid(shares - 1.0) * body).chunk(2, 1)
        detail = colour - _low(colour * body) / _low(body).clamp_min(1e-3)
        base = _low(picture * body) / _low(body).clamp_min(1e-3)
        return picture + copy * (colour - picture) + lit * (base + detail - picture) + correction


def _low(x: Tensor) -> Tensor:
    """What is left of a picture once its detail is gone: an eighth of its size, and back."""
    return F.interpolate(F.avg_pool2d(x, 8), x.shape[-2:], mode="bilinear", align_corners=False)
