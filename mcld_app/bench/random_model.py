"""The published model with random weights, made in memory: no file, no download. Its pictures show nothing."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mcld_app.checkpoints import PUBLISHED, Sizes
from mcld_app.checkpoints.modules import settled, without_memory
from mcld_app.checkpoints.parts import PUBLISHED_PARTS, build
from mcld_app.checkpoints.sizes import SCHEDULER
from mcld_app.network.pipeline import MCLDPipeline
from mcld_app.request import Conditions, Face

_SPREAD = 0.02  # of the random numbers: small enough that nothing runs away over 20 steps


def random_pipeline(
    device: str, dtype: str, sizes: Sizes = PUBLISHED, *, numbers_on: str | None = None
) -> MCLDPipeline:
    """A pipeline with random weights, ready to draw. Tensor by tensor, so that it takes no more memory than it must.

    Args:
        device, dtype: where the weights are to be, and as what; dtype by its name.
        sizes: of the networks.
        numbers_on: the device that makes the random numbers; default: `device`. The same one makes the same numbers.
    """
    from diffusers import DDIMScheduler
    from transformers import CLIPImageProcessorPil

    generator = torch.Generator(numbers_on or device).manual_seed(0)
    parts = {}
    for part in PUBLISHED_PARTS:
        module = without_memory(lambda part=part: build(part.kind(), sizes.config_of(part.name)))
        made = {}
        for key, like in module.state_dict().items():
            kind = getattr(torch, dtype) if like.is_floating_point() else like.dtype
            made[key] = random_tensor(key, like, generator).to(device, kind)
        module.load_state_dict(made, assign=True)
        parts[part.name] = settled(module, device)
    return MCLDPipeline(**parts, scheduler=DDIMScheduler(**SCHEDULER), feature_extractor=CLIPImageProcessorPil())


def random_tensor(key: str, like: Tensor, generator: torch.Generator) -> Tensor:
    """A weight of that name and shape in float32, on the generator's device: norms leave everything as it is, and what
    counts, counts on."""
    where = generator.device
    if not like.is_floating_point():
        return torch.arange(like.nelement(), device=where).reshape(like.shape).to(like.dtype)
    if like.ndim == 1:
        return (torch.ones if key.endswith("weight") else torch.zeros)(like.shape, device=where)
    return torch.randn(like.shape, generator=generator, device=where) * _SPREAD


def random_conditions() -> Conditions:
    """Noise for a photo, a texture map and a face, and a drawn body's pose."""
    from mcld_app.body.mannequin.pose import Pose
    from mcld_app.body.mannequin.rendering import draw_iuv

    rng = np.random.default_rng(0)
    photo, texture = rng.integers(0, 256, (512, 352, 3), np.uint8), rng.integers(0, 256, (512, 512, 3), np.uint8)
    return Conditions(photo, texture, draw_iuv(Pose(), (512, 352)), Face(rng.normal(0, 1, 512).astype(np.float32)))
