"""How much memory a model's parts will take, from the outlines of their files: no weight is read."""

from __future__ import annotations

from math import prod
from pathlib import Path

from mcld_app.checkpoints.find import find_all
from mcld_app.checkpoints.formats import recognise
from mcld_app.checkpoints.saved import files_of, is_model_folder
from mcld_app.checkpoints.table import NEEDED


def footprint(folder: Path | None = None, *, dtype: str = "float32") -> dict[str, int]:
    """Bytes that each part of a model takes once it is loaded, by the part's name. Parts that are missing are left out.

    Args:
        folder: as in `loading.load_pipeline`.
        dtype: what the weights become.

    Raises:
        MissingWeights, BrokenWeights: for a folder that is not whole.
    """
    import torch

    each = getattr(torch, dtype).itemsize
    if folder is not None and is_model_folder(folder):
        files = files_of(folder)
    else:
        files = {found.weight.label: found.path for found in find_all(NEEDED, folder).values() if found is not None}
    return {name: _numbers(path) * each for name, path in files.items()}


def _numbers(path: Path) -> int:
    """How many numbers a file of weights holds; of a pickle, to be read only where it is loaded, as if in float32."""
    if recognise(path) != "safetensors":
        return path.stat().st_size // 4
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118, it is no mapping
