"""A live network with random weights as if it were trained, in a folder of weights: so small that it draws at once,
or of the size that the page draws with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

SIZES = {"widths": [16, 16, 16], "reference": [16, 16, 16], "heads": 2, "head": 8, "tail": 8}


def write_live_network(checkpoints: Path, sizes: Mapping[str, Any] = SIZES) -> Path:
    """Write it where weights are kept, and note it down there; returns its folder. With sizes of {} it is as large as a
    trained one."""
    import torch

    from mcld_app.network.live import LiveNetwork
    from mcld_app.training.bundle import bundle

    torch.manual_seed(3)
    network = LiveNetwork(**sizes).requires_grad_(False)
    for part in network.parameters():
        part.add_(0.05 * torch.randn_like(part))
    network.out.bias[4] += 6  # so that its people reach a little further than the preview's
    run = checkpoints.parent / "run"
    network.save_pretrained(run / "live_network")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCLD_CHECKPOINTS", str(checkpoints))
        bundle(run, checkpoints / "live")
    return checkpoints / "live"
