"""Reading what the page sent. It is a dictionary from a browser, and not trusted."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from mcld_app.body.photo import read_layer
from mcld_app.editing.area import CLOTHES, Area, checked_area
from mcld_app.errors import PictureError, StudioError
from mcld_app.request import MAX_UPLOAD
from mcld_app.studio.messages import NOT_UNDERSTOOD

Data = Mapping[str, Any]

_NOT_WHOLE = "A file did not arrive whole. Choose it again."


def text(data: Data, name: str) -> str:
    """A text; StudioError where it is none."""
    value = data.get(name)
    if not isinstance(value, str):
        raise StudioError(NOT_UNDERSTOOD)
    return value


def number(data: Data, name: str) -> float:
    """A finite number; StudioError where it is none."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise StudioError(NOT_UNDERSTOOD)
    return float(value)


def index(data: Data, name: str = "index") -> int:
    """A place in a list; -1, which is in none, where it is no whole number."""
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def gesture(data: Data) -> str | None:
    """The name of the drag an event belongs to; None where it stands alone."""
    value = data.get("gesture")
    return value if isinstance(value, str) else None


def area(data: Data) -> Area:
    """Where on the body: one of the page's regions as "region", or body parts as "parts".

    Raises:
        StudioError: for a region the page does not offer, or parts that are none.
    """
    parts = data.get("parts")
    if isinstance(parts, list) and parts:
        if not all(isinstance(part, int) and not isinstance(part, bool) for part in parts):
            raise StudioError(NOT_UNDERSTOOD)
        return checked_area(frozenset(parts))
    name = text(data, "region")
    if name not in CLOTHES:
        raise StudioError("Clothes cannot be put there. Choose one of the regions under the picture.")
    return name


def colour(data: Data, name: str = "colour") -> tuple[int, int, int]:
    """A colour as #rrggbb to RGB; StudioError where it is none."""
    said = text(data, name).removeprefix("#")
    try:
        red, green, blue = bytes.fromhex(said)
    except ValueError as error:
        raise StudioError("This is no colour. Colours look like #2b8a7e.") from error
    return red, green, blue


def stem(file: Mapping, otherwise: str = "photo") -> str:
    """A file's name without folders and ending, short enough for a label."""
    name = PurePosixPath(PureWindowsPath(str(file.get("name") or otherwise)).name).stem
    return (name[:40] or otherwise).strip()


def file_bytes(file: object) -> bytes:
    """A file's bytes from {name, data in base64 or as a data: URL}; lines may be broken, as many tools do. Of a program
    data may be bytes. PictureError where they did not arrive, or are too many."""
    data = file.get("data") if isinstance(file, Mapping) else None
    if isinstance(data, bytes) and len(data) <= MAX_UPLOAD:
        return data
    if isinstance(data, bytes):
        raise PictureError(f"This file is larger than {MAX_UPLOAD >> 20} MB. Save it smaller and try again.")
    if not isinstance(data, str):
        raise PictureError(_NOT_WHOLE)
    if len(data) > MAX_UPLOAD * 4 // 3 + 4:
        raise PictureError(f"This file is larger than {MAX_UPLOAD >> 20} MB. Save it smaller and try again.")
    if data.startswith("data:"):
        about, comma, data = data.partition(",")
        if not comma:
            raise PictureError(_NOT_WHOLE)
        if not about.endswith(";base64"):
            raise PictureError("A data: URL has to be in base64. Send the file as “data:image/png;base64,…”.")
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureError(_NOT_WHOLE) from error


def strokes(data: Data, size: tuple[int, int], name: str = "strokes") -> np.ndarray:
    """Brush strokes (H, W, 4) uint8 RGBA of just that (height, width), from a PNG in base64.

    Raises:
        StudioError: where they are of another size, no picture, or empty.
    """
    picture = read_layer(file_bytes({"data": data.get(name)}), size)
    if not picture[..., 3].any():
        raise StudioError("There is no stroke to take: draw on the picture first.")
    return picture
