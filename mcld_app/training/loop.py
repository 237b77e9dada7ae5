"""The loop: the same for every task, on accelerate; it can be stopped anywhere and taken up again exactly."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from mcld_app.errors import StudioError
from mcld_app.training.config import Config
from mcld_app.training.order import Batches
from mcld_app.training.state import load_state, optimiser_tensors, restore_optimiser, save_state
from mcld_app.training.tasks.task import Task


class TrainingError(StudioError):
    """A run that cannot go on; the sentence says at which step, and what to do."""


def make_task(config: Config) -> Task:
    """The task a configuration names."""
    from mcld_app.training.tasks import autoencoder, encoders, mcld, refiner

    kinds = {
        "mcld": mcld.MCLDTask,
        "autoencoder": autoencoder.AutoencoderTask,
        "image_encoder": encoders.ImageEncoderTask,
        "face_encoder": encoders.FaceEncoderTask,
        "refiner": refiner.RefinerTask,
    }
    return kinds[config.task](config)


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
        TrainingError: where a loss is no number. ConfigError, StudioError: see `config` and `build`.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs

    start = time.monotonic()
    out = Path(config.out)
    try:
        import tensorboard  # noqa: F401

        logs: str | None = "tensorboard"
    except ImportError:
        logs = None
    accelerator = Accelerator(
        mixed_precision=config.precision,
        gradient_accumulation_steps=config.accumulate,
        log_with=logs,
        project_dir=out,
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    torch.manual_seed(config.seed)
    task = make_task(config)
    states = out / f"state-{config.task}"
    held = load_state(states)
    if held is None:
        task.prepare()
    learned = [p for p in task.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=config.learning_rate, weight_decay=config.weight_decay)
    changing = dict(_changing(task))
    average = {name: value.detach().clone() for name, value in changing.items()} if config.ema else {}
    first = 0
    if held is not None:
        first, tensors, _ = held
        _restore(states, tensors, changing, average, optimiser)
    model, prepared = accelerator.prepare(task, optimiser)
    average = {name: value.to(accelerator.device) for name, value in average.items()}
    changing = dict(_changing(accelerator.unwrap_model(model)))
    task = accelerator.unwrap_model(model)

    dataset = task.dataset()
    world, rank = accelerator.num_processes, accelerator.process_index
    loader = torch.utils.data.DataLoader(
        dataset,
        batch_sampler=Batches(
            first * config.accumulate,
            config.steps * config.accumulate,
            config.batch,
            len(dataset),
            config.seed,
            rank,
            world,
        ),
        num_workers=config.data.workers,
        collate_fn=task.collate,
        persistent_workers=config.data.workers > 0,
    )
    if logs:
        accelerator.init_trackers(config.task)
    bar = _bar(config, first, quiet or not accelerator.is_main_process)
    report = (out / f"losses-{config.task}.jsonl").open("a", encoding="utf-8") if accelerator.is_main_process else None
    step, micro, summed, seen = first, first * config.accumulate, {}, 0

    def save() -> None:
        if accelerator.is_main_process:
            tensors = {f"model.{k}": v for k, v in changing.items()} | {f"average.{k}": v for k, v in average.items()}
            tensors |= {f"optimiser.{k}": v for k, v in optimiser_tensors(optimiser).items()}
            save_state(states, step, tensors, {"task": config.task})
        accelerator.wait_for_everyone()

    try:
        for batch in loader:
            batch = {name: value.to(accelerator.device) for name, value in batch.items()}
            generator = torch.Generator().manual_seed(hash((config.seed, micro, rank)) % 2**63)
            for group in prepared.param_groups:
                group["lr"] = learning_rate(config, step)
            with accelerator.accumulate(model):
                found = model(batch, generator)
                accelerator.backward(found["loss"])
                if accelerator.sync_gradients and config.clip:
                    accelerator.clip_grad_norm_(learned, config.clip)
                prepared.step()
                prepared.zero_grad(set_to_none=True)
            micro += 1
            for name, value in found.items():
                summed[name] = summed.get(name, 0.0) + value.detach().float() / config.accumulate
            if not accelerator.sync_gradients:
                continue
            step += 1
            seen += 1
            means = {k: float(v) for k, v in accelerator.reduce(summed, "mean").items()}
            summed = {}
            bad = [name for name, value in means.items() if not math.isfinite(value)]
            if bad:
                raise TrainingError(
                    f"At step {step} the loss is no number any more ({', '.join(bad)}). The state of "
                    f"{states} is from before; go on from it with a lower `learning_rate`, or with `precision: no`."
                )
            if config.ema:
                decay = min(config.ema, (1 + step) / (10 + step))
                torch._foreach_lerp_(list(average.values()), [changing[k].detach() for k in average], 1 - decay)
            if report:
                report.write(json.dumps({"step": step, **means}) + "\n")
                report.flush()
            if logs and config.log_every and step % config.log_every == 0:
                accelerator.log({**means, "learning_rate": learning_rate(config, step - 1)}, step=step)
            bar.set_postfix({k: f"{v:.4f}" for k, v in means.items()}, refresh=False)
            bar.update()
            if on_step is not None:
                on_step(step, means)
            if config.grid_every and step % config.grid_every == 0 and accelerator.is_main_process:
                _show(task, changing, average, batch, out, step, accelerator if logs else None)
            late = time.monotonic() - start > minutes * 60
            if any(accelerator.gather(torch.tensor([late], device=accelerator.device)).tolist()):
                save()
                break
            if config.save_every and step % config.save_every == 0 and step < config.steps:
                save()
        done = step >= config.steps
        if done:
            if seen:
                save()
            if accelerator.is_main_process:
                export(task, changing, average, out)
        accelerator.wait_for_everyone()
        return done
    finally:
        bar.close()
        if report:
            report.close()
        if logs:
            accelerator.end_training()


def learning_rate(config: Config, step: int) -> float:
    """Of a step, counted from 0: rises over the warm-up, then constant, or down to a fiftieth along a cosine."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    if config.schedule == "constant":
        return config.learning_rate
    share = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return config.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(share, 1))))


