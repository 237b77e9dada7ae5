"""Train the bundled model's two face encoders, its own and the one that evaluation uses, by CosFace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mcld_app.training.config import Config, ConfigError
from mcld_app.training.starting_points import load_parts
from mcld_app.training.tasks.task import Task

_SCALE, _MARGIN = 16.0, 0.3  # CosFace (Wang et al., 2018), with a scale for hundreds of people, not for millions
_RAMP = 0.6  # share of the run over which the margin grows: with all of it from the start, all faces fall together


class FaceEncoderTask(Task):
    """Tell drawn people apart by their heads, with CosFace's margin over the training people. Trains the model's own
    encoder, or the second one that only evaluation uses where `sizes` names `face_judge`."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        name = "face_judge" if "face_judge" in config.sizes else "face_encoder"
        self.trains = (name,)
        setattr(self, name, load_parts([name], config, trained={name})[name])
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
        embedding = F.normalize(getattr(self, self.trains[0])(heads).float(), dim=-1)
        cosine = embedding @ F.normalize(self.classes.float(), dim=-1).T
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
