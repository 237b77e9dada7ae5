"""A very small MCLD with seeded random weights: real code, real shapes, no meaning. For tests alone."""

from __future__ import annotations

from dataclasses import asdict

import torch

from mcld_app.network.focus import PLANS

SIZES = {
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "layers_per_block": 1,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "block_out_channels": [8, 16],
    "cross_attention_dim": 16,
    "attention_head_dim": 2,
    "norm_num_groups": 4,
}


def tiny_pipeline(plan: str = "ours", seed: int = 0, sizes: dict | None = None):
    """An `MCLDPipeline` that draws 64 x 64 pictures in a fraction of a second."""
    from diffusers import AutoencoderKL, DDIMScheduler
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModelWithProjection

    from mcld_app.network.face_projector import FaceProjector
    from mcld_app.network.pipeline import MCLDPipeline
    from mcld_app.network.pose_guider import PoseGuider
    from mcld_app.network.unets import DenoisingUNet, ReferenceUNet

    sizes = sizes or SIZES
    width = sizes["cross_attention_dim"]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        guider = PoseGuider(channels=sizes["block_out_channels"][0], widths=(4, 8, 8, 8))
        torch.nn.init.normal_(guider.conv_out.weight, std=0.1)
        parts = {
            "vae": AutoencoderKL(
                block_out_channels=[8] * 4, norm_num_groups=4, latent_channels=sizes["in_channels"],
                down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
                layers_per_block=1, sample_size=64, scaling_factor=0.18215,
            ),
            "image_encoder": CLIPVisionModelWithProjection(
                CLIPVisionConfig(
                    hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
                    projection_dim=width, image_size=224, patch_size=32,
                )
            ),
            "denoising_unet": DenoisingUNet(sizes=sizes, focus=asdict(PLANS[plan])),
            "reference_unet": ReferenceUNet(sizes=sizes),
            "pose_guider": guider,
            "face_projector": FaceProjector(dim=16, depth=1, heads=2, head_dim=8, tokens=4, output=width, ff_mult=2),
        }  # fmt: skip
    scheduler = DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="linear", clip_sample=False, steps_offset=1,
        prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True,
    )  # fmt: skip
    for part in parts.values():
        part.eval().requires_grad_(False)
    pipe = MCLDPipeline(**parts, scheduler=scheduler, feature_extractor=CLIPImageProcessorPil())
    pipe.set_progress_bar_config(disable=True)
    return pipe


def sizes_of(pipe):
    """What it is built of, as `checkpoints.Sizes`."""
    from mcld_app.checkpoints import Sizes

    def arguments(part) -> dict:
        return {k: v for k, v in part.config.items() if not k.startswith("_")}

    return Sizes(
        unet=SIZES,
        pose_guider=arguments(pipe.pose_guider),
        face_projector=arguments(pipe.face_projector),
        vae=arguments(pipe.vae),
        image_encoder=pipe.image_encoder.config.to_dict(),
    )
