"""Where a network runs, and how precisely: no other module asks torch whether there is a GPU."""

from __future__ import annotations

from pathlib import Path

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
    """ "cuda" or "cpu": where a network runs that this process keeps and calls at any time, as DensePose. A ZeroGPU
    Space lends its GPU to drawings alone, in processes of their own, so there it is the CPU whatever torch says."""
    return "cuda" if has_cuda() and not on_zerogpu() else "cpu"


def best_dtype(device: str) -> str:
    """The name of the torch dtype used on a device: half precision on a GPU, float32 elsewhere (half is slow on most
    CPUs, and on Apple's GPUs this network overflows in it)."""
    return "float16" if device.partition(":")[0] == "cuda" else "float32"


def free_memory(device: str, *, container: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Free bytes on a device, as "cuda", "cuda:1" or "mps"; for "cpu" of main memory and swap, no more than the
    limit of a container leaves. None where nobody says.

    Args:
        device: which.
        container: where Linux says what limit this process runs under.
    """
    import torch

    kind = device.partition(":")[0]
    if kind == "cpu":
        return _free_main_memory(container)
    try:
        if kind == "cuda":
            return torch.cuda.mem_get_info(device)[0]
        return max(0, torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    except (RuntimeError, AssertionError, ValueError):  # a GPU that does not answer any more, or none at all
        return None


def _free_main_memory(container: Path) -> int:
    import psutil  # comes with accelerate

    free = psutil.virtual_memory().available + psutil.swap_memory().free
    try:
        limit, used = (int((container / f"memory.{name}").read_text("ascii")) for name in ("max", "current"))
        stat = dict(line.split() for line in (container / "memory.stat").read_text("ascii").splitlines())
    except (OSError, ValueError):  # no container, or "max": no limit
        return free
    of_files = int(stat.get("inactive_file", 0))  # counted as used, and given back when it is wanted
    return max(0, min(free, limit - used + of_files))
