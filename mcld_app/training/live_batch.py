"""What the live network is given of a batch of drawn people, what of it is hidden, and how it is varied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mcld_app.body.fitting.rest_places import texture_places
from mcld_app.body.surface import rest_surface
from mcld_app.data.live_store import OF_PEOPLE
from mcld_app.network.live import Drawn, LiveNetwork
from mcld_app.network.live_inputs import source_planes, target_planes

_GROUPS = ((1, 2), (3,), (4,), (5, 6), (7, 9, 11, 13), (8, 10, 12, 14), (7, 8, 9, 10, 11, 12, 13, 14),
           (15, 17, 19, 21), (16, 18, 20, 22), (15, 16, 17, 18, 19, 20, 21, 22), (23, 24))  # fmt: skip
HEAD = 23
"""Parts of the head are numbered from here."""


@dataclass(frozen=True, eq=False)
class Hidden:
    """What a network may not see: of targets (P * K, 1, H, W), of photos (P, 1, H, W), of texture maps (P, 1, T, T);
    all bool."""

    preview: Tensor
    photo: Tensor
    texture: Tensor


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
    preview |= _grown(body >= HEAD) & headless.repeat_interleave(views)[:, None, None]
    photo = _grown(given["iuv"] >= HEAD) & headless[:, None, None]
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


def draw_batch(
    network: LiveNetwork,
    face_encoder: nn.Module,
    given: Mapping[str, Tensor],
    hidden: Hidden | None = None,
    *,
    blank: bool = False,
) -> Drawn:
    """Draw all targets of a batch of `LiveStore`.

    Args:
        network, face_encoder: on the batch's device.
        given: the batch.
        hidden: what may not be seen of it.
        blank: photo and texture map are taken away: an experiment.
    """
    photo, texture = photo_of(given), texture_of(given)
    if hidden is not None:
        photo[:, :4] *= ~hidden.photo
        texture[:, :3] *= ~hidden.texture
    if blank:
        photo[:, :4], texture[:, :3] = 0, 0
    with torch.no_grad():
        face = F.normalize(face_encoder(planes(given["face"]) / 127.5 - 1).float(), dim=-1)
        face = face * (given["face"].flatten(1).amax(1) > 0)[:, None]
    reference = network.refer(photo, texture, face).repeated(given["truth"].shape[1])
    return network(target_of(given, hidden).contiguous(memory_format=torch.channels_last), reference)


def target_of(given: Mapping[str, Tensor], hidden: Hidden | None = None) -> Tensor:
    """Target planes (P * K, 10, H, W) of a batch."""
    preview = of_targets(given["previews"]) / 255
    if hidden is not None:
        preview = preview * ~hidden.preview
    body = (given["poses"].flatten(0, 1) > 0)[:, None]
    return target_planes(preview, of_targets(given["places"]), body, given["snapped"].flatten())


def photo_of(given: Mapping[str, Tensor]) -> Tensor:
    """Source planes (P, 9, H, W) of a batch's photos."""
    held = given["outline"][:, None].float() / 255
    body = (given["iuv"] > 0)[:, None]
    return source_planes(planes(given["photo"]) / 255, held, planes(given["source_places"]), body, held > 0)


def texture_of(given: Mapping[str, Tensor]) -> Tensor:
    """Source planes (P, 9, T, T) of a batch's texture maps."""
    picture = planes(given["texture"]) / 255
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
    return torch.from_numpy(part[step // 2 :: step, step // 2 :: step] >= HEAD).to(device)


@lru_cache(maxsize=4)
def _texture_map(side: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """`texture_places` as planes (3, side, side) and (1, side, side) float."""
    place, island = texture_places(side)
    return (
        torch.from_numpy(place).movedim(-1, 0).float().to(device),
        (torch.from_numpy(island)[None].float() / 255).to(device),
    )


def _grown(mask: Tensor) -> Tensor:
    """(N, H, W) bool, grown by 8 to 16 pixels to all sides, in whole blocks of 8."""
    blocks = F.max_pool2d(F.max_pool2d(mask[:, None].float(), 8), 3, 1, 1)
    return F.interpolate(blocks, scale_factor=8)[:, 0] > 0


def planes(pictures: Tensor) -> Tensor:
    return pictures.movedim(-1, 1).float()


def of_targets(pictures: Tensor) -> Tensor:
    """Of targets (P, K, H, W[, C]) float (P * K, C, H, W)."""
    flat = pictures.flatten(0, 1)
    return (flat.movedim(-1, 1) if flat.dim() == 4 else flat[:, None]).float()
