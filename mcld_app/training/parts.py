"""The networks of a run: new ones of the sizes that its configuration says, and those that a run has saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from mcld_app.checkpoints.errors import MissingWeights
from mcld_app.checkpoints.parts import PARTS
from mcld_app.checkpoints.sizes import IMAGE_ENCODER, SCHEDULER, VAE
from mcld_app.network.focus import PLANS
from mcld_app.training.config import Config, ConfigError

SCHEDULE: dict[str, Any] = {**SCHEDULER, "beta_schedule": "scaled_linear"}
"""Training's noise schedule (docs/reference.md): scaled_linear, though the authors' inference uses linear."""


def drawn_schedule(kind: str) -> dict[str, Any]:
    """`DDIMScheduler`'s arguments for drawing, by `Config.drawn_schedule`."""
    return {**SCHEDULE, "beta_schedule": kind}


def part_class(name: str, config: Mapping[str, Any]) -> type:
    """The class of a part of the pipeline, by its name there and what its configuration says.

    Raises:
        ConfigError: where there is no such part.
    """
    if name not in PARTS:
        raise ConfigError(f"`sizes` names no part {name!r}. The parts are: {', '.join(PARTS)}.")
    return PARTS[name].kind("PatchAutoencoder" if name == "vae" and "fine" in config else "")


def new_part(name: str, config: Config) -> nn.Module:
    """A part with random weights, in the size the configuration says; {} is the published model's."""
    sizes = dict(config.sizes.get(name, {}))
    kind = part_class(name, sizes)
    try:
        if name == "image_encoder":
            return kind(kind.config_class(**(sizes or IMAGE_ENCODER)))
        if name == "vae":
            return kind(**(sizes or VAE))
        if name == "denoising_unet":
            sizes.setdefault("focus", asdict(PLANS[config.plan]))
            if sizes.get("skip"):
                sizes.setdefault("schedule", SCHEDULE)
        return kind(**sizes)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"`sizes.{name}` cannot be built: {error}") from error


def saved_part(folder: Path, name: str) -> nn.Module:
    """A part that a run or `bundle` has written, in float32, to be trained on or put together.

    Raises:
        StudioError: where it is missing or does not fit.
    """
    import torch

    from mcld_app.checkpoints.modules import read_json
    from mcld_app.checkpoints.saved import read_part

    folder = Path(folder)
    try:
        kind = part_class(name, read_json(folder / name / "config.json"))
        return read_part(folder, name, kind, dtype=torch.float32)
    except MissingWeights as error:
        raise MissingWeights(
            f"There are no trained weights in {folder / name}: {error} Train that part first, or correct `init`/`base`."
        ) from error
