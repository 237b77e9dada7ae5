"""A step of training without memory for it: tensors that have shapes and no content, and a count of their bytes."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mcld_app.training.config import Config
from mcld_app.training.tasks.mcld import MCLDTask


def activation_bytes(config: Config) -> int:
    """The most that forward and backward pass of a step hold besides weights and gradients, in bytes: what is kept for
    the backward pass, half-precision copies of weights, and what is being computed.

    The networks are the configuration's own on tensors without content, which takes half a minute at full size. Kernels
    of a GPU may want working memory of their own besides, and its allocator leaves gaps.

    Args:
        config: of `task: mcld`.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        task = MCLDTask(replace(config, init="", base="", out=""))
        with BytesHeld(besides=[*task.parameters(), *task.buffers()]) as held:
            batch = _batch(task, config)
            for parameter in task.parameters():
                if parameter.requires_grad:
                    parameter.register_post_accumulate_grad_hook(held.leave_out)
            half = {"no": None, "bf16": torch.bfloat16, "fp16": torch.float16}[config.precision]
            with torch.autocast("cpu", half) if half else contextlib.nullcontext():
                with torch.no_grad():
                    target = task.latents(batch["targets"])
                focus, pose, guide = task.conditions(batch)
                t = torch.zeros(len(target), dtype=torch.int64)
                predicted = task.denoising_unet(target, t, focus, pose, guide)
            loss = ((predicted.float() - target) ** 2).mean()
            del focus, pose, guide, predicted
            loss.backward()
    return held.most


class BytesHeld(TorchDispatchMode):
    """While it is open, counts the bytes of all tensors that are made and not yet gone, each memory once.

    Args:
        besides: tensors that are not counted, nor are views of them.

    Attributes:
        now, most: bytes.
    """

    def __init__(self, besides: Sequence[Tensor] = ()) -> None:
        super().__init__()
        self.now = self.most = 0
        self._besides = [value.untyped_storage() for value in besides]
        self._held: dict[int, int] = {id(storage): 0 for storage in self._besides}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for value in tree_leaves(out):
            if isinstance(value, Tensor):
                self._note(value.untyped_storage())
        return out

    def leave_out(self, parameter: Tensor) -> None:
        """A parameter's gradient is there: from now on it is not counted."""
        self._gone(id(parameter.grad.untyped_storage()))

    def _note(self, storage: torch.UntypedStorage) -> None:
        key = id(storage)
        if key not in self._held:
            self._held[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self._gone, key)

    def _gone(self, key: int) -> None:
        self.now -= self._held.pop(key, 0)


def _batch(task: MCLDTask, config: Config) -> dict[str, Tensor]:
    """A batch of the configuration's shapes: `MCLDTask.collate`."""
    people, (height, width), side = config.batch, config.data.size, config.data.texture
    targets = config.data.targets if config.data.source == "drawn" else 1
    clip = task.image_encoder.config.image_size
    shapes = {
        "photo": (height, width, 3), "texture": (side, side, 3), "targets": (targets, height, width, 3),
        "poses": (targets, height, width, 3), "face": (64, 64, 3), "previews": (targets, height, width, 5),
    }  # fmt: skip
    batch = {name: torch.zeros(people, *shape, dtype=torch.uint8) for name, shape in shapes.items()}
    batch |= {name: torch.zeros(people, 3, clip, clip) for name in ("photo_clip", "texture_clip")}
    batch |= {"identity": torch.zeros(people, 512), "faced": torch.zeros(people, dtype=torch.bool)}
    if task.denoising_unet.config.places:
        batch["places"] = torch.zeros(people, targets, 2, height, width)
    return batch
