"""The command line: `python -m mcld_app COMMAND`. Each command is one row of `COMMANDS` and two short functions; what
it does stands elsewhere, and is imported only when the command is used.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from mcld_app.checkpoints import Fetched


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: as typed.
        help: what it does, in a line.
        arguments: adds its arguments to a parser.
        run: does it; returns the exit status. A StudioError becomes a line on stderr and status 1.
    """

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m mcld_app", description="MCLD Studio. `python app.py` starts the page."
    )
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.arguments(choices.add_parser(command.name, help=command.help, description=command.help))
    chosen = parser.parse_args(arguments)
    try:
        return {command.name: command.run for command in COMMANDS}[chosen.command](chosen)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


# --- doctor --------------------------------------------------------------------------------------------------------


def _doctor_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, help="where weights are kept, if not in checkpoints/")


def _doctor(chosen: argparse.Namespace) -> int:
    from mcld_app.checkpoints.inspection import run

    return run(chosen.folder)


# --- trust ---------------------------------------------------------------------------------------------------------


def _trust_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a weight file, or a folder of them")


def _trust(chosen: argparse.Namespace) -> int:
    from mcld_app.checkpoints.manifest import trust
    from mcld_app.checkpoints.table import in_words

    for path in chosen.files:
        for file, entry in trust(path).items():
            print(f"noted: {file}, {in_words(entry.size)}, SHA-256 {entry.sha256}")
    return 0


# --- download ------------------------------------------------------------------------------------------------------


def _download_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs="?", choices=("everything", "model", "photos"), default="everything",
        help="the published model, or only what reads your photos (for the bundled model too)",
    )  # fmt: skip
    parser.add_argument("--folder", type=Path, help="where to, if not into checkpoints/")


def _download(chosen: argparse.Namespace) -> int:
    from mcld_app.checkpoints import download, wanted
    from mcld_app.checkpoints.find import find
    from mcld_app.checkpoints.table import in_words
    from mcld_app.engine.safety import is_on

    weights = wanted(chosen.what, checked=is_on())
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

    def __call__(self, fetched: Fetched) -> None:
        """Show how far a download is."""
        from mcld_app.checkpoints.table import in_words

        share = fetched.done / fetched.total if fetched.total else 0.0
        finished, now = fetched.done == fetched.total, time.monotonic()
        tenth = (fetched.weight.name, int(share * 10))
        if self._terminal and not finished and now - self._at < 0.1:
            return
        if not self._terminal and tenth == self._shown:
            return
        self._shown, self._at = tenth, now
        text = f"{fetched.index}/{fetched.count} {fetched.weight.label}: {in_words(fetched.done)}"
        if fetched.total:
            text += f" of {in_words(fetched.total)}"
        if self._terminal:
            text = f"\r[{'#' * round(share * 30):<30}] {text:<60}"
        print(text, end="\n" if finished or not self._terminal else "", file=sys.stderr, flush=True)


# --- evaluate ------------------------------------------------------------------------------------------------------


def _evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    from mcld_app.evaluation.command import arguments

    arguments(parser)


def _evaluate(chosen: argparse.Namespace) -> int:
    from mcld_app.evaluation.command import run

    return run(chosen)


# --- train ---------------------------------------------------------------------------------------------------------


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    from mcld_app.training.command import arguments

    arguments(parser)


def _train(chosen: argparse.Namespace) -> int:
    from mcld_app.training.command import run

    return run(chosen)


# --- bundle --------------------------------------------------------------------------------------------------------


def _bundle_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, help="folder of the trained parts, a run's `out`")
    parser.add_argument("folder", type=Path, help="what to write: a folder of a model")


def _bundle(chosen: argparse.Namespace) -> int:
    from mcld_app.checkpoints.table import in_words
    from mcld_app.training.bundle import bundle

    print(f"written: {chosen.folder}, {in_words(bundle(chosen.run, chosen.folder))} of weights")
    return 0


# --- generate ------------------------------------------------------------------------------------------------------


def _generate_arguments(parser: argparse.ArgumentParser) -> None:
    from mcld_app.cli.generate import arguments

    arguments(parser)


def _generate(chosen: argparse.Namespace) -> int:
    from mcld_app.cli.generate import run

    return run(chosen)


# --- prepare -------------------------------------------------------------------------------------------------------


def _prepare_arguments(parser: argparse.ArgumentParser) -> None:
    from mcld_app.data.prepare import arguments

    arguments(parser)


def _prepare(chosen: argparse.Namespace) -> int:
    from mcld_app.data.prepare import run

    return run(chosen)


# --- space ---------------------------------------------------------------------------------------------------------


def _space_arguments(parser: argparse.ArgumentParser) -> None:
    from mcld_app.cli.space import arguments

    arguments(parser)


def _space(chosen: argparse.Namespace) -> int:
    from mcld_app.cli.space import run

    return run(chosen)


COMMANDS: tuple[Command, ...] = (
    Command("doctor", "say what is there, what is missing and where it belongs", _doctor_arguments, _doctor),
    Command("download", "fetch the published model's weights that are missing", _download_arguments, _download),
    Command("trust", "vouch for weight files that you put there by hand", _trust_arguments, _trust),
    Command("generate", "draw a recipe, or a folder of them", _generate_arguments, _generate),
    Command("evaluate", "measure results by the paper's figures", _evaluate_arguments, _evaluate),
    Command("prepare", "bring DeepFashion's pictures into the authors' layout", _prepare_arguments, _prepare),
    Command("train", "train a model, or one of its parts", _train_arguments, _train),
    Command("space", "write the folder of a Hugging Face Space", _space_arguments, _space),
    Command("bundle", "put a run's trained parts together as one model", _bundle_arguments, _bundle),
)


if __name__ == "__main__":
    sys.exit(main())
