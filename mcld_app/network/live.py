"""The live network: one pass over the texture preview at full size, with MCLD's conditions.

What is MCLD's in it: the source photo and the texture map go through a ReferenceNet whose keys and values are kept for
a person; the target asks them by attention; I (the photo as a whole), A (the appearance as a whole) and F (the face)
steer the middle; the pose is the IUV map. What is not: there is no noise and no second step, and each pixel may be
copied from the preview (a gate), drawn (a synthesis), and be more or less of the person (alpha), so that any ground can
stand behind.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

TARGET_PLANES = 10
"""Of the target: RGB 0..1 of the preview times its alpha, alpha, whether its colour was seen (0..1), place on the
resting body (x, y, z) / m from its middle, 1 on the body, 1 everywhere where the map is a picture's own."""

SOURCE_PLANES = 9
"""Of a reference: RGB 0..1, how much of it counts (the person's outline; of a texture map, 1 on its islands), place on
the resting body (3), 1 on the body, 1 where it was seen (in a photo: as the second)."""

_CARRIED = 8  # planes of colours carried over from the reference, see `carried`

CELL = 16
"""Pixels of the side of what attention sees as one."""

_PLACE_WAVES = (1.5, 3.0, 6.0)
_PLACES = 3 + 6 * len(_PLACE_WAVES) + 2
_REACH = 0.09  # metres on the body within which a cell of the source is likely the one meant
_LEAST_PRIOR = -7.0
_WIDEST = 12.0  # of alpha's logit: a sigmoid that is further out hardly learns any more


@dataclass(frozen=True, eq=False)
class Reference:
    """What is kept for a person: of each attention, keys and values (B, heads, cells, width); the cells' places
    (B, cells, 3) and how much each holds (B, cells); the colours of what each shows of the body and of what stands off
    it, (B, 2, cells, 3), and how much that is, (B, 2, cells); and the summary of photo and appearance (B, C)."""

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    places: Tensor
    holds: Tensor
    colours: Tensor
    shares: Tensor
    summary: Tensor

    def repeated(self, times: int) -> Reference:
        """Each person so many times in a row."""
        kept = (tuple(x.repeat_interleave(times, 0) for x in of) for of in (self.keys, self.values))
        rest = (
            x.repeat_interleave(times, 0) for x in (self.places, self.holds, self.colours, self.shares, self.summary)
        )
        return Reference(*kept, *rest)


@dataclass(frozen=True, eq=False)
class Drawn:
    """What one pass gives.

    Attributes:
        colour: (B, 3, H, W) about 0..1, straight RGB of the person.
        alpha: (B, 1, H, W) logit of how much of a pixel is the person.
        gate: (B, 1, H, W) in 0..1, how much was copied from the preview.
    """

    colour: Tensor
    alpha: Tensor
    gate: Tensor


