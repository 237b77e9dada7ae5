"""LPIPS: how different two pictures look to a pretrained network, by the authors' own package, lpips.

It is installed apart (requirements-eval.txt), with torchvision, whose AlexNet it downloads on first use. Where any of
that cannot be had, the loader returns `Skipped` with the reason instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mcld_app.evaluation.metrics import MetricError
from mcld_app.evaluation.pretrained import INSTALL, Skipped, first_line, to_unit, torchvision_models

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Lpips:
    """LPIPS (Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, 2018), version 0.1.

    Attributes:
        distance: two batches of pictures (N, 3, H, W) float32 in -1..1 to their distances, (N,) or (N, 1, 1, 1).
        device: where the pictures are brought.
    """

    distance: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    device: str = "cpu"

    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Distances (N,) float64, 0 for equal pictures, between (N, H, W, 3) uint8 RGB pictures of one size.

        Raises:
            MetricError: differing shapes or dtypes.
        """
        import torch

        if a.shape != b.shape:
            raise MetricError(f"LPIPS compares pictures of one size, not {a.shape} with {b.shape}. Resize one first.")
        x, y = (to_unit(pictures, self.device) * 2 - 1 for pictures in (a, b))
        with torch.no_grad():
            return self.distance(x, y).reshape(len(a)).cpu().double().numpy()


def load_lpips(device: str = "cpu") -> Lpips | Skipped:
    """LPIPS on AlexNet, as the authors use it."""
    models = torchvision_models("LPIPS")
    if isinstance(models, Skipped):
        return models
    try:
        import lpips
    except Exception as error:  # not installed, or made for another torchvision
        return Skipped(f"LPIPS needs the package lpips ({first_line(error)}): {INSTALL}.")
    try:
        network = lpips.LPIPS(net="alex", version="0.1", verbose=False)
    except Exception as error:  # no network, no space, a damaged file
        return Skipped(
            f"LPIPS's weights, torchvision's alexnet, cannot be had ({first_line(error)}). "
            "They are downloaded on first use: try again where the network is reachable."
        )
    return Lpips(network.eval().requires_grad_(False).to(device), device)
