"""A model in memory, and what is done when that runs out: less at once, then its parts in turn, then a sentence.

Whoever steps back lets go of what the failed attempt held first, and outside of the `except` that caught it: an error
keeps the frames it came through, and these keep tensors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcld_app.engine.latent_colours import LatentColours
from mcld_app.engine.room import free_in_words, is_cuda, is_out_of_memory, let_go, need_main_memory, tidy, too_little
from mcld_app.engine.watch import Watch
from mcld_app.errors import StudioError

if TYPE_CHECKING:  # heavy packages are imported where they are used: the page must come up without them
    from torch import Tensor

    from mcld_app.engine.model import Model
    from mcld_app.network.pipeline import MCLDPipeline

FALLBACKS = ("none", "half batch", "one at a time", "sliced decoding", "parts on the CPU in turn")
"""What is tried, in order, when memory runs out; the last one on CUDA alone."""

_HALF, _ALONE, _SLICED, _IN_TURN = range(1, len(FALLBACKS))


@dataclass
class Loaded:
    """A model in memory.

    Attributes:
        pipe: ready to draw.
        device: where it draws.
        colours: of its latents.
        own_scheduler: the model's, whose noise schedule all others take over.
        watch: what its pictures have to pass; None where there is nothing.
        fallback: how far it has stepped back, a place in `FALLBACKS`.
        schedulers: by name, as they were asked for.
    """

    pipe: MCLDPipeline
    device: str
    colours: LatentColours
    own_scheduler: Any
    watch: Watch | None = None
    fallback: int = 0
    schedulers: dict[str, Any] = field(default_factory=dict)

    def batch_size(self, limit: int) -> int:
        """How many pictures are drawn at once."""
        return 1 if self.fallback >= _ALONE else max(1, limit // (2 if self.fallback == _HALF else 1))

    @property
    def decode_at_once(self) -> int | None:
        """How many pictures are decoded together; None is all."""
        return 1 if self.fallback >= _SLICED else None

    def step_back(self, error: Exception, batch: int) -> None:
        """Memory ran out while it drew so many pictures: go on with less of it.

        Raises:
            StudioError: nothing is left to try.
        """
        let_go(error)
        if batch == 1:  # no smaller one helps
            self.fallback = max(self.fallback, _ALONE)
        if self.fallback >= (_IN_TURN if is_cuda(self.device) else _SLICED):
            raise StudioError(
                f"There is not enough memory on {self.device} to draw even one picture: {free_in_words(self.device)}. "
                "Close other programs that use it, or draw on another device."
            ) from error
        if self.fallback + 1 == _SLICED:
            _slice_decoding(self.pipe)
        elif self.fallback + 1 == _IN_TURN:
            self._take_turns()
        self.fallback += 1
        tidy(self.device)

    def _take_turns(self) -> None:
        size = sum(x.numel() * x.element_size() for x in _tensors(self.pipe) if x.device.type != "cpu")
        try:
            need_main_memory(size)
        except MemoryError as error:
            raise StudioError(too_little({"model": size}, self.device)) from error
        self.pipe.enable_model_cpu_offload(device=self.device)
        if self.watch is not None:
            self.watch.move_to_cpu()


def load(model: Model, device: str, dtype: str) -> Loaded:
    """Load a model; where a GPU has not enough memory for all of it, with its parts in turn.

    Raises:
        StudioError: what the model's own loader says; or how much memory is missing, and where.
    """
    in_turn, failed = False, None
    while True:
        try:
            # Linux ends a program that takes too much; elsewhere the system swaps, or raises an error.
            if in_turn or (device == "cpu" and sys.platform == "linux"):
                need_main_memory(sum(_parts(model, dtype).values()))
            return _loaded(model, device, dtype, in_turn=in_turn)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            let_go(error)
            failed = error
        tidy(device)
        if in_turn or not is_cuda(device):
            raise StudioError(too_little(_parts(model, dtype), device)) from failed
        in_turn = True


def _loaded(model: Model, device: str, dtype: str, *, in_turn: bool) -> Loaded:
    where = "cpu" if in_turn else device
    pipe = model.load(where, dtype)
    pipe.set_progress_bar_config(disable=True)
    if in_turn:
        _slice_decoding(pipe)
        pipe.enable_model_cpu_offload(device=device)
    watch = Watch(model.guard, where) if model.guard else None
    loaded = Loaded(pipe, device, LatentColours.fitted(pipe), pipe.scheduler, watch, _IN_TURN if in_turn else 0)
    pipe.maybe_free_model_hooks()  # the autoencoder, which the colours were fitted with, goes back
    return loaded


def _slice_decoding(pipe: MCLDPipeline) -> None:
    pipe.vae.enable_slicing()
    pipe.vae.enable_tiling()


def _parts(model: Model, dtype: str) -> dict[str, int]:
    """Bytes that each part takes; empty where nobody knows."""
    return {} if model.footprint is None else dict(model.footprint(dtype))


def _tensors(pipe: MCLDPipeline) -> Iterator[Tensor]:
    for part in pipe.components.values():
        if hasattr(part, "parameters"):
            yield from part.parameters()
            yield from part.buffers()
