"""Photos in and out: any picture a user brings becomes plain (H, W, 3) uint8 RGB, or one clear sentence."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mcld_app.body.checks import check_rgb
from mcld_app.errors import PictureError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
MAX_BYTES = 128 * 2**20
MAX_PIXELS = 20_000_000
MAX_FILE_SIDE = 16_384  # a longer side is a scan or a trap, never a photo of a person
MAX_SIDE = 2048  # what is kept of a larger photo: four times the side the network draws
MIN_SIDE = 64

PictureSource = str | Path | bytes | Image.Image | np.ndarray

_AGAIN = "Save it as PNG or JPEG and choose it again."
_TURNS = {  # EXIF orientation -> what puts the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class OpenedPicture:
    """A decoded picture: `image` upright, in its file's own mode; `lossy` names a lossy format, or None; `bits` per
    channel in its file, where that is a PNG (Pillow reads the upper 8 of 16 in colour)."""

    image: Image.Image
    lossy: str | None = None
    bits: int = 8


def read_photo(source: PictureSource, *, max_side: int | None = MAX_SIDE) -> np.ndarray:
    """Read a photo as (H, W, 3) uint8 RGB, 0..255.

    `source` is a path, the bytes of a file, a Pillow picture, or an array: (H, W), (H, W, 1), (H, W, 3) or
    (H, W, 4), RGB order, uint8, uint16 (0..65535), bool, or float (0..1, or 0..255 when something exceeds 1).

    Grey, palette, CMYK and 16-bit pictures are converted (16 bits are scaled, not clipped), transparency is
    laid on white, an animation gives its first frame, EXIF orientation is applied, other metadata dropped.
    A photo whose longer side exceeds `max_side` is scaled down to it (None keeps the size);
    `iuv.read_iuv` scales its map to the same size, so a pair stays a pair.

    Raises PictureError: not a picture, another format than PNG, JPEG, WebP, BMP, TIFF and GIF, damaged,
    over 20 million pixels (refused before decoding; a JPEG may have 64 times as many, it is decoded smaller),
    or a side under 64 pixels.
    """
    opened = open_picture(source)
    try:
        image = _flatten(opened.image)
        width, height = fitted_size(*image.size, max_side)
        if min(width, height) < MIN_SIDE:
            raise PictureError(
                f"The photo is {image.width} x {image.height} pixels, too small to show a person. "
                f"Choose one with at least {MIN_SIDE} pixels on its shorter side"
                + (", and less long and thin." if min(image.size) >= MIN_SIDE else ".")
            )
        if (width, height) != image.size:
            image = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        return np.array(image, dtype=np.uint8)
    except PictureError:
        raise
    except Exception as error:  # a colour mode Pillow cannot convert
        mode = opened.image.mode
        raise PictureError(f"The photo's kind of colours, {mode}, could not be read. {_AGAIN}") from error


def read_layer(source: PictureSource, size: tuple[int, int] | None = None, *, what: str = "layer") -> np.ndarray:
    """A picture with its transparency, (H, W, 4) uint8 RGBA, colours as they are under it.

    `what` is the noun used in messages. Raises PictureError: as `read_photo`, but for small ones; or another
    (height, width) than asked for.
    """
    image = open_picture(source, what=what).image
    if size is not None and image.size != size[::-1]:
        raise PictureError(f"This layer is {image.width} x {image.height} pixels and must be {size[1]} x {size[0]}.")
    return np.array(image.convert("RGBA"), dtype=np.uint8)


def open_picture(source: PictureSource, *, what: str = "photo") -> OpenedPicture:
    """Decode the first frame of `source`, upright, with its size checked before any pixel is decoded.

    `what` is the noun used in messages. Raises PictureError, whatever goes wrong inside a decoder.
    """
    if isinstance(source, np.ndarray):
        _check_size(source.shape[1::-1] if source.ndim >= 2 else (0, 0), what)
        return OpenedPicture(_image_of_array(source, what))
    if isinstance(source, Image.Image):
        return _decode(source, None, what)
    data = _file_bytes(source, what)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(_too_large(what)) from error
    except UnidentifiedImageError as error:
        raise PictureError(_not_a_picture(data, what)) from error
    except Exception as error:  # a damaged header makes Pillow's plugins raise nearly anything
        raise PictureError(f"The {what} could not be opened: the file is damaged. {_AGAIN}") from error
    with image:
        return _decode(image, data, what)


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


def _file_bytes(source: object, what: str) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif isinstance(source, (str, Path)):
        path = Path(source)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise PictureError(_too_heavy(what))
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            raise PictureError(f"The {what} {path.name!r} could not be found or read. Choose it again.") from error
    else:
        raise PictureError(f"There is no {what} yet. Choose a picture file.")
    if not data:
        raise PictureError(f"The {what}'s file is empty. Choose another, or copy it again.")
    if len(data) > MAX_BYTES:
        raise PictureError(_too_heavy(what))
    return data


def _decode(image: Image.Image, data: bytes | None, what: str) -> OpenedPicture:
    if image.format == "JPEG" and max(image.size) <= MAX_FILE_SIDE:
        # A JPEG decodes straight to a half, a quarter or an eighth: a phone's 50 megapixels need no more memory.
        shrink = 1
        while image.size[0] * image.size[1] / shrink**2 > MAX_PIXELS and shrink < 8:
            shrink *= 2
        image.draft(None, (image.size[0] // shrink, image.size[1] // shrink))
    _check_size(image.size, what)
    try:
        image.load()
        upright = _upright(image)
    except Exception as error:  # decoders raise OSError, SyntaxError, ValueError, struct.error, ...
        raise PictureError(
            f"The {what} is damaged or cut off: the file ends or breaks before the picture does. "
            "Copy or download it again."
        ) from error
    bits = data[24] if image.format == "PNG" and data is not None else 8  # its header's place is fixed
    return OpenedPicture(upright, _lossy(image, data), bits)


def _check_size(size: tuple[int, ...], what: str) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise PictureError(f"The {what} has no pixels. Choose another picture.")
    if width * height > MAX_PIXELS or max(width, height) > MAX_FILE_SIDE:
        raise PictureError(_too_large(what, f" ({width} x {height} pixels)"))


def _too_large(what: str, size: str = "") -> str:
    return (
        f"The {what} is too large{size}: {MAX_PIXELS // 10**6} million pixels in all and {MAX_FILE_SIDE} on a side "
        "are the most. Make it smaller and choose it again."
    )


def _too_heavy(what: str) -> str:
    return f"The {what}'s file is over {MAX_BYTES >> 20} MB. Make the picture smaller or save it as JPEG."


def _not_a_picture(data: bytes, what: str) -> str:
    if data[4:8] == b"ftyp":  # the container of HEIC and AVIF, what many phones save
        return f"The {what} is an HEIC or AVIF file, which this app does not read. {_AGAIN}"
    return f"The {what} could not be opened: the file is not a picture this app knows. {_AGAIN}"


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(0x0112)
    except Exception:  # broken EXIF says nothing about the pixels, which are fine
        return image
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _lossy(image: Image.Image, data: bytes | None) -> str | None:
    if image.format in ("JPEG", "MPO"):
        return "JPEG"
    if image.format == "TIFF" and "jpeg" in str(image.info.get("compression", "")):
        return "JPEG-compressed TIFF"
    if image.format == "WEBP" and data is not None:
        at = 12  # a WebP is a RIFF file; the chunk named "VP8 " holds lossy pixels, "VP8L" lossless ones
        while at + 8 <= len(data):
            if data[at : at + 4] == b"VP8 ":
                return "lossy WebP"
            length = int.from_bytes(data[at + 4 : at + 8], "little")
            at += 8 + length + length % 2
    return None


def _image_of_array(values: np.ndarray, what: str) -> Image.Image:
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if not (values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (3, 4))):
        raise PictureError(f"The {what} has shape {values.shape}; give height x width, or height x width x 3 or 4.")
    return Image.fromarray(np.ascontiguousarray(_to_8_bits(values, what)))


def _to_8_bits(values: np.ndarray, what: str) -> np.ndarray:
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "buif" or not np.isfinite(values).all():
        raise PictureError(f"The {what} holds values that are not numbers. {_AGAIN}")
    highest = float(values.max())
    if values.dtype.kind == "b":
        top = 1.0
    elif values.dtype.itemsize == 2 and values.dtype.kind == "u":
        top = 65535.0
    else:  # the smallest usual range that holds the picture, else its own
        usual = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
        top = next((each for each in usual if highest <= each), highest)
    return np.rint(np.clip(values.astype(np.float64) / top, 0, 1) * 255).astype(np.uint8)


def _flatten(image: Image.Image) -> Image.Image:
    """Any mode to RGB; transparency is laid on white, the data set's own kind of background."""
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_to_8_bits(np.asarray(image), "photo"))
    if image.has_transparency_data:
        over = image.convert("RGBA")
        image = Image.new("RGBA", over.size, "white")
        image.alpha_composite(over)
    return image.convert("RGB")
