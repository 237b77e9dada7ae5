"""Small pictures of what is being drawn, straight from its latents: a decoder at each step would cost too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from mcld_app.network.pipeline import MCLDPipeline


@dataclass(frozen=True, eq=False)
class LatentColours:
    """A linear map from a latent to its colour.

    Attributes:
        weights: (channels + 1, 3) float32; the last row is the offset.
    """

    weights: Tensor

    @classmethod
    def fitted(cls, pipe: MCLDPipeline) -> LatentColours:
        """Least squares over one encoded sheet of colours, so that it fits whatever autoencoder is loaded."""
        import torch
        import torch.nn.functional as F

        generator = torch.Generator("cpu").manual_seed(0)
        side = 16 * pipe.vae_scale
        sheet = F.interpolate(torch.rand(1, 3, 8, 8, generator=generator), (side, side), mode="nearest")
        latent = pipe.encode_latent(sheet, (side, side)).float()
        x = latent[0].flatten(1).T
        x = torch.cat([x, torch.ones_like(x[:, :1])], 1)
        y = F.interpolate(sheet, latent.shape[-2:], mode="area")[0].flatten(1).T.to(x.device)
        gram = x.T @ x + 1e-3 * torch.eye(x.shape[1], device=x.device)
        return cls(torch.linalg.solve(gram.cpu(), (x.T @ y).cpu()).to(x.device))

    def pictures(self, latents: Tensor, result: tuple[int, int]) -> list[np.ndarray]:
        """(h, w, 3) uint8 RGB of latents (B, C, h', w'), twice as high as these and of a result's shape."""
        import cv2

        latents = latents.float()
        colours = latents.movedim(1, -1) @ self.weights[:-1].to(latents) + self.weights[-1].to(latents)
        small = (colours.clamp(0, 1) * 255).byte().cpu().numpy()
        height, width = result
        tall = small.shape[1] * 2
        return [cv2.resize(s, (round(tall * width / height), tall), interpolation=cv2.INTER_LINEAR) for s in small]
