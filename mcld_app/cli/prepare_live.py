"""`python -m mcld_app prepare-live FOLDER`: drawn people as the live network's training is given them."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from mcld_app.data.live_shards import Written

_REASONS = 5  # told on the screen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("folder", type=Path, help="where to write: one file a person")
    parser.add_argument("--people", type=int, required=True, metavar="N", help="how many")
    parser.add_argument("--from", type=int, default=0, metavar="N", dest="first", help="the first one's number")
    parser.add_argument("--targets", type=int, default=4, metavar="K", help="pictures of each (default: 4)")
    parser.add_argument("--workers", type=int, help="processes; default: one for each core")
    parser.add_argument("--test", action="store_true", help="people kept for tests")


def run(chosen: argparse.Namespace) -> int:
    """Draw; returns the exit status: 1 where nobody could be drawn."""
    from mcld_app.cli.long_work import Bar
    from mcld_app.data.live_shards import write_shard

    if chosen.people < 1 or chosen.first < 0 or chosen.targets < 1:
        raise StudioError("People are numbered from 0 on; at least one of them, and one picture of each, is needed.")
    numbers, bar = range(chosen.first, chosen.first + chosen.people), Bar("person")

    def show(state: Written) -> None:
        bar.show(state.there + state.made + len(state.failed), state.total)

    try:
        state = write_shard(
            chosen.folder, numbers, test=chosen.test, targets=chosen.targets, workers=chosen.workers or _cores(),
            on_person=show,
        )  # fmt: skip
    finally:
        bar.close()
    _tell(state, chosen.folder)
    return 0 if state.made or state.there else 1


def _tell(state: Written, folder: Path) -> None:
    lines = [f"{folder}: {state.made} people drawn, {state.there} were there, {len(state.failed)} left out."]
    lines += [f"  {count} left out: {why}" for why, count in Counter(state.failed.values()).most_common(_REASONS)]
    print("\n".join(lines), file=sys.stderr)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
