"""From files to an `MCLDPipeline`.

Each part is made without memory for its weights, gets its tensors from a memory-mapped file one by one, and is
checked while that happens, so that the peak is little more than the pipeline itself.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.checkpoints.downloads import DownloadProgress
from mcld_app.checkpoints.published import load_published
from mcld_app.checkpoints.saved import INDEX, load_saved
from mcld_app.checkpoints.sizes import PUBLISHED, Sizes

if TYPE_CHECKING:
    import torch

    from mcld_app.network.pipeline import MCLDPipeline


def load_pipeline(
    folder: Path | None = None,
    *,
    device: str | torch.device = "cpu",
    dtype: str | torch.dtype = "float32",
    sizes: Sizes = PUBLISHED,
    fetch_missing: bool = False,
    on_fetch: Callable[[DownloadProgress], None] = lambda _: None,
    on_part: Callable[[str], None] = lambda _: None,
) -> MCLDPipeline:
    """A pipeline, ready to draw.

    Args:
        folder: with a `model_index.json`: in diffusers' layout. Else where the published files lie, flat or as the
            authors lay them out; default: `checkpoints_folder()`, and then the Hugging Face cache.
        device, dtype: where and as what; dtype as "float16" or `torch.float16`.
        sizes: of the published layout's networks.
        fetch_missing: download what is missing (7 to 9 GB) instead of saying so.
        on_fetch: told how far that is.
        on_part: called with the name of each part before it is loaded.

    Raises:
        MissingWeights, UntrustedWeights, BrokenWeights, DownloadError, DiskFull: each says what to do.
    """
    import torch

    dtype = getattr(torch, dtype) if isinstance(dtype, str) else dtype
    folder = Path(folder) if folder is not None else None
    if folder is not None and (folder / INDEX).is_file():
        return load_saved(folder, device=device, dtype=dtype, on_part=on_part)
    return load_published(
        folder, device=device, dtype=dtype, sizes=sizes, fetch_missing=fetch_missing, on_fetch=on_fetch, on_part=on_part
    )
