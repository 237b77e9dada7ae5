"""`python -m mcld_app doctor`: what is there, what is missing and where it belongs, line by line.

torch is imported last, only to ask it for a graphics card, so that every other line is on the screen by then.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from mcld_app.checkpoints.inspection import BROKEN, MISSING, NOTE, Line, examine
from mcld_app.files import in_words


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--folder", type=Path, help="where weights are kept, if not in checkpoints/")


def run(chosen: argparse.Namespace) -> int:
    """Print every line; returns the exit status: 1 where a file is broken, else 0, for missing weights are no fault."""
    broken = False
    for line in chain(examine(chosen.folder), _device()):
        print(line, flush=True)
        broken |= line.state == BROKEN
    return 1 if broken else 0


def _device() -> Iterator[Line]:
    """Which device and number format will be used."""
    try:
        import torch

        from mcld_app.network.device import best_device, best_dtype
    except ImportError as error:
        yield Line(MISSING, "device", f"torch cannot be imported ({error}). Install what requirements.txt lists.")
        return
    device = best_device()
    kind = f"{device}, {best_dtype(device)}"
    if device == "cuda":
        card = torch.cuda.get_device_properties(0)
        kind += f" ({card.name}, {in_words(card.total_memory)})"
    elif device == "cpu":
        kind += f" ({torch.get_num_threads()} threads; no graphics card that torch {torch.__version__} can use)"
    yield Line(NOTE, "device", kind)
