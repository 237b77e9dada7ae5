"""Draws pairs as plain pictures of their seeds' colours, for tests of runs in several processes.

In a module of its own because the worker processes import it, and nothing else of the tests.
"""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from mcld_app.evaluation.pair_painter import Batch, BatchOutcome
from mcld_app.evaluation.pairs import RESOLUTIONS, result_path
from mcld_app.evaluation.run_file import RunSettings


def start_plain(results: Path, run: RunSettings, deadly: str, device: str):
    """What draws; a pair from the photo `deadly` ends the process, as one that takes all memory does."""

    def paint(batch: Batch) -> BatchOutcome:
        if any(pair.source == deadly for pair in batch):
            os._exit(9)
        for pair in batch:
            for size in RESOLUTIONS:
                colour = tuple(run.seed_of(pair).to_bytes(8, "big")[-3:])
                picture = Image.new("RGB", (size.width, size.height), colour)
                picture.save(result_path(results, size, pair))
        return BatchOutcome(drawn=len(batch))

    return paint, True
