"""What the loop asks of something to be trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mcld_app.data.example import Example
from mcld_app.training.config import Config


class Task(nn.Module):
    """One network, or a few, and what is minimised.

    A subclass sets `trains`, the names of its trained parts (attributes of its own), and the methods below. All that is
    random in `forward` comes from the generator it is given, so that a run can be taken up again exactly.

    Args:
        config: of the run.

    Attributes:
        trains: names of the trained parts.
        lockstep: whether every process has to run the same networks in each step, as it must where weights or gradients
            are spread over processes: all of them are asked for together.
    """

    trains: tuple[str, ...] = ()
    lockstep: bool = False

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.settings = config

    def dataset(self) -> Sequence:
        """What it learns from, a map-style data set; default: the configuration's examples."""
        from mcld_app.data.sources import open_source

        return open_source(self.settings.data)

    def collate(self, items: list[Example]) -> dict[str, Tensor]:
        """A batch from items of the data set. Runs in a worker."""
        raise NotImplementedError

    def forward(self, batch: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        """"loss", to be minimised, and whatever else is worth logging; scalars.

        Args:
            batch: from `collate`, on the device.
            generator: a CPU generator.
        """
        raise NotImplementedError

    def show(self, batch: Mapping[str, Tensor]) -> np.ndarray | None:
        """A grid of sample pictures (H, W, 3) uint8 RGB, or None."""
        return None

    def prepare(self) -> None:
        """Called once before the first step of a new run (not when one is taken up again)."""

    def trained(self) -> dict[str, nn.Module]:
        """The trained parts by name."""
        return {name: getattr(self, name) for name in self.trains}


def pixels(pictures: Tensor) -> Tensor:
    """uint8 pictures (..., H, W, 3) to float (N, 3, H, W) in [-1, 1], all leading dimensions joined."""
    return pictures.flatten(0, -4).movedim(-1, 1).float() / 127.5 - 1


def grid_of(rows: Sequence[Sequence[Tensor]]) -> np.ndarray:
    """Pictures (3, H, W) in [-1, 1], row by row, as one (H, W, 3) uint8 RGB; a row's pictures are equally high."""
    lines = [torch.cat([p.float().cpu() for p in row], 2) for row in rows]
    width = max(line.shape[2] for line in lines)
    lines = [nn.functional.pad(line, (0, width - line.shape[2])) for line in lines]
    return ((torch.cat(lines, 1).clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
