"""Where a network runs, and how precisely: no other module asks torch whether there is a GPU."""

from __future__ import annotations

from mcld_app.deployment import on_zerogpu


def has_cuda() -> bool:
    """Whether torch sees a CUDA GPU. On a ZeroGPU Space it says so in every process, lent one or not."""
    import torch

    return torch.cuda.is_available()


def best_device() -> str:
    """ "cuda", "mps" or "cpu": the best there is to draw on."""
    import torch

    if has_cuda():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def kept_device() -> str:
    """ "cuda" or "cpu": where a network runs that this process keeps and calls at any time, as DensePose. A ZeroGPU Space
    lends its GPU to drawings alone, in processes of their own, so there it is the CPU whatever torch says."""
    return "cuda" if has_cuda() and not on_zerogpu() else "cpu"


def best_dtype(device: str) -> str:
    """The name of the torch dtype used on a device: half precision on a GPU, float32 elsewhere (half is slow on most
    CPUs, and on Apple's GPUs this network overflows in it)."""
    return "float16" if device.partition(":")[0] == "cuda" else "float32"
