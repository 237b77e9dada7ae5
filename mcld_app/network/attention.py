"""Attention processors: the reference in self-attention, the three focal conditions in cross-attention.

Both are stateless during a forward pass: everything they need comes in as keyword arguments, so one network may serve
several threads. Rows of a batch are ordered [unconditional rows, conditional rows], as the authors order them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mcld_app.network.focus import SLOTS, FocusPlan
from mcld_app.network.places import FEATURES, PlacePreference, grid_places
from mcld_app.request import Conditions

Bank = dict[str, Tensor]  # self-attention's name -> its normalised input in the ReferenceNet, (B, N, C)
Reference = Mapping[str, tuple[Tensor, Tensor]]  # name -> keys and values (B, heads, N, C / heads)


@dataclass
class FocusRecord:
    """Where the network looked, summed up over a run. Maps are (B, h, w) float32 at the finest latent size.

    Attributes:
        size: (h, w) of the latents.
        sums: "reference", "photo", "texture", "face" -> summed map; counts: how many maps went into each.
    """

    size: tuple[int, int]
    sums: dict[str, Tensor] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, values: Tensor) -> None:
        """Add a map (B, N) over the N places of a block's own size."""
        h, w = self.size
        while h * w > values.shape[1]:  # each level of the UNet halves, and rounds up
            h, w = (h + 1) // 2, (w + 1) // 2
        grid = values.float().reshape(len(values), 1, h, w)
        grid = F.interpolate(grid, self.size, mode="nearest")[:, 0].cpu()
        self.sums[name] = self.sums[name] + grid if name in self.sums else grid
        self.counts[name] = self.counts.get(name, 0) + 1


@dataclass(frozen=True)
class Focus:
    """What one forward pass of the denoising UNet attends to.

    Attributes:
        tokens: slot -> (B, T, C) for the conditional rows; a plan's slot that is missing counts as zeros of one token.
        reference: see `Reference`, for the conditional rows; None attends to the own tokens only.
        unconditional: how many rows at the start of the batch are unconditional.
        face_weight: the weight of F where it is added (paper, eq. 3: lambda).
        record: where to note attention, or None.
    """

    tokens: Mapping[str, Tensor]
    reference: Reference | None = None
    unconditional: int = 0
    face_weight: float = Conditions.face_weight
    record: FocusRecord | None = None


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _merge(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)


def _finish(attn, x: Tensor) -> Tensor:
    return attn.to_out[1](attn.to_out[0](x)) / attn.rescale_output_factor


