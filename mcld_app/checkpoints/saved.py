"""Models in diffusers' layout: a folder for each part, safetensors only, and an index.

Loaded part by part, by the classes of `parts`, and not by diffusers: its loader lets missing tensors pass with a
warning, and takes the names of classes from the folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcld_app.checkpoints.errors import BrokenWeights, MissingWeights, UntrustedWeights, WeightsError
from mcld_app.checkpoints.folders import bundled_folder
from mcld_app.checkpoints.formats import recognise
from mcld_app.checkpoints.manifest import ChecksumManifest, command, sha256_of
from mcld_app.checkpoints.modules import read_json, settled, without_memory
from mcld_app.checkpoints.parts import PARTS, SETTINGS, build
from mcld_app.checkpoints.tensors import fit, read_tensors
from mcld_app.files import need_room, whole_folder, writing

if TYPE_CHECKING:
    import torch
    from torch import nn

    from mcld_app.network.pipeline import MCLDPipeline

INDEX = "model_index.json"
HASHES = "hashes.json"  # in a folder that comes with the program: relative name -> SHA-256


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
        finish(temporary, bundled=bundled)
    note(folder)


def finish(folder: Path, *, bundled: bool) -> None:
    """What a model's folder needs besides its parts, before it takes its place: permissions and, for a model that comes
    with the program, `hashes.json`."""
    if bundled:
        files = sorted(folder.rglob("*.safetensors"))
        hashes = {file.relative_to(folder).as_posix(): sha256_of(file) for file in files}
        (folder / HASHES).write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n", "utf-8")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # made for one user alone by the writers


def note(folder: Path) -> None:
    """Note the weights of a folder that this program wrote in the manifest."""
    manifest = ChecksumManifest()
    for file in sorted(folder.rglob("*.safetensors")):
        manifest.record(file, "saved")


def load_saved(
    folder: Path, *, device: str | torch.device, dtype: torch.dtype, on_part: Callable[[str], None]
) -> MCLDPipeline:
    """A model's folder as a pipeline; see `loading.load_pipeline`."""
    from mcld_app.network.pipeline import MCLDPipeline

    verify_saved(folder)
    parts = {}
    for name, kind in _index(folder).items():
        if name in SETTINGS:
            parts[name] = _configured(folder / name, SETTINGS[name].kind(kind))
            continue
        on_part(name.replace("_", " "))
        parts[name] = settled(read_part(folder, name, PARTS[name].kind(kind), device=device, dtype=dtype), device)
    try:
        return MCLDPipeline(**parts)
    except TypeError as error:
        raise BrokenWeights(f"{folder / INDEX} does not name the parts that MCLD is made of: {error}.") from error


def read_part(
    folder: Path, name: str, kind: type, *, device: str | torch.device = "cpu", dtype: torch.dtype | None = None
) -> nn.Module:
    """One network of a model's or a run's folder, strictly: `folder/name/config.json` and one safetensors file.

    The file's hash is not looked at: `verify_part` does that, for a folder that this program may not have written.

    Args:
        folder, name: where it lies.
        kind: its class.
        device, dtype: what its tensors become; None keeps those of the file.

    Raises:
        MissingWeights, BrokenWeights.
    """
    file = _weights_of(folder / name)
    config = read_json(folder / name / "config.json")
    module = without_memory(lambda: build(kind, config))
    fit(module, read_tensors(file), file, device=device, dtype=dtype)
    return module


def verify_saved(folder: Path) -> list[Path]:
    """Make sure that each weight file of a folder is what it was; returns them. Without torch.

    The bundled model is part of the program, so its hashes come with it. Any other folder stands in the manifest.

    Raises:
        MissingWeights, UntrustedWeights, BrokenWeights.
    """
    return [verify_part(folder, name) for name, kind in _index(folder).items() if name in PARTS]


def files_of(folder: Path) -> dict[str, Path]:
    """The weight file of each part, by the part's name.

    Raises:
        MissingWeights, BrokenWeights.
    """
    return {name: _weights_of(folder / name) for name in _index(folder) if name in PARTS}


def verify_part(folder: Path, name: str) -> Path:
    """`verify_saved` for the weights of one part, `folder/name`, whether or not the pipeline knows of it."""
    file = _weights_of(folder / name)
    own = bundled_folder().resolve()
    if folder.resolve() in (own, own.parent / "live") and (folder / HASHES).is_file():
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
    """Part -> class name. Raises MissingWeights, BrokenWeights: what is no part of MCLD is never imported."""
    known, kinds = PARTS | SETTINGS, {}
    for name, value in read_json(folder / INDEX).items():
        if name.startswith("_") or value == [None, None]:  # a part this model does without
            continue
        kind = value[1] if isinstance(value, list) and len(value) == 2 else None
        if name not in known or not known[name].has_class(kind):
            raise BrokenWeights(f"{folder / INDEX} names {value!r} as {name!r}, which is no part of MCLD.")
        kinds[name] = kind
    return kinds


def _weights_of(folder: Path) -> Path:
    files = sorted(folder.glob("*.safetensors"))
    if len(files) != 1:
        raise MissingWeights(f"{folder} should hold one .safetensors file, and holds {len(files) or 'none'}.")
    return files[0]


def _configured(folder: Path, kind: type) -> Any:
    """A part without weights, from its configuration."""
    if hasattr(kind, "from_config"):
        return kind.from_config(read_json(folder / "scheduler_config.json"))
    return kind.from_dict(read_json(folder / "preprocessor_config.json"))
