"""What a recipe is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcld_app.editing.look import Look
from mcld_app.editing.new_ground import Ground
from mcld_app.request import Settings

FORMAT = "mcld-recipe"
VERSION = 1
LARGEST = 40 << 20
"""Bytes of a recipe's JSON, pictures and all."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """What a picture is made from.

    Attributes:
        look: the person, their edits and their pose.
        settings: how it is drawn; None is as the model that draws it usually does.
        seeds: one for each picture.
        model: the model's name in `registry.available`; "" is whichever there is.
        drawn_with: device, dtype, batch and fallback of the picture it came with: with the same four, on one kind of
            processor, it is drawn again bit for bit. None for a look that was never drawn.
        redrawn: ids of its samples that were drawn anew since it was written: they look different now.
        ground: what is seen around the person; None where it says nothing of that.
        left_behind: whether its ground was a picture that neither came along nor is at hand; `ground` is None then.
    """

    look: Look
    settings: Settings | None = None
    seeds: tuple[int, ...] = (0,)
    model: str = ""
    drawn_with: Mapping[str, Any] | None = None
    redrawn: tuple[str, ...] = ()
    ground: Ground | None = None
    left_behind: bool = False

    def settings_for(self, usual: Settings) -> Settings:
        """How it is drawn by a model that usually draws so."""
        return self.settings or usual

    @property
    def of_a_photo(self) -> bool:
        """Whether it edits somebody's own photo: then the result is an edited picture, else a generated one."""
        return not self.look.person.sample

    @property
    def details(self) -> str:
        """How the first of its pictures is drawn, in words."""
        how, weight = self.settings, f"face weight {self.look.face_weight:g}"
        if how is not None:
            weight = f"{how.steps} steps, guidance {how.guidance:g}, {weight}, {how.scheduler}"
        return f"seed {self.seeds[0]}, {weight}"
