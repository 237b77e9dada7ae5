"""Small weights in exactly the layouts people have, for tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mcld_app.checkpoints import weight_named


def states_of(pipe) -> dict[str, dict[str, torch.Tensor]]:
    """What the authors' files hold, by the weight's name."""
    return {
        "denoising_unet": pipe.denoising_unet.unet.state_dict(),
        "reference_unet": pipe.reference_unet.unet.state_dict(),
        "pose_guider": pipe.pose_guider.state_dict(),
        "image_proj_model": pipe.face_projector.state_dict(),
        "vae": pipe.vae.state_dict(),
        "image_encoder": pipe.image_encoder.state_dict(),
    }


def write_authors(folder: Path, pipe, names: dict[str, str] | None = None) -> None:
    """The authors' layout: their four `.pth`, and the base parts as their own repositories publish them."""
    names = names or {}
    states = states_of(pipe)
    for name in ("denoising_unet", "reference_unet", "pose_guider", "image_proj_model"):
        torch.save(states[name], folder / names.get(name, f"{name}.pth"))
    vae, encoder = folder / "sd-vae-ft-mse", folder / "image_encoder"
    vae.mkdir()
    encoder.mkdir()
    save_file(states["vae"], vae / "diffusion_pytorch_model.safetensors")
    # The published CLIP file also stores its counter of positions.
    positions = {"vision_model.embeddings.position_ids": torch.arange(50)[None]}
    torch.save(states["image_encoder"] | positions, encoder / "pytorch_model.bin")


def picture(pipe) -> np.ndarray:
    """What a pipeline draws from fixed conditions, (1, 64, 64, 3) float32."""
    grey = torch.linspace(0, 1, 64 * 64 * 3).reshape(1, 3, 64, 64)
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    face = torch.linspace(-1, 1, 512)[None]
    return pipe(grey, grey.flip(2), grey, face, num_inference_steps=2, latents=noise, output_type="np").images


def same_weights(a, b) -> bool:
    ours, theirs = states_of(a), states_of(b)
    return all(torch.equal(ours[n][k], theirs[n][k]) for n in ours for k in ours[n])


@contextlib.contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """The system lets no file grow beyond that: a disk that really becomes full in the middle of writing."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def everything_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")


def in_hub(tmp_path: Path, name: str, file: str, content: bytes, blob: str | None = None) -> Path:
    """A file in the Hugging Face cache, as huggingface_hub keeps it there."""
    home = tmp_path / "hub" / ("models--" + weight_named(name).repository.replace("/", "--"))
    for sub in ("blobs", "refs", "snapshots/abc"):
        (home / sub).mkdir(parents=True, exist_ok=True)
    (home / "refs" / "main").write_text("abc")
    stored = home / "blobs" / (blob or sha256(content).hexdigest())
    stored.write_bytes(content)
    link = home / "snapshots" / "abc" / file
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(stored)
    return link


def pth_bytes(tmp_path: Path, state: dict) -> bytes:
    path = tmp_path / "state.pth"
    torch.save(state, path)
    return path.read_bytes()
