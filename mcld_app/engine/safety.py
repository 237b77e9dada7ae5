"""The safety checker for pictures drawn with the published weights: what it blocks is not shown to anybody.

It is Stable Diffusion's own: a CLIP image encoder and the embeddings of 17 concepts, blocked where a picture comes
closer to one than its threshold (Rando et al., "Red-Teaming the Stable Diffusion Safety Filter", 2022). It errs both
ways. The bundled model was trained on drawn, clothed people alone and needs none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mcld_app.checkpoints import ChecksumManifest, DownloadProgress, MissingWeights, download, find, weight_named
from mcld_app.checkpoints.downloads import by_hand
from mcld_app.checkpoints.modules import config_beside, settled, without_memory
from mcld_app.checkpoints.sizes import IMAGE_ENCODER
from mcld_app.checkpoints.tensors import as_safetensors, fit, read_tensors
from mcld_app.deployment import SAFETY_SWITCH
from mcld_app.errors import StudioError

if TYPE_CHECKING:
    import torch
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from torch import Tensor

BLOCKED = (
    "The safety checker held this picture back: it may show nudity or something else not fit to be seen. It errs at "
    "times. Try another seed, another pose or other clothes."
)
"""What is said instead of a picture that is blocked."""

_BATCH = 8  # squares looked at in one go


@dataclass(frozen=True, eq=False)
class SafetyChecker:
    """A checker, loaded. `model` is on its device, in float32: in half precision a number that overflows would let a
    picture pass."""

    model: StableDiffusionSafetyChecker

    def blocked(self, pictures: Sequence[np.ndarray]) -> list[bool]:
        """Which pictures must not be shown.

        CLIP sees a square, so a longer picture is looked at square by square: the middle one, which is all that Stable
        Diffusion's own pipelines look at, and as many more as leave nothing out. One that is blocked blocks it all.

        Args:
            pictures: each (H, W, 3) uint8 RGB, of any size.

        Raises:
            StudioError: for other arrays.
        """
        squares: list[np.ndarray] = []
        owners: list[int] = []
        for number, picture in enumerate(pictures):
            mine = _squares(picture)
            squares += mine
            owners += [number] * len(mine)
        found: list[bool] = []
        for at in range(0, len(squares), _BATCH):
            inputs = self._inputs(squares[at : at + _BATCH])
            unused = [np.zeros(1)] * len(inputs)  # the pictures it would blacken
            found += self.model(clip_input=inputs, images=unused)[1]
        bad = {owner for owner, is_bad in zip(owners, found, strict=True) if is_bad}
        return [number in bad for number in range(len(pictures))]

    def _inputs(self, squares: list[np.ndarray]) -> Tensor:
        """(N, 3, S, S) float32, as CLIP was trained on."""
        from transformers import CLIPImageProcessorPil

        side = self.model.config.vision_config.image_size
        processor = CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
        return processor(squares, return_tensors="pt").pixel_values.to(self.model.device)


def load_checker(
    folder: Path | None = None,
    *,
    device: str | torch.device = "cpu",
    fetch_missing: bool = False,
    on_fetch: Callable[[DownloadProgress], None] = lambda _: None,
) -> SafetyChecker:
    """The published checker, by the same rules as all weights: found, vouched for, tensors alone, each in its place.

    Args:
        folder: where it lies; default: `checkpoints_folder()`, and then the Hugging Face cache.
        device: where to.
        fetch_missing: download it where it is missing (1.2 GB) instead of saying so.
        on_fetch: told how far that is.

    Raises:
        MissingWeights, UntrustedWeights, BrokenWeights, DownloadError, DiskFull: each says what to do.
    """
    import torch
    from diffusers.pipelines.stable_diffusion import safety_checker

    weight = weight_named("safety_checker")
    found = find(weight, folder)
    if found is None and fetch_missing:
        download([weight], folder, on_progress=on_fetch)
        found = find(weight, folder)
    if found is None:
        raise MissingWeights(
            f"Pictures of the published weights are checked here before anybody sees them, and the {weight.label} is "
            f"missing: {by_hand(weight, folder)}. {SAFETY_SWITCH}=off draws without it."
        )
    path = as_safetensors(found, ChecksumManifest())
    # It would tell the log that a black picture is shown. None is.
    logging.getLogger(safety_checker.__name__).setLevel(logging.ERROR)
    model = without_memory(lambda: _empty(found.path))
    fit(model, _today(read_tensors(path), model.state_dict()), path, device=device, dtype=torch.float32)
    return SafetyChecker(settled(model, device))


def _empty(path: Path) -> StableDiffusionSafetyChecker:
    """The checker without its weights: as the config.json beside them says, else CLIP ViT-L/14."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    values = config_beside(path, "clip") or {"vision_config": IMAGE_ENCODER, "projection_dim": 768}
    sizes = {name: values[name] for name in ("vision_config", "projection_dim")}  # the text encoder is not part of it
    return StableDiffusionSafetyChecker(CLIPConfig(**sizes))


def _today(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors under the names of the transformers version at hand: an encoder within an encoder has become one. CLIP's
    counter of positions was stored once, though it holds only 0, 1, 2, ..."""

    def plain(name: str) -> str:
        return name.replace("vision_model.vision_model.", "vision_model.")

    names = {plain(name): name for name in expected}
    return {
        names.get(plain(name), name): tensor
        for name, tensor in tensors.items()
        if not name.endswith(".embeddings.position_ids")
    }


def _squares(picture: np.ndarray) -> list[np.ndarray]:
    """Squares that cover a picture, one in its middle among them."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise StudioError("Only RGB pictures of 8 bits per channel can be checked.")
    height, width = picture.shape[:2]
    side = min(height, width)
    count = 2 * -(-max(height, width) // side) - 1
    squares = []
    for k in range(count):
        share = k / max(1, count - 1)
        y, x = round(share * (height - side)), round(share * (width - side))
        squares.append(picture[y : y + side, x : x + side])
    return squares
