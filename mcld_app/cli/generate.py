"""Draw recipes without the page: `python -m mcld_app generate`."""

from __future__ import annotations

import argparse
import glob
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.cli.long_work import cluster_arguments
from mcld_app.errors import StudioError
from mcld_app.files import write_whole, writing

if TYPE_CHECKING:
    from mcld_app.editing.recipe import Recipe


@dataclass(frozen=True)
class Failed:
    """A recipe that could not be drawn, and why."""

    recipe: Path
    why: str


@dataclass(frozen=True)
class LeftOut:
    """A picture beside the recipes that carries none."""

    picture: Path


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
    parser.add_argument("--steps", type=int, default=0, help="of drawing, for a table (default: as the model has it)")
    parser.add_argument("--root", help="the folder that a table's files lie below (default: the table's)")
    cluster_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Draw; returns the exit status: 1 where a recipe of a folder, or a row, failed, after all others were drawn."""
    from mcld_app.catalogue.table import is_table
    from mcld_app.cli.table import draw_table

    jobs = Path(chosen.recipe)
    if chosen.ray is not None or is_table(chosen.recipe) or "://" in chosen.recipe + chosen.out:
        return draw_table(chosen)
    options = {"model": chosen.model, "pictures": chosen.with_pictures, "watermark": chosen.watermark,
               "fill_holes": chosen.fill_holes}  # fmt: skip
    out = Path(chosen.out)
    if not jobs.is_dir():
        if not jobs.is_file():
            raise StudioError(f"There is no recipe {jobs}.")
        bar = _bar(jobs.name)
        for path in draw_recipe(jobs, out, on_step=bar, seen=chosen.seen, **options):
            print(f"written: {path}", file=sys.stderr)
        return 0
    if chosen.seen is not None:
        raise StudioError("--seen is for one recipe, not for a folder of them.")
    failed = []
    for result in draw_folder(jobs, out, again=chosen.again, on_step=_bar, **options):
        if isinstance(result, Failed):
            failed.append(result)
            print(f"failed: {result.recipe.name}: {result.why}", file=sys.stderr)
        elif isinstance(result, LeftOut):
            print(f"left out: {result.picture.name} carries no recipe", file=sys.stderr)
        else:
            print(f"written: {result}", file=sys.stderr)
    return 1 if failed else 0


def draw_recipe(
    recipe: Path,
    out: Path,
    *,
    model: str = "",
    pictures: bool = False,
    watermark: bool = False,
    fill_holes: bool = False,
    seen: Path | None = None,
    on_step: Callable[[float], None] = lambda _: None,
) -> list[Path]:
    """Draw one recipe: one picture for each of its seeds.

    Args:
        recipe: its file.
        out: the picture to write; with several seeds, the seed is added to the name.
        model: a name of `registry.available`; "" is the recipe's own, or whichever there is.
        pictures: whether the files carry the recipe's own photos.
        watermark: whether they carry a visible watermark.
        fill_holes: see `Settings.fill_holes`; False is as the recipe says.
        seen: a folder to write what the model sees into.
        on_step: told how much is done, 0..1.

    Returns:
        What was written.

    Raises:
        StudioError: for a recipe or a place that cannot be used.
    """
    from mcld_app.catalogue.drawing import Options, drawn_files, with_seed
    from mcld_app.engine.registry import weights_of
    from mcld_app.output.recipe_file import open_recipe

    if out.suffix.lower() != ".png":
        raise StudioError(f"Pictures are written as PNG: call it {out.with_suffix('.png').name}, not {out.name}.")
    made = open_recipe(_read(recipe))
    options = Options(model, pictures, watermark, fill_holes)
    name = options.model_for(made.model)
    if name == "bundled":  # small: that a file is damaged is said before torch is imported and anything worked out
        weights_of(name)
    if seen is not None:
        _write_view(seen, made, name, fill_holes)
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


def draw_folder(
    folder: Path, out: Path, *, again: bool = False, on_step: Callable[[str], Callable[[float], None]] | None = None,
    **options,
) -> Iterator[Path | Failed | LeftOut]:
    """Draw all recipes of a folder, one after another. One that fails does not stop the others; one whose picture is
    there already is left out, so that a run that was stopped goes on.

    Args:
        folder: of recipes: JSON files, and pictures drawn here, which carry theirs.
        out: folder for the pictures, named as the recipes; of two of one name the second one's is called by all of its
            file's name.
        again: draw those too whose pictures are there.
        on_step: for each recipe's name, what is told how much is done.
        options: as for `draw_recipe`.

    Yields:
        What was written, what failed, or which picture was left out.
    """
    recipes, others = _recipes_in(folder)
    if not recipes:
        raise StudioError(f"There is no recipe in {folder}: recipes are .json files, and pictures drawn here.")
    yield from map(LeftOut, others)
    stems: list[str] = []
    taken: set[str] = set()
    for recipe in recipes:
        stems.append(recipe.stem if recipe.stem.casefold() not in taken else recipe.name)
        taken.add(recipe.stem.casefold())
    own = {out / f"{stem}.png" for stem in stems}
    for number, (recipe, stem) in enumerate(zip(recipes, stems, strict=True), 1):
        picture = out / f"{stem}.png"
        if recipe.parent.resolve() == out.resolve() and recipe.suffix.lower() == ".png":
            continue  # it was drawn into this very folder, and would be drawn over itself
        of_seeds = {*out.glob(f"{glob.escape(stem)}-[0-9]*.png")} - own  # "mara-2" may be a recipe of its own
        if not again and (picture.exists() or of_seeds):
            continue
        try:
            step = on_step(f"{number}/{len(recipes)} {recipe.name}") if on_step else lambda _: None
            yield from draw_recipe(recipe, picture, on_step=step, **options)
        except StudioError as error:
            yield Failed(recipe, str(error))
        except Exception as error:  # ours, and no reason to leave the others undrawn
            yield Failed(recipe, f"an error of the program's own, {type(error).__name__}")


def _recipes_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """The recipes of a folder, JSON files first, and the pictures that carry none; endings in any case."""
    files = sorted((path for path in folder.iterdir() if path.is_file()), key=lambda path: path.name)
    recipes = [path for path in files if path.suffix.lower() == ".json"]
    others = []
    for path in files:
        if path.suffix.lower() == ".png":
            (recipes if _carries_recipe(path) else others).append(path)
    return recipes, others


def _carries_recipe(picture: Path) -> bool:
    try:
        return b"mcld-recipe " in picture.read_bytes()
    except OSError:
        return True  # that it cannot be read is told when it is drawn


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
