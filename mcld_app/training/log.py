"""What a run tells while it goes on: a progress bar, a file of losses, a TensorBoard log and sample pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mcld_app.training.config import Config
from mcld_app.training.sharded import gathered
from mcld_app.training.weights import Weights

if TYPE_CHECKING:
    from pathlib import Path

    from accelerate import Accelerator


def has_tensorboard() -> bool:
    """Whether TensorBoard is installed (requirements-train.txt)."""
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        return False
    return True


class Log:
    """The log of one process; only the main one's writes anything.

    Args:
        config: of the run.
        out: its folder.
        accelerator: started with TensorBoard where that is installed.
        first: steps done before.
        quiet: no progress bar.
    """

    def __init__(self, config: Config, out: Path, accelerator: Accelerator, first: int, quiet: bool) -> None:
        from tqdm import tqdm

        self.config, self.out, self.accelerator = config, out, accelerator
        self._tensorboard = bool(accelerator.log_with)
        out.mkdir(parents=True, exist_ok=True)
        if self._tensorboard:
            accelerator.init_trackers(config.task)
        off = quiet or not accelerator.is_main_process
        self._bar = tqdm(
            total=config.steps, initial=first, desc=config.task, unit="step", disable=off, dynamic_ncols=True
        )
        self._file = None
        if accelerator.is_main_process:
            self._file = (out / f"losses-{config.task}.jsonl").open("a", encoding="utf-8")

    def write(self, step: int, losses: Mapping[str, float], learning_rate: float) -> None:
        """Note a step, counted from 1, and its losses."""
        if self._file:
            self._file.write(json.dumps({"step": step, **losses}) + "\n")
            self._file.flush()
        if self._tensorboard and self.config.log_every and step % self.config.log_every == 0:
            self.accelerator.log({**losses, "learning_rate": learning_rate}, step=step)
        self._bar.set_postfix({name: f"{value:.4f}" for name, value in losses.items()}, refresh=False)
        self._bar.update()

    def show(self, step: int, weights: Weights, batch: Mapping[str, Tensor]) -> None:
        """Write sample pictures, drawn with the averaged weights; every process has to ask."""
        from PIL import Image

        task, main = weights.task, self.accelerator.is_main_process
        if not (main or task.lockstep):
            return
        task.eval()
        with weights.averaged(), gathered(task), torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(0)
            picture = task.show(batch)
        task.train()
        if not main:
            return
        if picture is None:
            return
        folder = self.out / f"pictures-{self.config.task}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{step:07d}.png")
        if self._tensorboard:
            tracker = self.accelerator.get_tracker("tensorboard")
            tracker.log_images({"samples": picture[None]}, step=step, dataformats="NHWC")

    def close(self) -> None:
        """End the bar and the files."""
        self._bar.close()
        if self._file:
            self._file.close()
        if self._tensorboard:
            self.accelerator.end_training()
