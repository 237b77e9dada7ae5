"""`python -m mcld_app train CONFIG`: a training run, from its configuration to its trained parts."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcld_app.training.config import Config


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("config", type=Path, help="a YAML file, see configs/")
    parser.add_argument("--init", metavar="FOLDER", help="start from the parts of a model, such as checkpoints/demo")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a key, data.people=500")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long; the same command goes on")
    parser.add_argument("--threads", type=int, default=0, help="processor threads of each process")
    parser.add_argument("--memory", action="store_true", help="say what memory it takes, by arithmetic")
    parser.add_argument("--measure", action="store_true", help="make two steps and say what memory they took")


def run(chosen: argparse.Namespace) -> int:
    """Train until done or until the minutes are over; the exit status is 0 in both cases."""
    from mcld_app.training.config import ConfigError, read_config

    changes = {}
    for text in chosen.set:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set wants KEY=VALUE, not {text!r}.")
        changes[key] = value
    if chosen.init:
        changes["init"] = chosen.init
    config = read_config(chosen.config, changes)
    if chosen.threads:
        import torch

        torch.set_num_threads(chosen.threads)
    if chosen.memory or chosen.measure:
        return _tell_memory(config, chosen)
    from mcld_app.training.loop import train

    done = train(config, minutes=chosen.minutes)
    if not done:
        print("Stopped in time; the same command goes on from here.")
    return 0


def _tell_memory(config: Config, chosen: argparse.Namespace) -> int:
    from mcld_app.training.memory import measure, report

    if chosen.memory:
        print(report(config))
    if chosen.measure:
        before, most = measure(config)
        print(f"{before / 1e9:.2f} GB before, at most {most / 1e9:.2f} GB in two steps")
    return 0
