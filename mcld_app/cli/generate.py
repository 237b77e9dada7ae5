"""Draw recipes without the page: `python -m mcld_app generate`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.cli.long_work import check_cluster_arguments, cluster_arguments
from mcld_app.errors import StudioError
from mcld_app.files import write_whole, writing

if TYPE_CHECKING:
    from mcld_app.catalogue.drawing import Options
    from mcld_app.editing.recipe import Recipe


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("recipe", metavar="JOBS", help="a recipe (JSON, or a picture drawn here), a folder of them, or "
                        "a table (.csv, .parquet) as `matrix` writes it")  # fmt: skip
    parser.add_argument("-o", "--out", required=True, help="the picture, or the folder, to write")
    parser.add_argument("--model", default="", help="which model, if not the recipe's own")
    parser.add_argument("--with-pictures", action="store_true", help="put the recipe's own photos into the files")
    parser.add_argument("--watermark", "--mark", action="store_true", help="a visible watermark in a corner")
    parser.add_argument("--fill-holes", action="store_true", help="an experiment: fill what no picture shows, for a "
                        "model that was trained with holes")  # fmt: skip
    parser.add_argument("--seen", type=Path, metavar="FOLDER", help="also write there what the model sees, as PNG")
    parser.add_argument("--again", action="store_true", help="draw those too whose pictures are there already")
    parser.add_argument("--steps", type=int, help="of drawing (default: as the recipe, or the model, has it)")
    parser.add_argument("--root", help="the folder that a table's files lie below (default: the table's)")
    cluster_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Draw; returns the exit status: 1 where a recipe of a folder, or a row, failed, after all others were drawn."""
    from mcld_app.catalogue.place import local_path
    from mcld_app.catalogue.table import is_table
    from mcld_app.cli.table import draw_table, options_of

    check_cluster_arguments(chosen)
    options = options_of(chosen)
    jobs, out = local_path(chosen.recipe), local_path(chosen.out)
    if is_table(chosen.recipe) or jobs is None or jobs.is_dir():
        return draw_table(chosen, options)
    if not jobs.is_file():
        raise StudioError(f"There is no recipe {jobs}.")
    if chosen.ray is not None:
        raise StudioError("One recipe is drawn on this machine. --ray is for a table, or a folder of recipes.")
    if chosen.root is not None:
        raise StudioError("--root is for a table. A recipe holds what it needs, or names samples.")
    if out is None:
        raise StudioError(f"One recipe's picture is written to this machine, and not to {chosen.out}.")
    for path in draw_recipe(jobs, out, options, on_step=_bar(jobs.name), seen=chosen.seen):
        print(f"written: {path}", file=sys.stderr)
    return 0


def draw_recipe(
    recipe: Path,
    out: Path,
    options: Options,
    *,
    seen: Path | None = None,
    on_step: Callable[[float], None] = lambda _: None,
) -> list[Path]:
    """Draw one recipe: one picture for each of its seeds.

    Args:
        recipe: its file.
        out: the picture to write; with several seeds, the seed is added to the name.
        options: see there.
        seen: a folder to write what the model sees into.
        on_step: told how much is done, 0..1.

    Returns:
        What was written.

    Raises:
        StudioError: for a recipe or a place that cannot be used.
    """
    from mcld_app.catalogue.drawing import drawn_files
    from mcld_app.catalogue.row import with_seed
    from mcld_app.engine.registry import weights_of
    from mcld_app.output.recipe_file import open_recipe

    if out.suffix.lower() != ".png":
        raise StudioError(f"Pictures are written as PNG: call it {out.with_suffix('.png').name}, not {out.name}.")
    made = open_recipe(_read(recipe))
    name = options.model_for(made.model)
    if name == "bundled":  # small: that a file is damaged is said before torch is imported and anything worked out
        weights_of(name)
    if seen is not None:
        _write_view(seen, made, name, options.fill_holes)
    paths = []
    for seed, data in drawn_files(made, options, on_step):
        path = out if len(made.seeds) == 1 else out.with_name(with_seed(out.name, seed))
        with writing(path):  # whole or not at all: a picture that is there counts as drawn when a run goes on
            write_whole(path, data)
        paths.append(path)
    return paths


def _write_view(folder: Path, made: Recipe, name: str, fill_holes: bool) -> None:
    """What the model sees, a PNG for each condition."""
    from mcld_app.body.photo import encode_png
    from mcld_app.editing.conditioning import conditions_of
    from mcld_app.engine.registry import model_named
    from mcld_app.engine.view import view_of

    model = model_named(name)
    settings = made.settings_for(model.usual)
    given = conditions_of(made.look, model.conditioning, fill_holes=fill_holes or settings.fill_holes)
    for condition, picture in vars(view_of(given, model, show_preview=settings.preview)).items():
        if picture is not None:
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                write_whole(folder / f"{condition}.png", encode_png(picture))


def _read(path: Path) -> bytes:
    from mcld_app.editing.recipe import LARGEST

    try:
        if path.stat().st_size > LARGEST:
            raise StudioError(f"{path.name} is larger than {LARGEST >> 20} MB.")
        return path.read_bytes()
    except OSError as error:
        raise StudioError(f"{path} cannot be read.") from error


def _bar(name: str) -> Callable[[float], None]:
    """A progress bar on stderr, where that is a terminal."""
    terminal = sys.stderr.isatty()

    def show(share: float) -> None:
        if terminal:
            end = "\n" if share >= 1 else ""
            print(f"\r[{'#' * round(share * 30):<30}] {name}", end=end, file=sys.stderr, flush=True)

    return show
