"""The paper's objective (section 3.3), with its code's details (docs/reference.md): what is drawn and minimised."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mcld_app.training.config import Objective


def draw_timesteps(count: int, objective: Objective, generator: torch.Generator, total: int = 1000) -> Tensor:
    """Timesteps (count,) int64: uniform over 0..999, but for `late_steps` of them, which are from 900 on."""
    t = torch.randint(0, total, (count,), generator=generator)
    late = torch.randint(total * 9 // 10, total, (count,), generator=generator)
    return torch.where(torch.rand(count, generator=generator) < objective.late_steps, late, t)


def draw_noise(shape: torch.Size, objective: Objective, generator: torch.Generator) -> Tensor:
    """Standard normal noise (B, C, h, w), each channel's mean moved by `noise_offset` times a normal number."""
    noise = torch.randn(shape, generator=generator)
    return noise + objective.noise_offset * torch.randn(*shape[:2], 1, 1, generator=generator)


def min_snr_weights(alphas: Tensor, timesteps: Tensor, gamma: float) -> Tensor:
    """Min-SNR weights (B,) of a v-prediction's squared error (Hang et al., 2023): min(SNR + 1, gamma) / (SNR + 1).

    The 1 is what v-prediction adds; without it the step of zero SNR would count for nothing.

    Args:
        alphas: (T,) cumulative products of the noise schedule.
        timesteps: (B,).
        gamma: 5 in the paper's code.
    """
    a = alphas[timesteps].double()
    plus_one = 1 / (1 - a).clamp_min(1e-12)  # a / (1 - a) + 1
    return (plus_one.clamp_max(gamma) / plus_one).float()


def cell_mask(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """Share of each latent cell's pixels that lie in a mask: (B, H, W) bool or 0..1 to (B, 1, h, w) float32."""
    return F.adaptive_avg_pool2d(mask[:, None].float(), size)


def yes_or_no(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """A mask at the latents' size, 0 or 1 a cell: what the mask says at the cell's first pixel, as torch's nearest
    resize takes it and the authors' code with it. (B, H, W) bool to (B, 1, h, w) float32."""
    return F.interpolate(mask[:, None].float(), size, mode="nearest")


def face_mask(poses: Tensor) -> Tensor:
    """Pixels of the face, as the paper's L_face takes them: parts 23 and 24 of the target's IUV map.

    Args:
        poses: (B, H, W, 3) uint8, channels I, U, V.

    Returns:
        (B, H, W) bool.
    """
    return (poses[..., 0] == 23) | (poses[..., 0] == 24)


def losses(
    predicted: Tensor,
    wanted: Tensor,
    weights: Tensor,
    face: Tensor,
    person: Tensor | None,
    objective: Objective,
) -> dict[str, Tensor]:
    """L_mse + L_face (paper, eqs. 5 and 6), and their sum as "loss".

    The face's error is averaged over all cells, not over the face's own, as the authors' code does.

    Args:
        predicted, wanted: v, (B, C, h, w).
        weights: (B,), see `min_snr_weights`.
        face: (B, 1, h, w), 0 or 1, see `yes_or_no`.
        person: (B, 1, h, w) in 0..1; it only counts with `foreground_weight`.
        objective: weights of the terms.
    """
    error = (predicted.float() - wanted.float()) ** 2
    out = {
        "mse": (error.mean((1, 2, 3)) * weights).mean(),
        "face": ((error * face).mean((1, 2, 3)) * weights).mean(),
    }
    total = out["mse"] + objective.face_weight * out["face"]
    if objective.foreground_weight and person is not None:
        out["person"] = ((error * person).mean((1, 2, 3)) * weights).mean()
        total = total + objective.foreground_weight * out["person"]
    return {"loss": total, **out}
