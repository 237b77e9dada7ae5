"""Pixel-wise figures between two pictures, as the MCLD authors compute them (with CFLD's code).

That is scikit-image on 8-bit pictures brought to 0..1, in float32 as there.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from mcld_app.body.checks import check_rgb
from mcld_app.errors import StudioError

WINDOW = 51
"""Side of SSIM's uniform window in pixels; the usual SSIM has an 11 x 11 Gaussian and is not comparable."""


class MetricError(StudioError):
    """Something that cannot be measured."""


def ssim(a: np.ndarray, b: np.ndarray, window: int = WINDOW) -> float:
    """Structural similarity, -1..1, 1 for equal pictures.

    scikit-image's `structural_similarity` with a uniform window and data range 1, averaged over the channels, as the
    authors call it.

    Args:
        a: (H, W, 3) uint8 RGB.
        b: the same size.
        window: side of the window in pixels, odd.

    Raises:
        MetricError: differing sizes, another dtype, a picture smaller than the window, or no scikit-image.
    """
    a, b = _pair(a, b)
    if window < 3 or window % 2 == 0:
        raise MetricError(f"SSIM's window is an odd number of pixels from 3 on, not {window}.")
    if min(a.shape[:2]) < window:
        raise MetricError(
            f"The pictures are {a.shape[1]} x {a.shape[0]} pixels, too small for SSIM's window of {window}. "
            "Compare larger ones, or choose a smaller window (which is then not comparable with the paper)."
        )
    return float(_skimage().structural_similarity(a, b, win_size=window, data_range=1, channel_axis=2))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB over all pixels and channels (scikit-image's); infinite for equal pictures.

    Args:
        a: (H, W, 3) uint8 RGB.
        b: the same size.

    Raises:
        MetricError: differing sizes, another dtype, or no scikit-image.
    """
    a, b = _pair(a, b)
    with np.errstate(divide="ignore"):  # no difference: infinite
        return float(_skimage().peak_signal_noise_ratio(a, b, data_range=1))


def foreground_psnr(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> float:
    """PSNR in dB over the masked pixels only; infinite where they are equal. Ours: the paper has no such figure.

    Args:
        a: (H, W, 3) uint8 RGB.
        b: the same size.
        mask: (H, W) bool, the pixels that count, such as the IUV map's body.

    Raises:
        MetricError: differing sizes, another dtype, or a mask that is empty.
    """
    a, b = _pair(a, b)
    if mask.shape != a.shape[:2] or mask.dtype != bool:
        raise MetricError(
            f"The mask is {mask.dtype} of shape {mask.shape}. Give a bool for each of the {a.shape[1]} x {a.shape[0]} "
            "pixels."
        )
    if not mask.any():
        raise MetricError("The mask is empty: there is no foreground to measure. Leave this picture out.")
    error = np.mean((a[mask].astype(np.float64) - b[mask]) ** 2)
    with np.errstate(divide="ignore"):
        return float(-10 * np.log10(error))


def _pair(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    for picture in (a, b):
        check_rgb(picture, "Pictures to compare are uint8 arrays of height x width x 3", error=MetricError)
    if a.shape != b.shape:
        raise MetricError(
            f"The pictures are {a.shape[1]} x {a.shape[0]} and {b.shape[1]} x {b.shape[0]} pixels. Resize one first."
        )
    return a.astype(np.float32) / 255, b.astype(np.float32) / 255


def _skimage() -> ModuleType:
    try:
        from skimage import metrics
    except ImportError as error:
        raise MetricError("SSIM and PSNR need scikit-image: pip install -r requirements-eval.txt") from error
    return metrics
