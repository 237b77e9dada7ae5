"""Room in memory: whether it ran out, making some, and saying how much is missing."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterator, Mapping

from mcld_app.files import in_words
from mcld_app.network.device import free_memory

ADVICE = "Close other programs that use it, or choose a smaller model."

_WORDS = ("out of memory", "can't allocate memory", "alloc_failed")  # of CUDA and MPS, of a CPU, of cuBLAS and cuDNN


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of whatever kind."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _WORDS)


def let_go(error: BaseException) -> None:
    """Empty the frames that an error came through: they keep tensors that nobody wants any more."""
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen = seen.__cause__ or seen.__context__


def tidy(device: str) -> None:
    """Give back what nobody holds any more."""
    gc.collect()
    if is_cuda(device):
        import torch

        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()


def need_main_memory(size: int) -> None:
    """Make sure that `size` bytes fit in main memory: where they do not, Linux ends the program without a word.

    Raises:
        MemoryError: where they do not.
    """
    free = free_memory("cpu")
    if free is not None and size > free:
        raise MemoryError


def too_little(parts: Mapping[str, int], device: str) -> str:
    """A sentence on a model that could not be loaded: what it takes, what is free, and what is missing.

    Args:
        parts: bytes that each takes; empty where nobody knows.
        device: where it was to draw. On CUDA its parts were tried in turn, too.
    """
    cuda = is_cuda(device)
    text = "There is not enough memory to load this model" + (f", not even with its parts on {device} in turn" * cuda)
    if not parts:
        return f"{text}: {'; '.join(map(free_in_words, ('cpu', device) if cuda else (device,)))}. {ADVICE}"
    return " ".join([f"{text}.", *_needs(parts, device), ADVICE])


def _needs(parts: Mapping[str, int], device: str) -> Iterator[str]:
    cuda = is_cuda(device)
    whole, largest = sum(parts.values()), max(parts, key=lambda name: parts[name])
    needs = [("It takes", "cpu" if cuda else device, whole)]
    if cuda:
        needs.append((f"Its largest part, the {largest.replace('_', ' ')}, takes", device, parts[largest]))
    for who, place, need in needs:
        free = free_memory(place)
        missing = f": {in_words(need - free)} are missing" if free is not None and need > free else ""
        yield f"{who} {in_words(need)} {_on(place)}, and {free_in_words(place)}{missing}."


def free_in_words(device: str) -> str:
    """ "2.1 GB are free on cuda"."""
    free = free_memory(device)
    return f"{'an unknown amount is' if free is None else f'{in_words(free)} are'} free {_on(device)}"


def is_cuda(device: str) -> bool:
    """Whether it is a CUDA GPU: "cuda", "cuda:1"."""
    return device.partition(":")[0] == "cuda"


def _on(device: str) -> str:
    return "in main memory" if device == "cpu" else f"on {device}"
