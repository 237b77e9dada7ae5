"""Ways to draw the same picture, each beside the others: the order of work, precision, attention, layout, compilers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from mcld_app.bench.network import plain_copy
from mcld_app.bench.recorded import Recorded
from mcld_app.network.pipeline import MCLDPipeline

Way = Callable[[MCLDPipeline], AbstractContextManager[MCLDPipeline]]


@dataclass(frozen=True)
class Variant:
    """One way to draw.

    Attributes:
        name: as the table calls it.
        dtype: of the networks.
        way: the pipeline for a `with` block, in which it draws in that way; afterwards it is as it was.
        least: seconds it takes on a fast GPU: with less left it is not begun.
        limit: seconds after which it is stopped.
    """

    name: str
    dtype: str
    way: Way
    least: float = 10.0
    limit: float = 75.0


@contextmanager
def _as_it_is(pipe: MCLDPipeline) -> Iterator[MCLDPipeline]:
    yield pipe


@contextmanager
def _authors(pipe: MCLDPipeline) -> Iterator[MCLDPipeline]:
    yield MCLDPipeline(**{**pipe.components, "denoising_unet": plain_copy(pipe.denoising_unet)})


@contextmanager
def _setting(pipe: MCLDPipeline, *, of: tuple[Any, ...], name: str) -> Iterator[MCLDPipeline]:
    """With a switch of torch's turned on."""
    before = [getattr(each, name) for each in of]
    try:
        for each in of:
            setattr(each, name, True)
        yield pipe
    finally:
        for each, value in zip(of, before, strict=True):
            setattr(each, name, value)


@contextmanager
def _forward(module: nn.Module, forward: Callable) -> Iterator[None]:
    module.forward = forward
    try:
        yield
    finally:
        del module.forward


@contextmanager
def _attention(pipe: MCLDPipeline, *, backend: str) -> Iterator[MCLDPipeline]:
    """With one of torch's kernels for attention, in both UNets: the autoencoder's wide head is too much for some."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    def within(forward: Callable) -> Callable:
        def run(*args, **kwargs):
            with sdpa_kernel(getattr(SDPBackend, backend)):
                return forward(*args, **kwargs)

        return run

    unets = pipe.denoising_unet, pipe.reference_unet
    with _forward(unets[0], within(unets[0].forward)), _forward(unets[1], within(unets[1].forward)):
        yield pipe


@contextmanager
def _channels_last(pipe: MCLDPipeline) -> Iterator[MCLDPipeline]:
    parts = pipe.denoising_unet, pipe.reference_unet, pipe.vae
    try:
        for part in parts:
            part.to(memory_format=torch.channels_last)
        yield pipe
    finally:
        for part in parts:
            part.to(memory_format=torch.contiguous_format)


@contextmanager
def _compiled(pipe: MCLDPipeline, *, mode: str) -> Iterator[MCLDPipeline]:
    """Compiled in its place: a wrapper around the UNet would give its blocks other names."""
    unet = pipe.denoising_unet.unet
    try:
        unet.compile(mode=mode)
        yield pipe
    finally:
        unet._compiled_call_impl = None
        torch._dynamo.reset()


@contextmanager
def _recorded(pipe: MCLDPipeline) -> Iterator[MCLDPipeline]:
    with _forward(pipe.denoising_unet, Recorded(pipe.denoising_unet.forward)):
        yield pipe


_TF32 = partial(_setting, of=(torch.backends.cuda.matmul, torch.backends.cudnn), name="allow_tf32")

AUTHORS = Variant("the authors' order of work, float32", "float32", _authors)
EXACT = Variant("ours, float32", "float32", _as_it_is)
HALF = Variant("ours, float16", "float16", _as_it_is)

IN_FULL: tuple[Variant, ...] = (
    AUTHORS,
    EXACT,
    Variant("ours, float32, TF32 everywhere", "float32", _TF32),
)
"""In single precision."""

IN_HALF: tuple[Variant, ...] = (
    HALF,
    Variant("ours, bfloat16", "bfloat16", _as_it_is),
    Variant("the authors' order of work, float16", "float16", _authors),
    *(
        Variant(f"ours, float16, {name} attention", "float16", partial(_attention, backend=backend))
        for name, backend in (
            ("flash", "FLASH_ATTENTION"), ("memory-efficient", "EFFICIENT_ATTENTION"), ("cuDNN", "CUDNN_ATTENTION"),
            ("plain", "MATH"),
        )
    ),
    Variant("ours, float16, channels last", "float16", _channels_last),
    Variant("ours, float16, cudnn.benchmark", "float16",
            partial(_setting, of=(torch.backends.cudnn,), name="benchmark")),
    Variant("ours, float16, CUDA graph", "float16", _recorded),
    Variant("ours, float16, compiled", "float16", partial(_compiled, mode="default"), least=60, limit=150),
    Variant("ours, float16, compiled, CUDA graphs", "float16", partial(_compiled, mode="reduce-overhead"),
            least=60, limit=150),
)  # fmt: skip
"""In half precision, the longest last."""
