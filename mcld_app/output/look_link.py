"""A look as a few hundred characters, which fit into an address: its recipe, compressed."""

from __future__ import annotations

import base64
import binascii
import zlib

from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import StudioError

MOST = 6000
"""Characters of a link at most: browsers, proxies and mail programs take as many."""

_ROOM = 400_000  # bytes that a link may unfold to
_CUT = "This link is not whole: a part of it was lost on its way. Copy it once more, all of it."


def link_of(recipe: Recipe) -> str:
    """A recipe as letters, digits, "-" and "_".

    Raises:
        StudioError: where the look has pictures of a visitor's own, which no link carries, or too many edits.
    """
    if recipe.ground is not None and recipe.ground.kind == "picture":
        raise StudioError(
            "The background is a picture of your own, and a link carries none. Choose another background, or save "
            "“Recipe with pictures” instead."
        )
    text = write_recipe(recipe)
    try:
        read_recipe(text)
    except StudioError as error:
        raise StudioError(
            "This look has pictures of your own, and a link carries none: nobody who opened it would see them. Save "
            "“Recipe with pictures” instead."
        ) from error
    link = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(link) > MOST:
        raise StudioError("This look has too many edits for a link. Save it as a recipe instead.")
    return link


def recipe_of_link(link: str) -> Recipe:
    """The recipe of a link, checked as any recipe is.

    Raises:
        StudioError: where it is cut, changed or none, or unfolds to more than any link of ours.
    """
    if len(link) > MOST:
        raise StudioError("This link is too long to be one of a look. Ask for the recipe as a file.")
    unfold = zlib.decompressobj()
    try:
        packed = base64.b64decode(link + "=" * (-len(link) % 4), altchars=b"-_", validate=True)
        text = unfold.decompress(packed, _ROOM)
        if not unfold.eof or unfold.unused_data:
            raise StudioError(_CUT)
        return read_recipe(text.decode("utf-8"))
    except (binascii.Error, zlib.error, UnicodeError, ValueError) as error:
        raise StudioError(_CUT) from error
