"""How large the networks are: the published model's sizes, and a place for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Stable Diffusion's autoencoder and CLIP ViT-L/14, as their own config.json files say.
VAE: dict[str, Any] = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
    "norm_num_groups": 32,
    "sample_size": 256,
    "scaling_factor": 0.18215,
}
IMAGE_ENCODER: dict[str, Any] = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "projection_dim": 768,
    "image_size": 224,
    "patch_size": 14,
    "hidden_act": "quick_gelu",
}
# DDIM with a linear schedule: what the authors' inference does, though training was scaled_linear.
SCHEDULER: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "linear",
    "clip_sample": False,
    "steps_offset": 1,
    "prediction_type": "v_prediction",
    "timestep_spacing": "trailing",
    "rescale_betas_zero_snr": True,
}


@dataclass(frozen=True)
class Sizes:
    """Arguments of the networks' classes; the defaults are the published model's. A `config.json` beside the weights
    of the autoencoder or the image encoder goes before what stands here.

    Attributes:
        unet: of `UNet2DConditionModel`, for both UNets; None = Stable Diffusion 1.5's.
        reference: of the ReferenceNet, where it differs.
        focus: fields of `FocusPlan`; None = the paper's.
        pose_guider, face_projector, vae, image_encoder: of `PoseGuider`, `FaceProjector`, `AutoencoderKL`,
            `CLIPVisionConfig`.
    """

    unet: Mapping[str, Any] | None = None
    reference: Mapping[str, Any] | None = None
    focus: Mapping[str, Any] | None = None
    pose_guider: Mapping[str, Any] = field(default_factory=dict)
    face_projector: Mapping[str, Any] = field(default_factory=dict)
    vae: Mapping[str, Any] = field(default_factory=lambda: VAE)
    image_encoder: Mapping[str, Any] = field(default_factory=lambda: IMAGE_ENCODER)

    def config_of(self, part: str) -> dict[str, Any]:
        """The configuration of a published part, by its name in the pipeline: what its config.json would say."""
        from mcld_app.network.unets import SD15

        unet = dict(self.unet or SD15)
        if part == "denoising_unet":
            return {"sizes": unet, "focus": self.focus}
        if part == "reference_unet":
            return {"sizes": dict(self.reference or unet)}
        return dict(getattr(self, part))


PUBLISHED = Sizes()
