"""The published model: the authors' four files and the two base parts, each from its own file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.checkpoints.downloads import by_hand
from mcld_app.checkpoints.errors import MissingWeights
from mcld_app.checkpoints.find import Found, find_all
from mcld_app.checkpoints.manifest import ChecksumManifest
from mcld_app.checkpoints.modules import settled, without_memory
from mcld_app.checkpoints.parts import PUBLISHED_PARTS, SETTINGS
from mcld_app.checkpoints.sizes import SCHEDULER, Sizes
from mcld_app.checkpoints.table import NEEDED, weight_named
from mcld_app.checkpoints.tensors import as_safetensors, fit, old_names_to_new, read_tensors

if TYPE_CHECKING:
    import torch

    from mcld_app.network.pipeline import MCLDPipeline


def load_published(
    folder: Path | None,
    *,
    device: str | torch.device,
    dtype: torch.dtype,
    sizes: Sizes,
    on_part: Callable[[str], None],
) -> MCLDPipeline:
    """The published model as a pipeline; see `loading.load_pipeline`."""
    from diffusers import DDIMScheduler

    from mcld_app.network.pipeline import MCLDPipeline

    found = _found(folder)
    manifest = ChecksumManifest()
    entries = {}
    for name, where in found.items():  # all of them before the first is loaded, which takes a while
        on_part(f"checking the {where.weight.label}")
        entries[name] = manifest.verify(where.path, known=where.weight.known, in_cache=where.in_cache)
    networks = {}
    for part in PUBLISHED_PARTS:
        where = found[part.weight]
        on_part(where.weight.label)
        module = without_memory(lambda part=part, where=where: part.published(where.path, sizes))
        path = as_safetensors(where, manifest, entries[part.weight])
        tensors = old_names_to_new(read_tensors(path))
        fit(part.target(module), tensors, path, device=device, dtype=dtype)
        networks[part.name] = settled(module, device)
    feature_extractor = SETTINGS["feature_extractor"].kind()()
    return MCLDPipeline(**networks, scheduler=DDIMScheduler(**SCHEDULER), feature_extractor=feature_extractor)


def _found(folder: Path | None) -> dict[str, Found]:
    """All files of the published model, by the weight's name. Raises MissingWeights."""
    found = find_all(NEEDED, folder)
    missing = [weight_named(name) for name, where in found.items() if where is None]
    if missing:
        names = ", ".join(weight.label for weight in missing)
        raise MissingWeights(
            f"The published model is not complete. Missing: {names}. `python -m mcld_app download` fetches it, and "
            f"`python -m mcld_app doctor` says where each file belongs. By hand: {by_hand(missing[0], folder)}."
        )
    return found
