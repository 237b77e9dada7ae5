"""`python -m mcld_app export --authors RUN_OR_MODEL FOLDER`: a model as the authors' own four files."""

from __future__ import annotations

import argparse
from pathlib import Path

from mcld_app.files import in_words


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--authors", action="store_true", required=True, help="in the authors' names, the only way there is so far"
    )
    parser.add_argument("source", type=Path, metavar="RUN_OR_MODEL", help="a run's `out`, or a model's folder")
    parser.add_argument("folder", type=Path, help="what to write: a folder that is empty or does not exist")


def run(chosen: argparse.Namespace) -> int:
    """Write the files and list them; returns the exit status."""
    from mcld_app.checkpoints.authors import export_authors

    for file in export_authors(chosen.source, chosen.folder):
        print(f"{in_words(file.stat().st_size):>8}  {file}")
    return 0
