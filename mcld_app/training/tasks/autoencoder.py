"""Train the bundled model's autoencoder: reconstruction and a KL term (Rombach et al., 2022), without a GAN."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from mcld_app.data.example import Example
from mcld_app.training.config import Config
from mcld_app.training.starting_points import load_parts
from mcld_app.training.tasks.task import Task, grid_of, pixels

_CROP = 128
_KL = 1e-6
_TO_FIT = 48  # examples whose patches the principal components are taken from


class AutoencoderTask(Task):
    """Reconstruct crops of photos, around the person, and of texture maps."""

    trains = ("vae",)

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.vae = load_parts(["vae"], config, trained={"vae"})["vae"]

    def prepare(self) -> None:
        """Begin from principal components, unless the run goes on from trained weights."""
        if self.settings.init or not hasattr(self.vae, "fit_components"):
            return
        data = self.dataset()
        batch = self.collate([data[n] for n in range(min(_TO_FIT, len(data)))])
        self.vae.fit_components(pixels(batch["crops"]))

    def collate(self, items: list[Example]) -> dict[str, Tensor]:
        """Crops (N, 128, 128, 3) uint8: of every target, where the person is, and two of each texture map."""
        crops = []
        for item in items:
            rng = np.random.default_rng(np.random.Philox(key=int(item.photo[::16, ::16].sum())))
            side = min(_CROP, *item.photo.shape[:2], item.texture.shape[0]) // 8 * 8
            for picture, pose in zip(item.targets, item.poses, strict=True):
                crops.append(_crop(picture, rng, pose[..., 0] > 0, side))
            crops += [_crop(item.texture, rng, item.texture.any(-1), side) for _ in range(2)]
        return {"crops": torch.from_numpy(np.stack(crops))}

    def forward(self, batch: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        """L1, squared error, the error of the gradient, and KL."""
        x = pixels(batch["crops"])
        found = self.vae.encode(x).latent_dist
        noise = torch.randn(found.mean.shape, generator=generator).to(x.device)
        y = self.vae.decode(found.mean + found.std * noise)[0].float()
        error = y - x
        across, down = error.diff(dim=3).abs().mean(), error.diff(dim=2).abs().mean()
        kl = found.kl().mean()
        squared = (error**2).mean()
        loss = error.abs().mean() + 4 * squared + 0.5 * (across + down) + _KL * kl
        return {"loss": loss, "psnr": -10 * torch.log10(squared.detach() / 4), "kl": kl}

    def show(self, batch: Mapping[str, Tensor]) -> np.ndarray:
        """Crops, and under each its reconstruction."""
        x = pixels(batch["crops"][:8])
        y = self.vae.decode(self.vae.encode(x).latent_dist.mean)[0]
        return grid_of([list(x), list(y)])


def _crop(picture: np.ndarray, rng: np.random.Generator, wanted: np.ndarray, side: int) -> np.ndarray:
    """A crop whose middle lies on something wanted, at a multiple of the patch (the code depends on the phase)."""
    height, width = picture.shape[:2]
    place = np.flatnonzero(wanted)
    y, x = divmod(int(place[rng.integers(len(place))]), width) if len(place) else (height // 2, width // 2)
    top = int(np.clip(y - side // 2, 0, height - side)) // 8 * 8
    left = int(np.clip(x - side // 2, 0, width - side)) // 8 * 8
    return picture[top : top + side, left : left + side]
