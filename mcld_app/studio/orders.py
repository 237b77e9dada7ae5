"""Pictures asked for from a model, and those that it drew: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mcld_app.editing import Look, draw
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.recipe import Recipe
from mcld_app.engine import registry
from mcld_app.output.sheet_table import SheetTable
from mcld_app.request import Job, Settings
from mcld_app.studio.labels import look_key, pose_label
from mcld_app.studio.pictures import jpeg
from mcld_app.studio.state import PACE, EditorState


@dataclass(frozen=True, eq=False)
class Order:
    """Pictures asked for: all that they need, as it was when the button was pressed.

    Attributes:
        run: the page's number for it.
        model, settings: what draws them, and how.
        asked: the look on the page when they were asked for; None where each picture is of a look of its own.
        looks, seeds: of each picture; in a series, the look in its poses.
        stop: once this file exists, nobody wants the pictures any more.
        owner: whom the engine keeps its encodings for, see `Session.owner`.
        pace: seconds of each picture in an animation.
    """

    run: int
    model: str
    settings: Settings
    asked: Look | None
    looks: tuple[Look, ...]
    seeds: tuple[int, ...]
    stop: Path
    owner: str = field(repr=False)
    pace: float = PACE

    def jobs(self) -> list[Job]:
        """What the engine is given; a look that is drawn with several seeds is worked out once."""
        how, fill_holes = registry.model_named(self.model).conditioning, self.settings.fill_holes
        given = {look: conditions_of(look, how, fill_holes=fill_holes) for look in dict.fromkeys(self.looks)}
        return [Job(given[look], seed) for look, seed in zip(self.looks, self.seeds, strict=True)]


@dataclass(frozen=True, eq=False)
class Generated:
    """A picture that a model drew for a visitor.

    Attributes:
        id: its name on the page.
        run: the number of the order it came of.
        asked: the look on the page when it was asked for.
        picture: (H, W, 3) uint8 RGB.
        focus: None, or name -> (h, w) float32, where the network looked.
        recipe: all that made it.
        model: what the model is called.
        pace: seconds of each picture of its order in an animation.
        starred: whether the visitor marked it: it is kept longer than others.
    """

    id: str
    run: int
    asked: Look = field(repr=False)
    picture: np.ndarray = field(repr=False)
    focus: Mapping[str, np.ndarray] | None = field(repr=False)
    recipe: Recipe = field(repr=False)
    model: str
    pace: float = PACE
    starred: bool = False

    @property
    def details(self) -> str:
        """How it was drawn, in words."""
        return self.recipe.details

    def for_page(self) -> dict[str, Any]:
        """The picture as the page's list of them takes it."""
        look, seed = self.recipe.look, self.recipe.seeds[0]
        return {
            "id": self.id,
            "run": self.run,
            "picture": jpeg(self.picture, 95),
            "look": look_key(self.asked, draw(self.asked)),  # by which the page tells whether it was edited since
            "person": look.person.name,
            "pose": pose_label(look),
            "seed": str(seed),
            "focus": bool(self.focus),
            "starred": self.starred,
            "alt": f"Drawn by {self.model}, seed {seed}",
        }


@dataclass(frozen=True, eq=False)
class SheetOrder:
    """A contact sheet asked for.

    Attributes:
        run: the page's number for it.
        table: what is on it.
        state: what the visitor had when it was asked for.
        model, settings: what draws it, and how; "" for a sheet of previews.
        mark: whether its pictures carry a visible mark.
        stop: once this file exists, nobody wants it any more.
        owner: see `Order`.
        looks: of each picture, once they are worked out.
    """

    run: int
    table: SheetTable
    state: EditorState = field(repr=False)
    model: str
    settings: Settings
    mark: bool
    stop: Path
    owner: str = field(repr=False)
    looks: tuple[Look, ...] = ()


@dataclass(frozen=True, eq=False)
class Sheet:
    """A contact sheet, made: files to take away, and nothing else.

    Attributes:
        picture: all pictures as one, a PNG.
        table: CSV, one row a picture.
        files: the single pictures, the table and the look they were made of, by name.
        shown: the sheet as the page shows it, a data URL.
        alt: what it shows, in words.
    """

    picture: bytes = field(repr=False)
    table: str = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    shown: str = field(repr=False)
    alt: str

    def for_page(self) -> dict[str, Any]:
        """The sheet as the page's script takes it."""
        return {"picture": self.shown, "alt": self.alt}
