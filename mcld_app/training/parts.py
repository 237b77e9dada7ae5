"""The networks of a run: from sizes in its configuration, from a model to go on from, or from trained parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from mcld_app.checkpoints.sizes import IMAGE_ENCODER, VAE
from mcld_app.errors import StudioError
from mcld_app.network.focus import PLANS
from mcld_app.training.config import Config, ConfigError

STABLE_DIFFUSION = "stable-diffusion"
"""`base` of a run that starts from published weights, as the paper does."""

SCHEDULE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "steps_offset": 1,
    "prediction_type": "v_prediction",
    "timestep_spacing": "trailing",
    "rescale_betas_zero_snr": True,
}
"""Training's noise schedule: scaled_linear, though inference is linear (`docs/reference.md`, "Sampling")."""


def part_class(name: str) -> type:
    """The class of a part of the pipeline, by its name there.

    Raises:
        ConfigError: where there is no such part.
    """
    from diffusers import AutoencoderKL
    from transformers import CLIPVisionModelWithProjection

    from mcld_app.network.face_encoder import FaceEncoder
    from mcld_app.network.face_projector import FaceProjector
    from mcld_app.network.patch_autoencoder import PatchAutoencoder
    from mcld_app.network.pose_guider import PoseGuider
    from mcld_app.network.refiner import DetailRefiner
    from mcld_app.network.unets import DenoisingUNet, ReferenceUNet

    kinds = {
        "denoising_unet": DenoisingUNet,
        "reference_unet": ReferenceUNet,
        "pose_guider": PoseGuider,
        "face_projector": FaceProjector,
        "image_encoder": CLIPVisionModelWithProjection,
        "face_encoder": FaceEncoder,
        "face_judge": FaceEncoder,
        "refiner": DetailRefiner,
        "vae": AutoencoderKL,
        "patch_vae": PatchAutoencoder,
    }
    if name not in kinds:
        raise ConfigError(f"`sizes` names no part {name!r}. The parts are: {', '.join(kinds)}.")
    return kinds[name]


def new_part(name: str, config: Config) -> nn.Module:
    """A part with random weights, in the size the configuration says; {} is the published model's."""
    sizes = dict(config.sizes.get(name, {}))
    try:
        if name == "image_encoder":
            from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

            return CLIPVisionModelWithProjection(CLIPVisionConfig(**(sizes or IMAGE_ENCODER)))
        if name == "vae":
            return part_class("patch_vae")(**sizes) if "fine" in sizes else part_class("vae")(**(sizes or VAE))
        if name == "denoising_unet":
            sizes.setdefault("focus", asdict(PLANS[config.plan]))
            if sizes.get("skip"):
                sizes.setdefault("schedule", SCHEDULE)
        return part_class(name)(**sizes)
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
    kind = part_class("patch_vae" if name == "vae" and "fine" in values else name)
    module = kind(kind.config_class.from_dict(values)) if name == "image_encoder" else kind.from_config(values)
    try:
        module.load_state_dict({k: v.float() for k, v in read_tensors(files[0]).items()}, strict=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise StudioError(f"{files[0]} does not fit its configuration: {reason}") from error
    return module.float()  # transformers builds a model in the precision its configuration was saved in


def parts(names: list[str], config: Config, *, trained: set[str]) -> Mapping[str, Any]:
    """The parts of a task. A part that is trained starts from `init` where that has it, else anew; any other one comes
    from `out` (an earlier task's result), else from `base`, else from `init`."""
    out = {}
    for name in names:
        if config.base == STABLE_DIFFUSION and not config.init:
            from mcld_app.training.starting_points import starting_part

            module = starting_part(name, config)
            out[name] = module.train() if name in trained else module.eval().requires_grad_(False)
            continue
        folders = [config.init] if name in trained else [config.out, config.base, config.init]
        found = next((Path(f) for f in folders if f and (Path(f) / name / "config.json").is_file()), None)
        if found is not None:
            module = saved_part(found, name)
        elif name in trained or not config.base:
            module = new_part(name, config)
        else:
            raise ConfigError(f"The part {name} is neither in `out` ({config.out}) nor in `base` ({config.base}).")
        out[name] = module.train() if name in trained else module.eval().requires_grad_(False)
    return out


def trainable(config: Config) -> int:
    """How many parameters of the four networks a run of MCLD would train; needs no memory for them."""
    from accelerate import init_empty_weights

    from mcld_app.training.tasks.mcld import freeze_unused

    names = ("denoising_unet", "reference_unet", "pose_guider", "face_projector")
    with init_empty_weights():
        networks = {name: new_part(name, config) for name in names}
        freeze_unused(networks["denoising_unet"].plan, networks["reference_unet"], networks["face_projector"])
    return sum(p.numel() for network in networks.values() for p in network.parameters() if p.requires_grad)
