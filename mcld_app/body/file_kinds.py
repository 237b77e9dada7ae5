"""What a file is, by its first bytes: so that a sentence can name what somebody gave, whatever its name ends in."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass


@dataclass(frozen=True)
class FileKind:
    """What a file is.

    Attributes:
        key: short, for code: "heic", "avif", "video", "raw", "pickle", "array", "document", "text", "pixels".
        name: with its article, for a sentence.
        as_photo: what to do where a photo was wanted; "" for the usual way.
    """

    key: str
    name: str
    as_photo: str = ""


_MAP_INSTEAD = "Should it be an IUV map, choose it as the IUV map."
_EXPORT = "Export it as JPEG, or as PNG, with the camera's or any other raw converter, and choose that."
_STILL = "Choose a still picture: a frame of it, saved as PNG or JPEG."

_HEIC = FileKind("heic", "an HEIC file, as iPhones save photos")
_AVIF = FileKind("avif", "an AVIF file")
_VIDEO = FileKind("video", "a video", _STILL)
_RAW = FileKind("raw", "a camera's raw file", _EXPORT)
_PICKLE = FileKind("pickle", "a file of Python objects, as DensePose's “apply_net.py dump” writes it",
                   "Choose the photo itself.")  # fmt: skip
_ARRAY = FileKind("array", "a file of numbers (numpy)", _MAP_INSTEAD)

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_OLD_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip"}
_BEGINNINGS: tuple[tuple[bytes, FileKind], ...] = (
    (b"\x93NUMPY", _ARRAY),
    (b"\x1aE\xdf\xa3", _VIDEO),  # Matroska, WebM
    (b"FLV\x01", _VIDEO),
    (b"\x00\x00\x01\xba", _VIDEO),
    (b"\x00\x00\x01\xb3", _VIDEO),
    (b"0&\xb2u\x8ef\xcf\x11", _VIDEO),  # WMV
    (b"FUJIFILMCCD-RAW", _RAW),
    (b"IIRO", _RAW),  # Olympus
    (b"IIRS", _RAW),
    (b"MMOR", _RAW),
    (b"IIU\x00", _RAW),  # Panasonic
    (b"FOVb", _RAW),  # Sigma
    (b"\x00MRM", _RAW),  # Minolta
    (b"%PDF", FileKind("document", "a PDF document", "Export the page as PNG and choose that.")),
    (b"8BPS", FileKind("pixels", "a Photoshop file", "Export it as PNG and choose that.")),
    (b"\x76\x2f\x31\x01", FileKind("pixels", "an OpenEXR file", "Export it as PNG and choose that.")),
    (b"\x00\x00\x00\x0cJXL ", FileKind("pixels", "a JPEG XL file")),
    (b"\xff\x0a", FileKind("pixels", "a JPEG XL file")),
    (b"\x00\x00\x00\x0cjP  ", FileKind("pixels", "a JPEG 2000 file")),
)
_TEXTS: tuple[tuple[bytes, FileKind], ...] = (
    (b"<svg", FileKind("text", "an SVG drawing", "Export it as PNG and choose that.")),
    (b"<!doctype html", FileKind("text", "a web page", "Save the picture on that page, not the page.")),
    (b"<html", FileKind("text", "a web page", "Save the picture on that page, not the page.")),
    (b"{", FileKind("text", "a JSON file", "A pose or a recipe is opened by dropping it beside this place.")),
    (b"[", FileKind("text", "a JSON file", "A pose or a recipe is opened by dropping it beside this place.")),
)
_DNG_VERSION, _SUB_IMAGES, _KIND_OF_IMAGE, _REDUCED = 50706, 330, 254, 1


def kind_of(data: bytes) -> FileKind | None:
    """What a file is that is no picture of the usual kinds; None for those, and for what is not known here.

    HEIC and AVIF files are named, too: whether they can be read depends on what is installed.
    """
    if data[4:8] == b"ftyp":
        return _kind_of_brands(data)
    if data[4:8] in _OLD_QUICKTIME or (data[:4] == b"RIFF" and data[8:12] == b"AVI "):
        return _VIDEO
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[:4] in (b"II*\x00", b"MM\x00*"):
        return _RAW if _is_raw_tiff(data) else None
    if data[:2] == b"PK":
        return _kind_of_archive(data)
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return _PICKLE
    return _kind_of_text(data)


def _kind_of_brands(data: bytes) -> FileKind:
    """Of the ISO base media format: the brand at bytes 8 to 12 says what is in the box, and others follow it."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, length, 4))]
    if brands[0] == b"crx ":
        return _RAW  # Canon's CR3
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return _AVIF
        if brand in _HEIC_BRANDS and brand not in (b"mif1", b"msf1"):
            return _HEIC
    return _HEIC if brands[0] in _HEIC_BRANDS else _VIDEO


def _is_raw_tiff(data: bytes) -> bool:
    """Whether a TIFF is a camera's raw file: its first picture is a small one for looking at, the raw one lies below.
    DNG says so by a tag of its own, CR2 by its signature."""
    if data[8:10] == b"CR":
        return True
    order = "<" if data[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        tags = {}
        for k in range(min(count, 200)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHI4s", data, at + 2 + 12 * k)
            tags[tag] = int.from_bytes(value[: 2 if kind == 3 else 4], "little" if order == "<" else "big")
    except struct.error:
        return False
    return _DNG_VERSION in tags or (_SUB_IMAGES in tags and tags.get(_KIND_OF_IMAGE) == _REDUCED)


def _kind_of_archive(data: bytes) -> FileKind:
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        names = []
    if any(name.endswith(".pkl") for name in names):  # torch.save
        return _PICKLE
    if names and all(name.endswith(".npy") for name in names):
        return _ARRAY
    return FileKind("document", "an archive or an office document", "Take the picture out of it and choose that.")


def _kind_of_text(data: bytes) -> FileKind | None:
    begins = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begins.startswith(b"<?xml"):
        return _TEXTS[0][1] if b"<svg" in begins else FileKind("text", "an XML file")
    return next((kind for beginning, kind in _TEXTS if begins.startswith(beginning)), None)
