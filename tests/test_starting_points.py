"""What the paper's training starts from, rehearsed on small weights in the published layouts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from test_training import SIZES, UNET, accelerate_anew  # noqa: F401

from mcld_app.checkpoints import BrokenWeights, MissingWeights, UntrustedWeights, trust
from mcld_app.training.config import Config
from mcld_app.training.starting_points import starting_part

VAE = {
    "block_out_channels": [8, 8], "norm_num_groups": 4, "latent_channels": 4, "layers_per_block": 1,
    "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2,
}  # fmt: skip
RUN = Config("mcld", "runs/x", base="stable-diffusion", sizes={**SIZES, "vae": VAE})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoints folder, and a Hugging Face cache that is empty."""
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "checkpoints"


def put(folder: Path, place: str, tensors: dict[str, torch.Tensor], *, vouched: bool = True) -> None:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in tensors.items()}, path)
    if vouched:
        trust(path)


def unet_file(folder: Path, **changes) -> dict[str, torch.Tensor]:
    tensors = UNet2DConditionModel(**{**UNET, **changes}).state_dict()
    put(folder, "sd-image-variations-diffusers/unet/diffusion_pytorch_model.safetensors", tensors)
    return tensors


@pytest.mark.parametrize("name", ["denoising_unet", "reference_unet"])
def test_both_unets_start_from_the_same_file(folder: Path, name: str):
    tensors = unet_file(folder)
    own = starting_part(name, RUN).unet.state_dict()
    known = {key: value for key, value in own.items() if "processor" not in key}
    assert known
    assert all(torch.equal(value, tensors[key]) for key, value in known.items())
    missing = set(tensors) - set(own)
    assert all(key.startswith(("conv_norm_out", "conv_out")) for key in missing)
    assert bool(missing) == (name == "reference_unet")


def test_the_pose_guider_starts_from_a_controlnet_and_gives_nothing_yet(folder: Path):
    part = starting_part_guider(folder)
    assert torch.count_nonzero(part.conv_out.weight) == 0
    assert torch.count_nonzero(part(torch.rand(1, 3, 32, 32))) == 0


def starting_part_guider(folder: Path):
    from mcld_app.training.parts import new_part

    tensors = new_part("pose_guider", RUN).state_dict()
    held = {f"controlnet_cond_embedding.{k}": torch.randn_like(v) for k, v in tensors.items()}
    put(folder, "control_v11p_sd15_seg/diffusion_pytorch_model.safetensors", {**held, "conv_in.weight": torch.ones(3)})
    part = starting_part("pose_guider", RUN)
    assert torch.equal(part.conv_in.weight, held["controlnet_cond_embedding.conv_in.weight"])
    return part


def test_the_autoencoder_is_the_published_one(folder: Path):
    tensors = AutoencoderKL(**VAE).state_dict()
    put(folder, "sd-vae-ft-mse/diffusion_pytorch_model.safetensors", tensors)
    own = starting_part("vae", RUN).state_dict()
    assert all(torch.equal(own[key], value) for key, value in tensors.items())


def test_a_missing_start_says_where_to_get_it_and_where_it_belongs(folder: Path):
    with pytest.raises(MissingWeights, match=r"UNet that training starts from.*sd-image-variations-diffusers/unet"):
        starting_part("denoising_unet", RUN)


def test_a_start_that_nobody_vouched_for_is_not_loaded(folder: Path):
    tensors = UNet2DConditionModel(**UNET).state_dict()
    put(folder, "sd-image-variations-diffusers/unet/diffusion_pytorch_model.safetensors", tensors, vouched=False)
    with pytest.raises(UntrustedWeights, match="python -m mcld_app trust"):
        starting_part("denoising_unet", RUN)


def test_a_start_of_another_size_names_the_tensor(folder: Path):
    unet_file(folder, cross_attention_dim=24)
    with pytest.raises(BrokenWeights, match=r"to_k\.weight"):
        starting_part("denoising_unet", RUN)


def test_a_file_that_is_no_controlnet_is_told(folder: Path):
    put(folder, "control_v11p_sd15_seg/diffusion_pytorch_model.safetensors", {"a": torch.ones(2)})
    with pytest.raises(BrokenWeights, match="no ControlNet"):
        starting_part("pose_guider", RUN)
