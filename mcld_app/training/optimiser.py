"""The optimiser: which one, and its state to a file and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mcld_app.training.config import Config, ConfigError
from mcld_app.training.sharded import spread_like, whole


def make_optimiser(config: Config, learned: Sequence[nn.Parameter]) -> torch.optim.Optimizer:
    """AdamW over parameters, as the configuration says.

    Raises:
        ConfigError: for 8-bit moments without bitsandbytes.
    """
    kind = torch.optim.AdamW if config.optimiser == "adamw" else _in_8_bits()
    return kind(learned, lr=config.learning_rate, weight_decay=config.weight_decay)


def _in_8_bits() -> type[torch.optim.Optimizer]:
    try:
        from bitsandbytes.optim import AdamW8bit
    except ImportError as error:
        raise ConfigError(
            "`optimiser: adamw-8bit` needs bitsandbytes, which is not installed: `pip install bitsandbytes` "
            "(requirements-train.txt), or set `optimiser: adamw`."
        ) from error
    return AdamW8bit


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's state by "parameter's number.key", as it lies: spread over processes where the weights are."""
    state = optimiser.state_dict()["state"]
    return {f"{n}.{key}": torch.as_tensor(v) for n, values in state.items() for key, v in _flat(values)}


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():  # bitsandbytes keeps its own in a group of their own
        yield from value.items() if isinstance(value, Mapping) else [(key, value)]


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimiser_tensors` gave, each tensor whole.

    Args:
        optimiser: of the same kind and parameters, which may be spread over other processes than before.
        tensors: by "parameter's number.key".
    """
    learned = [p for group in optimiser.param_groups for p in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        n, key = name.split(".", 1)
        alike = value.shape == learned[int(n)].shape and value.is_floating_point()
        counted = not value.ndim and not value.is_floating_point()  # bitsandbytes counts steps in a plain number
        kept = spread_like(value, learned[int(n)]) if alike else int(value) if counted else value
        state.setdefault(int(n), {})[key] = kept
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def whole_tensors(tensors: Mapping[str, Tensor], *, keep: bool) -> dict[str, Tensor]:
    """All tensors whole, one after the other, in main memory; every process has to ask, and those that do not keep
    them get nothing.

    Args:
        tensors: by name, the same names in the same order in each process.
        keep: whether this process keeps them.
    """
    kept = {}
    for name, value in tensors.items():
        value = whole(value.detach())
        if keep:
            kept[name] = value.cpu()
    return kept
