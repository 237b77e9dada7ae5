"""`python -m mcld_app trust FILE ...`: the owner's word for weight files that were put there by hand."""

from __future__ import annotations

import argparse
from pathlib import Path

from mcld_app.checkpoints.manifest import trust
from mcld_app.files import in_words


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a weight file, or a folder of them")


def run(chosen: argparse.Namespace) -> int:
    """Record each file in the checksum manifest and print its SHA-256; returns the exit status."""
    for path in chosen.files:
        for file, entry in trust(path).items():
            print(f"noted: {file}, {in_words(entry.size)}, SHA-256 {entry.sha256}")
    return 0