def export(task: Task, changing: dict[str, Tensor], average: dict[str, Tensor], out: Path) -> None:
    """Write the trained parts, averaged where the run averages, in diffusers' layout."""
    with Averaged(changing, average):
        for name, part in task.trained().items():
            part.save_pretrained(out / name, safe_serialization=True)


class Averaged:
    """While this is open, the weights are the averaged ones."""

    def __init__(self, changing: dict[str, Tensor], average: dict[str, Tensor]) -> None:
        self.changing, self.average = changing, average

    def __enter__(self) -> None:
        self._swap()

    def __exit__(self, *_: object) -> None:
        self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, mean in self.average.items():
            kept = self.changing[name].detach().clone()
            self.changing[name].copy_(mean)
            mean.copy_(kept)


def _changing(task: nn.Module):
    for name, value in task.named_parameters():
        if value.requires_grad:
            yield name, value
    for name, value in task.named_buffers():
        if name.startswith("kept_"):
            yield name, value


def _restore(states, tensors, changing, average, optimiser) -> None:
    model = {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")}
    fits = set(model) == set(changing) and all(model[k].shape == v.shape for k, v in changing.items())
    means = {k.removeprefix("average."): v for k, v in tensors.items() if k.startswith("average.")}
    if not fits or set(means) != set(average):
        raise TrainingError(
            f"The state in {states} is of another configuration. Give another `out`, or delete that folder to start "
            "anew."
        )
    with torch.no_grad():
        for name, value in model.items():
            changing[name].copy_(value)
        for name, value in means.items():
            average[name].copy_(value)
    restore_optimiser(
        optimiser, {k.removeprefix("optimiser."): v for k, v in tensors.items() if k.startswith("optimiser.")}
    )


def _show(task, changing, average, batch, out, step, accelerator) -> None:
    from PIL import Image

    task.eval()
    with Averaged(changing, average), torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        picture = task.show(batch)
    task.train()
    if picture is None:
        return
    folder = out / f"pictures-{task.settings.task}"
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(folder / f"{step:07d}.png")
    if accelerator is not None:
        accelerator.get_tracker("tensorboard").log_images({"samples": picture[None]}, step=step, dataformats="NHWC")


def _bar(config: Config, first: int, off: bool):
    from tqdm import tqdm

    return tqdm(total=config.steps, initial=first, desc=config.task, unit="step", disable=off, dynamic_ncols=True)
