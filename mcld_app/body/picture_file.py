"""Picture files: any file or array that holds a picture, decoded and upright, with its size checked first."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from mcld_app.body.file_kinds import FileKind, kind_of
from mcld_app.errors import PictureError

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "BMP", "TIFF", "GIF")
MAX_BYTES = 128 * 2**20
MAX_PIXELS = 20_000_000
MAX_FILE_SIDE = 16_384  # a longer side is a scan or a trap, never a photo of a person

PictureSource = str | Path | bytes | Image.Image | np.ndarray

SAVE_AGAIN = "Save it as PNG or JPEG and choose it again."
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
class Wanted:
    """What is asked for, in the words of messages, and how large it may be.

    Attributes:
        what: the noun.
        again: what to do where the file does not serve.
        max_pixels: the most there may be; a JPEG may have 64 times as many, it is decoded smaller.
    """

    what: str = "photo"
    again: str = SAVE_AGAIN
    max_pixels: int = MAX_PIXELS


@dataclass(frozen=True)
class OpenedPicture:
    """A decoded picture: `image` upright, in its file's own mode; `lossy` names a lossy format, or None; `bits` per
    channel in its file, where that is a PNG (Pillow reads the upper 8 of 16 in colour); `stored` is its file's own
    (height, width), upright: a very large JPEG is decoded smaller."""

    image: Image.Image
    lossy: str | None = None
    bits: int = 8
    stored: tuple[int, int] = (0, 0)


def open_picture(source: PictureSource, wanted: Wanted = Wanted()) -> OpenedPicture:
    """Decode the first frame of `source`, upright, with its size checked before any pixel is decoded.

    Raises PictureError, whatever goes wrong inside a decoder; the sentence names what the file is, where that is known.
    """
    if isinstance(source, np.ndarray):
        _check_size(source.shape[1::-1] if source.ndim >= 2 else (0, 0), wanted)
        return OpenedPicture(_image_of_array(source, wanted), stored=source.shape[:2])
    if isinstance(source, Image.Image):
        return _decode(source, None, wanted)
    data = read_bytes(source, wanted)
    with _opened(data, wanted) as image:
        return _decode(image, data, wanted)


def read_bytes(source: object, wanted: Wanted = Wanted()) -> bytes:
    """The bytes of a file, given as a path or as bytes. Raises PictureError where there are none, or too many."""
    what = wanted.what
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif isinstance(source, (str, Path)):
        path = Path(source)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise PictureError(_too_heavy(wanted))
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            raise PictureError(f"The {what} {path.name!r} could not be found or read. Choose it again.") from error
    else:
        raise PictureError(f"There is no {what} yet. Choose a picture file.")
    if not data:
        raise PictureError(f"The {what}'s file is empty. Choose another, or copy it again.")
    if len(data) > MAX_BYTES:
        raise PictureError(_too_heavy(wanted))
    return data


def _opened(data: bytes, wanted: Wanted) -> Image.Image:
    """The file's picture, its pixels not yet decoded."""
    kind = kind_of(data)
    if kind is not None and kind.key == "heic":
        return _opened_heic(data, kind, wanted)
    if kind is not None and not (kind.key == "avif" and features.check("avif")):
        raise PictureError(_not_a_picture(kind, wanted))
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(_too_large(wanted)) from error
    except UnidentifiedImageError as error:
        raise PictureError(_not_a_picture(None, wanted)) from error
    except Exception as error:  # a damaged header makes Pillow's plugins raise nearly anything
        raise PictureError(f"The {wanted.what} could not be opened: the file is damaged. {wanted.again}") from error


def _opened_heic(data: bytes, kind: FileKind, wanted: Wanted) -> Image.Image:
    try:
        import pillow_heif
    except ImportError as error:
        raise PictureError(
            f"The {wanted.what} is {kind.name}. {wanted.again} Or have the package pillow-heif installed here (pip "
            "install pillow-heif): then it is read as it is."
        ) from error
    try:
        opened = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        _check_size(opened.size, wanted)
        image = opened.to_pillow()
    except PictureError:
        raise
    except Exception as error:  # libheif's errors are of several kinds
        raise PictureError(_damaged(wanted)) from error
    image.format = "HEIC"
    return image


