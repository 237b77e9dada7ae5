"""What the engine really does, with random weights: a first picture, the next, and with less and less memory."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from mcld_app.bench.random_model import random_conditions, random_pipeline
from mcld_app.bench.results import Measured, most_memory, start_counting
from mcld_app.checkpoints import Sizes
from mcld_app.engine.engine import Engine
from mcld_app.engine.memory import FALLBACKS
from mcld_app.engine.model import Model
from mcld_app.engine.room import is_cuda
from mcld_app.errors import StudioError
from mcld_app.network.pipeline import MCLDPipeline
from mcld_app.request import Job, Progress, Settings

SHIPPED = "as shipped: the engine, everything as by default"
OFFLOADED = f"memory: {FALLBACKS[-1]}"
LIMITS = (6, 4, 3)
"""GB of the GPU that the engine is allowed, in turn."""

_AT_ONCE = 4  # pictures, to see what smaller batches save
_FEW = 2  # steps: each takes the same memory


def as_shipped(device: str, sizes: Sizes, steps: int) -> Iterator[Measured]:
    """Loading and a first picture, then another one by the engine that is there now, of a person new to it."""
    engine, moments = Engine(_model(device, sizes), device=device), []
    job = Job(random_conditions())

    def on_progress(progress: Progress) -> None:
        moments.append(time.perf_counter())

    for what in ("rehearsal: weights made, model loaded, first picture", SHIPPED):
        moments.clear()
        start_counting(device)
        begun = time.perf_counter()
        (drawn,) = engine.generate([job], Settings(steps=steps), owner=what, on_progress=on_progress)
        seconds = time.perf_counter() - begun
        step = (moments[-1] - moments[0]) / (steps - 1) if steps > 1 else None
        yield Measured(what, seconds, step, most_memory(device), remark=f"{drawn.dtype}; fallback: {drawn.fallback}")


def at_each_fallback(device: str, sizes: Sizes) -> Iterator[Measured]:
    """The most memory at each fallback, reached as it is when memory runs out: the network is made to say so."""
    to_say: list[str] = []

    def say(*_: object) -> None:
        if to_say:
            raise torch.OutOfMemoryError(to_say.pop())

    def load(*where: str) -> MCLDPipeline:
        pipe = random_pipeline(*where, sizes, numbers_on=device)
        pipe.denoising_unet.register_forward_pre_hook(say)
        return pipe

    engine = Engine(Model("random weights", load, result=_result(sizes)), device=device, max_batch=_AT_ONCE)
    given = random_conditions()
    jobs = [Job(given, seed) for seed in range(_AT_ONCE)]
    for name in FALLBACKS:
        if name != FALLBACKS[0]:
            to_say.append("out of memory, as the benchmark has it")
        try:
            engine.generate(jobs, Settings(steps=1))  # steps back, where it is to
            start_counting(device)
            drawn = engine.generate(jobs, Settings(steps=_FEW), owner=name)[-1]
        except StudioError as error:
            yield Measured(f"memory: {name}", remark=str(error))
            continue
        yield Measured(
            f"memory: {drawn.fallback}", memory=most_memory(device), remark=f"{drawn.batch} at once; {drawn.dtype}"
        )


def with_at_most(device: str, sizes: Sizes, limit: float) -> Iterator[Measured]:
    """One picture by an engine that may take `limit` GB, loading included: how far it steps back."""
    what = f"the engine with at most {limit:g} GB of the GPU"
    if not is_cuda(device):
        yield Measured(what, remark="only a CUDA GPU can be limited")
        return
    total = torch.cuda.get_device_properties(device).total_memory
    job = Job(random_conditions())
    torch.cuda.set_per_process_memory_fraction(min(1.0, limit * 1e9 / total))
    start_counting(device)
    begun = time.perf_counter()
    try:
        engine = Engine(_model(device, sizes), device=device)
        (drawn,) = engine.generate([job], Settings(steps=_FEW))
        told = f"fallback: {drawn.fallback}; {time.perf_counter() - begun:.0f} s with loading, {_FEW} steps"
    except StudioError as error:
        told = str(error)
    finally:
        job = Job(random_conditions())
    torch.cuda.set_per_process_memory_fraction(1.0)
    yield Measured(what, memory=most_memory(device), remark=told)


def _model(device: str, sizes: Sizes) -> Model:
    def load(*where: str) -> MCLDPipeline:
        return random_pipeline(*where, sizes, numbers_on=device)

    return Model("random weights", load, result=_result(sizes))


def _result(sizes: Sizes) -> tuple[int, int]:
    side = sizes.config_of("denoising_unet")["sizes"]["sample_size"] * 8
    return side, round(side * 11 / 16)
