"""What a file is, by its first bytes and its outline. Fast, without torch, and nothing in the file is run."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

from mcld_app.checkpoints.errors import BrokenWeights

_HEADER_LIMIT = 100 << 20  # of safetensors' own reader


def recognise(path: Path) -> str:
    """Which kind of weights a file holds: "safetensors", "zip" (torch's format), "pickle" (torch's old format),
    "onnx" or "torchscript".

    Raises:
        BrokenWeights: it is empty, cut short, a web page, a Git LFS pointer, or something else.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise BrokenWeights(f"{path} cannot be read: {error.strerror or error}.") from error
    if not size:
        raise BrokenWeights(f"{path} is empty. Delete it and get it again.")
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<script")):
        raise BrokenWeights(
            f"{path} is a web page, not weights. It was probably saved from the page about the file; use that page's "
            "download button instead."
        )
    if start.startswith(b"version https://git-lfs"):
        raise BrokenWeights(f"{path} is only a pointer that Git LFS left. Get the file itself, with `git lfs pull`.")
    suffix = path.suffix.lower()
    if suffix == ".safetensors":
        _check_safetensors(path, size)
        return "safetensors"
    if suffix == ".onnx":
        return "onnx"  # protobuf has no mark of its own
    if start.startswith(b"PK\x03\x04"):
        _check_zip(path)
        return "torchscript" if suffix == ".torchscript" else "zip"
    if suffix != ".torchscript" and start.startswith(b"\x80\x02"):
        return "pickle"
    raise BrokenWeights(f"{path} is no weights file: neither torch nor safetensors writes anything like it.")


def _check_safetensors(path: Path, size: int) -> None:
    """The format: 8 bytes with the header's length, the header as JSON, the tensors without a gap."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(size - 8, _HEADER_LIMIT):
                raise ValueError
            header = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, struct.error, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise BrokenWeights(
            f"{path} is no safetensors file, or its beginning is damaged. Delete it and get it again."
        ) from error
    expected = 8 + length + max(ends, default=0)
    if size != expected:
        what = "is cut short" if size < expected else "has something behind its end"
        raise BrokenWeights(
            f"{path} {what}: it has {size:,} bytes and should have {expected:,}. Delete it and get it again."
        )


def _check_zip(path: Path) -> None:
    # A zip's table of contents stands at its end, so a file that was cut short has none.
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BrokenWeights(f"{path} is cut short or damaged. Delete it and get it again.") from error
    if not any(name.endswith("data.pkl") for name in names):
        raise BrokenWeights(f"{path} is a zip archive, not weights. Unpack it and put what is inside in its place.")
