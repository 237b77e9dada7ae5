"""The benchmarks' command line.

python -m mcld_app.bench body [--photo PERSON.jpg --iuv PERSON_IUV.png] [--runs 15] [--plain-runs 3]
python -m mcld_app.bench body --finder [FOLDER]
python -m mcld_app.bench network [--runs 3]
python -m mcld_app.bench gpu [--minutes 7.5] > gpu.md
python -m mcld_app.bench page
python -m mcld_app.bench load [--visitors 20] [--every 5] [--seconds 60] [--drawing]
python -m mcld_app.bench shells
python -m mcld_app.bench cluster [--pictures 200]
python -m mcld_app.bench faces FOLDER
python -m mcld_app.bench rehearsal FOLDER [--steps 20] [--device cuda] [--picture OUT.png]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mcld_app.errors import StudioError


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m mcld_app.bench", description="How fast the studio is, measured.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    body = kinds.add_parser("body", help="texture maps, previews, mannequin and drawn people")
    body.add_argument("--photo", help="a photo to work on instead of a drawn person")
    body.add_argument("--iuv", help="that photo's IUV map")
    body.add_argument("--runs", type=_count, default=15, help="how often ours run (default 15)")
    body.add_argument("--plain-runs", type=_count, default=3, help="how often the plain version runs (default 3)")
    body.add_argument("--finder", nargs="?", const="", metavar="FOLDER", help="how well and fast people are found in "
                      "photos, instead; FOLDER holds them (default: ../shared)")  # fmt: skip
    network = kinds.add_parser("network", help="a denoising step on the CPU, beside a plain version")
    network.add_argument("--runs", type=_count, default=3, help="how often each version runs (default 3)")
    gpu = kinds.add_parser("gpu", help="whole pictures on a CUDA GPU: time and memory, as a Markdown table")
    gpu.add_argument("--minutes", type=float, default=7.5, help="for everything together (default 7.5)")
    kinds.add_parser("page", help="from `python app.py` to the first page, beside a bare Gradio app")
    load = kinds.add_parser("load", help="many visitors at once, in a studio of their own on this machine")
    load.add_argument("--visitors", type=_count, default=20, help="how many edit (default 20, at most 100)")
    load.add_argument("--every", type=float, default=5, help="seconds from a visitor's edit to the next (default 5)")
    load.add_argument("--seconds", type=float, default=60, help="how long (default 60, at most 600)")
    load.add_argument("--drawing", action="store_true", help="one more visitor draws all the time")
    kinds.add_parser("shells", help="hair and skirts in other poses, beside drawn people's true pictures: a minute")
    cluster = kinds.add_parser("cluster", help="a table drawn on one and on two nodes of a Ray cluster: 10 minutes")
    cluster.add_argument("--pictures", type=_count, default=200, help="of each (default 200)")
    cluster.add_argument("--steps", type=_count, default=0, help="of each picture (default: as the model has it)")
    faces = kinds.add_parser("faces", help="whether a face embedding knows drawn people apart: a minute")
    faces.add_argument("folder", type=Path, help="`model/` of the npm package @vladmandic/face-api 1.7.15, unpacked")
    rehearsal = kinds.add_parser("rehearsal", help="the published model at full size with random weights: 18 GB")
    rehearsal.add_argument("folder", type=Path, help="a folder for the weights; where it is empty, they are written")
    rehearsal.add_argument("--steps", type=_count, default=20, help="of the picture (default 20)")
    rehearsal.add_argument("--device", default=None, help="cuda, mps or cpu (default: the best there is)")
    rehearsal.add_argument("--picture", type=Path, help="where to write the picture, as PNG")
    chosen = parser.parse_args(arguments)
    try:
        print(f"Machine: {_machine()}")
        work = {
            "body": _body, "network": _network, "gpu": _gpu, "page": _page, "shells": _shells, "faces": _faces,
            "rehearsal": _rehearsal, "load": _load, "cluster": _cluster,
        }[chosen.kind]  # fmt: skip
        print(work(chosen))
    except (StudioError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _machine() -> str:
    from mcld_app.bench.measure import machine

    return machine()


def _rehearsal(chosen: argparse.Namespace) -> str:
    from mcld_app.bench.rehearsal import rehearse, write_random_weights

    if not chosen.folder.is_dir() or not any(chosen.folder.iterdir()):
        write_random_weights(chosen.folder)
    return rehearse(chosen.folder, steps=chosen.steps, device=chosen.device, picture=chosen.picture)


def _body(chosen: argparse.Namespace) -> str:
    if chosen.finder is not None:
        from mcld_app.bench import finder

        return finder.table(finder.bench_finder(Path(chosen.finder) if chosen.finder else finder.FOLDER))
    from mcld_app.bench.body import bench_body, read_pair
    from mcld_app.bench.measure import table

    photo, iuv, what = read_pair(chosen.photo, chosen.iuv)
    print(f"Picture: {what}. Medians of {chosen.runs} runs, plain of {chosen.plain_runs}.\n")
    rows, remarks = bench_body(photo, iuv, chosen.runs, chosen.plain_runs)
    return table(rows) + "\n\n" + "\n".join(remarks)


def _network(chosen: argparse.Namespace) -> str:
    from mcld_app.bench.network import bench_step

    return bench_step(chosen.runs, "cpu")


def _gpu(chosen: argparse.Namespace) -> str:
    from mcld_app.network.device import has_cuda

    if not has_cuda():
        raise StudioError("There is no CUDA GPU here that torch sees. `bench rehearsal` and `bench network` need none.")
    from mcld_app.bench.gpu import bench_gpu

    return bench_gpu("cuda", seconds=60 * chosen.minutes)


def _shells(chosen: argparse.Namespace) -> str:
    from mcld_app.bench.shells import PEOPLE, bench_shells, table

    return table([bench_shells(kind) for kind in PEOPLE])


def _faces(chosen: argparse.Namespace) -> str:
    from mcld_app.bench.faces import bench_faces

    return bench_faces(chosen.folder)


def _page(chosen: argparse.Namespace) -> str:
    from mcld_app.bench.startup import measure_page

    return measure_page()


def _cluster(chosen: argparse.Namespace) -> str:
    from mcld_app.bench.cluster import measure_cluster

    return measure_cluster(chosen.pictures, chosen.steps)


def _load(chosen: argparse.Namespace) -> str:
    from mcld_app.bench.load import Plan, measure_load

    return measure_load(Plan(chosen.visitors, chosen.every, chosen.seconds, chosen.drawing))


if __name__ == "__main__":
    sys.exit(main())
