"""The pose guider: eight convolutions from an IUV picture to features of the latents' size."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn


class PoseGuider(ModelMixin, ConfigMixin):
    """ControlNet's conditioning embedding (Zhang et al., 2023), as MCLD uses it.

    Args:
        channels: of the result: the denoising UNet's first width.
        widths: of the four levels, full size to an eighth.
    """

    @register_to_config
    def __init__(self, *, channels: int = 320, widths: Sequence[int] = (16, 32, 96, 256)) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList()
        for a, b in itertools.pairwise(widths):
            self.blocks += [nn.Conv2d(a, a, 3, padding=1), nn.Conv2d(a, b, 3, padding=1, stride=2)]
        self.conv_out = nn.Conv2d(widths[-1], channels, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)  # training starts without any pose, as in ControlNet
        nn.init.zeros_(self.conv_out.bias)

    def forward(self, iuv: Tensor) -> Tensor:
        """(B, C, H/8, W/8) from an IUV picture (B, 3, H, W) in 0..1, channels V, U, I."""
        x = F.silu(self.conv_in(iuv))
        for block in self.blocks:
            x = F.silu(block(x))
        return self.conv_out(x)
