"""The schedulers a picture can be drawn with; their names and labels are `request.SCHEDULERS`."""

from __future__ import annotations

from typing import Any

_FEW_STEPS = {"solver_order": 2, "final_sigmas_type": "zero"}
CLASSES: dict[str, tuple[str, dict[str, Any]]] = {
    "ddim": ("DDIMScheduler", {}),
    "dpm++": ("DPMSolverMultistepScheduler", _FEW_STEPS),
    "unipc": ("UniPCMultistepScheduler", _FEW_STEPS),
}
"""Name -> diffusers' class, and what it is made with besides the model's own configuration."""


def scheduler_named(name: str, like: Any) -> Any:
    """A new scheduler of that name in `request.SCHEDULERS`, for the noise schedule of another one (v-prediction, zero
    terminal SNR and trailing steps with the published network)."""
    import diffusers

    kind, extra = CLASSES[name]
    return getattr(diffusers, kind).from_config(like.config, **extra)
