"""The tensors of a task that training changes, and their running average."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from mcld_app.checkpoints.modules import without_memory
from mcld_app.checkpoints.parts import build
from mcld_app.errors import StudioError
from mcld_app.files import replaced_folder, writing
from mcld_app.training.optimiser import whole_tensors
from mcld_app.training.sharded import held_here, spread_like
from mcld_app.training.tasks.task import Task


class TrainingError(StudioError):
    """A run that cannot go on; the sentence says at which step, and what to do."""


class Weights:
    """A task's trained parameters and its buffers named `kept_...`.

    Attributes:
        learned: the parameters that the optimiser moves.
        current: all tensors that change, by name.
        average: their running average, by name; {} where the run does not average.
    """

    def __init__(self, task: Task, decay: float) -> None:
        """
        Args:
            task: whose.
            decay: of the average, 0..1; 0 keeps none.
        """
        self.task, self.decay = task, decay
        self.learned = [p for p in task.parameters() if p.requires_grad]
        self.current = _changing(task)
        self.average = {name: value.detach().clone() for name, value in self.current.items()} if decay else {}

    def moved(self, task: Task) -> None:
        """Take note that accelerate has put the task on its device, or spread it over processes: its tensors are others
        now."""
        self.task, self.current = task, _changing(task)
        self.learned = [p for p in task.parameters() if p.requires_grad]
        self.average = {name: spread_like(value, self.current[name]) for name, value in self.average.items()}

    def tensors(self) -> dict[str, Tensor]:
        """All of it for the run's state, by "model.NAME" and "average.NAME"."""
        held = {"model": self.current, "average": self.average}
        return {f"{kind}.{name}": value for kind, of in held.items() for name, value in of.items()}

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor], states: Path) -> None:
        """Put back what `tensors` gave; `states` is the folder it comes from, for the message.

        Raises:
            TrainingError: where it is another configuration's.
        """
        own = self.tensors()
        held = {name: value for name, value in tensors.items() if name.startswith(("model.", "average."))}
        if held.keys() != own.keys() or any(held[name].shape != value.shape for name, value in own.items()):
            raise TrainingError(
                f"The state in {states} is of another configuration. Give another `out`, or delete that folder to "
                "start anew."
            )
        for name, value in held.items():
            own[name].copy_(value)

    def update_average(self, step: int) -> None:
        """Move the average towards the weights after a step, counted from 1; in the first ones faster than `decay`."""
        if self.average:
            decay = min(self.decay, (1 + step) / (10 + step))
            kept = [held_here(mean) for mean in self.average.values()]
            moved = [held_here(self.current[name].detach()) for name in self.average]
            torch._foreach_lerp_(kept, moved, 1 - decay)

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """While this is open, the task's weights are the averaged ones, where the run averages."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, mean in self.average.items():
            kept = self.current[name].detach().clone()
            self.current[name].copy_(mean)
            mean.copy_(kept)

    def export(self, out: Path, *, write: bool = True) -> None:
        """Write the trained parts, averaged where the run averages, in diffusers' layout, each whole or not at all.

        Every process has to ask where weights are spread; the main one writes.
        """
        for name, part in self.task.trained().items():
            tensors = {key: self.average.get(f"{name}.{key}", value) for key, value in part.state_dict().items()}
            tensors = whole_tensors(tensors, keep=write)
            if write:
                with writing(out / name), replaced_folder(out / name) as temporary:
                    _copy(part, tensors).save_pretrained(temporary, safe_serialization=True)


def _copy(part: nn.Module, tensors: Mapping[str, Tensor]) -> nn.Module:
    """A network like another one, of these tensors: what FSDP has spread cannot be saved itself."""
    config = part.config.to_dict() if hasattr(part.config, "to_dict") else part.config
    copy = without_memory(lambda: build(type(part), config))
    copy.load_state_dict(tensors, assign=True)
    return copy


def _changing(task: Task) -> dict[str, Tensor]:
    learned = {name: value for name, value in task.named_parameters() if value.requires_grad}
    return learned | {name: value for name, value in task.named_buffers() if name.startswith("kept_")}