class BankWriter:
    """Self-attention of the ReferenceNet: hands its input on, and is otherwise ordinary."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, bank=None, **_) -> Tensor:
        if bank is not None:
            bank[self.name] = hidden_states
        q, k, v = (_heads(project(hidden_states), attn.heads) for project in (attn.to_q, attn.to_k, attn.to_v))
        return _finish(attn, _merge(F.scaled_dot_product_attention(q, k, v)))


class TokenAttention:
    """Cross-attention of the ReferenceNet: ordinary, but deaf to the arguments meant for `BankWriter`."""

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, bank=None, **_) -> Tensor:
        q = _heads(attn.to_q(hidden_states), attn.heads)
        k, v = (_heads(project(encoder_hidden_states), attn.heads) for project in (attn.to_k, attn.to_v))
        return _finish(attn, _merge(F.scaled_dot_product_attention(q, k, v)))


class ReferenceAttention:
    """Self-attention of the denoising UNet: conditional rows see their own tokens and the reference's, unconditional
    rows their own only."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, focus=None, **_) -> Tensor:
        q, k, v = (_heads(project(hidden_states), attn.heads) for project in (attn.to_q, attn.to_k, attn.to_v))
        if focus is None or focus.reference is None:
            return _finish(attn, _merge(F.scaled_dot_product_attention(q, k, v)))
        n = focus.unconditional
        ref_k, ref_v = (x.to(q.device) for x in focus.reference[self.name])  # they may wait on the CPU
        keys, values = torch.cat([k[n:], ref_k], 2), torch.cat([v[n:], ref_v], 2)
        if focus.record is not None:
            own = k.shape[2]
            weights = torch.softmax(q[n:].float() @ keys.float().transpose(-1, -2) * q.shape[-1] ** -0.5, -1)
            focus.record.add("reference", weights[..., own:].sum(-1).mean(1))
        out = F.scaled_dot_product_attention(q[n:], keys, values)
        if n:
            out = torch.cat([F.scaled_dot_product_attention(q[:n], k[:n], v[:n]), out])
        return _finish(attn, _merge(out))

    def project(self, attn, hidden_states: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of a reference (B, N, C): constant over all steps, so worked out once per texture map."""
        return _heads(attn.to_k(hidden_states), attn.heads), _heads(attn.to_v(hidden_states), attn.heads)


class PlacedReferenceAttention(nn.Module):
    """`ReferenceAttention` with a preference for the reference cells that the pose shows, an addition (`places`).

    Args:
        name: of the block.
        heads: of the attention.
    """

    def __init__(self, name: str, heads: int) -> None:
        super().__init__()
        self.name = name
        self.prefer = PlacePreference(heads)

    # Not `forward`: diffusers reads the names of a processor's arguments off `__call__`.
    def __call__(
        self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, focus=None, places=None, **_
    ) -> Tensor:
        q, k, v = (_heads(project(hidden_states), attn.heads) for project in (attn.to_q, attn.to_k, attn.to_v))
        if focus is None or focus.reference is None:
            return _finish(attn, _merge(F.scaled_dot_product_attention(q, k, v)))
        n, width = focus.unconditional, q.shape[-1]
        ref_k, ref_v = (x.to(q.device) for x in focus.reference[self.name])
        if places is None:
            liked = q.new_zeros(len(q) - n, attn.heads, q.shape[2], FEATURES)
        else:
            liked = self.prefer.queries(places[n:], places.shape[-2:], q.shape[2], width).to(q.dtype)
        queries = torch.cat([q[n:], liked], -1)
        keys = torch.cat([F.pad(k[n:], (0, FEATURES)), ref_k], 2)
        values = torch.cat([v[n:], ref_v], 2)
        if focus.record is not None:
            own = k.shape[2]
            weights = torch.softmax(queries.float() @ keys.float().transpose(-1, -2) * width**-0.5, -1)
            focus.record.add("reference", weights[..., own:].sum(-1).mean(1))
        # Values are padded to the keys' width: PyTorch's fast attention wants them alike.
        out = F.scaled_dot_product_attention(queries, keys, F.pad(values, (0, FEATURES)), scale=width**-0.5)
        out = out[..., :width]
        if n:
            out = torch.cat([F.scaled_dot_product_attention(q[:n], k[:n], v[:n]), out])
        return _finish(attn, _merge(out))

    def project(self, attn, hidden_states: Tensor) -> tuple[Tensor, Tensor]:
        """Keys, with their places behind them, and values of a reference (B, N, C)."""
        k, v = _heads(attn.to_k(hidden_states), attn.heads), _heads(attn.to_v(hidden_states), attn.heads)
        grid = grid_places(k.shape[2], k).expand(*k.shape[:2], -1, -1)
        return torch.cat([k, grid], -1), v


class FocalAttention(nn.Module):
    """Cross-attention of the denoising UNet (paper, eqs. 3 and 4): the stage's own slots concatenated, and the face
    with its own keys and values (`to_k_ip`, `to_v_ip`, as the authors name them) added with a weight.

    Unconditional rows attend to all-zero tokens. Keys and values have no bias, so that gives zeros; they are written
    down as such instead of being worked out.
    """

    def __init__(self, plan: FocusPlan, stage: str, width: int, token_width: int) -> None:
        super().__init__()
        self.slots = plan.slots(stage)
        if plan.face_added and self.slots:
            self.to_k_ip = nn.Linear(token_width, width, bias=False)
            self.to_v_ip = nn.Linear(token_width, width, bias=False)
        else:
            self.to_k_ip = self.to_v_ip = None

    # Not `forward`: diffusers reads the names of a processor's arguments off `__call__`.
    def __call__(
        self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, focus=None, places=None, **_
    ) -> Tensor:
        n = focus.unconditional
        rows = hidden_states[n:]
        q = _heads(attn.to_q(rows), attn.heads)
        tokens = [focus.tokens[slot].to(rows.device) for slot in self.slots if slot in focus.tokens]
        out = torch.zeros_like(rows[..., :1]).expand(-1, -1, attn.inner_dim)
        spans = []
        if tokens:
            joined = torch.cat(tokens, 1)
            k, v = _heads(attn.to_k(joined), attn.heads), _heads(attn.to_v(joined), attn.heads)
            out = _merge(F.scaled_dot_product_attention(q, k, v))
            spans = [(slot, focus.tokens[slot].shape[1]) for slot in self.slots if slot in focus.tokens]
        face = None
        if self.to_k_ip is not None and "face" in focus.tokens:
            tokens_face = focus.tokens["face"].to(rows.device)
            k_face, v_face = (_heads(project(tokens_face), attn.heads) for project in (self.to_k_ip, self.to_v_ip))
            face = _merge(F.scaled_dot_product_attention(q, k_face, v_face)) * focus.face_weight
            out = out + face
        if focus.record is not None:
            self._note(attn, focus.record, q, k if tokens else None, v if tokens else None, spans, face)
        if n:
            out = torch.cat([torch.zeros_like(hidden_states[:n, :, :1]).expand(-1, -1, attn.inner_dim), out])
        return _finish(attn, out)

    def _note(self, attn, record: FocusRecord, q, k, v, spans, face) -> None:
        """Each slot's share: the norm of its contribution after the output projection, over the sum of all. (The
        weights themselves show nothing: a softmax over one token is 1 everywhere.)"""
        weight = attn.to_out[0].weight
        norms = dict.fromkeys(SLOTS)
        if k is not None:
            shares = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1)
            start = 0
            for slot, length in spans:
                part = _merge(shares[..., start : start + length] @ v[:, :, start : start + length])
                norms[slot] = F.linear(part, weight).float().norm(dim=-1)
                start += length
        if face is not None:
            norms["face"] = F.linear(face, weight).float().norm(dim=-1)
        known = [x for x in norms.values() if x is not None]
        if not known:
            return
        total = sum(known).clamp_min(1e-12)
        for slot in SLOTS:
            record.add(slot, norms[slot] / total if norms[slot] is not None else torch.zeros_like(total))
