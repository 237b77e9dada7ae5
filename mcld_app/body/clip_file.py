"""Clips: an animated GIF or a video becomes some of its pictures, one after another, with its size checked first.

GIF after "Graphics Interchange Format, Version 89a"; its blocks are walked through here, because a decoder counts
pictures only by unpacking them. Videos are read by `av` (FFmpeg), where that is installed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from mcld_app.body.file_kinds import kind_of
from mcld_app.body.photo import MIN_SIDE, fitted_size
from mcld_app.errors import PictureError

INSTALL_VIDEO = "pip install -r requirements-video.txt"

MOST_FRAMES = 3000
"""Pictures of a clip: 100 seconds, 30 of them each."""

MOST_SIDE = 4096
"""Pixels of its longer side."""

MOST_WORK = {"gif": 1_500_000_000, "video": 6_000_000_000}
"""Pixels of all pictures together: every one before the last that is wanted has to be unpacked, about half a minute."""

_SIDE = 720  # pixels that the longer side of a picture is made smaller to: enough to find a body
_USUAL_DELAY = 0.1  # seconds of a GIF's picture that asks for next to none, as browsers show it
_SHORTEST_DELAY = 0.02
_QUICKTIME = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # the first box of an MP4 or MOV


@dataclass(frozen=True)
class ClipInfo:
    """What a clip is, before anything of it is unpacked.

    Attributes:
        kind: "gif" or "video".
        frames: how many pictures it has.
        size: (height, width) in pixels.
        seconds: how long it lasts.
    """

    kind: str
    frames: int
    size: tuple[int, int]
    seconds: float


def is_clip(data: bytes) -> bool:
    """Whether a file moves: a GIF of several pictures, or a video, whether it can be read here or not."""
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _walk_gif(data, most=2)[0] > 1
    kind = kind_of(data)
    return kind is not None and kind.key == "video"


def examine(data: bytes) -> ClipInfo:
    """What a clip's file says of it, checked.

    Raises:
        PictureError: no clip, damaged, too large, too long, or a video where `av` is not installed or does not know it.
    """
    info = _examine_gif(data) if data[:3] == b"GIF" else _examine_video(data)
    height, width = info.size
    if info.frames < 2:
        raise PictureError("This clip has fewer than two pictures. Choose another, or a photo.")
    if info.frames > MOST_FRAMES:
        raise PictureError(f"This clip has more than {MOST_FRAMES} pictures. Cut out the part you want, then bring it.")
    if max(height, width) > MOST_SIDE:
        raise PictureError(
            f"This clip is too large: {width} x {height} pixels, and {MOST_SIDE} on a side are the most. Make it "
            "smaller, then bring it."
        )
    if min(height, width) < MIN_SIDE:
        raise PictureError(f"This clip is {width} x {height} pixels, too small to show a person. Choose a larger one.")
    if info.frames * height * width > MOST_WORK[info.kind]:
        raise PictureError(
            f"This clip is too much at once: {info.frames} pictures of {width} x {height} pixels. Cut it shorter, or "
            "make it smaller."
        )
    return info


def frames_of(data: bytes, chosen: Sequence[int]) -> Iterator[np.ndarray]:
    """The pictures of a clip at some places (ascending, from 0), (H, W, 3) uint8 RGB, upright, the longer side at most
    720 pixels; unpacked one by one as they are asked for. `examine` comes first.

    Raises:
        PictureError: where the file breaks before the last of them.
    """
    try:
        yield from (_frames_of_gif if data[:3] == b"GIF" else _frames_of_video)(data, chosen)
    except PictureError:
        raise
    except Exception as error:  # decoders raise nearly anything
        raise PictureError("This clip is damaged: it breaks before its end. Save it anew, then bring it.") from error


# --- GIF -----------------------------------------------------------------------------------------------------------


def _examine_gif(data: bytes) -> ClipInfo:
    frames, (width, height), seconds = _walk_gif(data, most=MOST_FRAMES + 1)
    return ClipInfo("gif", frames, (height, width), seconds)


def _walk_gif(data: bytes, most: int) -> tuple[int, tuple[int, int], float]:
    """How many pictures there are, up to `most`, the (width, height) that holds all of them, and for how many seconds
    they are shown. A file that is cut off ends where it ends."""

    def number(at: int) -> int:
        return int.from_bytes(data[at : at + 2], "little")

    def table(packed: int) -> int:
        return 3 << ((packed & 7) + 1) if packed & 0x80 else 0

    if len(data) < 13:
        return 0, (0, 0), 0.0
    width, height, frames, seconds, delay = number(6), number(8), 0, 0.0, 0.0
    at = 13 + table(data[10])
    while at < len(data) and frames < most:
        kind, at = data[at], at + 1
        if kind == 0x21:  # an extension; of a picture's control, the third and fourth byte are its delay
            if data[at : at + 2] == b"\xf9\x04":
                delay = number(at + 3) / 100
            at += 1
        elif kind == 0x2C and at + 9 < len(data):
            width = max(width, number(at) + number(at + 4))
            height = max(height, number(at + 2) + number(at + 6))
            frames, seconds = frames + 1, seconds + (delay if delay >= _SHORTEST_DELAY else _USUAL_DELAY)
            at += 9 + table(data[at + 8]) + 1
        else:
            break
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    return frames, (width, height), seconds


def _frames_of_gif(data: bytes, chosen: Sequence[int]) -> Iterator[np.ndarray]:
    with Image.open(io.BytesIO(data), formats=("GIF",)) as image:
        for place in range(max(chosen, default=-1) + 1):  # each is painted over the one before
            image.seek(place)
            if place in chosen:
                over = image.convert("RGBA")
                white = Image.new("RGBA", over.size, "white")
                white.alpha_composite(over)
                yield _smaller(white.convert("RGB"))


def _smaller(image: Image.Image) -> np.ndarray:
    size = fitted_size(*image.size, _SIDE)
    return np.array(image if size == image.size else image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


# --- Video ---------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(data: bytes) -> Iterator[tuple[Any, Any]]:
    """A video's container and its stream of pictures. The kind of container is named, after the file's first bytes:
    there are text files that FFmpeg would take for a list of other files, and open those."""
    try:
        import av
    except ImportError as error:
        raise PictureError(
            f"Videos are read here where one more package is installed (`{INSTALL_VIDEO}`). Save the clip as a GIF."
        ) from error
    form = "matroska" if data[:4] == b"\x1aE\xdf\xa3" else "mov" if data[4:8] in _QUICKTIME else ""
    kind = kind_of(data)
    if not form or kind is None or kind.key != "video":
        raise PictureError("This kind of video is not known here. Save it as MP4, MOV or GIF, then bring it.")
    try:
        container = av.open(io.BytesIO(data), format=form)
    except Exception as error:
        raise PictureError("This video could not be opened: the file is damaged. Save it anew as MP4.") from error
    with container:
        streams = container.streams.video
        if not streams:
            raise PictureError("There are no pictures in this file, only sound. Choose a video.")
        yield container, streams[0]


def _examine_video(data: bytes) -> ClipInfo:
    with _opened(data) as (container, stream):
        context = stream.codec_context
        size = int(context.height), int(context.width)
        frames = 0
        try:
            for packet in container.demux(stream):
                frames += packet.size > 0
                if frames > MOST_FRAMES:
                    break
        except Exception as error:
            raise PictureError("This video is damaged: it breaks before its end. Save it anew as MP4.") from error
        told = stream.duration and stream.time_base and float(stream.duration * stream.time_base)
        seconds = told or (container.duration or 0) / 1e6 or frames / 25
    return ClipInfo("video", frames, size, float(seconds))


def _frames_of_video(data: bytes, chosen: Sequence[int]) -> Iterator[np.ndarray]:
    wanted, last = set(chosen), max(chosen, default=-1)
    with _opened(data) as (container, stream):
        for place, frame in enumerate(container.decode(stream)):
            if max(frame.width, frame.height) > MOST_SIDE:  # a video may change its size on the way
                raise PictureError("This video becomes larger on its way than can be read here. Save it anew as MP4.")
            if place in wanted:
                width, height = fitted_size(frame.width, frame.height, _SIDE)
                picture = frame.to_ndarray(format="rgb24", width=width, height=height)
                yield np.ascontiguousarray(np.rot90(picture, round(getattr(frame, "rotation", 0) / 90) % 4))
            if place >= last:
                return
