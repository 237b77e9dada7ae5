"""Recipes in files: opened from JSON or from a picture that was drawn here, and put into such a picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.editing.records import Known
from mcld_app.errors import StudioError
from mcld_app.files import read_text
from mcld_app.output.provenance import carries_recipe, encode_generated, read_recipe_text
from mcld_app.output.watermark import with_watermark

_PNG = b"\x89PNG"
_BEFORE_JSON = b"\xef\xbb\xbf \t\r\n"  # a byte order mark and white space


def open_recipe(data: bytes | str, known: Known = lambda _: None) -> Recipe:
    """The recipe of a file.

    Args:
        data: JSON as editors save it (see `files.read_text`), or a PNG picture that carries a recipe.
        known: what is at hand, for recipes that came without their pictures: see `records.Known`.

    Raises:
        StudioError: where there is no recipe in it, or none that can be used.
    """
    if isinstance(data, bytes):
        try:
            data = read_recipe_text(data) if data.startswith(_PNG) else read_text(data)
        except UnicodeDecodeError as error:
            raise StudioError("This file is no recipe. Choose a recipe, or a picture, that was saved here.") from error
    return read_recipe(data, known)


def holds_recipe(data: bytes) -> bool:
    """Whether a file means to be a recipe, whether it can be used or not: a JSON object, or a PNG that carries one."""
    return carries_recipe(data) if data.startswith(_PNG) else data.lstrip(_BEFORE_JSON).startswith(b"{")


def encode_drawn(
    picture: np.ndarray, recipe: Recipe, model: str, *, pictures: bool = False, watermark: bool = False,
    names: Mapping[str, str] = {},
) -> bytes:
    """PNG bytes of a drawn picture, which carry its recipe.

    Args:
        picture: (H, W, 3) uint8 RGB, or (H, W, 4) RGBA.
        recipe: all that made it.
        model: what the model that drew it is called.
        pictures: whether the recipe carries a visitor's own pictures.
        watermark: whether the picture carries a visible mark.
        names: see `write_recipe`.
    """
    return encode_generated(
        with_watermark(picture) if watermark else picture,
        model,
        recipe.details,
        recipe=write_recipe(recipe, pictures=pictures, names=names),
        edited=recipe.of_a_photo,
    )
