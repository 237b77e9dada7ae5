"""The networks of a run: new ones of the sizes that its configuration says, and those that a run has saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from mcld_app.checkpoints.parts import PARTS, build
from mcld_app.checkpoints.sizes import IMAGE_ENCODER, SCHEDULER, VAE
from mcld_app.errors import StudioError
from mcld_app.network.focus import PLANS
from mcld_app.training.config import Config, ConfigError

SCHEDULE: dict[str, Any] = {**SCHEDULER, "beta_schedule": "scaled_linear"}
"""Training's noise schedule (docs/reference.md): scaled_linear, though the authors' inference uses linear."""


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
    """A part from a folder that this program wrote: `folder/name/config.json` and one safetensors file, strictly.

    Raises:
        StudioError: where it is missing or does not fit.
    """
    from mcld_app.checkpoints.modules import read_json
    from mcld_app.checkpoints.tensors import read_tensors

    place = Path(folder) / name
    files = sorted(place.glob("*.safetensors"))
    if len(files) != 1:
        raise StudioError(f"There are no trained weights in {place}. Train that part first, or correct `init`/`base`.")
    values = read_json(place / "config.json")
    module = build(part_class(name, values), values)
    try:
        module.load_state_dict({k: v.float() for k, v in read_tensors(files[0]).items()}, strict=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise StudioError(f"{files[0]} does not fit its configuration: {reason}") from error
    return module.float()  # transformers builds a model in the precision its configuration was saved in
