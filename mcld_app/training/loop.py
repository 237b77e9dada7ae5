"""The loop: the same for every task, on accelerate; it can be stopped anywhere and taken up again exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from accelerate.utils import DistributedType
from torch import Tensor

from mcld_app.checkpoints.parts import PARTS
from mcld_app.files import remove_leftovers
from mcld_app.training.config import Config, ConfigError
from mcld_app.training.guard import LossGuard
from mcld_app.training.kept_config import keep_config
from mcld_app.training.log import Log, has_tensorboard
from mcld_app.training.optimiser import make_optimiser, optimiser_tensors, restore_optimiser, whole_tensors
from mcld_app.training.order import Batches, noise_generator
from mcld_app.training.state import clean, load_state, save_state
from mcld_app.training.task_table import TASKS
from mcld_app.training.tasks.task import Task
from mcld_app.training.weights import TrainingError, Weights

if TYPE_CHECKING:
    from accelerate import Accelerator


def train(
    config: Config,
    *,
    minutes: float = math.inf,
    quiet: bool = False,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
) -> bool:
    """Train, from the newest state in `config.out` on where there is one.

    Args:
        config: the run.
        minutes: stop after so long, with the state saved, to be taken up later.
        quiet: no progress bar.
        on_step: called after each step with its number, from 1, and its losses.

    Returns:
        Whether all steps are done; then the trained parts are in `config.out`.

    Raises:
        TrainingError: where a loss is no number. ConfigError, StudioError: see `config` and `starting_points`.
    """
    deadline = time.monotonic() + minutes * 60
    run = Run(config)
    log = Log(config, run.out, run.accelerator, run.step, quiet)
    try:
        for batch in run.batches():
            losses = run.learn(batch)
            if losses is None:  # gradients are still being added up
                continue
            run.weights.update_average(run.step)
            log.write(run.step, losses, learning_rate(config, run.step - 1))
            if on_step is not None:
                on_step(run.step, losses)
            if config.grid_every and run.step % config.grid_every == 0:
                log.show(run.step, run.weights, batch)
            if run.step == config.steps:
                break
            if run.anywhere(time.monotonic() > deadline):
                run.save()
                break
            if config.save_every and run.step % config.save_every == 0:
                run.save()
        return run.finish()
    finally:
        log.close()


class Run:
    """A run under way: the task and its optimiser as they were after the newest state, on accelerate's device.

    Attributes:
        out: the run's folder.
        accelerator: this process among the others.
        weights: what is trained.
        step: optimiser steps done.
    """

    def __init__(self, config: Config) -> None:
        """Raises StudioError: see `train`."""
        config.check_data()
        self.config, self.out = config, Path(config.out)
        self.accelerator = _accelerator(config)
        self._states = self.out / f"state-{config.task}"
        if self.accelerator.is_main_process:
            keep_config(config)
            self._remove_leftovers()
        torch.manual_seed(config.seed)
        task = make_task(config)
        held = load_state(self._states)
        if held is None:
            task.prepare()
        self.weights = Weights(task, config.ema)
        if held is not None:
            self.weights.restore(held[1], self._states)
        task.lockstep = self.accelerator.distributed_type == DistributedType.FSDP
        optimiser = make_optimiser(config, self.weights.learned)
        self._model, self._prepared = self.accelerator.prepare(task, optimiser)
        self._optimiser = self._prepared.optimizer
        self.weights.moved(self.accelerator.unwrap_model(self._model))
        self.step = self._first = 0 if held is None else held[0]
        if held is not None:
            self._restore(*held[1:])
        self._micro = self.step * config.accumulate
        self._summed: dict[str, Tensor] = {}
        self._guard = LossGuard(config.guard, self.weights, self._optimiser) if config.guard else None

    def batches(self) -> Iterator[dict[str, Tensor]]:
        """This process's batches of the steps that are left, on the device."""
        config, task = self.config, self.weights.task
        dataset = task.dataset()
        order = Batches(
            self._micro, config.steps * config.accumulate, config.batch, len(dataset), config.seed,
            self.accelerator.process_index, self.accelerator.num_processes,
        )  # fmt: skip
        loader = torch.utils.data.DataLoader(
            dataset,
            batch_sampler=order,
            num_workers=config.data.workers,
            collate_fn=task.collate,
            persistent_workers=config.data.workers > 0,
        )
        for batch in loader:
            yield {name: value.to(self.accelerator.device) for name, value in batch.items()}

    def learn(self, batch: Mapping[str, Tensor]) -> dict[str, float] | None:
        """Learn from one batch; the losses, averaged over all processes, where this ends an optimiser step.

        Raises:
            TrainingError: where one of them is no number.
        """
        for group in self._prepared.param_groups:
            group["lr"] = learning_rate(self.config, self.step)
        generator = noise_generator(self.config.seed, self._micro, self.accelerator.process_index)
        with self.accelerator.accumulate(self._model):
            with self.accelerator.autocast():  # which accelerate leaves out with FSDP
                found = self._model(batch, generator)
            self.accelerator.backward(found["loss"])
            if self.accelerator.sync_gradients and self.config.clip:
                self.accelerator.clip_grad_norm_(self.weights.learned, self.config.clip)
            self._prepared.step()
            self._prepared.zero_grad(set_to_none=True)
        self._micro += 1
        for name, value in found.items():
            self._summed[name] = self._summed.get(name, 0.0) + value.detach().float() / self.config.accumulate
        if not self.accelerator.sync_gradients:
            return None
        self.step += 1
        losses = {name: float(value) for name, value in self.accelerator.reduce(self._summed, "mean").items()}
        self._summed = {}
        if self._guard is not None and self._guard.watch(self.step, losses["loss"]):
            return losses | {"returned": 1.0}
        if bad := [name for name, value in losses.items() if not math.isfinite(value)]:
            raise TrainingError(
                f"At step {self.step} the loss is no number any more ({', '.join(bad)}). The state of {self._states} "
                "is from before; go on from it with a lower `learning_rate`, or with `precision: no`."
            )
        return losses

    def anywhere(self, here: bool) -> bool:
        """Whether something is so in any of the processes, which all have to ask."""
        return any(self.accelerator.gather(torch.tensor([here], device=self.accelerator.device)).tolist())

    def save(self) -> None:
        """Write the state, by the main process; the others wait for it."""
        main = self.accelerator.is_main_process
        tensors = self.weights.tensors()
        tensors |= {f"optimiser.{name}": value for name, value in optimiser_tensors(self._optimiser).items()}
        tensors = whole_tensors(tensors, keep=main)
        if main:
            facts: dict[str, Any] = {"task": self.config.task}
            if self.accelerator.scaler is not None:
                facts["scaler"] = self.accelerator.scaler.state_dict()
            save_state(self._states, self.step, tensors, facts)
        self.accelerator.wait_for_everyone()

    def finish(self) -> bool:
        """Save and export, where all steps are done; whether they are."""
        done = self.step >= self.config.steps
        if done:
            if self.step > self._first:
                self.save()
            self.weights.export(self.out, write=self.accelerator.is_main_process)
        self.accelerator.wait_for_everyone()
        return done

    def _restore(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        prefix = "optimiser."
        held = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        restore_optimiser(self._optimiser, held)
        if self.accelerator.scaler is not None and "scaler" in facts:
            self.accelerator.scaler.load_state_dict(facts["scaler"])

    def _remove_leftovers(self) -> None:
        """Delete what this run left half-written where it was killed while it saved."""
        clean(self._states)
        for name in PARTS:
            remove_leftovers(self.out, f"{name}.*")


def make_task(config: Config) -> Task:
    """The task a configuration names."""
    module, name = TASKS[config.task].split(".")
    return getattr(import_module(f"mcld_app.training.tasks.{module}"), name)(config)


def learning_rate(config: Config, step: int) -> float:
    """Of a step, counted from 0: rises over the warm-up, then constant, or down to a fiftieth along a cosine."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    if config.schedule == "constant":
        return config.learning_rate
    share = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return config.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(share, 1))))


def _accelerator(config: Config) -> Accelerator:
    from accelerate import Accelerator, DistributedDataParallelKwargs

    made = Accelerator(
        mixed_precision=config.precision,
        gradient_accumulation_steps=config.accumulate,
        log_with="tensorboard" if has_tensorboard() else None,
        project_dir=config.out,
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    if made.distributed_type == DistributedType.DEEPSPEED:
        raise ConfigError(
            "DeepSpeed keeps a run's state in files of its own, from which it could not be taken up exactly. Spread it "
            "by FSDP instead: configs/accelerate/fsdp.yaml."
        )
    if made.distributed_type == DistributedType.FSDP:
        _fit_for_fsdp(config, made)
        # Its own way to half precision would also round what the networks are given, timesteps and all.
        made.state.fsdp_plugin.mixed_precision_policy = None
    return made


def _fit_for_fsdp(config: Config, accelerator: Accelerator) -> None:
    """Raises ConfigError for what cannot be spread over processes."""
    if not accelerator.is_fsdp2:
        raise ConfigError("FSDP is used in its second version here: set `fsdp_version: 2`, as in configs/accelerate.")
    if config.optimiser != "adamw":
        raise ConfigError("With FSDP, the optimiser's moments are spread already: set `optimiser: adamw`.")
    if config.task != "mcld" or config.objective.own_guess:
        raise ConfigError(
            "FSDP is for the paper's large networks: every process has to run the same ones in each step. Train this "
            "without it, or set `task: mcld` and `objective.own_guess: 0`."
        )
