"""Train the live network on drawn people as the page would show them: found maps, their previews, and the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mcld_app.data.live_store import LiveStore
from mcld_app.network.live import Drawn, LiveNetwork
from mcld_app.training.config import Config
from mcld_app.training.critic import PatchCritic, criticised
from mcld_app.training.live_batch import HEAD, draw_batch, hidden_pixels, of_targets, planes, worse
from mcld_app.training.starting_points import load_parts
from mcld_app.training.tasks.refiner import ssim
from mcld_app.training.tasks.task import Task, grid_of

_MORE = 3.0  # weight of faces and hands among the pixels, whose errors are seen first


class LiveTask(Task):
    """The live network, by pixels, gradients, structure and alpha; in a second stage by a critic of patches, too."""

    trains = ("live_network",)

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        parts = load_parts(["live_network", "face_encoder"], config, trained={"live_network"})
        self.live_network: LiveNetwork = parts["live_network"].to(memory_format=torch.channels_last)
        self.face_encoder = parts["face_encoder"]
        self.critic = PatchCritic() if config.objective.critic else None
        self._store: LiveStore | None = None

    def dataset(self) -> Sequence[int]:
        """Numbers of people: what they are made of lies on the device already."""
        return range(self.settings.data.people or 1_000_000)

    def collate(self, items: list[int]) -> dict[str, Tensor]:
        return {"people": torch.tensor(items)}

    def forward(self, batch: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        """The loss of some people in some of their targets."""
        store = self._opened(batch["people"].device)
        given = worse(store.batch(batch["people"].tolist(), self.settings.data.targets, generator), generator)
        objective = self.settings.objective
        hidden = hidden_pixels(given, objective.drop_preview, objective.drop_head, generator)
        drawn = draw_batch(self.live_network, self.face_encoder, given, hidden)
        return self._losses(given, drawn, generator)

    def _opened(self, device: torch.device) -> LiveStore:
        data = self.settings.data
        if self._store is None:
            self._store = LiveStore(Path(data.folder), device, data.people)
        elif not data.people or len(self._store) < data.people:
            self._store.refresh(most=8)
        return self._store

    def _losses(self, given: Mapping[str, Tensor], drawn: Drawn, generator: torch.Generator) -> dict[str, Tensor]:
        objective = self.settings.objective
        truth, alpha = of_targets(given["truth"]) / 255, of_targets(given["alphas"]) / 255
        share = torch.sigmoid(drawn.alpha.float())
        colour = drawn.colour.float()
        ground = grounds(len(truth), truth.shape[2:], generator).to(truth)
        picture, true = _over(colour, share, ground), _over(truth, alpha, ground)
        # Steps of a picture whose outline may lie elsewhere are least wrong where there are none: an outline that is
        # to be sharp is left to alpha's own error.
        inner = _over(colour, alpha, ground) if objective.sharp_edge else picture
        body = given["poses"].flatten(0, 1)
        watched = (body >= HEAD) | (body == 3) | (body == 4)
        weight = 0.3 + 0.7 * alpha + (_MORE - 1) * watched[:, None]
        l1 = ((picture - true).abs() * weight).mean() / weight.mean()
        steps = [(inner.diff(dim=d) - true.diff(dim=d)).abs() * _between(weight, d) for d in (2, 3)]
        edges = sum(step.mean() for step in steps) / weight.mean()
        alike = ssim(inner * 2 - 1, true * 2 - 1)
        cover = F.binary_cross_entropy_with_logits(drawn.alpha.float(), alpha)
        kept = ((1 - drawn.gate.float()) * agreement(given, truth, alpha)).mean()
        loss = l1 + 0.5 * edges + 0.15 * (1 - alike) + objective.keep_preview * kept
        told = {"l1": l1, "edges": edges, "ssim": alike, "cover": cover, "kept": kept}
        if objective.sharp_edge:
            outline, beyond = sharp_edge(colour, share, truth, alpha)
            loss = loss + 0.02 * cover + objective.sharp_edge * (outline + beyond)
            told |= {"outline": outline, "beyond": beyond}
        else:
            loss = loss + 0.25 * cover
        told["gate"] = (drawn.gate.float() * alpha).sum() / alpha.sum()
        told["sharp"] = _sharpness(picture, alpha) / _sharpness(true, alpha)
        if self.critic is not None:
            places = torch.cat([of_targets(given["places"]).float(), alpha], 1)
            shown = torch.cat([picture * 2 - 1, places], 1)
            fooled, near, own = criticised(self.critic, shown, torch.cat([true * 2 - 1, places], 1))
            loss = loss + objective.critic * (fooled + 5 * near) + own
            told |= {"fooled": fooled, "near": near, "critic": own}
        return {"loss": loss, **{name: value.detach() for name, value in told.items()}}

    @torch.no_grad()
    def show(self, batch: Mapping[str, Tensor]) -> np.ndarray:
        """Of four people: the photo, the preview, the drawn picture, its alpha, the truth."""
        store = self._opened(self.live_network.device)
        people = batch["people"].tolist()[:4]
        given = store.batch(people, 1, torch.Generator().manual_seed(0))
        drawn = draw_batch(self.live_network, self.face_encoder, given)
        ground = torch.full_like(drawn.colour, 0.85)
        preview = of_targets(given["previews"]) / 255
        rows = [
            planes(given["photo"]) / 127.5 - 1,
            _over(preview[:, :3], preview[:, 3:4], ground) * 2 - 1,
            _over(drawn.colour, torch.sigmoid(drawn.alpha), ground) * 2 - 1,
            (torch.sigmoid(drawn.alpha) * 2 - 1).expand(-1, 3, -1, -1),
            _over(of_targets(given["truth"]) / 255, of_targets(given["alphas"]) / 255, ground) * 2 - 1,
        ]
        return grid_of([list(row) for row in zip(*rows, strict=True)])


@torch.no_grad()
def agreement(given: Mapping[str, Tensor], truth: Tensor, alpha: Tensor) -> Tensor:
    """(N, 1, H, W) in 0..1, where the preview's colours, read from the photo, are the truth's but for their detail:
    there is nothing to draw anew."""
    preview = of_targets(given["previews"]) / 255
    both = (preview[:, 3:4] > 0.5).to(truth) * alpha * preview[:, 4:5]
    apart = (_low(preview[:, :3] * both) - _low(truth * both)).abs().sum(1, keepdim=True) / _low(both).clamp_min(0.05)
    return both * torch.exp(-apart / 0.15)


def sharp_edge(colour: Tensor, share: Tensor, truth: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Two errors of a drawn outline: alpha's own, most around the true one, whose least is a sharp edge at the
    likeliest place (of its square it would be a soft one); and that of the colours inside and around, before no ground,
    without which a thin alpha may have any colour below it.

    Args:
        colour, truth: (N, 3, H, W) in 0..1, straight; the truth's go on beyond the edge.
        share, alpha: (N, 1, H, W) in 0..1, drawn and true.
    """
    grown, shrunk = F.max_pool2d(alpha, 17, 1, 8), -F.max_pool2d(-alpha, 17, 1, 8)
    weight = 0.2 + (grown - shrunk)
    outline = ((share - alpha).abs() * weight).mean() / weight.mean()
    beyond = ((colour - truth).abs() * grown).sum() / (3 * grown.sum()).clamp_min(1)
    return outline, beyond


