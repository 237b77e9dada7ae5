"""Photos in and out: any picture a user brings becomes plain (H, W, 3) uint8 RGB, or one clear sentence."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from mcld_app.body.checks import check_rgb
from mcld_app.body.colour_profile import to_srgb
from mcld_app.body.picture_file import SAVE_AGAIN, PictureSource, Wanted, open_picture, to_8_bits
from mcld_app.errors import PictureError

MAX_SIDE = 2048  # what is kept of a larger photo: four times the side the network draws
MIN_SIDE = 64
MOST_KEPT = 24 << 20
"""Bytes of a photo's file at most that are kept beside a smaller photo."""


@dataclass(frozen=True)
class PhotoFile:
    """The file that a photo was read from.

    Attributes:
        size: its (height, width), upright.
        full: the (height, width) that `read_photo` gives of it without a `max_side`: a very large JPEG is decoded
            smaller.
        data: the file, where the photo that was read is smaller than `full`; None where it is not, where the file is
            larger than `MOST_KEPT`, and where it came from no bytes.
    """

    size: tuple[int, int]
    full: tuple[int, int]
    data: bytes | None = field(default=None, repr=False)


def read_photo(source: PictureSource, *, max_side: int | None = MAX_SIDE) -> np.ndarray:
    """Read a photo as (H, W, 3) uint8 sRGB, 0..255.

    `source` is a path, the bytes of a file, a Pillow picture, or an array: (H, W), (H, W, 1), (H, W, 3) or
    (H, W, 4), RGB order, uint8, uint16 (0..65535), bool, or float (0..1, or 0..255 when something exceeds 1).

    Grey, palette, CMYK and 16-bit pictures are converted (16 bits are scaled, not clipped), so are pictures with a
    colour profile; transparency is laid on white, an animation gives its first frame, EXIF orientation is applied,
    other metadata dropped. A photo whose longer side exceeds `max_side` is scaled down to it (None keeps the size);
    `iuv.read_iuv` scales its map to the same size, so a pair stays a pair.

    Raises PictureError: not a picture, another format than PNG, JPEG, WebP, AVIF, BMP, TIFF and GIF (HEIC where
    pillow-heif is installed), damaged, over 20 million pixels (refused before decoding; a JPEG may have 64 times as
    many, it is decoded smaller), or a side under 64 pixels.
    """
    return read_sized_photo(source, max_side=max_side)[0]


def read_sized_photo(
    source: PictureSource, *, max_side: int | None = MAX_SIDE
) -> tuple[np.ndarray, PhotoFile]:
    """`read_photo`, and its file: what was scaled down can be told, and had again."""
    opened = open_picture(source)
    try:
        image = _flatten(to_srgb(opened.image))
        width, height = fitted_size(*image.size, max_side)
        if min(width, height) < MIN_SIDE:
            raise PictureError(
                f"The photo is {image.width} x {image.height} pixels, too small to show a person. "
                f"Choose one with at least {MIN_SIDE} pixels on its shorter side"
                + (", and less long and thin." if min(image.size) >= MIN_SIDE else ".")
            )
        full, data = image.size[::-1], None
        if (width, height) != image.size:
            data = source if isinstance(source, bytes) and len(source) <= MOST_KEPT else None
            image = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        return np.array(image, dtype=np.uint8), PhotoFile(opened.stored, full, data)
    except PictureError:
        raise
    except Exception as error:  # a colour mode Pillow cannot convert
        mode = opened.image.mode
        raise PictureError(f"The photo's kind of colours, {mode}, could not be read. {SAVE_AGAIN}") from error


def read_layer(source: PictureSource, size: tuple[int, int] | None = None, *, what: str = "layer") -> np.ndarray:
    """A picture with its transparency, (H, W, 4) uint8 RGBA, colours as they are under it.

    `what` is the noun used in messages. Raises PictureError: as `read_photo`, but for small ones; or another
    (height, width) than asked for.
    """
    image = open_picture(source, Wanted(what)).image
    if size is not None and image.size != size[::-1]:
        raise PictureError(f"This layer is {image.width} x {image.height} pixels and must be {size[1]} x {size[0]}.")
    return np.array(to_srgb(image).convert("RGBA"), dtype=np.uint8)


def encode_png(picture: np.ndarray) -> bytes:
    """PNG bytes of an (H, W, 3) RGB or (H, W, 4) RGBA uint8 picture, no metadata. Raises PictureError."""
    check_rgb(picture, "Only RGB or RGBA pictures of 8 bits per channel can be saved", channels=(3, 4))
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "PNG")
    return buffer.getvalue()


def fitted_size(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    """(width, height) with the longer side at most `max_side`, proportions kept; unchanged when it fits."""
    if max_side is None or max(width, height) <= max_side:
        return width, height
    scale = max_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _flatten(image: Image.Image) -> Image.Image:
    """Any mode to RGB; transparency is laid on white, the data set's own kind of background."""
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(to_8_bits(np.asarray(image)))
    if image.has_transparency_data:
        over = image.convert("RGBA")
        image = Image.new("RGBA", over.size, "white")
        image.alpha_composite(over)
    return image.convert("RGB")
