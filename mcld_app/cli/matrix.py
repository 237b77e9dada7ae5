"""A table of everything with everything: `python -m mcld_app matrix -o TABLE --people FOLDER ...`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mcld_app.errors import StudioError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="TABLE", help="the table: .csv or .parquet")
    parser.add_argument("--root", type=Path, help="the folder that all files lie below (default: the table's)")
    parser.add_argument("--people", nargs="+", required=True, metavar="WHO", help="folders and files of photos or "
                        "recipes, and sample people such as person:mara")  # fmt: skip
    parser.add_argument("--garments", nargs="+", default=[], metavar="WHAT", help="folders and files of garments, "
                        "sample garments such as garment:jeans, person:… for all they wear, and own")  # fmt: skip
    parser.add_argument("--poses", nargs="+", default=[], metavar="POSE", help="files of poses saved here (all of a "
                        "file), named poses, and photo")  # fmt: skip
    parser.add_argument("--faces", nargs="+", default=[], metavar="WHOSE", help="photos, sample people, own, none")
    parser.add_argument("--seeds", default="0", help="such as 0,1,5 or 0-9 (default 0)")


def run(chosen: argparse.Namespace) -> int:
    """Write the table; returns the exit status."""
    from mcld_app.body.mannequin.pose import named_poses
    from mcld_app.catalogue.matrix import PICTURES, matrix, named, numbers
    from mcld_app.catalogue.table import write_rows
    from mcld_app.editing import samples

    root = chosen.root or chosen.out.parent
    people, garments = tuple(samples.people()), tuple(samples.garments())
    axes = (
        named(chosen.people, root, (*PICTURES, ".json"), samples=people),
        named(chosen.garments, root, PICTURES, samples=(*garments, *people, "own")) or [""],
        [each for pose in named(chosen.poses, root, (".json",), samples=(*named_poses(), "photo"))
         for each in _poses_in(pose, root)] or [""],
        named(chosen.faces, root, PICTURES, samples=(*people, "own", "none")) or [""],
    )  # fmt: skip
    clothes = ["" if each == "own" else each for each in axes[1]]
    count = write_rows(chosen.out, matrix(axes[0], clothes, *axes[2:], numbers(chosen.seeds)))
    print(f"written: {chosen.out}, {count} rows. Draw them: python -m mcld_app generate {chosen.out} -o FOLDER",
          file=sys.stderr)  # fmt: skip
    return 0


def _poses_in(pose: str, root: Path) -> list[str]:
    """A pose as it is; of a file of several, each by its name."""
    from mcld_app.editing.pose_library import is_collection, read_poses

    if not pose.endswith(".json"):
        return [pose]
    data = (root / pose).read_bytes()
    if not is_collection(data):
        return [pose]
    names = [each.name for each in read_poses(Path(pose).stem, data)]
    if len(set(names)) < len(names):
        raise StudioError(f"Two poses in {pose} have the same name. Name them apart.")
    return [f"{pose}#{name}" for name in names]
