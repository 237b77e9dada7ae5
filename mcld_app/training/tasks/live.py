"""Train the live network on drawn people as the page would show them: found maps, their previews, and the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mcld_app.body.fitting.rest_places import texture_places
from mcld_app.body.surface import rest_surface
from mcld_app.data.live_store import OF_PEOPLE, LiveStore
from mcld_app.network.live import Drawn, LiveNetwork, Reference
from mcld_app.network.live_inputs import source_planes, target_planes
from mcld_app.training.config import Config
from mcld_app.training.critic import PatchCritic, criticised
from mcld_app.training.starting_points import load_parts
from mcld_app.training.tasks.refiner import ssim
from mcld_app.training.tasks.task import Task, grid_of

HAIR, STANDS_OFF = 3, 4
"""Of `LiveViews.regions`."""

_GROUPS = ((1, 2), (3,), (4,), (5, 6), (7, 9, 11, 13), (8, 10, 12, 14), (7, 8, 9, 10, 11, 12, 13, 14),
           (15, 17, 19, 21), (16, 18, 20, 22), (15, 16, 17, 18, 19, 20, 21, 22), (23, 24))  # fmt: skip
_HEAD = (23, 24)
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
        drawn = self.draw(given, hidden)
        return self._losses(given, drawn, generator)

    def draw(self, given: Mapping[str, Tensor], hidden: Hidden | None = None, *, blank: bool = False) -> Drawn:
        """Draw a batch; `blank` takes photo and texture map away."""
        views = given["truth"].shape[1]
        reference = self.reference(given, hidden, blank=blank)
        repeated = Reference(
            tuple(x.repeat_interleave(views, 0) for x in reference.keys),
            tuple(x.repeat_interleave(views, 0) for x in reference.values),
            reference.places.repeat_interleave(views, 0),
            reference.holds.repeat_interleave(views, 0),
            reference.summary.repeat_interleave(views, 0),
        )
        target = target_of(given, hidden).contiguous(memory_format=torch.channels_last)
        return self.live_network(target, repeated)

    def reference(self, given: Mapping[str, Tensor], hidden: Hidden | None, *, blank: bool) -> Reference:
        """The people's references."""
        photo, texture = photo_of(given), texture_of(given)
        if hidden is not None:
            photo[:, :4] *= ~hidden.photo
            texture[:, :3] *= ~hidden.texture
        if blank:
            photo[:, :4], texture[:, :3] = 0, 0
        with torch.no_grad():
            heads = _planes(given["face"]) / 127.5 - 1
            face = F.normalize(self.face_encoder(heads).float(), dim=-1)
            face = face * (given["face"].flatten(1).amax(1) > 0)[:, None]
        return self.live_network.refer(photo, texture, face)

    def _opened(self, device: torch.device) -> LiveStore:
        data = self.settings.data
        if self._store is None:
            self._store = LiveStore(Path(data.folder), device, data.people)
        elif not data.people or len(self._store) < data.people:
            self._store.refresh(most=8)
        return self._store

    def _losses(self, given: Mapping[str, Tensor], drawn: Drawn, generator: torch.Generator) -> dict[str, Tensor]:
        objective = self.settings.objective
        truth, alpha = _targets(given["truth"]) / 255, _targets(given["alphas"]) / 255
        share = torch.sigmoid(drawn.alpha.float())
        colour = drawn.colour.float()
        ground = grounds(len(truth), truth.shape[2:], generator).to(truth)
        picture, true = _over(colour, share, ground), _over(truth, alpha, ground)
        body = given["poses"].flatten(0, 1)
        watched = (body >= _HEAD[0]) | (body == 3) | (body == 4)
        weight = 0.3 + 0.7 * alpha + (_MORE - 1) * watched[:, None]
        l1 = ((picture - true).abs() * weight).mean() / weight.mean()
        edges = sum(
            ((picture.diff(dim=d) - true.diff(dim=d)).abs() * _between(weight, d)).mean() / weight.mean() for d in (2, 3)
        )
        alike = ssim(picture * 2 - 1, true * 2 - 1)
        cover = F.binary_cross_entropy_with_logits(drawn.alpha.float(), alpha)
        kept = ((1 - drawn.gate.float()) * agreement(given, truth, alpha)).mean()
        loss = l1 + 0.5 * edges + 0.15 * (1 - alike) + 0.25 * cover + objective.keep_preview * kept
        told = {"l1": l1, "edges": edges, "ssim": alike, "cover": cover, "kept": kept}
        told["gate"] = (drawn.gate.float() * alpha).sum() / alpha.sum()
        told["sharp"] = _sharpness(picture, alpha) / _sharpness(true, alpha)
        if self.critic is not None:
            places = torch.cat([_targets(given["places"]).float(), alpha], 1)
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
        drawn = self.draw(given)
        ground = torch.full_like(drawn.colour, 0.85)
        preview = _targets(given["previews"]) / 255
        rows = [
            _planes(given["photo"]) / 127.5 - 1,
            _over(preview[:, :3], preview[:, 3:4], ground) * 2 - 1,
            _over(drawn.colour, torch.sigmoid(drawn.alpha), ground) * 2 - 1,
            (torch.sigmoid(drawn.alpha) * 2 - 1).expand(-1, 3, -1, -1),
            _over(_targets(given["truth"]) / 255, _targets(given["alphas"]) / 255, ground) * 2 - 1,
        ]
        return grid_of([list(row) for row in zip(*rows, strict=True)])


