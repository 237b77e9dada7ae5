"""The published model: the authors' four files and the two base parts, each from its own file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.checkpoints.downloads import DownloadProgress, by_hand, download
from mcld_app.checkpoints.errors import MissingWeights
from mcld_app.checkpoints.find import find_all
from mcld_app.checkpoints.manifest import ChecksumManifest
from mcld_app.checkpoints.modules import config_beside, settled, without_memory
from mcld_app.checkpoints.sizes import SCHEDULER, Sizes
from mcld_app.checkpoints.table import NEEDED, weight_named
from mcld_app.checkpoints.tensors import as_safetensors, fit, old_names_to_new, read_tensors

if TYPE_CHECKING:
    import torch
    from torch import nn

    from mcld_app.network.pipeline import MCLDPipeline


def load_published(
    folder: Path | None,
    *,
    device: str | torch.device,
    dtype: torch.dtype,
    sizes: Sizes,
    fetch_missing: bool,
    on_fetch: Callable[[DownloadProgress], None],
    on_part: Callable[[str], None],
) -> MCLDPipeline:
    """See `build.load_pipeline`."""
    from diffusers import DDIMScheduler
    from transformers import CLIPImageProcessorPil

    from mcld_app.network.pipeline import MCLDPipeline

    found = find_all(NEEDED, folder)
    missing = [weight_named(name) for name, where in found.items() if where is None]
    if missing and fetch_missing:
        download(NEEDED, folder, on_progress=on_fetch)
        found = find_all(NEEDED, folder)
    elif missing:
        names = ", ".join(weight.label for weight in missing)
        raise MissingWeights(
            f"The published model is not complete. Missing: {names}. `python -m mcld_app download` fetches it, and "
            f"`python -m mcld_app doctor` says where each file belongs. By hand: {by_hand(missing[0], folder)}."
        )
    manifest = ChecksumManifest()
    entries = {}
    for name, where in found.items():  # all of them before the first is loaded, which takes a while
        on_part(f"checking the {where.weight.label}")
        entries[name] = manifest.verify(where.path, known=where.weight.known, in_cache=where.in_cache)
    parts = {}
    for name, make in makers(sizes).items():
        where = found["image_proj_model" if name == "face_projector" else name]
        on_part(where.weight.label)
        module = without_memory(lambda make=make, where=where: make(where.path))
        path = as_safetensors(where, manifest, entries[where.weight.name])
        tensors = old_names_to_new(read_tensors(path))
        fit(getattr(module, "unet", module), tensors, path, device=device, dtype=dtype)
        parts[name] = settled(module, device)
    return MCLDPipeline(**parts, scheduler=DDIMScheduler(**SCHEDULER), feature_extractor=CLIPImageProcessorPil())


def makers(sizes: Sizes) -> dict[str, Callable[[Path], nn.Module]]:
    """How each part of the published model is built, from the path of its file."""
    from diffusers import AutoencoderKL
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    from mcld_app.network.face_projector import FaceProjector
    from mcld_app.network.pose_guider import PoseGuider
    from mcld_app.network.unets import SD15, DenoisingUNet, ReferenceUNet

    unet = dict(sizes.unet or SD15)
    return {
        "vae": lambda path: AutoencoderKL.from_config(config_beside(path, "AutoencoderKL") or dict(sizes.vae)),
        "image_encoder": lambda path: CLIPVisionModelWithProjection(
            CLIPVisionConfig(**(config_beside(path, "clip_vision_model") or sizes.image_encoder))
        ),
        "denoising_unet": lambda _: DenoisingUNet(sizes=unet, focus=sizes.focus),
        "reference_unet": lambda _: ReferenceUNet(sizes=dict(sizes.reference or unet)),
        "pose_guider": lambda _: PoseGuider(**sizes.pose_guider),
        "face_projector": lambda _: FaceProjector(**sizes.face_projector),
    }