def grounds(count: int, size: Sequence[int], generator: torch.Generator) -> Tensor:
    """(count, 3, H, W) in 0..1: plain, and half of them with soft patches of other colours."""
    plain = torch.rand(count, 3, 1, 1, generator=generator)
    patches = torch.rand(count, 3, 6, 4, generator=generator)
    patches = F.interpolate(patches, tuple(size), mode="bilinear")
    busy = torch.rand(count, 1, 1, 1, generator=generator) < 0.5
    return torch.where(busy, patches, plain.expand_as(patches))


def _over(colour: Tensor, alpha: Tensor, ground: Tensor) -> Tensor:
    return alpha * colour + (1 - alpha) * ground


def _between(weight: Tensor, across: int) -> Tensor:
    length = weight.shape[across] - 1
    return (weight.narrow(across, 0, length) + weight.narrow(across, 1, length)) / 2


def _low(x: Tensor) -> Tensor:
    """What is left of a picture without its detail."""
    return F.interpolate(F.avg_pool2d(x, 8), scale_factor=8, mode="bilinear")


def _sharpness(picture: Tensor, alpha: Tensor) -> Tensor:
    inside = (alpha > 0.99).to(picture)
    across = (picture.diff(dim=3).abs() * inside[..., 1:] * inside[..., :-1]).mean()
    return across + (picture.diff(dim=2).abs() * inside[:, :, 1:] * inside[:, :, :-1]).mean()