class Hidden:
    """What a network may not see: of targets (P * K, 1, H, W), of photos (P, 1, H, W), of texture maps (P, 1, T, T);
    all bool."""

    def __init__(self, preview: Tensor, photo: Tensor, texture: Tensor) -> None:
        self.preview, self.photo, self.texture = preview, photo, texture


def hidden_pixels(
    given: Mapping[str, Tensor], share: float, heads: float, generator: torch.Generator
) -> Hidden:
    """What to hide of a batch, by chance: of `share` of the targets a few parts of the body, what stands off it, or all
    of the preview; of `heads` of the people the whole head, everywhere, so that F has something to say."""
    body, alpha = given["poses"].flatten(0, 1), given["previews"].flatten(0, 1)[..., 3] > 127
    people, count, views = len(given["photo"]), len(body), given["truth"].shape[1]
    draw = torch.rand(count, 2, generator=generator)
    parts = torch.zeros(count, 26, dtype=torch.bool)  # by number; the last is what stands off the body
    for n in (draw[:, 0] < share).nonzero()[:, 0].tolist():
        kind = float(draw[n, 1])
        if kind < 0.2:
            parts[n] = True
        if kind > 0.45:
            for group in torch.randperm(len(_GROUPS), generator=generator)[: 1 + int(kind > 0.8)].tolist():
                parts[n, list(_GROUPS[group])] = True
        parts[n, 25] |= 0.2 <= kind < 0.6  # hair, skirts and wide cloth
    headless = (torch.rand(people, generator=generator) < heads).to(body.device)
    shown = torch.where((body == 0) & alpha, 25, body.long())
    preview = parts.to(body.device).gather(1, shown.flatten(1)).view_as(alpha) & alpha
    preview |= _grown(body >= _HEAD[0]) & headless.repeat_interleave(views)[:, None, None]
    photo = _grown(given["iuv"] >= _HEAD[0]) & headless[:, None, None]
    texture = head_texels(given["coverage"].shape[-1], body.device) & headless[:, None, None]
    return Hidden(preview[:, None], photo[:, None], texture[:, None])


