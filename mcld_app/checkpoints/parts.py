"""The parts of a model as data: part -> class, published weight, configuration.

Whoever builds a part reads this table: loading the published files, loading a folder in diffusers' layout, training.
Importing it imports neither torch nor diffusers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcld_app.checkpoints.modules import config_beside
from mcld_app.checkpoints.schedulers import CLASSES as SCHEDULER_CLASSES
from mcld_app.checkpoints.sizes import Sizes

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ModelPart:
    """One part of a model.

    Attributes:
        name: in the pipeline and in a saved model's index, as in "denoising_unet".
        classes: which it may be, as "module.Class"; the first is the published model's.
        weight: name of its published weight in `table`; "" where the published model has no such part.
        inner: the attribute of the network that the published file's tensors belong to; "" is the network itself.
        config_kind: how a config.json that lies beside the published file calls itself; "" where none is published.
    """

    name: str
    classes: tuple[str, ...]
    weight: str = ""
    inner: str = ""
    config_kind: str = ""

    def has_class(self, name: str | None) -> bool:
        """Whether the part may be of the class of that name, without its module."""
        return any(path.rpartition(".")[2] == name for path in self.classes)

    def kind(self, name: str = "") -> type:
        """The class of that name, imported; default: the published model's.

        Raises:
            KeyError: where the part is never of that class.
        """
        for path in self.classes:
            module, _, own = path.rpartition(".")
            if name in ("", own):
                return getattr(import_module(module), own)
        raise KeyError(name)

    def published(self, path: Path, sizes: Sizes) -> nn.Module:
        """The part as the published model has it, with random weights.

        Args:
            path: its weight file, which may have a config.json beside it; need not exist.
            sizes: what holds where it has none.
        """
        beside = config_beside(path, self.config_kind) if self.config_kind else None
        return build(self.kind(), beside or sizes.config_of(self.name))

    def target(self, module: nn.Module) -> nn.Module:
        """The network within the part that the published file's tensors belong to."""
        return getattr(module, self.inner) if self.inner else module


def build(kind: type, config: Mapping[str, Any]) -> nn.Module:
    """A network of a class, with random weights, from what its config.json says."""
    if hasattr(kind, "config_class"):  # transformers'; diffusers' and ours keep their arguments themselves
        return kind(kind.config_class.from_dict(dict(config)))
    return kind.from_config(dict(config))


_NETWORK = "mcld_app.network"

PARTS: dict[str, ModelPart] = {
    part.name: part
    for part in (
        ModelPart("vae", ("diffusers.AutoencoderKL", f"{_NETWORK}.patch_autoencoder.PatchAutoencoder"),
             weight="vae", config_kind="AutoencoderKL"),
        ModelPart("image_encoder", ("transformers.CLIPVisionModelWithProjection",),
             weight="image_encoder", config_kind="clip_vision_model"),
        ModelPart("denoising_unet", (f"{_NETWORK}.unets.DenoisingUNet",), weight="denoising_unet", inner="unet"),
        ModelPart("reference_unet", (f"{_NETWORK}.unets.ReferenceUNet",), weight="reference_unet", inner="unet"),
        ModelPart("pose_guider", (f"{_NETWORK}.pose_guider.PoseGuider",), weight="pose_guider"),
        ModelPart("face_projector", (f"{_NETWORK}.face_projector.FaceProjector",), weight="image_proj_model"),
        ModelPart("face_encoder", (f"{_NETWORK}.face_encoder.FaceEncoder",)),
        ModelPart("face_judge", (f"{_NETWORK}.face_encoder.FaceEncoder",)),  # beside the model: evaluation's own
        ModelPart("refiner", (f"{_NETWORK}.refiner.DetailRefiner",)),
        ModelPart("live_network", (f"{_NETWORK}.live.LiveNetwork",)),
    )
}  # fmt: skip
"""The networks, by name."""

PUBLISHED_PARTS: tuple[ModelPart, ...] = tuple(part for part in PARTS.values() if part.weight)
"""The networks of the published model."""

SETTINGS: dict[str, ModelPart] = {
    part.name: part
    for part in (
        ModelPart("scheduler", tuple(f"diffusers.{kind}" for kind, _ in SCHEDULER_CLASSES.values())),
        ModelPart("feature_extractor", ("transformers.CLIPImageProcessorPil",)),
    )
}  # fmt: skip
"""Parts without weights, by name: a configuration is all they are."""
