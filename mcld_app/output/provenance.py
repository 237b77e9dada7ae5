"""Provenance in a picture's file: made by a model, by which one, and from which recipe.

The words are IPTC's, in XMP, as search engines and picture agencies read them (`origin`), and, signed, C2PA's, as
platforms do (`credentials`). Files say nothing else: they are written from arrays of pixels, so no EXIF, no place and
no time of anybody's photo can be in them.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mcld_app.editing.recipe import LARGEST
from mcld_app.errors import StudioError
from mcld_app.output.credentials import with_credentials
from mcld_app.output.origin import description, xmp_packet

MAX_RECIPE = LARGEST
"""Bytes of a recipe in UTF-8: as many as can be opened again; Pillow opens no PNG whose texts are over 64 MiB."""

# Pillow opens no PNG with a text over 1 MiB either, so a recipe is cut into pieces. A character takes 4 bytes at most.
_PIECE = 1 << 18
_KEYWORD = "mcld-recipe {} of {}"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_PIECE_NAME = re.compile(rb"mcld-recipe (\d{1,4}) of (\d{1,4})")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 100_000  # a PNG of 128 MB in the usual pieces of 8 kB has a sixth of that
_DAMAGED = "The recipe in this picture is damaged or not whole. Take the file as it was downloaded."


def encode_generated(
    picture: np.ndarray, model: str, details: str = "", recipe: str | None = None, edited: bool = False
) -> bytes:
    """PNG bytes of a picture that a model made.

    The file says "AI-generated" or "AI-edited", the model's name and `details` in plain text, and the same for programs
    in XMP and, signed where that is installed, in Content Credentials. It says nothing else but the recipe: no EXIF, no
    time, nothing of the pictures it was made from.

    Args:
        picture: (H, W, 3) uint8 RGB, or (H, W, 4) RGBA.
        model: its name.
        details: in a few words.
        recipe: a text that travels along, compressed; `read_recipe_text` gets it back.
        edited: somebody's photo is part of the picture.

    Raises:
        StudioError: for a recipe over `MAX_RECIPE` bytes.
    """
    info = PngInfo()
    info.add_text("Software", "MCLD Studio")
    info.add_itxt("Description", description(model, details, edited=edited))
    info.add_itxt("XML:com.adobe.xmp", xmp_packet(model, edited=edited))
    if recipe is not None:
        if len(recipe.encode("utf-8")) > MAX_RECIPE:
            raise StudioError(
                f"This recipe is over {MAX_RECIPE >> 20} MB, too large to travel in a picture. "
                "Leave its pictures out, or save it as a file of its own."
            )
        pieces = [recipe[at : at + _PIECE] for at in range(0, len(recipe), _PIECE)] or [""]
        for number, piece in enumerate(pieces, 1):
            info.add_itxt(_KEYWORD.format(number, len(pieces)), piece, zip=True)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "PNG", pnginfo=info)
    return with_credentials(buffer.getvalue(), "image/png", model, edited=edited)


def read_recipe_text(png: bytes) -> str:
    """The recipe that travels in a PNG file, as `encode_generated` put it there. What it says is not checked.

    Nothing but the recipe's own chunks is decompressed, no further than `MAX_RECIPE` bytes, and no pixel is decoded.
    Other programs may have written more into the file, or the recipe's chunks in another kind and order.

    Raises:
        StudioError: no PNG, one without a recipe, or a recipe that is too large, damaged or not whole.
    """
    pieces: dict[int, bytes] = {}
    counts = set()
    room = MAX_RECIPE
    for kind, body, intact in _chunks(png):
        if kind not in _TEXTS:
            continue
        keyword, _, rest = body.partition(b"\0")
        if (name := _PIECE_NAME.fullmatch(keyword)) is None:
            continue
        number, count = int(name[1]), int(name[2])
        if not intact or number in pieces or not 1 <= number <= count:
            raise StudioError(_DAMAGED)
        pieces[number] = _text_of(kind, rest, room)
        counts.add(count)
        room -= len(pieces[number])
    if not pieces:
        raise StudioError(
            "There is no recipe in this picture. Choose a picture that was downloaded from MCLD Studio and not "
            "changed by another program since, or a recipe's JSON file."
        )
    if counts != {len(pieces)}:
        raise StudioError(_DAMAGED)
    try:
        return b"".join(pieces[number] for number in sorted(pieces)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise StudioError(_DAMAGED) from error


def carries_recipe(png: bytes) -> bool:
    """Whether a recipe travels in a PNG file, whole or not; false for any other file."""
    try:
        return any(
            kind in _TEXTS and _PIECE_NAME.fullmatch(body.partition(b"\0")[0]) for kind, body, _ in _chunks(png)
        )
    except StudioError:
        return False


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Each chunk of a PNG: its kind, its content, and whether its check sum holds (asked for texts only)."""
    if not png.startswith(_SIGNATURE):
        raise StudioError("A recipe travels in a PNG picture or a JSON file, and this is neither.")
    at = len(_SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        length, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        end = at + 12 + length
        if len(png) < end:
            raise StudioError("This PNG file is cut off: it ends before the picture does. Copy or download it again.")
        if kind == b"IEND":
            return
        is_text = kind.endswith(b"Xt")
        body = png[at + 8 : end - 4] if is_text else b""
        yield kind, body, not is_text or zlib.crc32(kind + body) == int.from_bytes(png[end - 4 : end], "big")
        at = end
    raise StudioError("This PNG file is in too many pieces to be a picture. Choose another file.")


def _text_of(kind: bytes, rest: bytes, room: int) -> bytes:
    """The text behind a chunk's keyword, in UTF-8, of at most `room` bytes (PNG specification, 11.3.3)."""
    packed = kind == b"zTXt"
    if kind == b"zTXt":
        method, rest = rest[:1], rest[1:]
    elif kind == b"iTXt":
        flag, method, rest = rest[:1], rest[1:2], rest[2:]
        packed = flag == b"\1"
        _language, _, rest = rest.partition(b"\0")
        _translated, _, rest = rest.partition(b"\0")
    if packed:
        if method != b"\0":
            raise StudioError(_DAMAGED)
        rest = _unpacked(rest, room)
    if kind != b"iTXt":
        rest = rest.decode("latin-1").encode("utf-8")
    if len(rest) > room:
        raise StudioError(_too_large())
    return rest


def _unpacked(packed: bytes, room: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(packed, room + 1)  # one byte more than fits tells a bomb from a recipe
    except zlib.error as error:
        raise StudioError(_DAMAGED) from error
    if len(text) > room:
        raise StudioError(_too_large())
    if not stream.eof:
        raise StudioError(_DAMAGED)
    return text


def _too_large() -> str:
    return f"The recipe in this picture is over {MAX_RECIPE >> 20} MB when unpacked. It was not opened."
