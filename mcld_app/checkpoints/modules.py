"""Networks without weights, waiting for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcld_app.checkpoints.errors import BrokenWeights, MissingWeights
from mcld_app.errors import StudioError

if TYPE_CHECKING:
    import torch
    from torch import nn


def without_memory(make: Callable[[], nn.Module]) -> nn.Module:
    """A network on the meta device: only the few buffers that are in no file are real."""
    from accelerate import init_empty_weights
    from huggingface_hub.errors import StrictDataclassError

    try:
        with init_empty_weights(include_buffers=False):
            return make()
    except StudioError:
        raise
    except (
        TypeError, ValueError, KeyError, AttributeError, NotImplementedError, ArithmeticError, StrictDataclassError
    ) as error:  # fmt: skip
        raise BrokenWeights(f"The configuration of a part of this model makes no sense: {error}.") from error


def settled(module: nn.Module, device: str | torch.device) -> nn.Module:
    """The network on its device, for drawing: no dropout, no gradients."""
    return module.to(device).eval().requires_grad_(False)


def read_json(path: Path) -> dict[str, Any]:
    """A table from a JSON file. Raises MissingWeights, BrokenWeights."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise MissingWeights(f"{path} is missing.") from error
    except (OSError, ValueError) as error:
        raise BrokenWeights(f"{path} cannot be read: it is damaged, or no JSON file.") from error
    if not isinstance(values, dict):
        raise BrokenWeights(f"{path} cannot be read: it holds no table.")
    return values


def config_beside(path: Path, kind: str) -> dict[str, Any] | None:
    """The config.json beside a weight, if it is of that kind: in a flat folder it may be another part's."""
    config = path.with_name("config.json")
    if not config.is_file():
        return None
    values = read_json(config)
    return values if kind in (values.get("_class_name"), values.get("model_type")) else None
