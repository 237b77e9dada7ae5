"""A run's state on disk: written whole or not at all, in shards, without pickles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mcld_app.errors import StudioError
from mcld_app.files import remove_leftovers, whole_folder, writing

SHARD_BYTES = 15 << 20
"""A shard's size; a larger tensor has one for itself."""

_KEPT = 2


def save_state(folder: Path, step: int, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write the state after a step; the last two are kept.

    Args:
        folder: of the run's states.
        step: optimiser steps done.
        tensors: everything that changes, by name.
        facts: small values to keep beside them, as JSON takes them.

    Raises:
        DiskFull, FileError: where it cannot be written; the state before is still there.
    """
    from safetensors.torch import save_file

    with writing(folder), whole_folder(folder / f"step-{step:07d}") as temporary:
        for n, shard in enumerate(_shards(tensors)):
            # Copies, a shard at a time: some of an 8-bit optimiser's tensors are the same memory under many names.
            save_file({name: _alone(tensors[name]) for name in shard}, _file(temporary, n))
        text = json.dumps({"step": step, "shards": n + 1, **facts}, indent=1)
        (temporary / "state.json").write_text(text + "\n", "utf-8")
    _drop_old(folder)


def clean(folder: Path) -> None:
    """Delete what a run that was killed while it saved has left: a state half written, or an old one half deleted."""
    remove_leftovers(folder, "step-*")
    _drop_old(folder)


def _drop_old(folder: Path) -> None:
    for old in sorted(folder.glob("step-*"))[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def load_state(folder: Path) -> tuple[int, dict[str, Tensor], dict[str, Any]] | None:
    """The newest state: steps done, tensors, facts; None where there is none.

    Raises:
        StudioError: where it is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    found = sorted(folder.glob("step-*/state.json"))
    if not found:
        return None
    place = found[-1].parent
    try:
        facts = json.loads(found[-1].read_text("utf-8"))
        step, shards = facts.pop("step"), facts.pop("shards")
        tensors: dict[str, Tensor] = {}
        for n in range(shards):
            tensors |= load_file(_file(place, n))
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise StudioError(f"The run's state in {place} is damaged. Delete that folder to go on from before.") from error
    return step, tensors, facts


def _shards(tensors: Mapping[str, Tensor]) -> list[list[str]]:
    shards: list[list[str]] = [[]]
    held = 0
    for name, value in tensors.items():
        size = value.numel() * value.element_size()
        if held and held + size > SHARD_BYTES:
            shards.append([])
            held = 0
        shards[-1].append(name)
        held += size
    return shards


def _alone(value: Tensor) -> Tensor:
    return value.detach().cpu().clone(memory_format=torch.contiguous_format)


def _file(folder: Path, n: int) -> Path:
    return folder / f"state-{n:03d}.safetensors"
