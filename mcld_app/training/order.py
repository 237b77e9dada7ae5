"""The order of examples and the noise, functions of the step alone, so that a run can be taken up anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

ENDLESS = 10_000_000
"""A data set this long is never shuffled: its items are all alike, and each is seen once."""


def batch_of(step: int, batch: int, length: int, seed: int) -> list[int]:
    """The items of a step, over all processes: every item once per epoch, each epoch in an order of its own.

    Args:
        step: counted from 0, gradients' accumulation counted in.
        batch: items per step.
        length: of the data set.
        seed: of the run.
    """
    out = []
    orders: dict[int, np.ndarray] = {}
    for place in range(step * batch, (step + 1) * batch):
        epoch, index = divmod(place, length)
        if length >= ENDLESS:
            out.append((index + seed * 1_000_003) % length)
            continue
        if epoch not in orders:
            orders[epoch] = np.random.default_rng([seed, epoch]).permutation(length)
        out.append(int(orders[epoch][index]))
    return out


class Batches:
    """A batch sampler for one process, from a step on.

    Args:
        first, last: steps, first included, last not.
        batch: items per step and process.
        length: of the data set.
        seed: of the run.
        rank, world: this process, of how many.
    """

    def __init__(self, first: int, last: int, batch: int, length: int, seed: int, rank: int, world: int) -> None:
        self.first, self.last, self.batch, self.length, self.seed = first, last, batch, length, seed
        self.rank, self.world = rank, world

    def __len__(self) -> int:
        return max(self.last - self.first, 0)

    def __iter__(self) -> Iterator[list[int]]:
        for step in range(self.first, self.last):
            every = batch_of(step, self.batch * self.world, self.length, self.seed)
            yield every[self.rank * self.batch : (self.rank + 1) * self.batch]


def noise_generator(seed: int, step: int, rank: int) -> torch.Generator:
    """Everything random of a step comes from this CPU generator: each process draws noise of its own, and the same one
    when the run is taken up again.

    Args:
        seed: of the run.
        step: counted from 0, gradients' accumulation counted in.
        rank: this process.
    """
    return torch.Generator().manual_seed(hash((seed, step, rank)) % 2**63)
