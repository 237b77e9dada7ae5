"""A small KL autoencoder on 8 x 8 patches, for the bundled model: what Stable Diffusion's is to the published one.

Linear principal components of the patches are a skip on both sides, and convolutions learn what those miss: it starts
from a good code instead of from noise, which matters where hours of a CPU are all there is. It has the part of
`AutoencoderKL`'s interface that the pipeline uses.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.models.modeling_utils import ModelMixin
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import Tensor, nn

PATCH = 8


class ResidualBlock(nn.Module):
    """Two convolutions behind group norms, added to their input; begins as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(8, width), nn.GroupNorm(8, width)
        self.conv1, self.conv2 = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))


@dataclass(frozen=True)
class EncoderOutput:
    """What `encode` returns, as diffusers does: `.latent_dist`."""

    latent_dist: DiagonalGaussianDistribution


class PatchAutoencoder(ModelMixin, ConfigMixin):
    """Pictures (B, 3, H, W) in [-1, 1] to latents (B, C, H/8, W/8) and back.

    Args:
        latent_channels: C.
        fine, coarse: widths at a quarter and at an eighth of the size.
        blocks: residual blocks at each size.
        scaling_factor: brings latents to a standard deviation of 1.
    """

    scale = PATCH

    @register_to_config
    def __init__(
        self,
        *,
        latent_channels: int = 16,
        fine: int = 64,
        coarse: int = 128,
        blocks: int = 2,
        scaling_factor: float = 1.0,
    ) -> None:
        super().__init__()
        values = 3 * PATCH * PATCH
        self.to_code = nn.Conv2d(values, latent_channels, 1)
        self.from_code = nn.Conv2d(latent_channels, values, 1)
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, fine, 3, padding=1),
            *(ResidualBlock(fine) for _ in range(blocks)),
            nn.Conv2d(fine, coarse, 3, padding=1, stride=2),
            *(ResidualBlock(coarse) for _ in range(blocks)),
            nn.GroupNorm(8, coarse),
            nn.SiLU(),
            nn.Conv2d(coarse, 2 * latent_channels, 3, padding=1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(latent_channels, coarse, 3, padding=1),
            *(ResidualBlock(coarse) for _ in range(blocks)),
            nn.Conv2d(coarse, 4 * fine, 3, padding=1),
            nn.PixelShuffle(2),
            *(ResidualBlock(fine) for _ in range(blocks)),
            nn.GroupNorm(8, fine),
            nn.SiLU(),
            nn.Conv2d(fine, 48, 3, padding=1),
            nn.PixelShuffle(4),
        )
        for last in (self.encoder[-1], self.decoder[-2]):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        self.encoder[-1].bias.data[latent_channels:] = -6.0  # log variance: hardly any noise to begin with

    @torch.no_grad()
    def fit_components(self, pictures: Tensor) -> None:
        """Set the linear skips to the principal components of some pictures' patches (B, 3, H, W) in [-1, 1]. Each
        component is divided by the root of its deviation, so that fine ones count for something in the latents."""
        patches = F.pixel_unshuffle(pictures.double(), PATCH).movedim(1, -1).flatten(0, -2)
        mean = patches.mean(0)
        covariance = (patches - mean).T @ (patches - mean) / len(patches)
        variance, basis = torch.linalg.eigh(covariance)
        count = self.config.latent_channels
        basis, deviation = basis[:, -count:].flip(1), variance[-count:].flip(0).clamp_min(1e-8).sqrt()
        size = deviation.sqrt()
        self.to_code.weight.copy_((basis / size).T[:, :, None, None])
        self.to_code.bias.copy_(-(basis / size).T @ mean)
        self.from_code.weight.copy_((basis * size)[:, :, None, None])
        self.from_code.bias.copy_(mean)

    @apply_forward_hook  # else it would stay behind on the CPU where parts wait there for their turn
    def encode(self, pictures: Tensor) -> EncoderOutput:
        """The distribution of latents, not yet scaled."""
        code = self.to_code(F.pixel_unshuffle(pictures, PATCH))
        mean, spread = self.encoder(pictures).chunk(2, 1)
        return EncoderOutput(DiagonalGaussianDistribution(torch.cat([code + mean, spread], 1)))

    @apply_forward_hook
    def decode(self, latents: Tensor, return_dict: bool = False) -> tuple[Tensor]:
        """Pictures from latents that are not scaled; a tuple of one, as diffusers with `return_dict=False`."""
        return (F.pixel_shuffle(self.from_code(latents), PATCH) + self.decoder(latents),)

    def enable_slicing(self) -> None:
        """Nothing to do: it is small."""

    def enable_tiling(self) -> None:
        """Nothing to do: it is small."""