def _decode(image: Image.Image, data: bytes | None, wanted: Wanted) -> OpenedPicture:
    stored = image.size
    if image.format in ("JPEG", "MPO") and max(image.size) <= MAX_FILE_SIDE:
        # A JPEG decodes straight to a half, a quarter or an eighth: a phone's 50 megapixels need no more memory.
        shrink = 1
        while image.size[0] * image.size[1] / shrink**2 > wanted.max_pixels and shrink < 8:
            shrink *= 2
        image.draft(None, (image.size[0] // shrink, image.size[1] // shrink))
    _check_size(image.size, wanted)
    try:
        image.load()
        orientation = _orientation(image)
        upright = image if orientation is None else image.transpose(_TURNS[orientation])
    except Exception as error:  # decoders raise OSError, SyntaxError, ValueError, struct.error, ...
        raise PictureError(_damaged(wanted)) from error
    if orientation is None or orientation < 5:
        stored = stored[::-1]
    bits = data[24] if image.format == "PNG" and data is not None else 8  # its header's place is fixed
    return OpenedPicture(upright, _lossy(image, data), bits, stored)


def _check_size(size: tuple[int, ...], wanted: Wanted) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise PictureError(f"The {wanted.what} has no pixels. Choose another picture.")
    if width * height > wanted.max_pixels or max(width, height) > MAX_FILE_SIDE:
        raise PictureError(_too_large(wanted, f" ({width} x {height} pixels)"))


def _damaged(wanted: Wanted) -> str:
    return (
        f"The {wanted.what} is damaged or cut off: the file ends or breaks before the picture does. "
        "Copy or download it again."
    )


def _too_large(wanted: Wanted, size: str = "") -> str:
    return (
        f"The {wanted.what} is too large{size}: {wanted.max_pixels // 10**6} million pixels in all and "
        f"{MAX_FILE_SIDE} on a side are the most. Make it smaller and choose it again."
    )


def _too_heavy(wanted: Wanted) -> str:
    return f"The {wanted.what}'s file is over {MAX_BYTES >> 20} MB. Make the picture smaller and choose it again."


def _not_a_picture(kind: FileKind | None, wanted: Wanted) -> str:
    name = "not a picture this app knows" if kind is None else f"{kind.name}, not a picture this app knows"
    way = (kind.as_photo if kind is not None and wanted.again == SAVE_AGAIN else "") or wanted.again
    return f"The {wanted.what} could not be opened: the file is {name}. {way}"


def _orientation(image: Image.Image) -> int | None:
    try:
        orientation = image.getexif().get(0x0112)
    except Exception:  # broken EXIF says nothing about the pixels, which are fine
        return None
    return orientation if isinstance(orientation, int) and orientation in _TURNS else None


def _lossy(image: Image.Image, data: bytes | None) -> str | None:
    if image.format in ("JPEG", "MPO"):
        return "JPEG"
    if image.format in ("AVIF", "HEIC"):
        return image.format
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


def _image_of_array(values: np.ndarray, wanted: Wanted) -> Image.Image:
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if not (values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (3, 4))):
        raise PictureError(
            f"The {wanted.what} has shape {values.shape}; give height x width, or height x width x 3 or 4."
        )
    return Image.fromarray(np.ascontiguousarray(to_8_bits(values, wanted)))


def to_8_bits(values: np.ndarray, wanted: Wanted = Wanted()) -> np.ndarray:
    """An array of any kind of numbers as uint8: 0..1, 0..255 or 0..65535, the smallest of these that holds it. Raises
    PictureError for what is no number."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "buif" or not np.isfinite(values).all():
        raise PictureError(f"The {wanted.what} holds values that are not numbers. {wanted.again}")
    highest = float(values.max())
    if values.dtype.kind == "b":
        top = 1.0
    elif values.dtype.itemsize == 2 and values.dtype.kind == "u":
        top = 65535.0
    else:  # the smallest usual range that holds the picture, else its own
        usual = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
        top = next((each for each in usual if highest <= each), highest)
    return np.rint(np.clip(values.astype(np.float64) / top, 0, 1) * 255).astype(np.uint8)
