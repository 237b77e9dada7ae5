"""`python -m mcld_app doctor`: what is there, what is missing and where it belongs, line by line.

torch is imported last, only to ask it for a graphics card, so that every other line is on the screen by then.
"""

from __future__ import annotations

import argparse
import json
import urllib.request
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from mcld_app.checkpoints.inspection import BROKEN, MISSING, NOTE, OK, Line, examine
from mcld_app.deployment import ray_address, server_address, visits_bytes
from mcld_app.errors import StudioError
from mcld_app.files import in_words
from mcld_app.output.credentials import standing

_EACH = "200 MB"
_TOLD = ("visits", "visits_bytes", "running", "process_bytes", "drawing_bytes", "finding_bytes")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--folder", type=Path, help="where weights are kept, if not in checkpoints/")


def run(chosen: argparse.Namespace) -> int:
    """Print every line; returns the exit status: 1 where a file is broken, else 0, for missing weights are no fault."""
    broken = False
    for line in chain(examine(chosen.folder), _credentials(), _studio(), _cluster(), _device()):
        print(line, flush=True)
        broken |= line.state == BROKEN
    return 1 if broken else 0


def _credentials() -> Iterator[Line]:
    """Whether pictures leave with signed Content Credentials."""
    told = standing()
    yield Line(BROKEN if told.fault else OK if told.signs else NOTE, "content credentials", told.text)


def _studio() -> Iterator[Line]:
    """What visits may take in memory, and how a studio that runs here just now is."""
    try:
        most, (host, port) = visits_bytes(), server_address()
    except StudioError as error:
        yield Line(BROKEN, "studio", str(error))
        return
    yield Line(NOTE, "visits", f"may take {in_words(most)} of memory together (MCLD_VISITS_MB), {_EACH} each")
    told = _health("127.0.0.1" if host == "0.0.0.0" else host, port)
    if told is not None:
        yield Line(NOTE, "studio", f"runs on port {port}: {told['visits']} visits, {in_words(told['visits_bytes'])}; "
                   f"{told['running']} events run or wait; {in_words(told['process_bytes'])} in the page's "
                   f"process, {in_words(told['drawing_bytes'])} in the one that draws, "
                   f"{in_words(told['finding_bytes'])} in the one that finds people")  # fmt: skip


def _cluster() -> Iterator[Line]:
    """Who draws for the page, where MCLD_RAY names a cluster."""
    try:
        if address := ray_address():
            from mcld_app.engine.cluster_drawing import told_of

            yield Line(OK, "cluster", told_of(address))
    except StudioError as error:
        yield Line(BROKEN, "cluster", f"{error} Until it is there, the page draws on its own machine.")


def _health(host: str, port: int) -> dict[str, int] | None:
    """What a studio there says of itself; None where there is none that answers at once."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{host}:{port}/health", timeout=1) as answer:
            told = json.loads(answer.read(10_000))
    except (OSError, ValueError):
        return None
    known = isinstance(told, dict) and all(isinstance(told.get(name), int) for name in _TOLD)
    return told if known else None


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
