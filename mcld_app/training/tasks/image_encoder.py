"""Train the bundled model's image encoder by contrast, CLIP's objective."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mcld_app.data.example import Example
from mcld_app.training.config import Config, ConfigError
from mcld_app.training.preprocessing import clip_pixels
from mcld_app.training.starting_points import load_parts
from mcld_app.training.tasks.task import Task


class ImageEncoderTask(Task):
    """A photo, another photo of the same person, and their texture map should be told from everybody else's
    (InfoNCE, as CLIP; Radford et al., 2021)."""

    trains = ("image_encoder",)

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.image_encoder = load_parts(["image_encoder"], config, trained={"image_encoder"})["image_encoder"]
        self.log_scale = nn.Parameter(torch.tensor(2.7))
        if config.batch < 2:
            raise ConfigError("`batch` must be at least 2: there is nothing to tell apart in a batch of one.")

    def collate(self, items: list[Example]) -> dict[str, Tensor]:
        """CLIP pixels of photos, of one other target each, and of texture maps."""
        side, square = self.image_encoder.config.image_size, self.settings.data.size[0]
        other = [item.targets[-1 - int(item.photo.sum()) % max(len(item.targets) - 1, 1)] for item in items]
        texture = [item.texture for item in items]
        pictures = {"photo": [item.photo for item in items], "other": other, "texture": texture}
        return {name: clip_pixels(p, side, square) for name, p in pictures.items()}

    def forward(self, batch: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        """The contrast of photo and photo, and of photo and texture map; "hits" is how many find their own."""
        embeddings = {k: F.normalize(self.image_encoder(v).image_embeds.float(), dim=-1) for k, v in batch.items()}
        scale = self.log_scale.clamp(0, 4.6).exp()
        truth = torch.arange(len(embeddings["photo"]), device=scale.device)
        total, hits = 0.0, 0.0
        for name in ("other", "texture"):
            logits = scale * embeddings["photo"] @ embeddings[name].T
            total = total + (F.cross_entropy(logits, truth) + F.cross_entropy(logits.T, truth)) / 2
            hits = hits + (logits.argmax(1) == truth).float().mean() / 2
        return {"loss": total, "hits": hits}
