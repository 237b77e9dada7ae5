"""A network's forward pass as a CUDA graph: its kernels are started all at once, not one by one from Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from mcld_app.network.attention import Focus


class Recorded:
    """Forward passes of one shape: the first is recorded as a CUDA graph, and the graph is run ever after."""

    def __init__(self, forward: Callable[..., Tensor]) -> None:
        self._forward = forward
        self._graph: torch.cuda.CUDAGraph | None = None
        self._focus: Focus | None = None

    def __call__(self, latents: Tensor, timestep: Tensor, focus: Focus, pose: Tensor, guide: None = None) -> Tensor:
        if latents.device.type != "cuda":
            raise RuntimeError("CUDA graphs need a CUDA GPU")
        if self._graph is None:
            self._record(latents, timestep, focus, pose)
        if focus is not self._focus:  # another picture's
            for mine, given in zip(_tensors(self._own), _tensors(focus), strict=True):
                mine.copy_(given)
            self._focus = focus
        for mine, given in zip(self._inputs, (latents, timestep, pose), strict=True):
            mine.copy_(given)
        self._graph.replay()
        return self._out.clone()

    def _record(self, latents: Tensor, timestep: Tensor, focus: Focus, pose: Tensor) -> None:
        self._inputs = tuple(x.clone() for x in (latents, timestep, pose))
        tokens = {slot: x.clone() for slot, x in focus.tokens.items()}
        reference = {name: tuple(x.clone() for x in pair) for name, pair in focus.reference.items()}
        self._own = replace(focus, tokens=tokens, reference=reference)
        latents, timestep, pose = self._inputs
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # libraries set themselves up, which cannot be recorded
            for _ in range(2):
                self._forward(latents, timestep, self._own, pose)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._out = self._forward(latents, timestep, self._own, pose)
        self._graph = graph


def _tensors(focus: Focus) -> list[Tensor]:
    return [*focus.tokens.values(), *(x for pair in focus.reference.values() for x in pair)]
