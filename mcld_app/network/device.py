"""Where a network runs, and how precisely."""

from __future__ import annotations


def best_device() -> str:
    """ "cuda", "mps" or "cpu": the best there is."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def best_dtype(device: str) -> str:
    """The name of the torch dtype used on a device: half precision on a GPU, float32 elsewhere (half is slow on most
    CPUs, and on Apple's GPUs this network overflows in it)."""
    return "float16" if device == "cuda" else "float32"
