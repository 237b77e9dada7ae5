"""`python -m mcld_app bundle RUN FOLDER`: a run's trained parts as one model."""

from __future__ import annotations

import argparse
from pathlib import Path

from mcld_app.files import in_words


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("run", type=Path, help="folder of the trained parts, a run's `out`")
    parser.add_argument("folder", type=Path, help="what to write: a folder of a model")


def run(chosen: argparse.Namespace) -> int:
    """Write the model and print its size; returns the exit status."""
    from mcld_app.training.bundle import bundle

    print(f"written: {chosen.folder}, {in_words(bundle(chosen.run, chosen.folder))} of weights")
    return 0
