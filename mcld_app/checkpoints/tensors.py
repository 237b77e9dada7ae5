"""Tensors from a file, and into a network: nothing in the file is run, and nothing is let pass that does not fit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.checkpoints.errors import BrokenWeights
from mcld_app.checkpoints.find import Found
from mcld_app.checkpoints.formats import recognise
from mcld_app.checkpoints.manifest import ChecksumManifest, Entry
from mcld_app.files import need_room, whole_file, writing

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Tensors = dict[str, "Tensor"]


def read_tensors(path: Path) -> Tensors:
    """The tensors of a `.safetensors`, `.pth` or `.bin` file, on CPU and memory-mapped where the format allows.

    Pickles are read by torch's restricted reader (`weights_only=True`), which runs no code from the file.

    Raises:
        BrokenWeights: for a file that is damaged or holds anything but tensors.
    """
    import pickle

    import torch

    kind = recognise(path)
    if kind == "safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except (SafetensorError, OSError, ValueError) as error:
            raise BrokenWeights(f"{path} is damaged: {error}. Delete it and get it again.") from error
    if kind not in ("zip", "pickle"):
        raise BrokenWeights(f"{path} is no file of tensors.")
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True, mmap=kind == "zip")
    except pickle.UnpicklingError as error:
        raise BrokenWeights(
            f"{path} holds more than tensors, which could be code. It was not opened; get the weights from a source "
            "you know."
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise BrokenWeights(f"{path} is damaged and cannot be read. Delete it and get it again.") from error
    if not isinstance(stored, Mapping) or not stored:
        raise BrokenWeights(f"{path} holds no table of tensors, so it is not what this place is for.")
    for name, value in stored.items():
        plain = isinstance(value, torch.Tensor) and value.layout is torch.strided and not value.is_quantized
        if not isinstance(name, str) or not plain:
            raise BrokenWeights(f"{path} holds {name!r}, which is no plain tensor: it is not what this place is for.")
    return dict(stored)


def as_safetensors(found: Found, manifest: ChecksumManifest, entry: Entry | None = None) -> Path:
    """A file that was found, verified, and as safetensors: a pickle is converted once, beside it (or, from the Hugging
    Face cache, into the checkpoints folder). Where that folder may not be written to, the pickle's own path.

    Args:
        found: the file.
        manifest: of the checkpoints folder.
        entry: what `ChecksumManifest.verify` said of it, if that was asked already.

    Raises:
        WeightsError: see `ChecksumManifest.verify`, `read_tensors`; a full disk.
    """
    entry = entry or manifest.verify(found.path, known=found.weight.known, in_cache=found.in_cache)
    if recognise(found.path) == "safetensors":
        return found.path
    target = converted_path(found, manifest)
    made = manifest.entry(target) if target.is_file() else None
    if made is not None and made.source_sha256 == entry.sha256:
        manifest.verify(target)
        return target
    if target.is_file() and (made is None or made.how != "converted"):
        return found.path  # somebody else's file is in the place: leave it alone
    if not os.access(target.parent if target.parent.is_dir() else target.parent.parent, os.W_OK):
        return found.path
    convert(found.path, target)
    manifest.record(target, "converted", source=found.path, source_sha256=entry.sha256)
    return target


def converted_path(found: Found, manifest: ChecksumManifest) -> Path:
    """Where the safetensors made from a file belongs."""
    if not found.in_cache:
        return found.path.with_suffix(".safetensors")
    return (manifest.folder / found.weight.place).with_suffix(".safetensors")


def convert(source: Path, target: Path) -> None:
    """Write a pickle's tensors as safetensors, unchanged, all at once or not at all.

    Raises:
        BrokenWeights: see `read_tensors`. DiskFull: too little space.
    """
    from safetensors.torch import save_file

    tensors = read_tensors(source)
    need_room(target.parent, sum(t.numel() * t.element_size() for t in tensors.values()), f"{target.name}")
    with writing(target), whole_file(target) as temporary:
        save_file(_each_for_itself(tensors), temporary)


def _each_for_itself(tensors: Tensors) -> Tensors:
    """A pickle may hold tensors that are views of one memory; the new format wants each whole and in order."""
    import torch

    seen: set[int] = set()
    out = {}
    for name, tensor in tensors.items():
        storage = tensor.untyped_storage()
        whole = storage.nbytes() == tensor.numel() * tensor.element_size() and tensor.is_contiguous()
        alone = whole and storage.data_ptr() not in seen
        out[name] = tensor.detach() if alone else tensor.detach().clone(memory_format=torch.contiguous_format)
        seen.add(storage.data_ptr())
    return out


def fit(
    module: nn.Module,
    tensors: Mapping[str, Tensor],
    path: Path,
    *,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | None = None,
    on_tensor: Callable[[], None] = lambda: None,
) -> None:
    """Put tensors into a network (which may be on the meta device): every one, and nothing else.

    Args:
        module: the network.
        tensors: by name.
        path: where they come from, for messages.
        device, dtype: what the network's tensors become; whole numbers keep their type.
        on_tensor: called for each.

    Raises:
        BrokenWeights: names the tensor that is missing, extra, of another shape, or not finite.
    """
    expected = module.state_dict()
    missing, extra = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
    what = "It is another network's, or of another size."
    if missing:
        name = missing[0]
        raise BrokenWeights(
            f"{path} does not fit: {name}, of shape {_shape(expected[name])}, is missing{_more(missing)}. {what}"
        )
    if extra:
        name = extra[0]
        raise BrokenWeights(
            f"{path} does not fit: {name}, of shape {_shape(tensors[name])}, does not belong there{_more(extra)}. "
            f"{what}"
        )
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            raise BrokenWeights(
                f"{path} does not fit: {name} has the shape {_shape(tensor)} and should have {_shape(expected[name])}. "
                f"{what}"
            )
        if expected[name].is_floating_point() != tensor.is_floating_point():
            raise BrokenWeights(f"{path} does not fit: {name} holds {_kind(tensor.dtype)}. {what}")
    placed = {}
    for name, tensor in tensors.items():
        wanted = (dtype or tensor.dtype) if expected[name].is_floating_point() else expected[name].dtype
        # A copy even where nothing changes: the file may then be replaced while the network is in use, and its tensors
        # are aligned in memory as torch's own are. In a mapped file they are not, which changes results' last bits.
        placed[name] = moved = tensor.to(device, wanted, copy=True)
        if not _is_finite(moved):
            if _is_finite(tensor):
                raise BrokenWeights(f"{path} holds values in {name} too large for {_kind(wanted)}. Use float32.")
            raise BrokenWeights(f"{path} holds values in {name} that are not finite. Get the file again.")
        on_tensor()
    module.load_state_dict(placed, strict=True, assign=True)


def old_names_to_new(tensors: Mapping[str, Tensor]) -> Tensors:
    """Two differences between the published base parts and today's classes: the autoencoder's attention was named
    otherwise, and CLIP's counter of positions was stored though it holds only 0, 1, 2, ..."""
    new = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
    out = {}
    for name, tensor in tensors.items():
        if name == "vision_model.embeddings.position_ids":
            continue
        name = re.sub(
            r"(\.attentions\.\d+\.)(query|key|value|proj_attn)(\.(?:weight|bias))$",
            lambda match: match[1] + new[match[2]] + match[3],
            name,
        )
        out[name] = tensor
    return out


def _is_finite(tensor: Tensor) -> bool:
    import torch

    if not tensor.is_floating_point() or not tensor.numel():
        return True
    # A NaN anywhere makes both of them NaN, and no copy of the tensor is made.
    return all(torch.isfinite(end).item() for end in torch.aminmax(tensor))


def _kind(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _shape(tensor: Tensor) -> str:
    return "(" + ", ".join(map(str, tensor.shape)) + ")"


def _more(names: list[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""
