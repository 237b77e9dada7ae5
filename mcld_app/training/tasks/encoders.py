"""Train the bundled model's two encoders: pictures by contrast (CLIP's objective), faces by CosFace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mcld_app.data.example import Example
from mcld_app.training.config import Config, ConfigError
from mcld_app.training.parts import parts
from mcld_app.training.tasks.task import Task

_SCALE, _MARGIN = 16.0, 0.3  # CosFace (Wang et al., 2018), with a scale for hundreds of people, not for millions
_RAMP = 0.6  # share of the run over which the margin grows: with all of it from the start, all faces fall together


def clip_pixels(pictures: Sequence[np.ndarray], side: int, square: int) -> Tensor:
    """What CLIP's preprocessing gives for pictures squeezed to the network's square, as the engine does it.

    Args:
        pictures: (H, W, 3) uint8 RGB.
        side: of the image encoder's input.
        square: of the network's picture.

    Returns:
        (N, 3, side, side) float32.
    """
    from PIL import Image

    processor = feature_extractor(side)
    squeezed = [np.asarray(Image.fromarray(p).resize((square, square))) for p in pictures]
    return processor(squeezed, return_tensors="pt").pixel_values


def feature_extractor(side: int):
    """CLIP's preprocessing for an image encoder of that input size."""
    from transformers import CLIPImageProcessorPil

    return CLIPImageProcessorPil(
        size={"shortest_edge": side}, crop_size={"height": side, "width": side}, do_center_crop=True
    )


class ImageEncoderTask(Task):
    """A photo, another photo of the same person, and their texture map should be told from everybody else's
    (InfoNCE, as CLIP; Radford et al., 2021)."""

    trains = ("image_encoder",)

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.image_encoder = parts(["image_encoder"], config, trained={"image_encoder"})["image_encoder"]
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
        code = {k: F.normalize(self.image_encoder(v).image_embeds.float(), dim=-1) for k, v in batch.items()}
        scale = self.log_scale.clamp(0, 4.6).exp()
        truth = torch.arange(len(code["photo"]), device=scale.device)
        total, hits = 0.0, 0.0
        for name in ("other", "texture"):
            logits = scale * code["photo"] @ code[name].T
            total = total + (F.cross_entropy(logits, truth) + F.cross_entropy(logits.T, truth)) / 2
            hits = hits + (logits.argmax(1) == truth).float().mean() / 2
        return {"loss": total, "hits": hits}


class FaceEncoderTask(Task):
    """Tell drawn people apart by their heads, with CosFace's margin over the training people. Trains the model's own
    encoder, or the second one that only evaluation uses where `sizes` names `face_judge`."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        name = "face_judge" if "face_judge" in config.sizes else "face_encoder"
        self.trains = (name,)
        setattr(self, name, parts([name], config, trained={name})[name])
        if not config.data.people:
            raise ConfigError("`data.people` must say how many people are to be told apart.")
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)
            self.classes = nn.Parameter(torch.randn(config.data.people, getattr(self, name).config.identity))
        self.register_buffer("kept_count", torch.zeros(()))

    def dataset(self) -> Sequence:
        """Heads, see `data.heads`."""
        from mcld_app.data.heads import DrawnHeads

        data = self.settings.data
        folder = Path(data.folder) / "heads" if data.folder else None
        return DrawnHeads(data.people, data.targets, first=self.settings.seed * 100_000, folder=folder)

    def collate(self, items: list[tuple[int, np.ndarray]]) -> dict[str, Tensor]:
        """Heads (N, 64, 64, 3) uint8, and whose they are (N,)."""
        heads = np.stack([head for _, head in items])
        return {"heads": torch.from_numpy(heads), "whose": torch.tensor([who for who, _ in items])}

    def forward(self, batch: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        """CosFace's loss; "hits" is how many are told, without the margin."""
        whole = max(_RAMP * self.settings.steps * self.settings.accumulate, 1)
        share = min(float(self.kept_count) / whole, 1.0)
        self.kept_count += 1
        heads = _worse(batch["heads"].movedim(-1, 1).float() / 127.5 - 1, generator)
        code = F.normalize(getattr(self, self.trains[0])(heads).float(), dim=-1)
        cosine = code @ F.normalize(self.classes.float(), dim=-1).T
        margin = share * _MARGIN * F.one_hot(batch["whose"], cosine.shape[1])
        loss = F.cross_entropy(_SCALE * (cosine - margin), batch["whose"])
        return {"loss": loss, "hits": (cosine.argmax(1) == batch["whose"]).float().mean()}


def _worse(heads: Tensor, generator: torch.Generator) -> Tensor:
    """Heads as they come: smaller, in other light, not quite in the middle nor of quite that size, mirrored."""
    side = heads.shape[-1]

    def number() -> float:
        return float(torch.rand((), generator=generator))

    zoom = 0.8 + 0.4 * number()
    move = torch.tensor([[zoom, 0, 0], [0, zoom, 0]]).float().expand(len(heads), -1, -1)
    around = F.affine_grid(move, list(heads.shape), align_corners=False).to(heads.device)
    heads = F.grid_sample(heads, around, padding_mode="border", align_corners=False)
    small = int(side * (0.35 + 0.65 * number()))
    out = F.interpolate(heads, (small, small), mode="bilinear", antialias=True)
    out = F.interpolate(out, (side, side), mode="bicubic")
    dx, dy = (round((number() - 0.5) * 8) for _ in range(2))
    out = torch.roll(out, (dy, dx), (2, 3))
    if number() < 0.5:
        out = out.flip(3)
    gain = 0.85 + 0.3 * torch.rand(len(out), 1, 1, 1, generator=generator).to(out.device)
    noise = 0.03 * torch.randn(out.shape, generator=generator).to(out.device)
    return (out + 1) * gain - 1 + noise
