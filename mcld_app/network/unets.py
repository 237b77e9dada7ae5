"""The two UNets: stock `UNet2DConditionModel`s, fitted with our attention processors.

Arguments go by name: diffusers takes those given by place for defaults, and forgets them in `from_config`.

Their state dicts carry the authors' key names: a stock Stable Diffusion 1.5 UNet, plus `to_k_ip` and `to_v_ip` in each
cross-attention of the denoising one, minus the output layers in the ReferenceNet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from mcld_app.network.attention import (
    Bank,
    BankWriter,
    FocalAttention,
    Focus,
    Reference,
    ReferenceAttention,
    TokenAttention,
)
from mcld_app.network.focus import FocusPlan

# Stable Diffusion 1.5's UNet, as far as it differs from diffusers' defaults.
SD15: dict[str, Any] = {
    "sample_size": 64,
    "in_channels": 4,
    "out_channels": 4,
    "layers_per_block": 2,
    "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
    "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
    "block_out_channels": [320, 640, 1280, 1280],
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
    "norm_num_groups": 32,
}


class _PosedConv(nn.Conv2d):
    """The first convolution, with pose features added behind it. They come in as extra channels of the input, so the
    forward pass keeps no state; weights are those of an ordinary convolution."""

    def forward(self, x: Tensor) -> Tensor:
        out = super().forward(x[:, : self.in_channels])
        return out + x[:, self.in_channels :] if x.shape[1] > self.in_channels else out


class DenoisingUNet(ModelMixin, ConfigMixin):
    """Predicts v from noisy latents, the pose, and the focal conditions.

    Args:
        sizes: arguments of `UNet2DConditionModel`.
        focus: fields of `FocusPlan`; default the paper's.
    """

    _supports_gradient_checkpointing = True

    @register_to_config
    def __init__(self, *, sizes: Mapping[str, Any] = SD15, focus: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        plan = FocusPlan(**(focus or {}))
        self.unet = UNet2DConditionModel(**sizes)
        plain = self.unet.conv_in
        self.unet.conv_in = _PosedConv(plain.in_channels, plain.out_channels, plain.kernel_size, padding=plain.padding)
        processors = {}
        for name, attn in _attentions(self.unet):
            if name.endswith("attn1"):
                processor = ReferenceAttention(_block_name(name))
            else:
                stage = {"down": "encoder", "mid_": "middle", "up_b": "decoder"}[name[:4]]
                processor = FocalAttention(plan, stage, attn.inner_dim, self.unet.config.cross_attention_dim)
            processors[f"{name}.processor"] = processor
        self.unet.set_attn_processor(processors)

    @property
    def plan(self) -> FocusPlan:
        """Which condition is seen where."""
        return FocusPlan(**(self.config.focus or {}))

    def forward(self, latents: Tensor, timestep: Tensor | int, focus: Focus, pose: Tensor | None = None) -> Tensor:
        """v-prediction (R, 4, h, w) for latents (R, 4, h, w).

        Args:
            latents: noisy latents; rows [unconditional, conditional].
            timestep: scalar or (R,).
            focus: the conditions of the conditional rows.
            pose: (R, C, h, w) from the pose guider, or None.
        """
        sample = latents if pose is None else torch.cat([latents, pose], 1)
        # The processors take their tokens from `focus`; the UNet itself only wants something of the right kind.
        unused = sample.new_zeros(len(sample), 1, self.unet.config.cross_attention_dim)
        return self.unet(sample, timestep, unused, cross_attention_kwargs={"focus": focus}, return_dict=False)[0]

    def project_reference(self, bank: Bank) -> Reference:
        """The keys and values this UNet reads from a ReferenceNet's bank."""
        return {
            _block_name(name): attn.processor.project(attn, bank[_block_name(name)].to(attn.to_k.weight))
            for name, attn in _attentions(self.unet)
            if name.endswith("attn1")
        }


class ReferenceUNet(ModelMixin, ConfigMixin):
    """Reads a clean latent once and hands on the input of each of its self-attentions.

    Args:
        sizes: arguments of `UNet2DConditionModel`.
    """

    _supports_gradient_checkpointing = True

    @register_to_config
    def __init__(self, *, sizes: Mapping[str, Any] = SD15) -> None:
        super().__init__()
        self.unet = UNet2DConditionModel(**sizes)
        self.unet.conv_norm_out = None
        self.unet.conv_out = nn.Identity()
        self.unet.set_attn_processor(
            {
                f"{name}.processor": BankWriter(_block_name(name)) if name.endswith("attn1") else TokenAttention()
                for name, _ in _attentions(self.unet)
            }
        )

    def forward(self, latents: Tensor, tokens: Tensor) -> tuple[Bank, Tensor]:
        """The bank (block name -> (B, N, C)) and the last block's output (B, C, h, w).

        Args:
            latents: (B, 4, h, w), the texture map's latent.
            tokens: (B, 1, C), the photo's token.
        """
        bank: Bank = {}
        out = self.unet(latents, 0, tokens, cross_attention_kwargs={"bank": bank}, return_dict=False)[0]
        return bank, out


def _attentions(unet: UNet2DConditionModel):
    for name, module in unet.named_modules():
        if name.endswith((".attn1", ".attn2")):
            yield name, module


def _block_name(attention: str) -> str:
    return attention.rsplit(".", 1)[0]
