"""What the image encoder is shown of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

if TYPE_CHECKING:
    from transformers import CLIPImageProcessorPil


def clip_pixels(pictures: Sequence[np.ndarray], side: int, square: int) -> Tensor:
    """What CLIP's preprocessing gives for pictures squeezed to the network's square, as the engine does it.

    Args:
        pictures: (H, W, 3) uint8 RGB.
        side: of the image encoder's input.
        square: of the network's picture.

    Returns:
        (N, 3, side, side) float32.
    """
    from PIL import Image

    processor = feature_extractor(side)
    squeezed = [np.asarray(Image.fromarray(p).resize((square, square))) for p in pictures]
    return processor(squeezed, return_tensors="pt").pixel_values


def feature_extractor(side: int) -> CLIPImageProcessorPil:
    """CLIP's preprocessing for an image encoder of that input size."""
    from transformers import CLIPImageProcessorPil

    return CLIPImageProcessorPil(
        size={"shortest_edge": side}, crop_size={"height": side, "width": side}, do_center_crop=True
    )
