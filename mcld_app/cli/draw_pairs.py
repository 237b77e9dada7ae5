"""`python -m mcld_app draw-pairs`: the results of a test list, drawn with a model of this machine."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from mcld_app.evaluation.draw_pairs import Outcome

_REASONS = 5  # told on the screen; the report has them all


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="DeepFashion as `prepare` leaves it")
    parser.add_argument("--out", type=Path, required=True, metavar="RESULTS", help="where to write 256/ and 512/")
    parser.add_argument("--pairs", type=Path, metavar="CSV", help="list of pairs (from,to), if not the folder's own")
    parser.add_argument("--split", choices=("test", "train"), default="test", help="whose photos (default: test)")
    parser.add_argument("--first", type=int, metavar="N", help="only the first N pairs of the list")
    drawing = parser.add_argument_group("how they are drawn; a run that goes on needs the same")
    drawing.add_argument("--model", default="published", help="which model (default: published)")
    drawing.add_argument("--steps", type=int, help="default: the model's own, 20 for the published one")
    drawing.add_argument("--guidance", type=float, help="default: the model's own, 3.5 for the published one")
    drawing.add_argument("--scheduler", help="ddim (default, as the authors), dpm++ or unipc")
    drawing.add_argument("--seed", type=int, default=0, help="each pair's seed is made of its names and this one")
    drawing.add_argument("--dtype", default="float32", help="float32 (default, as the authors), bfloat16 or float16")
    speed = parser.add_argument_group("how fast")
    speed.add_argument("--devices", help="cpu, cuda or cuda:0,cuda:1,... (default: the best there is)")
    speed.add_argument("--batch", type=int, default=8, metavar="N", help="pictures drawn at once on each (default: 8)")


def run(chosen: argparse.Namespace) -> int:
    """Draw; returns the exit status: 1 where a pair failed, after all others were drawn; 130 where Ctrl-C stopped it
    with pairs left."""
    from mcld_app.cli.long_work import Bar, devices_named, stopped_by_ctrl_c
    from mcld_app.engine.registry import available, model_named
    from mcld_app.evaluation.draw_pairs import Outcome, draw_pairs
    from mcld_app.evaluation.run_file import RunSettings

    if chosen.model not in (names := available()):
        raise StudioError(
            f"There is no model {chosen.model!r} here. There is: {', '.join(names) or 'none'}. The published one is "
            "fetched by `python -m mcld_app download`; name another by --model."
        )
    usual = model_named(chosen.model).usual
    settings = RunSettings(
        model=chosen.model, split=chosen.split, seed=chosen.seed, dtype=chosen.dtype,
        steps=usual.steps if chosen.steps is None else chosen.steps,
        guidance=float(usual.guidance if chosen.guidance is None else chosen.guidance),
        scheduler=chosen.scheduler or usual.scheduler,
    )  # fmt: skip
    devices = devices_named(chosen.devices, "mps") if chosen.devices is not None else [_best()]
    outcome, bar = Outcome(), Bar("pair")
    try:
        with stopped_by_ctrl_c("Stopping after the pictures at hand. Ctrl-C again stops at once.") as stopped:
            draw_pairs(
                chosen.data, chosen.out, settings, pairs=chosen.pairs, first=chosen.first, devices=devices,
                batch=chosen.batch, outcome=outcome, on_batch=lambda told: bar.show(told.done, told.total),
                stopped=stopped,
            )  # fmt: skip
    finally:
        bar.close()
        if bar.started:
            _tell(outcome, chosen.out)
    if outcome.done < outcome.total:
        return 130
    return 1 if outcome.failed else 0


def _best() -> str:
    from mcld_app.network.device import best_device

    return best_device()


def _tell(outcome: Outcome, results: Path) -> None:
    from mcld_app.evaluation.draw_pairs import REPORT

    failed, left = len(outcome.failed), outcome.total - outcome.done
    lines = [*outcome.notes, f"{results}: {outcome.drawn} pairs drawn, {outcome.there} were there, {failed} failed."]
    if left:
        lines.append(f"Stopped with {left} pairs left; the same command goes on.")
    lines += [f"  {count} failed: {why}" for why, count in Counter(outcome.failed.values()).most_common(_REASONS)]
    if failed:
        lines.append(f"All of them are in {results / REPORT}. The same command tries them again.")
    print("\n".join(lines), file=sys.stderr)

