"""`python -m mcld_app evaluate`: its arguments, and what it prints and writes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mcld_app.errors import StudioError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "results", type=Path, metavar="RESULTS", help="folder of results, in 256/ and 512/ or one of them"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="DeepFashion in the authors' layout")
    parser.add_argument("--pairs", type=Path, metavar="CSV", help="list of pairs (from,to), if not the folder's own")
    parser.add_argument("--split", choices=("test", "train"), default="test", help="whose photos (default: test)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write the tables and a picture grid there")
    parser.add_argument("--name", default="this project", help="what the results' row is called")
    parser.add_argument("--faces", type=Path, metavar="FOLDER", help="of buffalo_s, if not in ~/.insightface")
    parser.add_argument("--device", help="for LPIPS and FID: cpu, cuda or mps (default: what torch finds)")


def run(chosen: argparse.Namespace) -> int:
    """Measure, print the tables as Markdown, write them where asked; returns the exit status."""
    from mcld_app.evaluation.run import evaluate_folder, load_networks

    evaluation = evaluate_folder(
        chosen.results,
        chosen.data,
        split=chosen.split,
        pairs=chosen.pairs,
        networks=load_networks(_device(chosen.device), chosen.faces),
        method=chosen.name,
        on_progress=_say,
    )
    print(evaluation.markdown())
    if chosen.out is not None:
        for path in evaluation.write(chosen.out):
            print(f"written: {path}", file=sys.stderr)
    return 0


def _device(asked: str | None) -> str:
    import torch

    from mcld_app.engine import best_device

    if asked is None:
        return best_device()
    try:
        torch.zeros(1, device=asked)
    except (RuntimeError, AssertionError) as error:
        raise StudioError(f"torch has no device {asked!r} here. Leave --device out, or choose cpu.") from error
    return asked


def _say(what: str, done: int, total: int) -> None:
    """A line every tenth of the way, on stderr."""
    if done == total or done * 10 // total != (done - 1) * 10 // total:
        print(f"{what}: {done} of {total}", file=sys.stderr, flush=True)
