"""What a run starts from: its own parts, another model's, or Stable Diffusion's as the paper's training does
(docs/reference.md), from the checkpoints folder or the Hugging Face cache, hashes checked as everywhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from torch import Tensor, nn

from mcld_app.checkpoints.downloads import by_hand
from mcld_app.checkpoints.errors import BrokenWeights, MissingWeights
from mcld_app.checkpoints.find import find
from mcld_app.checkpoints.manifest import ChecksumManifest
from mcld_app.checkpoints.table import STARTS, Weight, weight_named
from mcld_app.checkpoints.tensors import as_safetensors, fit, old_names_to_new, read_tensors
from mcld_app.training.config import Config, ConfigError
from mcld_app.training.parts import new_part, saved_part

STABLE_DIFFUSION = "stable-diffusion"
"""`base` of a run that starts from published weights, as the paper does."""

_UNET, _CONTROL = STARTS
_HINT = "controlnet_cond_embedding."


def load_parts(names: Sequence[str], config: Config, *, trained: Collection[str]) -> dict[str, nn.Module]:
    """The parts of a task, by name; those that are trained in training mode, the others fixed.

    A part that is trained starts from `init` where that has it; any other one comes from `out` (an earlier task's
    result), else from `base`, else from `init`. What is in none of these starts as `starting_part` says with
    `base: stable-diffusion`, else anew.

    Raises:
        ConfigError: for a part that is in none of these folders. MissingWeights, BrokenWeights, UntrustedWeights: see
            `starting_part`.
    """
    out = {}
    for name in names:
        module = _part(name, config, name in trained)
        out[name] = module.train() if name in trained else module.eval().requires_grad_(False)
    return out


def _part(name: str, config: Config, trained: bool) -> nn.Module:
    folders = [config.init] if trained else [config.out, config.base, config.init]
    for folder in map(Path, filter(None, folders)):
        if (folder / name / "config.json").is_file():
            return saved_part(folder, name)
    if config.base == STABLE_DIFFUSION:
        return starting_part(name, config)
    if trained or not config.base:
        return new_part(name, config)
    raise ConfigError(f"The part {name} is neither in `out` ({config.out}) nor in `base` ({config.base}).")


def starting_part(name: str, config: Config) -> nn.Module:
    """A part as the paper's training starts with it.

    Both UNets start from sd-image-variations (which takes image tokens), the pose guider from ControlNet for
    segmentation with its last convolution zero, the face projector and the face's own keys and values anew.

    Raises:
        MissingWeights: with where to get the file, and where to put it. BrokenWeights: a file that does not fit.
        UntrustedWeights: one that nobody has vouched for.
    """
    part = new_part(name, config)
    if name in ("vae", "image_encoder"):
        tensors, path = _tensors(weight_named(name))
        fit(part, tensors, path)
    elif name in ("denoising_unet", "reference_unet"):
        _start_unet(part.unet, *_tensors(_UNET))
    elif name == "pose_guider":
        _start_guider(part, *_tensors(_CONTROL))
    return part


def _tensors(weight: Weight) -> tuple[dict[str, Tensor], Path]:
    found = find(weight)
    if found is None:
        raise MissingWeights(f"Training starts from the {weight.label}, which is missing: {by_hand(weight)}.")
    path = as_safetensors(found, ChecksumManifest())
    return {name: tensor.float() for name, tensor in old_names_to_new(read_tensors(path)).items()}, path


def _start_unet(unet: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """All tensors of a stock UNet; what the file has not is the face's own keys and values. The ReferenceNet has no
    last layers, which the file has."""
    own = unet.state_dict()
    new = {name: value for name, value in own.items() if "processor" in name}
    last = {name for name in tensors if name.startswith(("conv_norm_out.", "conv_out.")) and name not in own}
    fit(unet, {**{name: value for name, value in tensors.items() if name not in last}, **new}, path)


def _start_guider(guider: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """A ControlNet's embedding of its picture, but for the last convolution, which stays zero."""
    held = {name.removeprefix(_HINT): value for name, value in tensors.items() if name.startswith(_HINT)}
    if not held:
        raise BrokenWeights(f"{path} holds no {_HINT[:-1]}: it is no ControlNet.")
    last = {name: value for name, value in guider.state_dict().items() if name.startswith("conv_out.")}
    fit(guider, {**held, **last}, path)
