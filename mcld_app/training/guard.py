"""A guard over the loss: where it jumps, training goes back to the last weights with which it did not."""

from __future__ import annotations

import math

import torch

from mcld_app.training.optimiser import optimiser_tensors, restore_optimiser
from mcld_app.training.weights import TrainingError, Weights

_EVERY = 100  # steps between the weights that are kept in memory
_MEMORY = 0.98  # of the running mean
_MOST = 20  # returns before the run is given up


class LossGuard:
    """Watches one run on one device.

    Args:
        factor: how many times its running mean the loss may be.
        weights: of the run.
        optimiser: of the run.
    """

    def __init__(self, factor: float, weights: Weights, optimiser: torch.optim.Optimizer) -> None:
        self._factor, self._weights, self._optimiser = factor, weights, optimiser
        self._mean, self._seen, self.returns = 0.0, 0, 0
        self._keep()

    def watch(self, step: int, loss: float) -> bool:
        """Whether the loss of a step, counted from 1, is a jump; then weights, their average and the optimiser are
        again as they were.

        Raises:
            TrainingError: where that has happened too often.
        """
        jumped = not math.isfinite(loss) or (self._seen >= _EVERY and loss > self._factor * self._mean)
        if not jumped:
            self._mean = loss if not self._seen else _MEMORY * self._mean + (1 - _MEMORY) * loss
            self._seen += 1
            if self._seen % _EVERY == 0:
                self._keep()
            return False
        self.returns += 1
        if self.returns > _MOST:
            raise TrainingError(
                f"The loss jumped {self.returns} times, last at step {step}. Go on with a lower `learning_rate`."
            )
        self._back()
        return True

    @torch.no_grad()
    def _keep(self) -> None:
        self._tensors = {name: value.detach().clone() for name, value in self._weights.tensors().items()}
        self._moments = {name: value.clone() for name, value in optimiser_tensors(self._optimiser).items()}

    @torch.no_grad()
    def _back(self) -> None:
        own = self._weights.tensors()
        for name, value in self._tensors.items():
            own[name].copy_(value)
        if self._moments:
            restore_optimiser(self._optimiser, self._moments)
