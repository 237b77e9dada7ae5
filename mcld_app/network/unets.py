"""The two UNets: stock `UNet2DConditionModel`s, fitted with our attention processors.

Arguments go by name: diffusers takes those given by place for defaults, and forgets them in `from_config`.

Their state dicts carry the authors' key names: a stock Stable Diffusion 1.5 UNet, plus `to_k_ip` and `to_v_ip` in each
cross-attention of the denoising one, minus the output layers in the ReferenceNet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import Tensor, nn

from mcld_app.network.attention import (
    Bank,
    BankWriter,
    FocalAttention,
    Focus,
    PlacedReferenceAttention,
    Reference,
    ReferenceAttention,
    TokenAttention,
)
from mcld_app.network.focus import FocusPlan
from mcld_app.network.places import FEATURES
from mcld_app.once import cached_property

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


@dataclass(frozen=True)
class Guide:
    """What the additions for small models read besides the paper's conditions; all off in the paper's configuration.

    Attributes:
        preview: (R, C + 1, h, w): the texture preview's latent, scaled, and the share of each cell the body covers; all
            zeros hide it (unconditional rows, always). None where the network takes none.
        places: (R, 20, h, w), see `places.cell_places`; None where the network takes none.
    """

    preview: Tensor | None = None
    places: Tensor | None = None

    def rows(self, count: int) -> Guide:
        """The same for `count` rows, where there is one row for all."""
        return Guide(*(None if x is None else x.expand(count, -1, -1, -1) for x in (self.preview, self.places)))

    @classmethod
    def joined(cls, guides: Sequence[Guide]) -> Guide:
        """Several guides as rows of one batch."""
        parts = ([getattr(guide, name) for guide in guides] for name in ("preview", "places"))
        return cls(*(None if values[0] is None else torch.cat(values) for values in parts))


class DenoisingUNet(ModelMixin, ConfigMixin):
    """Predicts v from noisy latents, the pose, and the focal conditions.

    Args:
        sizes: arguments of `UNet2DConditionModel`. With `skip` and `preview` the UNet's `out_channels` are twice its
            `in_channels`.
        focus: fields of `FocusPlan`; default the paper's.
        skip: addition, off (0) in the paper: the variance s2 of a skip from the noisy latents to the predicted clean
            ones, x0 = c z + F with c = sqrt(a) s2 / (a s2 + 1 - a), which is then turned into v.
        preview: addition, off in the paper: the texture preview's latent is seen at the first convolution and, with
            `skip`, added to x0 with a share the network chooses.
        places: addition, off in the paper: reference attention prefers the texels the pose shows (`places`).
        schedule: `DDIMScheduler`'s arguments for `skip`, which has to know a at each timestep.
    """

    _supports_gradient_checkpointing = True

    @register_to_config
    def __init__(
        self,
        *,
        sizes: Mapping[str, Any] = SD15,
        focus: Mapping[str, Any] | None = None,
        skip: float = 0.0,
        preview: bool = False,
        places: bool = False,
        schedule: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        plan = FocusPlan(**(focus or {}))
        self.unet = UNet2DConditionModel(**sizes)
        plain = self.unet.conv_in
        if skip:  # begins with what is known already: the noisy latents' share, and the preview
            nn.init.zeros_(self.unet.conv_out.weight)
            nn.init.zeros_(self.unet.conv_out.bias)
            self.unet.conv_out.bias.data[plain.in_channels :] = 2.0
        self.unet.conv_in = _PosedConv(plain.in_channels, plain.out_channels, plain.kernel_size, padding=plain.padding)
        processors = {}
        for name, attn in _attentions(self.unet):
            if name.endswith("attn1"):
                kind = PlacedReferenceAttention if places else ReferenceAttention
                processor = kind(_block_name(name), attn.heads) if places else kind(_block_name(name))
            else:
                stage = {"down": "encoder", "mid_": "middle", "up_b": "decoder"}[name[:4]]
                processor = FocalAttention(plan, stage, attn.inner_dim, self.unet.config.cross_attention_dim)
            processors[f"{name}.processor"] = processor
        self.unet.set_attn_processor(processors)
        read = (plain.in_channels + 1 if preview else 0) + (FEATURES if places else 0)
        self.guide_in = nn.Conv2d(read, plain.out_channels, 3, padding=1) if read else None

    @property
    def plan(self) -> FocusPlan:
        """Which condition is seen where."""
        return FocusPlan(**(self.config.focus or {}))

    def forward(
        self,
        latents: Tensor,
        timestep: Tensor | int,
        focus: Focus,
        pose: Tensor | None = None,
        guide: Guide | None = None,
    ) -> Tensor:
        """v-prediction (R, 4, h, w) for latents (R, 4, h, w).

        Args:
            latents: noisy latents; rows [unconditional, conditional].
            timestep: scalar or (R,).
            focus: the conditions of the conditional rows.
            pose: (R, C, h, w) from the pose guider, or None.
            guide: for the additions that are on, all rows; None hides it all.
        """
        dtype = latents.dtype
        hidden = guide is None or self.guide_in is None
        if not hidden:
            read = [x.to(dtype) for x in (guide.preview, guide.places) if x is not None]
            features = self.guide_in(torch.cat(read, 1))
            pose = features if pose is None else pose + features
        sample = latents if pose is None else torch.cat([latents, pose.to(dtype)], 1)
        # The processors take their tokens from `focus`; the UNet itself only wants something of the right kind.
        unused = sample.new_zeros(len(sample), 1, self.unet.config.cross_attention_dim)
        places = None if hidden else guide.places
        told = {"focus": focus, "places": places} if self.config.places else {"focus": focus}
        out = self.unet(sample, timestep, unused, cross_attention_kwargs=told, return_dict=False)[0]
        return self._skipped(latents, timestep, out, guide) if self.config.skip else out

    def _skipped(self, latents: Tensor, timestep: Tensor | int, out: Tensor, guide: Guide | None) -> Tensor:
        """v from what the UNet gives, by way of the clean latents it stands for."""
        t = torch.as_tensor(timestep, device=latents.device).long().expand(len(latents))
        a = self._alphas.to(latents.device)[t][:, None, None, None]
        channels = latents.shape[1]
        out, z = out.float(), latents.float()
        clean = out[:, :channels] + a.sqrt() * self.config.skip / (a * self.config.skip + 1 - a) * z
        if self.config.preview and guide is not None and guide.preview is not None:
            clean = clean + torch.sigmoid(out[:, channels:]) * guide.preview[:, :-1].float()  # its ground too
        return ((a.sqrt() * z - clean) / (1 - a).sqrt()).to(latents.dtype)

    @cached_property
    def _alphas(self) -> Tensor:
        return DDIMScheduler(**(self.config.schedule or {})).alphas_cumprod

    @apply_forward_hook  # where parts wait on the CPU for their turn, this is the beginning of this one's
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
