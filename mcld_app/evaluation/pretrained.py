"""What figures by pretrained networks have in common: why one is skipped, torchvision, and pictures as tensors."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from mcld_app.evaluation.metrics import MetricError

if TYPE_CHECKING:
    import torch

INSTALL = "pip install -r requirements-eval.txt, in an environment of its own"


@dataclass(frozen=True)
class Skipped:
    """A figure that was not measured.

    Attributes:
        reason: why, a sentence, with what to do about it.
    """

    reason: str

    def __str__(self) -> str:
        return f"skipped: {self.reason}"


def torchvision_models(metric: str) -> ModuleType | Skipped:
    """torchvision's networks, or why that figure is skipped without them."""
    try:
        from torchvision import models
    except Exception as error:  # not installed, or built for another torch, which fails in ways of its own
        return Skipped(f"{metric} needs torchvision ({first_line(error)}): {INSTALL}.")
    return models


def to_unit(pictures: np.ndarray, device: str) -> torch.Tensor:
    """(N, H, W, 3) uint8 to (N, 3, H, W) float32 in 0..1, on a device.

    Raises:
        MetricError: another shape or dtype.
    """
    import torch

    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3 or not pictures.size:
        raise MetricError(
            f"Pictures are uint8 of shape (N, H, W, 3), not {pictures.dtype} of {pictures.shape}. Stack 8-bit RGB ones."
        )
    return torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2).float() / 255


def first_line(error: Exception) -> str:
    """The first line of an error's message, at most 200 letters; its type, where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
