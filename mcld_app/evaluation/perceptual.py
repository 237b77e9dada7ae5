"""LPIPS and FID: figures between pictures as a pretrained network sees them.

The arithmetic is here and takes any network; the two pretrained ones the authors use come from torchvision, whose
weights are downloaded on first use, and LPIPS's layer weights from torchmetrics (requirements-eval.txt). Where any of
that cannot be had, a loader returns `Skipped` with the reason instead of a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
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


# --- LPIPS ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Lpips:
    """LPIPS (Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, 2018), version 0.1.

    Attributes:
        features: pictures (N, 3, H, W) float32 in -1..1, as `Lpips` hands them over, to a list of feature maps
            (N, C, h, w), one for each layer.
        weights: a (C,) tensor for each layer, not negative.
        device: where the pictures are brought.
    """

    features: Callable[[torch.Tensor], Sequence[torch.Tensor]]
    weights: Sequence[torch.Tensor]
    device: str = "cpu"

    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Distances (N,) float64, 0 for equal pictures, between (N, H, W, 3) uint8 RGB pictures of one size.

        Raises:
            MetricError: differing shapes or dtypes, or layers that do not fit the weights.
        """
        import torch

        if a.shape != b.shape:
            raise MetricError(f"LPIPS compares pictures of one size, not {a.shape} with {b.shape}. Resize one first.")
        x, y = (_to_unit(pictures, self.device) * 2 - 1 for pictures in (a, b))
        with torch.no_grad():
            return lpips_distance(self.features(x), self.features(y), self.weights).cpu().double().numpy()


def lpips_distance(
    a: Sequence[torch.Tensor], b: Sequence[torch.Tensor], weights: Sequence[torch.Tensor]
) -> torch.Tensor:
    """Weighted squared distance between feature maps, each pixel's features brought to length 1 first.

    It is averaged over the pixels and summed over the layers. The length is that of the authors' package, lpips: other
    implementations guard the root otherwise, and differ a little where a pixel has next to no features.

    Args:
        a: a (N, C, h, w) tensor for each layer.
        b: likewise.
        weights: a (C,) tensor for each layer.

    Returns:
        (N,) distances.

    Raises:
        MetricError: where the numbers of layers or channels do not agree.
    """
    if not len(a) == len(b) == len(weights):
        raise MetricError(f"LPIPS has {len(weights)} layers of weights, and the network gave {len(a)} and {len(b)}.")
    total = 0
    for x, y, weight in zip(a, b, weights, strict=True):
        if x.shape != y.shape or x.shape[1] != len(weight):
            raise MetricError(f"LPIPS's weights are for {len(weight)} channels, not for {x.shape} and {y.shape}.")
        difference = (_to_length_one(x) - _to_length_one(y)) ** 2
        total = total + (difference * weight.view(1, -1, 1, 1)).sum(1).mean((1, 2))
    return total


def load_lpips(device: str = "cpu") -> Lpips | Skipped:
    """LPIPS on AlexNet, as the authors use it: torchvision's network, and the published layer weights."""
    loaded = _torchvision("LPIPS", "alexnet", "AlexNet_Weights", device)
    if isinstance(loaded, Skipped):
        return loaded
    try:
        weights = _alexnet_layer_weights()
    except Exception as error:  # not installed, or another version keeps them elsewhere
        return Skipped(f"LPIPS needs torchmetrics, which brings its layer weights ({error}): {INSTALL}.")
    return Lpips(alexnet_features(loaded), [weight.to(device) for weight in weights], device)


def alexnet_features(network: torch.nn.Module) -> Callable[[torch.Tensor], list[torch.Tensor]]:
    """The five feature maps LPIPS reads from torchvision's AlexNet, after each ReLU; pictures in -1..1."""

    def features(pictures: torch.Tensor) -> list[torch.Tensor]:
        # ImageNet's mean and deviation, in -1..1.
        shift = pictures.new_tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)
        scale = pictures.new_tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1)
        x, found = (pictures - shift) / scale, []
        for number, layer in enumerate(network.features[:12]):
            x = layer(x)
            if number in (1, 4, 7, 9, 11):  # the ReLUs; none is followed by a layer that works in place
                found.append(x)
        return found

    return features


def _alexnet_layer_weights() -> list[torch.Tensor]:
    import torch
    import torchmetrics

    path = Path(torchmetrics.__file__).parent / "functional" / "image" / "lpips_models" / "alex.pth"
    state = torch.load(path, map_location="cpu", weights_only=True)
    return [state[f"lin{layer}.model.1.weight"].flatten() for layer in range(5)]


def _to_length_one(features: torch.Tensor) -> torch.Tensor:
    return features / (features.pow(2).sum(1, keepdim=True).sqrt() + 1e-10)


# --- FID -----------------------------------------------------------------------------------------------------------


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
            return self.features(_to_unit(pictures, self.device)).cpu().double().numpy()


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
    loaded = _torchvision("FID", "inception_v3", "Inception_V3_Weights", device, init_weights=False)
    if isinstance(loaded, Skipped):
        return loaded
    return FeatureNetwork("torchvision Inception v3", inception_features(loaded), authors=True, device=device)


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


# --- what both need ------------------------------------------------------------------------------------------------


def _torchvision(
    metric: str, builder: str, weights: str, device: str, **options: object
) -> torch.nn.Module | Skipped:
    """A torchvision network with its ImageNet weights (version 1), ready to use, or why it cannot be had."""
    try:
        from torchvision import models
    except Exception as error:  # not installed, or built for another torch, which fails in ways of its own
        return Skipped(f"{metric} needs torchvision ({_first_line(error)}): {INSTALL}.")
    try:
        network = getattr(models, builder)(weights=None, **options)
        state = getattr(models, weights).IMAGENET1K_V1.get_state_dict(
            progress=True, check_hash=True, map_location="cpu", weights_only=True
        )
        network.load_state_dict(state)
    except Exception as error:  # no network, no space, a damaged file
        return Skipped(
            f"{metric}'s weights, torchvision's {builder}, cannot be had ({_first_line(error)}). "
            "They are downloaded on first use: try again where the network is reachable."
        )
    return network.eval().requires_grad_(False).to(device)


def _to_unit(pictures: np.ndarray, device: str) -> torch.Tensor:
    """(N, H, W, 3) uint8 -> (N, 3, H, W) float32 in 0..1."""
    import torch

    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3 or not pictures.size:
        raise MetricError(
            f"Pictures are uint8 of shape (N, H, W, 3), not {pictures.dtype} of {pictures.shape}. Stack 8-bit RGB ones."
        )
    return torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2).float() / 255


def _square_root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
