"""`python -m mcld_app evaluate`: the paper's figures as tables, of a folder of results or of drawn people."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mcld_app.errors import StudioError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "results", type=Path, nargs="?", metavar="RESULTS", help="folder of results, in 256/ and 512/ or one of them"
    )
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="DeepFashion in the authors' layout")
    parser.add_argument(
        "--pairs", type=Path, metavar="CSV|FOLDER",
        help="list of pairs (from,to), if not the folder's own; without RESULTS, a folder that holds one for each of "
        "some people, with two or more photos: each drawn in the pose of another",
    )  # fmt: skip
    parser.add_argument("--split", choices=("test", "train"), default="test", help="whose photos (default: test)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write the tables and a picture grid there")
    parser.add_argument("--name", default="this project", help="what the results' row is called")
    parser.add_argument("--ablation", default="Ours", help="B1 to B5: the results are of this one of the paper's")
    parser.add_argument("--faces", type=Path, metavar="FOLDER", help="of buffalo_s, if not in ~/.insightface")
    parser.add_argument("--device", help="for LPIPS and FID: cpu, cuda or mps (default: what torch finds)")
    drawn = parser.add_argument_group("on drawn people, with a model of this machine")
    drawn.add_argument("--drawn", action="store_true", help="draw the fixed test cases and measure them")
    drawn.add_argument("--model", default="bundled", help="which model (default: bundled)")
    drawn.add_argument("--first", type=int, default=256, metavar="N", help="only the first N cases")
    drawn.add_argument("--steps", type=int, default=20)
    drawn.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--live", type=Path, metavar="FOLDER", help="with --pairs or --views: a run's live network")
    parser.add_argument("--views", type=Path, metavar="FOLDER", help="of `prepare-live --test`: what --live adds there")
    drawn.add_argument("--hide-preview", action="store_true", help="draw without the texture preview")


def run(chosen: argparse.Namespace) -> int:
    """Measure, print the tables as Markdown, write them where asked; returns the exit status."""
    if chosen.views is not None:
        return _views(chosen)
    if chosen.pairs is not None and chosen.pairs.is_dir():
        return _real(chosen)
    if chosen.drawn:
        evaluation = _drawn(chosen)
    elif chosen.results is None or chosen.data is None:
        raise StudioError("Say what is to be measured: RESULTS with --data FOLDER, or --drawn.")
    else:
        from mcld_app.evaluation.benchmark import evaluate_folder, load_networks

        evaluation = evaluate_folder(
            chosen.results,
            chosen.data,
            split=chosen.split,
            pairs=chosen.pairs,
            networks=load_networks(_device(chosen.device), chosen.faces),
            method=chosen.name,
            ablation=chosen.ablation,
            on_progress=_say,
        )
    print(evaluation.markdown())
    if chosen.out is not None:
        for path in evaluation.write(chosen.out):
            print(f"written: {path}", file=sys.stderr)
    return 0


def _real(chosen: argparse.Namespace) -> int:
    """The table of real people in another real pose."""
    from mcld_app.checkpoints import bundled_folder
    from mcld_app.evaluation import real_pairs as r

    methods = {"preview": r.by_preview}
    methods |= {f"preview, blurred by {sigma} px": r.by_blurred(sigma) for sigma in r.BLURS}
    methods["bundled model" if chosen.model == "bundled" else chosen.model] = r.by_model(chosen.model)
    if chosen.live is not None:
        methods["live network"] = r.by_live(chosen.live, bundled_folder())
    pairs = r.read_pairs(chosen.pairs)
    print(r.table([(pair, name, found) for pair, name, found, _ in r.measured(pairs, methods)]))
    return 0


def _views(chosen: argparse.Namespace) -> int:
    """The table of a live network on drawn people kept for tests."""
    from mcld_app.checkpoints import bundled_folder
    from mcld_app.engine.live import load_live
    from mcld_app.evaluation.live_drawn import measured, table

    if chosen.live is None:
        raise StudioError("--views measures a run's live network: say which, --live FOLDER.")
    drawer = load_live(chosen.live, bundled_folder())
    print(table(measured(drawer.network, drawer.faces, chosen.views)))
    return 0


def _drawn(chosen: argparse.Namespace):
    from mcld_app.checkpoints import bundled_folder
    from mcld_app.engine.registry import engine_for
    from mcld_app.evaluation.cases import read_cases
    from mcld_app.evaluation.synthetic import evaluate_drawn, judge_apart, load_judge
    from mcld_app.request import Settings

    if chosen.first < 1:
        raise StudioError("--first wants a number of cases from 1 on.")
    settings = Settings(steps=chosen.steps, guidance=chosen.guidance, preview=not chosen.hide_preview)
    judge = load_judge(bundled_folder())
    same, other = judge_apart(judge)
    print(f"The second face encoder: cosine {same:.3f} for one person seen twice, {other:.3f} for two people.\n")
    return evaluate_drawn(
        engine_for(chosen.model),
        judge,
        read_cases()[: chosen.first],
        settings,
        on_progress=_say,
    )


def _device(asked: str | None) -> str:
    import torch

    from mcld_app.network.device import best_device

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
