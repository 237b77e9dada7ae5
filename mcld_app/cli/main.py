"""The table of commands. Importing it imports no command; `main` imports the one that was typed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from mcld_app.errors import StudioError


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: as typed.
        help: what it does, in a line.
        module: where its `arguments(parser)` and `run(chosen) -> int` are.
    """

    name: str
    help: str
    module: str


COMMANDS: tuple[Command, ...] = (
    Command("doctor", "say what is there, what is missing and where it belongs", "mcld_app.cli.doctor"),
    Command("download", "fetch weights and models that are missing", "mcld_app.cli.download"),
    Command("trust", "vouch for weight files that you put there by hand", "mcld_app.cli.trust"),
    Command("start", "begin a recipe with a photo of somebody", "mcld_app.cli.start"),
    Command("garment", "dress somebody in a garment from a shop's picture of it", "mcld_app.cli.garment"),
    Command("matrix", "write a table of people, clothes and poses, all with all", "mcld_app.cli.matrix"),
    Command("generate", "draw a recipe, a folder of them, or a table", "mcld_app.cli.generate"),
    Command("draw-pairs", "draw a test list's pairs from a prepared folder", "mcld_app.cli.draw_pairs"),
    Command("evaluate", "measure results by the paper's figures", "mcld_app.cli.evaluate"),
    Command("prepare", "bring DeepFashion's pictures into the authors' layout", "mcld_app.cli.prepare"),
    Command("prepare-live", "draw people for the live network to learn from", "mcld_app.cli.prepare_live"),
    Command("train", "train a model, or one of its parts", "mcld_app.cli.train"),
    Command("space", "write the folder of a Hugging Face Space", "mcld_app.cli.space"),
    Command("bundle", "put a run's trained parts together as one model", "mcld_app.cli.bundle"),
    Command("export", "write a model as the four files of the authors", "mcld_app.cli.export"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `python -m mcld_app`; default: those this process was started with.

    Returns:
        The exit status. A `StudioError` becomes a line on stderr and status 1, Ctrl-C status 130, a
        reader that leaves early status 1.

    Raises:
        SystemExit: after `--help` (0), and for words that the command does not know (2).
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(
        prog="python -m mcld_app", description="MCLD Studio. `python app.py` starts the page."
    )
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {}
    for command in COMMANDS:
        own = choices.add_parser(command.name, help=command.help, description=command.help)
        if words[:1] == [command.name]:  # nothing stands before it: `--help` is the only option without a command
            modules[command.name] = import_module(command.module)
            modules[command.name].arguments(own)
    chosen = parser.parse_args(words)
    try:
        status = modules[chosen.command].run(chosen)
        sys.stdout.flush()
        return status
    except StudioError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough, as `| head` does; at its end Python would write once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
