"""How fast a denoising step is, beside a plain version that does what the authors' code does; and whole pictures.

The plain version differs in what `bench_step` is about and in nothing else: every row of the batch is first attended
to with the reference and the unconditional rows are then worked out again without it; the reference's keys and values
are projected at every step; unconditional rows go through the cross-attentions with tokens of zeros.
"""

from __future__ import annotations

import time
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from mcld_app.bench.measure import Row, median_times, table
from mcld_app.checkpoints.sizes import PUBLISHED, SCHEDULER, Sizes
from mcld_app.network.attention import Bank, FocalAttention, Focus
from mcld_app.network.face_projector import FaceProjector
from mcld_app.network.pipeline import MCLDPipeline
from mcld_app.network.pose_guider import PoseGuider
from mcld_app.network.unets import SD15, DenoisingUNet, ReferenceUNet

_QUARTER = SD15 | {"block_out_channels": [80, 160, 320, 320], "cross_attention_dim": 192, "norm_num_groups": 16}
_TOLERANCE = 1e-5


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _attend(attn, hidden: Tensor, context: Tensor) -> Tensor:
    q, k, v = (_heads(p(x), attn.heads) for p, x in ((attn.to_q, hidden), (attn.to_k, context), (attn.to_v, context)))
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class _PlainSelf:
    def __init__(self, name: str, bank: Bank) -> None:
        self.name, self.bank = name, bank

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, focus=None, **_) -> Tensor:
        n = focus.unconditional
        both = self.bank[self.name].repeat(len(hidden_states) // len(self.bank[self.name]), 1, 1)
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


def plain_copy(unet: DenoisingUNet, bank: Bank) -> DenoisingUNet:
    """The same network, weights shared, with the plain processors."""
    plain = DenoisingUNet.from_config(unet.config)
    plain.unet.load_state_dict(unet.unet.state_dict(), assign=True)
    plain.unet.set_attn_processor(
        {
            name: _PlainCross(p) if isinstance(p, FocalAttention) else _PlainSelf(p.name, bank)
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
    plain, plain_focus = plain_copy(denoising, bank), replace(focus, reference=None)

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


@torch.no_grad()
def bench_pictures(device: str, batches: tuple[int, ...] = (1, 4, 8), steps: int = 20) -> str:
    """The full-size network with random half-precision weights on a CUDA GPU: seconds per 512 x 512 picture, share of
    what the arithmetic allows, peak memory; laid out plainly, channels last, and compiled. Then whole pictures by the
    engine with less and less memory. (Written where no GPU was at hand: not run yet.)"""
    if device != "cuda":
        return "Whole pictures at full size are measured on a CUDA GPU; there is none here."
    bound = _matmul_rate()
    lines = [f"Full size on {torch.cuda.get_device_name()}, float16, random weights, {steps} steps, denoising alone;"]
    lines.append(f"a large matrix product runs at {bound:.0f} TFLOP/s here.")
    for kind in ("contiguous", "channels last", "channels last, compiled"):
        try:
            lines += [_pictures_row(kind, batch, steps, bound) for batch in batches]
        except Exception as error:  # a compiler that does not work here is a result too
            lines.append(f"{kind}: {type(error).__name__}: {str(error).splitlines()[0][:100]}")
        torch.cuda.empty_cache()
    return "\n".join([*lines, *(_with_memory(limit) for limit in (None, 8, 6))])


def _matmul_rate() -> float:
    """TFLOP/s of a large half-precision matrix product."""
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.float16)
    for _ in range(2):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(10):
            a @ a
        torch.cuda.synchronize()
        seconds = time.perf_counter() - start
    return 10 * 2 * 8192**3 / seconds / 1e12


def _pictures_row(kind: str, batch: int, steps: int, bound: float) -> str:
    torch.manual_seed(0)
    with torch.device("cuda"):
        denoising, reference = DenoisingUNet().half().eval(), ReferenceUNet().half().eval()
    if "channels last" in kind:
        denoising.to(memory_format=torch.channels_last)
    if "compiled" in kind:
        denoising.unet = torch.compile(denoising.unet)
    half = {"device": "cuda", "dtype": torch.float16}
    tokens = {s: torch.randn(batch, n, 768, **half) for s, n in (("photo", 1), ("texture", 1), ("face", 16))}
    latents, pose = torch.randn(2 * batch, 4, 64, 64, **half), torch.zeros(2 * batch, 320, 64, 64, **half)
    bank, _ = reference(latents[:batch], tokens["photo"])
    focus = Focus(tokens, denoising.project_reference(bank), batch)
    del reference, bank
    for _ in range(2):  # the first warms up
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.synchronize()
        start = time.perf_counter()
        for t in range(steps):
            denoising(latents, 999 - 50 * (t % 20), focus, pose)
        torch.cuda.synchronize()
        seconds = time.perf_counter() - start
    # A guided step is 2.07 TFLOP in the authors' structure; 0.322 and 0.026 of it are not done twice here.
    rate = (2.07 - 0.322 - 0.026) * steps * batch / seconds
    peak = torch.cuda.max_memory_allocated() / 2**30
    return f"{kind}, batch {batch}: {seconds / batch:.2f} s a picture, {rate / bound:.0%} of that, peak {peak:.1f} GiB"


def _with_memory(limit: float | None) -> str:
    """One picture by the engine, random weights, with at most `limit` GiB of the GPU's memory."""
    from mcld_app.engine.engine import Engine
    from mcld_app.engine.model import Model
    from mcld_app.errors import StudioError
    from mcld_app.request import Job

    total = torch.cuda.get_device_properties(0).total_memory / 2**30
    torch.cuda.set_per_process_memory_fraction(min(1.0, (limit or total) / total))
    torch.cuda.reset_peak_memory_stats()
    engine = Engine(Model("random weights", random_pipeline))
    start = time.perf_counter()
    try:
        drawn = engine.generate([Job(_conditions())])[0]
        told = f"fallback “{drawn.fallback}”, {time.perf_counter() - start:.1f} s with loading"
    except StudioError as error:
        told = str(error)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    peak = torch.cuda.max_memory_allocated() / 2**30
    return f"engine, {f'at most {limit} GiB' if limit else 'all memory'}: {told}; peak {peak:.1f} GiB"


def _conditions():
    import numpy as np

    from mcld_app.body.mannequin.pose import Pose
    from mcld_app.body.mannequin.rendering import draw_iuv
    from mcld_app.request import Conditions

    rng = np.random.default_rng(0)
    photo, texture = rng.integers(0, 256, (512, 352, 3), np.uint8), rng.integers(0, 256, (512, 512, 3), np.uint8)
    return Conditions(photo, texture, draw_iuv(Pose(), (512, 352)))


def random_pipeline(device: str, dtype: str, sizes: Sizes = PUBLISHED) -> MCLDPipeline:
    """A pipeline with random weights of the published sizes (or others)."""
    from diffusers import AutoencoderKL, DDIMScheduler
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(0)
    unet = dict(sizes.unet or SD15)
    made = (
        ("vae", lambda: AutoencoderKL(**sizes.vae)),
        ("image_encoder", lambda: CLIPVisionModelWithProjection(CLIPVisionConfig(**sizes.image_encoder))),
        ("denoising_unet", lambda: DenoisingUNet(sizes=unet, focus=sizes.focus)),
        ("reference_unet", lambda: ReferenceUNet(sizes=dict(sizes.reference or unet))),
        ("pose_guider", lambda: PoseGuider(**sizes.pose_guider)),
        ("face_projector", lambda: FaceProjector(**sizes.face_projector)),
    )
    # One after the other, and cast before it moves: in float32 all of them at once would not fit on a small card.
    parts = {n: make().eval().requires_grad_(False).to(getattr(torch, dtype)).to(device) for n, make in made}
    return MCLDPipeline(**parts, scheduler=DDIMScheduler(**SCHEDULER), feature_extractor=CLIPImageProcessorPil())
