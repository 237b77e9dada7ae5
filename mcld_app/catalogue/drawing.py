"""From a recipe to pictures' files: what the command line draws, here or on another machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mcld_app.catalogue.place import Place
from mcld_app.catalogue.row import Row, with_seed
from mcld_app.errors import DiskFull, StudioError

if TYPE_CHECKING:
    from mcld_app.editing.recipe import Recipe
    from mcld_app.request import Progress


@dataclass(frozen=True)
class Options:
    """What holds for all pictures of a run.

    Attributes:
        model: a name of `registry.available`; "" is the recipe's own, or whichever there is.
        pictures: whether the files carry the recipe's own photos.
        watermark: whether they carry a visible watermark.
        fill_holes: see `Settings.fill_holes`; False is as the recipe says.
        steps: of drawing, 1..200, in place of the recipe's own; 0: the recipe's, or where it says none, the model's.
    """

    model: str = ""
    pictures: bool = False
    watermark: bool = False
    fill_holes: bool = False
    steps: int = 0

    def model_for(self, recorded: str = "") -> str:
        """Which model draws a recipe that names this one; see `registry.choose`."""
        from mcld_app.engine.registry import choose

        return choose(self.model, recorded)


@dataclass(frozen=True)
class Outcome:
    """What became of a row.

    Attributes:
        row: as the table has it, its file filled in.
        why: a sentence, where it failed; else "".
        full: the disk is full, so there is no point in going on.
        seconds: it took, everything together.
        drawing: seconds of these in the engine.
        where: the machine and the process, for whoever wants to know how rows were spread.
    """

    row: Row
    why: str = ""
    full: bool = False
    seconds: float = 0.0
    drawing: float = 0.0
    where: str = ""

    @classmethod
    def of(cls, told: dict) -> Outcome:
        """From what `told` gave."""
        return cls(**{**told, "row": Row(*told["row"])})

    @property
    def told(self) -> dict:
        """As plain values."""
        return asdict(self)


def drawn_files(
    made: Recipe, options: Options, on_step: Callable[[float], None] = lambda _: None, owner: str = ""
) -> Iterator[tuple[int, bytes]]:
    """Draw a recipe, as many of its pictures at a time as an engine draws at once.

    Args:
        made: the recipe.
        options: see there.
        on_step: told after each step how much of all pictures is done, 0..1.
        owner: whom the engine keeps its encodings for.

    Yields:
        For each of its seeds, the seed and the bytes of the picture's PNG, which carries a recipe of its own.

    Raises:
        StudioError: where it cannot be drawn.
    """
    from mcld_app.editing.conditioning import conditions_of
    from mcld_app.editing.new_ground import OWN_GROUND, drawn_before
    from mcld_app.editing.recipe import Recipe
    from mcld_app.engine.registry import engine_for, model_named
    from mcld_app.output.recipe_file import encode_drawn
    from mcld_app.request import MAX_COUNT, Job

    name = options.model_for(made.model)
    drawing = model_named(name)
    settings = made.settings_for(drawing.usual)
    if options.fill_holes:
        settings = replace(settings, fill_holes=True)
    if options.steps:
        settings = replace(settings, steps=options.steps)
    given = conditions_of(made.look, drawing.conditioning, fill_holes=settings.fill_holes)
    for start in range(0, len(made.seeds), MAX_COUNT):
        seeds = made.seeds[start : start + MAX_COUNT]
        step = partial(_told, on_step, start, len(made.seeds))
        jobs = [Job(given, seed) for seed in seeds]
        for one in engine_for(name).generate(jobs, settings, owner=owner, on_progress=step, step_pictures=False):
            told = {key: getattr(one, key) for key in ("device", "dtype", "batch", "fallback")}
            drawn = Recipe(made.look, settings, (one.seed,), name, told, ground=made.ground)
            picture = drawn_before(made.look, one.picture, made.ground or OWN_GROUND)
            yield one.seed, encode_drawn(
                picture, drawn, drawing.name, pictures=options.pictures, watermark=options.watermark
            )


def _told(on_step: Callable[[float], None], done: int, total: int, progress: Progress) -> None:
    on_step((done + progress.jobs * progress.share) / total)


class RowDrawer:
    """Draws rows, one after another; the engine and the people of rows before are kept.

    Args:
        root: the folder that a table's files lie below.
        out: the folder for pictures.
        options: see there.
        again: draw what is there already, too.
        on_step: told after each step how much of a row is done, 0..1.
    """

    def __init__(
        self, root: Place, out: Place, options: Options, *, again: bool = False,
        on_step: Callable[[float], None] = lambda _: None,
    ) -> None:  # fmt: skip
        from mcld_app.catalogue.looks import Wardrobe

        self._wardrobe, self._out, self._options, self._again = Wardrobe(root), out, options, again
        self._on_step = on_step

    def ready(self) -> None:
        """Check the model's weights before anything is drawn; StudioError where they are missing or broken."""
        from mcld_app.engine.registry import weights_of

        weights_of(self._options.model_for())

    def __call__(self, row: Row) -> Outcome:
        """Draw a row whose file is filled in. What goes wrong is in the outcome. A picture that is there is left: of
        several seeds some were drawn before the run was stopped, or a row was handed out twice, because a machine
        died."""
        where, begun = _where(), time.perf_counter()
        drawing = 0.0
        try:
            if self._again or not self._out.has(row.file):
                made = self._wardrobe.recipe(row)
                files = {seed: row.file if len(made.seeds) == 1 else with_seed(row.file, seed) for seed in made.seeds}
                left = tuple(seed for seed, file in files.items() if self._again or not self._out.has(file))
                at = time.perf_counter()
                for seed, data in drawn_files(replace(made, seeds=left), self._options, self._on_step) if left else ():
                    drawing += time.perf_counter() - at
                    self._out.write(files[seed], data)
                    at = time.perf_counter()
        except DiskFull as error:
            return Outcome(row, f"{error} ({where})", full=True, where=where)
        except StudioError as error:
            return Outcome(row, str(error), where=where)
        except Exception as error:  # ours, and no reason to leave the others undrawn
            return Outcome(row, f"An error of the program's own, {type(error).__name__}.", where=where)
        return Outcome(row, seconds=time.perf_counter() - begun, drawing=drawing, where=where)


def seeds_of(root: Place, row: Row) -> tuple[int, ...]:
    """The seeds of a row's recipe; none where it has none that can be read, which drawing it says."""
    from mcld_app.editing.recipe import LARGEST
    from mcld_app.output.recipe_file import open_recipe

    try:
        return open_recipe(root.read(row.recipe, LARGEST)).seeds if row.recipe else ()
    except StudioError:
        return ()


def _where() -> str:
    import os
    import platform

    return f"{platform.node()}, process {os.getpid()}"
