"""How fast a denoising step is, beside a plain version that does what the authors' code does.

The plain version differs in the order of work and in nothing else: every row of the batch is first attended
to with the reference and the unconditional rows are then worked out again without it; the reference's keys and values
are projected at every step; unconditional rows go through the cross-attentions with tokens of zeros.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from mcld_app.bench.measure import Row, median_times, table
from mcld_app.checkpoints.modules import without_memory
from mcld_app.network.attention import FocalAttention, Focus
from mcld_app.network.unets import SD15, DenoisingUNet, ReferenceUNet

_QUARTER = SD15 | {"block_out_channels": [80, 160, 320, 320], "cross_attention_dim": 192, "norm_num_groups": 16}
_TOLERANCE = 1e-5


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _attend(attn, hidden: Tensor, context: Tensor) -> Tensor:
    q, k, v = (_heads(p(x), attn.heads) for p, x in ((attn.to_q, hidden), (attn.to_k, context), (attn.to_v, context)))
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class _PlainSelf:
    def __init__(self, name: str) -> None:
        self.name = name

    def project(self, attn, hidden_states: Tensor) -> tuple[Tensor]:
        """What `ReferenceAttention.project` does once is done here at every step: (B, 1, N, C), as it comes."""
        return (hidden_states[:, None],)

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, focus=None, **_) -> Tensor:
        n = focus.unconditional
        bank = focus.reference[self.name][0][:, 0]
        both = bank.repeat(len(hidden_states) // len(bank), 1, 1)
        out = _attend(attn, hidden_states, torch.cat([hidden_states, both], 1))
        out[:n] = _attend(attn, hidden_states[:n], hidden_states[:n])
        return attn.to_out[0](out)


class _PlainCross:
    def __init__(self, ours: FocalAttention) -> None:
        self.ours = ours

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, focus=None, **_) -> Tensor:
        def rows(slot: str) -> Tensor:
            return torch.cat([torch.zeros_like(focus.tokens[slot]), focus.tokens[slot]])

        out = _attend(attn, hidden_states, torch.cat([rows(slot) for slot in self.ours.slots], 1))
        q = _heads(attn.to_q(hidden_states), attn.heads)
        k, v = (_heads(project(rows("face")), attn.heads) for project in (self.ours.to_k_ip, self.ours.to_v_ip))
        face = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return attn.to_out[0](out + focus.face_weight * face)


def plain_copy(unet: DenoisingUNet) -> DenoisingUNet:
    """The same network, weights shared, with the plain processors: it goes wherever the other one does."""
    plain = without_memory(lambda: DenoisingUNet.from_config(unet.config))
    plain.unet.load_state_dict(unet.unet.state_dict(), assign=True)
    plain.unet.set_attn_processor(
        {
            name: _PlainCross(p) if isinstance(p, FocalAttention) else _PlainSelf(p.name)
            for name, p in plain.unet.attn_processors.items()
        }
    )
    return plain.to(unet.device).eval()


@torch.no_grad()
def step_pair(sizes: dict, side: int, device: str, batch: int = 1):
    """(ours, plain): two functions without arguments that do one guided step on the same weights and inputs."""
    torch.manual_seed(0)
    denoising, reference = DenoisingUNet(sizes=sizes).to(device).eval(), ReferenceUNet(sizes=sizes).to(device).eval()
    width = sizes["cross_attention_dim"]
    tokens = {
        slot: torch.randn(batch, n, width, device=device) for slot, n in (("photo", 1), ("texture", 1), ("face", 16))
    }
    latents = torch.randn(2 * batch, 4, side, side, device=device)
    pose = torch.randn(2 * batch, sizes["block_out_channels"][0], side, side, device=device) * 0.1
    bank, _ = reference(torch.randn(batch, 4, side, side, device=device), tokens["photo"])
    focus = Focus(tokens, denoising.project_reference(bank), batch)
    plain = plain_copy(denoising)
    plain_focus = replace(focus, reference=plain.project_reference(bank))

    @torch.no_grad()
    def ours() -> Tensor:
        return denoising(latents, 500, focus, pose)

    @torch.no_grad()
    def theirs() -> Tensor:
        return plain(latents, 500, plain_focus, pose)

    return ours, theirs


def bench_step(runs: int, device: str) -> str:
    """One guided step at a quarter of Stable Diffusion's width, 64 x 64 latents, against the plain version.

    Raises:
        RuntimeError: where the two do not agree: then their times cannot be compared.
    """
    ours, theirs = step_pair(_QUARTER, 64, device)
    difference = (ours() - theirs()).abs().max().item()
    if difference > _TOLERANCE:
        raise RuntimeError(f"The plain version differs by {difference:.1e}: their times cannot be compared.")
    times = median_times({"ours": (ours, runs), "plain": (theirs, runs)})
    rows = [Row("guided step, quarter width, 64 x 64", times["ours"], plain=times["plain"], ratio=1.3)]
    return (
        f"Denoising on {device}, {torch.get_num_threads()} threads. Medians of {runs} runs. "
        f"Same result within {difference:.1e}.\n\n{table(rows)}"
    )
