"""A contact sheet: many pictures as one, with names at its edges or below each."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mcld_app.body.checks import check_rgb
from mcld_app.errors import StudioError
from mcld_app.output.sheet_table import Grid

CELL = (512, 352)
"""Height and width of a picture on a sheet."""

PAPER = (250, 249, 247)
"""The colour around the pictures."""

_GAP, _RIM = 16, 28  # pixels between pictures, and around them all
_TEXT = 28  # pixels of the letters' height
_LINE = 50  # pixels of a line of names
_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "Helvetica.ttc")
_LEFT = (60, 280)  # pixels of the column of names, at least and at most
_INK = (41, 37, 36)


def contact_sheet(pictures: Sequence[np.ndarray], grid: Grid) -> np.ndarray:
    """All pictures as one.

    Args:
        pictures: each (h, w, 3) uint8 RGB, of any size of 11:16; on the sheet each is `CELL` large.
        grid: how they lie, row by row.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        StudioError: for no pictures, other arrays, or another number of them than the grid has names.
    """
    rows = -(-len(pictures) // grid.columns)
    named = len(grid.below) or len(grid.left) * len(grid.top)
    if not pictures or named != len(pictures):
        raise StudioError(f"A sheet with {named} names was given {len(pictures)} pictures.")
    for picture in pictures:
        check_rgb(picture, "A sheet is made of RGB pictures of 8 bits per channel", error=StudioError)
    height, width = CELL
    font = _font()
    left = _left_of(grid, font)
    step = height + (_LINE if grid.below else _GAP), width + _GAP
    top = _RIM + _LINE * (bool(grid.top) + bool(grid.title))
    size = top + rows * step[0] + _RIM - (0 if grid.below else _GAP), left + grid.columns * step[1] - _GAP + _RIM
    out = np.empty((*size, 3), np.uint8)
    out[:] = PAPER
    places = [(top + at // grid.columns * step[0], left + at % grid.columns * step[1]) for at in range(len(pictures))]
    for picture, (y, x) in zip(pictures, places, strict=True):
        out[y : y + height, x : x + width] = _of_size(picture)
    paper = Image.fromarray(out)
    pen = ImageDraw.Draw(paper)
    if grid.title:
        _write(pen, font, grid.title, (left, _RIM + _LINE // 3), out.shape[1] - left - _RIM, "lm")
    for name, (y, x) in zip(grid.below, places, strict=False):
        _write(pen, font, name, (x + width // 2, y + height + _LINE // 2), width, "mm")
    for n, name in enumerate(grid.top):
        _write(pen, font, name, (left + n * step[1] + width // 2, top - _LINE // 2), width, "mm")
    for n, name in enumerate(grid.left):
        _write(pen, font, name, (left - _GAP, top + n * step[0] + height // 2), left - _GAP - _RIM, "rm")
    return np.array(paper)


def _of_size(picture: np.ndarray) -> np.ndarray:
    """A picture `CELL` large."""
    if picture.shape[:2] == CELL:
        return picture
    return cv2.resize(picture, CELL[::-1], interpolation=cv2.INTER_AREA if len(picture) > CELL[0] else cv2.INTER_CUBIC)


def _left_of(grid: Grid, font: ImageFont.FreeTypeFont) -> int:
    """How far from the left edge the pictures begin."""
    if not grid.left:
        return _RIM
    longest = max(font.getlength(_writable(name, font)) for name in grid.left)
    return _RIM + round(min(max(longest, _LEFT[0]), _LEFT[1])) + _GAP


def _font() -> ImageFont.FreeTypeFont:
    """A font of this machine that has accents; Pillow's own, which has none, where there is no such font."""
    for name in _FONTS:
        with contextlib.suppress(OSError):
            return ImageFont.truetype(name, _TEXT)
    return ImageFont.load_default(_TEXT)


def _writable(name: str, font: ImageFont.FreeTypeFont) -> str:
    """A name as a font can write it: without accents, where it has none."""
    if isinstance(font.path, str):  # Pillow's own is no file
        return name
    plain = unicodedata.normalize("NFKD", name.replace("’", "'")).encode("ascii", "ignore").decode()
    return plain.strip() or "?" * bool(name)


def _write(
    pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, name: str, at: tuple[int, int], room: int, anchor: str
) -> None:
    """A name in one line; what has no room is left out."""
    name = _writable(" ".join(name.split()), font)
    if font.getlength(name) > room:
        while name and font.getlength(name + "…") > room:
            name = name[:-1]
        name = name.rstrip(" ,") + "…"
    pen.text(at, name, _INK, font, anchor=anchor)