class ChannelNorm(nn.Module):
    """Each pixel's channels brought to one length: the same for a part of a picture as for the whole of it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x.movedim(1, -1), self.weight.shape, self.weight.to(x.dtype), 1e-5).movedim(-1, 1)


class Block(nn.Module):
    """Residual: norm, 3 x 3, SiLU, 3 x 3; with a steering (scale, shift) after the first convolution; and a wide
    depthwise convolution before, where `wide` > 0."""

    def __init__(self, width: int, *, norm: bool = True, wide: int = 0) -> None:
        super().__init__()
        self.norm = ChannelNorm(width) if norm else nn.Identity()
        self.wide = nn.Conv2d(width, width, wide, padding=wide // 2, groups=width) if wide else None
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor, steering: tuple[Tensor, Tensor] | None = None) -> Tensor:
        y = self.norm(x)
        if self.wide is not None:
            y = y + self.wide(y)
        y = self.first(y)
        if steering is not None:
            y = y * (1 + steering[0]) + steering[1]
        return x + self.second(F.silu(y))


class PlacedAttention(nn.Module):
    """Attention of target cells to a reference's, which know where on the body they lie."""

    def __init__(self, width: int, reference: int, heads: int, head: int) -> None:
        super().__init__()
        self.heads, self.head = heads, head
        self.norm = ChannelNorm(width)
        self.query = nn.Conv2d(width, heads * head, 1)
        self.query_place = nn.Linear(_PLACES, heads * head, bias=False)
        self.key = nn.Linear(reference, heads * head)
        self.key_place = nn.Linear(_PLACES, heads * head, bias=False)
        self.value = nn.Linear(reference, heads * head)
        self.out = nn.Conv2d(heads * head, width, 1)
        self.gain = nn.Parameter(torch.linspace(0.4, 1.6, heads))

    def kept(self, cells: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (B, heads, N, head) of cells (B, N, C) with place features (B, N, _PLACES)."""
        key = self.key(cells) + self.key_place(features)
        return self._split(key), self._split(self.value(cells))

    def forward(self, x: Tensor, features: Tensor, key: Tensor, value: Tensor, prior: Tensor) -> Tensor:
        b, _, h, w = x.shape
        query = self.query(self.norm(x)).flatten(2).transpose(1, 2) + self.query_place(features)
        weight = self._split(query) @ key.transpose(2, 3) / math.sqrt(self.head)
        weight = weight + self.gain.view(1, -1, 1, 1) * prior[:, None]
        found = (weight.softmax(-1) @ value).transpose(2, 3).reshape(b, -1, h, w)
        return x + self.out(found)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, self.head)).transpose(1, 2)


class ReferenceNet(nn.Module):
    """Reads a picture of the person, or their texture map, down to cells of 16 pixels."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        a, b, c = widths
        self.into = nn.Conv2d(SOURCE_PLANES * 16, a, 1)
        self.fine = Block(a)
        self.down1 = nn.Conv2d(4 * a, b, 1)
        self.middle = nn.ModuleList([Block(b), Block(b)])
        self.down2 = nn.Conv2d(4 * b, c, 1)
        self.coarse = nn.ModuleList([Block(c), Block(c)])

    def forward(self, planes: Tensor) -> Tensor:
        x = self.fine(self.into(F.pixel_unshuffle(planes, 4)))
        x = self.down1(F.pixel_unshuffle(x, 2))
        for block in self.middle:
            x = block(x)
        x = self.down2(F.pixel_unshuffle(x, 2))
        for block in self.coarse:
            x = block(x)
        return x


class LiveNetwork(ModelMixin, ConfigMixin):
    """The network.

    Args:
        widths: of the target's levels, at 1/4, 1/8 and 1/16 of the size.
        reference: of the reference's.
        heads, head: of the attentions to it: how many, and how wide.
        tail: channels at full size.
        identity: length of F.
    """

    @register_to_config
    def __init__(
        self,
        *,
        widths: Sequence[int] = (32, 96, 160),
        reference: Sequence[int] = (32, 64, 128),
        heads: int = 4,
        head: int = 24,
        tail: int = 16,
        identity: int = 512,
    ) -> None:
        super().__init__()
        a, b, c = widths
        deep = reference[-1]
        self.reference_net = ReferenceNet(reference)
        self.kind = nn.Parameter(torch.zeros(2, deep))  # photo, texture map
        self.face = nn.Linear(identity, deep)
        self.steer = nn.Sequential(nn.Linear(3 * deep, 2 * deep), nn.SiLU(), nn.Linear(2 * deep, 2 * c))
        nn.init.zeros_(self.steer[2].weight)
        nn.init.zeros_(self.steer[2].bias)

        self.into = nn.Conv2d(TARGET_PLANES * 16 + _CARRIED, a, 1)
        self.fine = nn.ModuleList([Block(a, norm=False), Block(a, norm=False)])
        self.down1 = nn.Conv2d(4 * a, b, 1)
        self.middle = nn.ModuleList([Block(b), Block(b)])
        self.down2 = nn.Conv2d(4 * b, c, 1)
        self.coarse = nn.ModuleList([Block(c, wide=5) for _ in range(3)])
        self.attend = nn.ModuleList([PlacedAttention(c, deep, heads, head) for _ in range(2)])
        self.up2 = nn.Conv2d(c, 4 * b, 1)
        self.middle_up = nn.ModuleList([Block(b), Block(b)])
        self.up1 = nn.Conv2d(b, 4 * a, 1)
        self.fine_up = nn.ModuleList([Block(a, norm=False), Block(a, norm=False)])
        self.spread = nn.Conv2d(a, 16 * (tail // 2), 1)
        self.detail = nn.Conv2d(tail // 2 + 5 + _CARRIED, tail, 3, padding=1)
        self.out = nn.Conv2d(tail, 5, 3, padding=1)
        nn.init.normal_(self.out.weight, std=1e-3)
        with torch.no_grad():
            self.out.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 2.0, 0.0]))

    def refer(self, photo: Tensor, texture: Tensor, face: Tensor) -> Reference:
        """What is kept for a person.

        Args:
            photo: (B, 9, H, W), see `SOURCE_PLANES`, sides multiples of 16.
            texture: (B, 9, T, T), likewise.
            face: (B, 512) identity, normalised; zeros = none.
        """
        cells, places, holds, features, means, seen = [], [], [], [], [], []
        for kind, planes in enumerate((photo, texture)):
            x = self.reference_net(planes)
            place, share = cell_places(planes[:, 4:7], planes[:, 7:8])
            held = F.avg_pool2d(planes[:, 3:4], CELL).flatten(1)
            x = x.flatten(2).transpose(1, 2) + self.kind[kind]
            means.append((x * held[..., None]).sum(1) / held.sum(1, keepdim=True).clamp_min(1))
            cells.append(x)
            places.append(place)
            holds.append(held)
            features.append(place_features(place, share, held))
            seen.append(cell_colours(planes))
        x, place, held = torch.cat(cells, 1), torch.cat(places, 1), torch.cat(holds, 1)
        kept = [attention.kept(x, torch.cat(features, 1)) for attention in self.attend]
        summary = torch.cat([*means, self.face(face)], 1)
        colours, shares = (torch.cat(parts, 2) for parts in zip(*seen, strict=True))
        return Reference(tuple(k for k, _ in kept), tuple(v for _, v in kept), place, held, colours, shares, summary)

    def forward(self, target: Tensor, reference: Reference) -> Drawn:
        """Draw.

        Args:
            target: (B, 10, H, W), see `TARGET_PLANES`; sides multiples of 16.
            reference: of B people, or of one.
        """
        place, share = cell_places(target[:, 5:8], target[:, 8:9])
        features = place_features(place, share, F.avg_pool2d(target[:, 3:4], CELL).flatten(1))
        apart = distances(place, reference.places)
        prior = place_prior(apart, reference.holds)
        scale, shift = self.steer(reference.summary)[..., None, None].chunk(2, 1)

        brought = carried(apart, reference, target.shape[2] // CELL)
        quarter = F.interpolate(brought, scale_factor=CELL // 4, mode="bilinear")
        fine = self.into(torch.cat([F.pixel_unshuffle(target, 4), quarter], 1))
        for block in self.fine:
            fine = block(fine)
        middle = self.down1(F.pixel_unshuffle(fine, 2))
        for block in self.middle:
            middle = block(middle)
        x = self.down2(F.pixel_unshuffle(middle, 2))
        for level, block in enumerate(self.coarse):
            x = block(x, (scale, shift))
            if level < len(self.attend):
                x = self.attend[level](x, features, reference.keys[level], reference.values[level], prior)
        x = middle + F.pixel_shuffle(self.up2(x), 2)
        for block in self.middle_up:
            x = block(x)
        x = fine + F.pixel_shuffle(self.up1(x), 2)
        for block in self.fine_up:
            x = block(x)
        x = F.pixel_shuffle(self.spread(F.silu(x)), 4)
        whole = F.interpolate(quarter, scale_factor=4, mode="bilinear")
        x = self.out(F.silu(self.detail(torch.cat([x, target[:, :5], whole], 1))))
        return combined(x, target)


def combined(x: Tensor, target: Tensor) -> Drawn:
    """Colour, alpha and gate from the last layer's five channels and the target's planes. Where the preview shows
    nothing there is nothing to copy; where it does, alpha starts from its own."""
    alpha = target[:, 3:4]
    preview = target[:, :3] / alpha.clamp_min(1 / 255)
    gate = torch.sigmoid(x[:, 3:4]) * (alpha > 0.5).to(x)
    colour = gate * preview + (1 - gate) * (0.5 + x[:, :3])
    logit = _WIDEST * torch.tanh((x[:, 4:5] + 8 * (alpha - 0.5)) / _WIDEST)
    return Drawn(colour, logit, gate)


def cell_places(places: Tensor, body: Tensor) -> tuple[Tensor, Tensor]:
    """The mean place of each cell's body pixels, (B, N, 3), and their share, (B, N); a cell with none takes the mean of
    those around it, from wider and wider around.

    Args:
        places: (B, 3, H, W) metres.
        body: (B, 1, H, W) 1 on the body.
    """
    share = F.avg_pool2d(body.float(), CELL)
    total = F.avg_pool2d(places.float() * body.float(), CELL)
    place, known = total / share.clamp_min(1e-6), share > 0
    for reach in (3, 7, 15, 63):
        near = F.avg_pool2d(share, reach, 1, reach // 2, count_include_pad=False)
        mean = F.avg_pool2d(total, reach, 1, reach // 2, count_include_pad=False) / near.clamp_min(1e-6)
        place = torch.where(known, place, mean)
        known = known | (near > 0)
    return place.flatten(2).transpose(1, 2), share.flatten(1)


def cell_colours(planes: Tensor) -> tuple[Tensor, Tensor]:
    """Of a reference's planes (B, 9, H, W): each cell's mean colours of the body and of what stands off it,
    (B, 2, N, 3), and how much of the cell that is, (B, 2, N)."""
    body = planes[:, 7:8]
    colours, shares = [], []
    for kind in (body, 1 - body):
        share = F.avg_pool2d(planes[:, 3:4] * kind, CELL)
        colours.append((F.avg_pool2d(planes[:, :3] * kind, CELL) / share.clamp_min(1e-3)).flatten(2).transpose(1, 2))
        shares.append(share.flatten(1))
    return torch.stack(colours, 1), torch.stack(shares, 1)


def carried(apart: Tensor, reference: Reference, rows: int) -> Tensor:
    """What the reference shows where the target's cells lie on the body: (B, 8, h, w), of the body and of what stands
    off it the colour, and how sure it is that there is any, 0..1.

    Args:
        apart: see `distances`; the target's cells are `rows` high.
        reference: the person's.
    """
    near, out = torch.exp(-apart), []
    for kind in (0, 1):
        weight = near * reference.shares[:, kind, None].float()
        total = weight.sum(2, keepdim=True)
        colour = weight @ reference.colours[:, kind].float() / total.clamp_min(1e-4)
        out.append(torch.cat([colour, total.clamp_max(1)], 2))
    return torch.cat(out, 2).transpose(1, 2).unflatten(2, (rows, -1))


def place_features(place: Tensor, share: Tensor, held: Tensor) -> Tensor:
    """(B, N, 23): a place, its waves, the body's share of the cell and how much the cell holds."""
    waves = [f(place * (k * math.pi)) for k in _PLACE_WAVES for f in (torch.sin, torch.cos)]
    return torch.cat([place, *waves, share[..., None], held[..., None]], -1)


def distances(target: Tensor, source: Tensor) -> Tensor:
    """(B, N, M): how far on the resting body a target's cells lie from a source's, squared, by what counts as near."""
    return torch.cdist(target.float(), source.float()).square() / (2 * _REACH**2)


def place_prior(apart: Tensor, holds: Tensor) -> Tensor:
    """(B, N, M): how likely each target cell shows what a source cell does, as a logarithm, by their distance and by
    how much the source's cell holds."""
    return (-apart).clamp_min(_LEAST_PRIOR) + 0.8 * holds[:, None].clamp_min(1e-3).log()
