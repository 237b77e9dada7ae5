"""A model as the authors' four files, for their own code and for `published`: tensors by their names, in float32."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.checkpoints.errors import WeightsError
from mcld_app.checkpoints.manifest import ChecksumManifest
from mcld_app.checkpoints.modules import read_json
from mcld_app.checkpoints.parts import PARTS, ModelPart
from mcld_app.checkpoints.saved import is_model_folder, read_part, verify_part
from mcld_app.checkpoints.table import MCLD_FILES, weight_named
from mcld_app.files import need_room, whole_folder, writing

if TYPE_CHECKING:
    from torch import Tensor, nn

_ADDITIONS = ("skip", "preview", "places")
_FLOAT32 = 4


def export_authors(source: Path, folder: Path) -> list[Path]:
    """Write the four files of a run or a model, all or none, and note them in the manifest.

    Args:
        source: a run's `out`, or a model's folder.
        folder: to make; must not exist, or be empty.

    Returns:
        The files.

    Raises:
        WeightsError: the folder is in use; a part is missing or damaged; the model is none that the authors' code
            could draw with. DiskFull, FileError.
    """
    import torch

    source, folder = Path(source), Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WeightsError(f"{folder} is in use. Choose a folder that is empty or does not exist.")
    _fits_the_authors_code(source)
    parts = [part for part in PARTS.values() if part.weight in MCLD_FILES]
    if is_model_folder(source):  # which may come from anywhere, as a run does not
        for part in parts:
            verify_part(source, part.name)
    names = [weight_named(part.weight).place for part in parts]
    with writing(folder), whole_folder(folder) as temporary:
        for part, name in zip(parts, names, strict=True):
            tensors = authors_tensors(part, read_part(source, part.name, part.kind(), dtype=torch.float32))
            need_room(folder, sum(tensor.numel() for tensor in tensors.values()) * _FLOAT32, name)
            torch.save(tensors, temporary / name)
    manifest = ChecksumManifest()
    for name in names:
        manifest.record(folder / name, "saved")
    return [folder / name for name in names]


def authors_tensors(part: ModelPart, module: nn.Module) -> dict[str, Tensor]:
    """What the authors' file of a part holds, by its names there: a plain dict, each tensor with memory of its own."""
    return {name: tensor.detach().clone() for name, tensor in part.target(module).state_dict().items()}


def _fits_the_authors_code(source: Path) -> None:
    """Raises WeightsError where the authors' files have no place for what this model is."""
    config = read_json(source / "denoising_unet" / "config.json")
    added = [name for name in _ADDITIONS if config.get(name)]
    if added:
        raise WeightsError(
            f"The model in {source} has additions to the paper ({', '.join(added)}), for which the authors' files have "
            "no place. Only a model of the paper's own design can be exported."
        )
    from mcld_app.network.focus import PLANS, FocusPlan

    if FocusPlan(**(config.get("focus") or {})) != PLANS["ours"]:
        raise WeightsError(
            f"The model in {source} is an ablation: it sees its conditions otherwise than the authors' code shows "
            "them. Only the full model (`plan: ours`) can be exported."
        )