def worse(given: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    """A batch with some people mirrored, and each in another light: the same in all that shows them."""
    out = dict(given)
    people = len(given["photo"])
    mirrored = (torch.rand(people, generator=generator) < 0.5).to(given["photo"].device)
    for name, value in given.items():
        if name in ("snapped", "texture", "coverage", "face"):
            continue
        across = 2 if name in OF_PEOPLE else 3
        turned = value.flip(across)
        if name in ("places", "source_places"):
            turned = torch.cat([-turned[..., :1], turned[..., 1:]], -1)
        out[name] = torch.where(mirrored.view(-1, *[1] * (value.dim() - 1)), turned, value)
    out["mirrored"] = mirrored
    return out


def target_of(given: Mapping[str, Tensor], hidden: Hidden | None = None) -> Tensor:
    """Target planes (P * K, 10, H, W) of a batch."""
    preview = _targets(given["previews"]) / 255
    if hidden is not None:
        preview = preview * ~hidden.preview
    body = (given["poses"].flatten(0, 1) > 0)[:, None]
    return target_planes(preview, _targets(given["places"]), body, given["snapped"].flatten())


def photo_of(given: Mapping[str, Tensor]) -> Tensor:
    """Source planes (P, 9, H, W) of a batch's photos."""
    held = given["outline"][:, None].float() / 255
    body = (given["iuv"] > 0)[:, None]
    return source_planes(_planes(given["photo"]) / 255, held, _planes(given["source_places"]), body, held > 0)


def texture_of(given: Mapping[str, Tensor]) -> Tensor:
    """Source planes (P, 9, T, T) of a batch's texture maps."""
    picture = _planes(given["texture"]) / 255
    place, island = _texture_map(picture.shape[-1], picture.device)
    places = place.expand(len(picture), -1, -1, -1)
    if "mirrored" in given:
        sign = torch.where(given["mirrored"], -1.0, 1.0).view(-1, 1, 1, 1)
        places = torch.cat([places[:, :1] * sign, places[:, 1:]], 1)
    body = island.expand(len(picture), -1, -1, -1)
    return source_planes(picture, body, places, body, given["coverage"][:, None].float() / 255)


@lru_cache(maxsize=4)
def head_texels(side: int, device: torch.device) -> Tensor:
    """(side, side) bool, the head's texels."""
    part = rest_surface().part
    step = part.shape[0] // side
    return torch.from_numpy(part[step // 2 :: step, step // 2 :: step] >= _HEAD[0]).to(device)


@lru_cache(maxsize=4)
def _texture_map(side: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """`texture_places` as planes (3, side, side) and (1, side, side) float."""
    place, island = texture_places(side)
    return (
        torch.from_numpy(place).movedim(-1, 0).float().to(device),
        (torch.from_numpy(island)[None].float() / 255).to(device),
    )


@torch.no_grad()
def agreement(given: Mapping[str, Tensor], truth: Tensor, alpha: Tensor) -> Tensor:
    """(N, 1, H, W) in 0..1, where the preview's colours, read from the photo, are the truth's but for their detail:
    there is nothing to draw anew."""
    preview = _targets(given["previews"]) / 255
    both = (preview[:, 3:4] > 0.5).to(truth) * alpha * preview[:, 4:5]
    apart = (_low(preview[:, :3] * both) - _low(truth * both)).abs().sum(1, keepdim=True) / _low(both).clamp_min(0.05)
    return both * torch.exp(-apart / 0.15)


def grounds(count: int, size: Sequence[int], generator: torch.Generator) -> Tensor:
    """(count, 3, H, W) in 0..1: plain, and half of them with soft patches of other colours."""
    plain = torch.rand(count, 3, 1, 1, generator=generator)
    patches = torch.rand(count, 3, 6, 4, generator=generator)
    patches = F.interpolate(patches, tuple(size), mode="bilinear")
    busy = torch.rand(count, 1, 1, 1, generator=generator) < 0.5
    return torch.where(busy, patches, plain.expand_as(patches))


def _over(colour: Tensor, alpha: Tensor, ground: Tensor) -> Tensor:
    return alpha * colour + (1 - alpha) * ground


def _grown(mask: Tensor) -> Tensor:
    """(N, H, W) bool, grown by 8 to 16 pixels to all sides, in whole blocks of 8."""
    blocks = F.max_pool2d(F.max_pool2d(mask[:, None].float(), 8), 3, 1, 1)
    return F.interpolate(blocks, scale_factor=8)[:, 0] > 0


def _planes(pictures: Tensor) -> Tensor:
    return pictures.movedim(-1, 1).float()


def _targets(pictures: Tensor) -> Tensor:
    """Of targets (P, K, H, W[, C]) float (P * K, C, H, W)."""
    flat = pictures.flatten(0, 1)
    return (flat.movedim(-1, 1) if flat.dim() == 4 else flat[:, None]).float()


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
