"""`python -m mcld_app download`: the licences of the weights that are missing, then the weights."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from mcld_app.checkpoints.downloads import DownloadProgress, download
from mcld_app.checkpoints.find import find
from mcld_app.checkpoints.table import wanted
from mcld_app.deployment import safety_checker_is_on
from mcld_app.files import in_words


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "what", nargs="?", choices=("everything", "model", "photos"), default="everything",
        help="the published model, or only what reads your photos (for the bundled model too)",
    )  # fmt: skip
    parser.add_argument("--folder", type=Path, help="where to, if not into checkpoints/")


def run(chosen: argparse.Namespace) -> int:
    """Print the licences and download; returns the exit status."""
    weights = wanted(chosen.what, checked=safety_checker_is_on())
    missing = [weight for weight in weights if find(weight, chosen.folder) is None]
    print("Licences (more in docs/licences.md):" if missing else "Nothing is missing.")
    for weight in missing:
        print(f"  {weight.label}, {in_words(weight.size)}, {weight.page}\n    {weight.licence}", flush=True)
    download(weights, chosen.folder, on_progress=Bar())
    print("Everything is there.")
    return 0


class Bar:
    """A progress bar on stderr; where that is no terminal, a line every tenth of a file."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown: tuple[str, int] | None = None
        self._at = 0.0

    def __call__(self, progress: DownloadProgress) -> None:
        """Show how far a download is."""
        share = progress.done / progress.total if progress.total else 0.0
        finished, now = progress.done == progress.total, time.monotonic()
        tenth = (progress.weight.name, int(share * 10))
        if self._terminal and not finished and now - self._at < 0.1:
            return
        if not self._terminal and tenth == self._shown:
            return
        self._shown, self._at = tenth, now
        text = f"{progress.index}/{progress.count} {progress.weight.label}: {in_words(progress.done)}"
        if progress.total:
            text += f" of {in_words(progress.total)}"
        if self._terminal:
            text = f"\r[{'#' * round(share * 30):<30}] {text:<60}"
        print(text, end="\n" if finished or not self._terminal else "", file=sys.stderr, flush=True)
