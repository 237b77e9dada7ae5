"""Tensors that FSDP spreads over processes: whole for a file, and spread again when they come back from one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from torch import Tensor, nn


def whole(value: Tensor) -> Tensor:
    """A tensor as it is without processes. Where it is spread, all of them have to ask."""
    from torch.distributed.tensor import DTensor

    return value.full_tensor() if isinstance(value, DTensor) else value


def held_here(value: Tensor) -> Tensor:
    """What of a tensor this process holds, in the same memory."""
    from torch.distributed.tensor import DTensor

    return value.to_local() if isinstance(value, DTensor) else value


def spread_like(value: Tensor, like: Tensor) -> Tensor:
    """A whole tensor, on the device of another one and spread over processes as that is, where it is."""
    from torch.distributed.tensor import DTensor, distribute_tensor

    if not isinstance(like, DTensor):
        return value.to(like.device)
    # Every process read the same file: nothing has to be sent.
    mesh, placements = like.device_mesh, like.placements
    return distribute_tensor(value.to(like.device), mesh, placements, src_data_rank=None)


@contextlib.contextmanager
def gathered(module: nn.Module) -> Iterator[None]:
    """While this is open, every process holds what of a spread module belongs to no unit of FSDP within it, so that its
    parts can be called one by one."""
    sharded = hasattr(module, "unshard")
    if sharded:
        module.unshard()
    try:
        yield
    finally:
        if sharded:
            module.reshard()
