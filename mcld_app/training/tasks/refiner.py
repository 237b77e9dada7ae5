"""Train the detail refiner on what the denoiser really draws, with the denoiser fixed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mcld_app.training.config import Config
from mcld_app.training.starting_points import load_parts
from mcld_app.training.tasks.mcld import MCLDTask, blank_heads
from mcld_app.training.tasks.task import grid_of, pixels


class RefinerTask(MCLDTask):
    """Samples of one to three steps, decoded, and brought nearer to the truth."""

    trains = ("refiner",)
    _fixed = ("denoising_unet", "reference_unet", "pose_guider", "face_projector", "vae", "image_encoder")

    def __init__(self, config: Config) -> None:
        super(MCLDTask, self).__init__(config)
        fixed = [*self._fixed, *(["face_encoder"] if "face_encoder" in config.sizes else [])]
        for name, part in load_parts(["refiner", *fixed], config, trained={"refiner"}).items():
            setattr(self, name, part)
        self.plan, self.scale = self.denoising_unet.plan, self.vae.scale

    def prepare(self) -> None:
        """Nothing to measure."""

    def forward(self, batch: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        """L1, squared error, the gradient's error and 1 - SSIM, all on pixels; more on the person."""
        batch = blank_heads(batch, self.settings.objective.drop_head, generator)
        hidden = torch.rand(batch["targets"].shape[:2], generator=generator) < self.settings.objective.drop_preview
        steps = 1 + int(torch.randint(0, 3, (), generator=generator))
        seed = int(torch.randint(0, 2**31, (), generator=generator))
        with torch.no_grad():
            z = self.sample(batch, steps=steps, hidden=hidden, seed=seed)
            picture = self.vae.decode(z / self.vae.config.scaling_factor)[0]
        y = self.refiner(picture, z, self.shown(batch, hidden)).float()
        x = pixels(batch["targets"])
        weight = 1 + batch["alphas"].flatten(0, 1)[:, None].float() / 128
        error = y - x
        across, down = (y.diff(dim=3) - x.diff(dim=3)).abs().mean(), (y.diff(dim=2) - x.diff(dim=2)).abs().mean()
        squared = (error**2 * weight).mean()
        alike = ssim(y, x)
        loss = (error.abs() * weight).mean() + 2 * squared + across + down + 0.25 * (1 - alike)
        psnr = -10 * torch.log10((error.detach() ** 2).mean() / 4)
        before = -10 * torch.log10(((picture.float() - x) ** 2).mean() / 4)
        return {"loss": loss, "psnr": psnr, "before": before, "ssim": alike.detach()}

    def shown(self, batch: Mapping[str, Tensor], hidden: Tensor | None) -> Tensor:
        """The preview as the refiner takes it, (P * K, 5, H, W), all zeros where it is hidden."""
        planes = batch["previews"].flatten(0, 1)
        out = torch.cat([pixels(planes[..., :3]), planes[..., 3:].movedim(-1, 1).float() / 255], 1)
        return out if hidden is None else out * (~hidden).flatten()[:, None, None, None].to(out)

    def show(self, batch: Mapping[str, Tensor]) -> np.ndarray:
        """For four targets: truth, preview, decoded, refined."""
        batch = {name: value[:1] for name, value in batch.items()}
        z = self.sample(batch, steps=4)
        picture = self.vae.decode(z / self.vae.config.scaling_factor)[0]
        preview = self.shown(batch, None)
        refined = self.refiner(picture, z, preview)
        truth = pixels(batch["targets"])
        return grid_of([list(truth), list(preview[:, :3]), list(picture), list(refined)])


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean structural similarity (Wang et al., 2004) over 11 x 11 uniform windows, every fourth one, in [-1, 1]."""
    a, b = (a + 1) / 2, (b + 1) / 2

    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 11, 4)

    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    c1, c2 = 0.01**2, 0.03**2
    return (((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma**2 + mb**2 + c1) * (va + vb + c2))).mean()
