"""`python -m mcld_app prepare SOURCE FOLDER`: DeepFashion's pictures in the authors' layout."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.cli.long_work import cluster_arguments
from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from mcld_app.data.prepare import Outcome

_REASONS = 5  # told on the screen; the report has them all


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("source", type=Path, help="what DeepFashion's In-shop pictures were unpacked into")
    parser.add_argument("folder", type=Path, help="where to write, dataset/fashion for configs/paper.yaml")
    parser.add_argument("--lists", type=Path, help="folder of train.lst and test.lst, or of the lists of pairs")
    parser.add_argument("--densepose", type=Path, metavar="FOLDER", help="IUV maps made elsewhere, by detectron2 say")
    parser.add_argument("--no-faces", action="store_true", help="look for no faces")
    parser.add_argument("--devices", help="where DensePose runs: cpu (the default), or cuda:0,cuda:1,...")
    parser.add_argument("--workers", type=int, help="processes in all; default: one for each core, or for each GPU")
    parser.add_argument("--shard", metavar="I/N", help="prepare the I-th of N shares of the photos; the others may run "
                        "at the same time, on machines that share the folder")  # fmt: skip
    parser.add_argument("--copy", action="store_true", help="copy photos, and never link them")
    cluster_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Prepare; returns the exit status: 1 where a photo failed, after all others were prepared."""
    from mcld_app.checkpoints.folders import outline_file
    from mcld_app.cli.long_work import Bar, check_cluster_arguments, devices_named, need_of
    from mcld_app.data.prepare import Outcome, RayPool, Shard, prepare

    check_cluster_arguments(chosen, ("devices", "workers"))
    devices = devices_named("cpu" if chosen.devices is None else chosen.devices)
    workers = chosen.workers if chosen.workers is not None else _cores() if devices == ["cpu"] else len(devices)
    if not devices or workers < 1:
        raise StudioError("At least one device and one worker are needed: --devices cuda:0 --workers 2, for example.")
    given = chosen.densepose and chosen.densepose.absolute()  # other machines have another working folder
    outcome, bar, told = Outcome(), Bar("photo"), 0
    on_ray = None if chosen.ray is None else partial(RayPool, need_of(chosen), chosen.ray, told=bar.say)

    def show(outcome: Outcome) -> None:
        nonlocal told
        if not bar.started:
            print(*outcome.notes, sep="\n", file=sys.stderr)
            told = len(outcome.notes)
        bar.show(outcome.there + outcome.made + len(outcome.failed), outcome.total)

    try:
        prepare(
            chosen.source, chosen.folder, lists=chosen.lists, densepose=given, faces=not chosen.no_faces,
            copy=chosen.copy, shard=Shard.read(chosen.shard) if chosen.shard else None,
            outline=outline_file(), devices=[devices[n % len(devices)] for n in range(workers)],
            workers=on_ray, outcome=outcome, on_photo=show,
        )  # fmt: skip
    finally:
        bar.close()
        if bar.started:
            _tell(outcome, told, chosen.folder)
    return 1 if outcome.failed else 0


def _tell(outcome: Outcome, notes: int, folder: Path) -> None:
    from mcld_app.data.prepare.dataset import REPORT

    failed = len(outcome.failed)
    left = outcome.total - outcome.there - outcome.made - failed
    lines = outcome.notes[notes:]
    lines.append(f"{folder}: {outcome.made} photos prepared, {outcome.there} were there, {failed} failed.")
    if left:
        lines.append(f"Stopped with {left} photos left; the same command goes on.")
    lines.append("Pairs: " + ", ".join(f"{count} for {side}" for side, count in outcome.pairs.items()) + ".")
    reasons = Counter(outcome.failed.values()).most_common()
    lines += [f"  {count} failed: {why}" for why, count in reasons[:_REASONS]]
    if failed:
        lines.append(f"All of them are in {folder / REPORT}. The same command tries them again.")
    print("\n".join(lines), file=sys.stderr)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
