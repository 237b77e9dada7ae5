"""Put a run's trained parts together as one model, in half precision, as the studio loads it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.errors import StudioError
from mcld_app.files import replaced_folder, writing
from mcld_app.request import AUTHORS, STUDIO
from mcld_app.training.kept_config import KeptConfig, kept_config
from mcld_app.training.parts import drawn_schedule, saved_part
from mcld_app.training.starting_points import STABLE_DIFFUSION, starting_part
from mcld_app.training.tasks.mcld import MCLDTask

if TYPE_CHECKING:
    from torch import nn

PARTS = ("vae", "image_encoder", "denoising_unet", "reference_unet", "pose_guider", "face_projector")
JUDGE = "face_judge"
LIVE = "live_network"

_OPTIONAL = ("face_encoder", "refiner")


def bundle(run: Path, folder: Path) -> int:
    """Write a run's model.

    Parts that the run did not train (the paper's autoencoder and image encoder) are taken from where its configuration
    says it took them; hashes are checked there as everywhere.

    Args:
        run: folder of the trained parts, a run's `out`.
        folder: what to write; a model that is there is replaced, other files there (its card) stay. It is the old model
            until the new one is whole.

    Returns:
        The size of the weights in bytes.

    Raises:
        StudioError: where a part is missing, or the folder cannot be written.
    """
    from mcld_app.checkpoints.conditioning import note_conditioning
    from mcld_app.checkpoints.saved import finish, note

    run = Path(run)
    if _has(run, LIVE) and not _has(run, MCLDTask.trains[0]):
        return _bundle_live(run, folder)
    kept = kept_config(run)
    parts = _parts(run, kept)
    judge = saved_part(run, JUDGE) if _has(run, JUDGE) else None
    with writing(folder), replaced_folder(folder) as made:
        _pipeline(parts, kept).save_pretrained(made, safe_serialization=True)
        if judge is not None:
            judge.half().save_pretrained(made / JUDGE, safe_serialization=True)
        note_conditioning(made, AUTHORS if kept.source == "folder" else STUDIO)
        finish(made, bundled=True)
        _keep_others(folder, made)
    note(folder)
    return sum(file.stat().st_size for file in folder.rglob("*.safetensors"))


def _bundle_live(run: Path, folder: Path) -> int:
    """`bundle` of a run of the live network, which stands alone."""
    from mcld_app.checkpoints.saved import finish, note

    network = saved_part(run, LIVE).half()
    with writing(folder), replaced_folder(folder) as made:
        network.save_pretrained(made / LIVE, safe_serialization=True)
        finish(made, bundled=True)
        _keep_others(folder, made)
    note(folder)
    return sum(file.stat().st_size for file in folder.rglob("*.safetensors"))


def _parts(run: Path, kept: KeptConfig) -> dict[str, nn.Module]:
    """All parts of the model, in half precision."""
    missing = [name for name in MCLDTask.trains if not _has(run, name)]
    if missing:
        raise StudioError(
            f"There are no trained weights of {missing[0]} in {run}: a run writes its parts after its last step. Start "
            "it again, and it goes on from where it was."
        )
    places = [run, *(Path(place) for place in (kept.base, kept.init) if place)]
    names = [*PARTS, *(name for name in _OPTIONAL if any(_has(place, name) for place in places))]
    return {name: _part(name, run, places, kept).half() for name in names}


def _part(name: str, run: Path, places: Sequence[Path], kept: KeptConfig) -> nn.Module:
    """A part of the run, or the one it was trained beside."""
    for place in places:
        if _has(place, name):
            return saved_part(place, name)
    if kept.base == STABLE_DIFFUSION:
        return starting_part(name, kept.as_config(run))
    raise StudioError(f"There are no trained weights of {name} in {run}. Train that part first.")


def _pipeline(parts: dict[str, nn.Module], kept: KeptConfig):
    from diffusers import DDIMScheduler

    from mcld_app.network.pipeline import MCLDPipeline
    from mcld_app.training.preprocessing import feature_extractor

    return MCLDPipeline(
        **parts,
        scheduler=DDIMScheduler(**drawn_schedule(kept.drawn_schedule)),
        feature_extractor=feature_extractor(parts["image_encoder"].config.image_size),
    )


def _keep_others(old: Path, new: Path) -> None:
    """Copy what is no part of a model from the folder that is about to be replaced."""
    from mcld_app.checkpoints.conditioning import FILE
    from mcld_app.checkpoints.parts import PARTS as NETWORKS
    from mcld_app.checkpoints.parts import SETTINGS
    from mcld_app.checkpoints.saved import HASHES, INDEX

    own = {*NETWORKS, *SETTINGS, HASHES, INDEX, FILE}
    for path in old.iterdir() if old.is_dir() else ():
        if path.name in own:
            continue
        if path.is_dir():
            shutil.copytree(path, new / path.name)
        else:
            shutil.copy2(path, new / path.name)


def _has(folder: Path, name: str) -> bool:
    return (folder / name / "config.json").is_file()
