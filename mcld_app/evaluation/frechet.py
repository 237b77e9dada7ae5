"""FID: the Fréchet distance between two sets of pictures in a pretrained network's features.

Written by hand, since the libraries' FID is on another network than the authors' (see `inception_features`), and what
is left of it without the network is the few lines of `frechet_distance`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mcld_app.evaluation.metrics import MetricError
from mcld_app.evaluation.pretrained import Skipped, first_line, to_unit, torchvision_models

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class FeatureNetwork:
    """What turns pictures into the features FID compares.

    Attributes:
        name: of the network, for the table.
        features: pictures (N, 3, H, W) float32 in 0..1 to (N, D).
        authors: whether this is the MCLD authors' definition; any other's figures are not comparable with theirs.
        device: where the pictures are brought.
    """

    name: str
    features: Callable[[torch.Tensor], torch.Tensor]
    authors: bool = False
    device: str = "cpu"

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Features (N, D) float64 of (N, H, W, 3) uint8 RGB pictures.

        Raises:
            MetricError: another shape or dtype.
        """
        import torch

        with torch.no_grad():
            return self.features(to_unit(pictures, self.device)).cpu().double().numpy()


class Statistics:
    """Mean and covariance of features, gathered batch by batch, so that no more than one batch is held.

    Attributes:
        count: rows seen.
        mean: (D,) float64.
        covariance: (D, D) float64, unbiased; NaN below two rows.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = np.zeros(0)
        self._scatter = np.zeros((0, 0))

    def add(self, features: np.ndarray) -> None:
        """Take in features (N, D): the means' difference is what two batches' scatters do not hold (Chan et al., 1979).

        Raises:
            MetricError: not (N, D), D other than before, or values that are not finite.
        """
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or (self.count and features.shape[1] != len(self.mean)):
            raise MetricError(f"Features are rows of one length, not an array of shape {features.shape}.")
        if not np.isfinite(features).all():
            raise MetricError("The network's features are not finite: its weights are damaged. Fetch them again.")
        if not len(features):
            return
        if not self.count:
            self.mean, self._scatter = np.zeros(features.shape[1]), np.zeros((features.shape[1],) * 2)
        mean = features.mean(0)
        centred, apart, count = features - mean, mean - self.mean, self.count + len(features)
        self._scatter += centred.T @ centred + np.outer(apart, apart) * (self.count * len(features) / count)
        self.mean = self.mean + apart * (len(features) / count)
        self.count = count

    @property
    def covariance(self) -> np.ndarray:
        return self._scatter / (self.count - 1) if self.count > 1 else np.full_like(self._scatter, np.nan)


def frechet_distance(
    mean_a: np.ndarray, covariance_a: np.ndarray, mean_b: np.ndarray, covariance_b: np.ndarray
) -> float:
    """Squared Fréchet (Wasserstein-2) distance between two Gaussians (Dowson and Landau, 1982).

    It is |mean_a - mean_b|^2 + trace(A + B - 2 (A B)^(1/2)). The trace of (A B)^(1/2) is taken as the sum of the
    singular values of A^(1/2) B^(1/2), which stays real and finite where the covariances are singular (fewer pictures
    than features).

    Args:
        mean_a: (D,).
        covariance_a: (D, D), symmetric, not negative.
        mean_b: (D,).
        covariance_b: (D, D).

    Returns:
        The distance, 0 or more.

    Raises:
        MetricError: shapes that do not agree, or values that are not finite.
    """
    mean_a, mean_b, a, b = (np.asarray(x, np.float64) for x in (mean_a, mean_b, covariance_a, covariance_b))
    size = len(mean_a)
    if mean_b.shape != (size,) or a.shape != (size, size) or b.shape != (size, size):
        shapes = ", ".join(str(x.shape) for x in (mean_a, a, mean_b, b))
        raise MetricError(f"Two Gaussians of one size are needed, (D,), (D, D), (D,) and (D, D), not {shapes}.")
    if not all(np.isfinite(x).all() for x in (mean_a, mean_b, a, b)):
        raise MetricError("A mean or covariance is not finite: FID needs at least two pictures on either side.")
    both = np.linalg.svd(_square_root(a) @ _square_root(b), compute_uv=False).sum()
    apart = mean_a - mean_b
    return max(float(apart @ apart + np.trace(a) + np.trace(b) - 2 * both), 0.0)


def fid(
    network: FeatureNetwork,
    generated: Statistics | Iterable[np.ndarray],
    real: Statistics | Iterable[np.ndarray],
) -> float:
    """Fréchet distance between generated and real pictures in a network's features.

    Args:
        network: what turns pictures into features.
        generated: batches (N, H, W, 3) uint8 RGB, or their statistics.
        real: likewise. The authors take the training pictures at the same size.

    Raises:
        MetricError: fewer than two pictures on either side, or pictures of another shape or dtype.
    """
    one, other = (x if isinstance(x, Statistics) else statistics(network, x) for x in (generated, real))
    return frechet_distance(one.mean, one.covariance, other.mean, other.covariance)


def statistics(network: FeatureNetwork, batches: Iterable[np.ndarray]) -> Statistics:
    """Statistics of batches (N, H, W, 3) uint8 RGB in a network's features."""
    found = Statistics()
    for batch in batches:
        found.add(network(batch))
    return found


def load_inception(device: str = "cpu") -> FeatureNetwork | Skipped:
    """The authors' FID network: torchvision's ImageNet Inception v3 up to the pool, 2048 features."""
    models = torchvision_models("FID")
    if isinstance(models, Skipped):
        return models
    try:
        network = models.inception_v3(weights=None, init_weights=False)
        state = models.Inception_V3_Weights.IMAGENET1K_V1.get_state_dict(
            progress=True, check_hash=True, map_location="cpu", weights_only=True
        )
        network.load_state_dict(state)
    except Exception as error:  # no network, no space, a damaged file
        return Skipped(
            f"FID's weights, torchvision's inception_v3, cannot be had ({first_line(error)}). "
            "They are downloaded on first use: try again where the network is reachable."
        )
    network = network.eval().requires_grad_(False).to(device)
    return FeatureNetwork("torchvision Inception v3", inception_features(network), authors=True, device=device)


def inception_features(network: torch.nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """Pooled features (N, 2048) of torchvision's Inception v3, from pictures in 0..1, as the authors take them.

    They apply to pictures in 0..1 the change from ImageNet's normalisation to Inception's, which is meant for pictures
    normalised already: a quirk (of GFLA's and CFLD's code too) that every reported FID shares, kept for that reason.
    """

    def features(pictures: torch.Tensor) -> torch.Tensor:
        import torch

        x = torch.nn.functional.interpolate(pictures, size=(299, 299), mode="bilinear", align_corners=False)
        mean = x.new_tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        deviation = x.new_tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        x = x * (deviation / 0.5) + (mean - 0.5) / 0.5
        for name in _INCEPTION:
            x = getattr(network, name)(x)
        return x.mean((2, 3))

    return features


_INCEPTION = (
    "Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3", "maxpool2",
    "Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e",
    "Mixed_7a", "Mixed_7b", "Mixed_7c",
)  # fmt: skip


def _square_root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
