"""Models in diffusers' layout: a folder for each part, safetensors only, and an index.

They are loaded part by part, by a fixed list of classes: diffusers' own loader lets missing tensors pass with a
warning, and takes the names of classes from the folder.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcld_app.checkpoints.errors import BrokenWeights, MissingWeights, UntrustedWeights, WeightsError
from mcld_app.checkpoints.folders import bundled_folder
from mcld_app.checkpoints.formats import recognise
from mcld_app.checkpoints.manifest import ChecksumManifest, command, sha256_of
from mcld_app.checkpoints.modules import read_json, settled, without_memory
from mcld_app.checkpoints.tensors import fit, read_tensors
from mcld_app.files import need_room, whole_folder, writing

if TYPE_CHECKING:
    import torch
    from torch import nn

    from mcld_app.network.pipeline import MCLDPipeline

INDEX = "model_index.json"
HASHES = "hashes.json"  # in a folder that comes with the program: relative name -> SHA-256

# What such a folder may be made of: class name -> where the class is. Those with weights, and those without.
_NETWORKS = {
    "AutoencoderKL": "diffusers",
    "CLIPVisionModelWithProjection": "transformers",
    "DenoisingUNet": "mcld_app.network.unets",
    "ReferenceUNet": "mcld_app.network.unets",
    "PoseGuider": "mcld_app.network.pose_guider",
    "FaceProjector": "mcld_app.network.face_projector",
    "FaceEncoder": "mcld_app.network.face_encoder",
    "PatchAutoencoder": "mcld_app.network.patch_autoencoder",
    "DetailRefiner": "mcld_app.network.refiner",
}
_OTHERS = {
    "CLIPImageProcessorPil": "transformers",
    "DDIMScheduler": "diffusers",
    "DPMSolverMultistepScheduler": "diffusers",
    "UniPCMultistepScheduler": "diffusers",
}


def is_model_folder(folder: Path) -> bool:
    """Whether a folder is in diffusers' layout."""
    return (folder / INDEX).is_file()


def save_pipeline(pipe: MCLDPipeline, folder: Path, *, bundled: bool = False) -> None:
    """Write a pipeline in diffusers' layout, as safetensors, whole or not at all, and note the files in the manifest.

    Args:
        pipe: to write.
        folder: to make; must not exist, or be empty.
        bundled: also write `hashes.json`, for a model that comes with the program.

    Raises:
        WeightsError: the folder is in use. DiskFull.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WeightsError(f"{folder} is in use. Choose a folder that is empty or does not exist.")
    modules = [part for part in pipe.components.values() if hasattr(part, "state_dict") and hasattr(part, "parameters")]
    need_room(folder, sum(t.numel() * t.element_size() for m in modules for t in m.state_dict().values()), "the model")
    with writing(folder), whole_folder(folder) as temporary:
        pipe.save_pretrained(temporary, safe_serialization=True)
        files = [file.relative_to(temporary) for file in sorted(temporary.rglob("*.safetensors"))]
        if bundled:
            hashes = {file.as_posix(): sha256_of(temporary / file) for file in files}
            (temporary / HASHES).write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n", "utf-8")
        for path in (temporary, *temporary.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)  # made for one user alone by the writers
    manifest = ChecksumManifest()
    for file in files:
        manifest.record(folder / file, "saved")


def load_saved(
    folder: Path, *, device: str | torch.device, dtype: torch.dtype, on_part: Callable[[str], None]
) -> MCLDPipeline:
    """See `build.load_pipeline`."""
    from mcld_app.network.pipeline import MCLDPipeline

    verify_saved(folder)
    parts = {}
    for name, kind in _index(folder).items():
        if kind in _OTHERS:
            parts[name] = _small_part(folder / name, _class(kind))
            continue
        on_part(name.replace("_", " "))
        file = _weights_of(folder / name)
        module = without_memory(lambda kind=kind, name=name: _empty_module(folder / name, _class(kind)))
        fit(module, read_tensors(file), file, device=device, dtype=dtype)
        parts[name] = settled(module, device)
    try:
        return MCLDPipeline(**parts)
    except TypeError as error:
        raise BrokenWeights(f"{folder / INDEX} does not name the parts that MCLD is made of: {error}.") from error


def verify_saved(folder: Path) -> list[Path]:
    """Make sure that each weight file of a folder is what it was; returns them. Without torch.

    The bundled model is part of the program, so its hashes come with it. Any other folder stands in the manifest.

    Raises:
        MissingWeights, UntrustedWeights, BrokenWeights.
    """
    return [verify_part(folder, name) for name, kind in _index(folder).items() if kind in _NETWORKS]


def verify_part(folder: Path, name: str) -> Path:
    """`verify_saved` for the weights of one part, `folder/name`, whether or not the pipeline knows of it."""
    file = _weights_of(folder / name)
    if folder.resolve() == bundled_folder().resolve() and (folder / HASHES).is_file():
        recognise(file)
        if read_json(folder / HASHES).get(file.relative_to(folder).as_posix()) != sha256_of(file):
            raise BrokenWeights(f"{file} is not the file that came with the program. Install the program again.")
        return file
    try:
        ChecksumManifest().verify(file)
    except UntrustedWeights as error:
        raise UntrustedWeights(
            f"The model in {folder} was not made by this program on this machine. If you know where it comes from, "
            f"say so once with `{command(folder)}`."
        ) from error
    return file


def _index(folder: Path) -> dict[str, str]:
    """Part -> class name."""
    kinds = {}
    for name, value in read_json(folder / INDEX).items():
        if name.startswith("_") or value == [None, None]:  # a part this model does without
            continue
        kind = value[1] if isinstance(value, list) and len(value) == 2 else None
        if (kind not in _NETWORKS and kind not in _OTHERS) or not name.isidentifier():
            raise BrokenWeights(f"{folder / INDEX} names {value!r} as {name!r}, which is no part of MCLD.")
        kinds[name] = kind
    return kinds


def _class(kind: str) -> type:
    return getattr(importlib.import_module((_NETWORKS | _OTHERS)[kind]), kind)


def _weights_of(folder: Path) -> Path:
    files = sorted(folder.glob("*.safetensors"))
    if len(files) != 1:
        raise MissingWeights(f"{folder} should hold one .safetensors file, and holds {len(files) or 'none'}.")
    return files[0]


def _empty_module(folder: Path, kind: type) -> nn.Module:
    config = read_json(folder / "config.json")
    if kind.__module__.startswith("transformers"):
        return kind(kind.config_class.from_dict(config))
    return kind.from_config(config)


def _small_part(folder: Path, kind: type) -> Any:
    if hasattr(kind, "from_config"):
        return kind.from_config(read_json(folder / "scheduler_config.json"))
    return kind.from_dict(read_json(folder / "preprocessor_config.json"))
