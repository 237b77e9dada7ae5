"""Moving pictures of what a model drew: an animated GIF, or an MP4 with H.264, which every browser plays.

Both say that they are AI-made, as `origin` puts it: in a comment for people, in XMP for programs, and
signed where `credentials` can.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from PIL import Image

from mcld_app.body.checks import check_rgb
from mcld_app.errors import StudioError
from mcld_app.output.credentials import with_credentials
from mcld_app.output.origin import description, xmp_packet
from mcld_app.request import within

INSTALL_VIDEO = "pip install -r requirements-video.txt"

_SHORTEST, _LONGEST = 0.02, 10.0  # seconds; browsers slow a GIF down that asks for less
_COLOURS = 255  # one place of a GIF's palette is left for "as before"
_SAMPLE = 1 << 16  # pixels that the palette is chosen from
_STILL = 4  # levels that a pixel may change by and still count as the same
_DITHER = 4  # levels from the lowest to the highest of the pattern
_XMP_BOX = uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac")


def encode_gif(
    pictures: Sequence[np.ndarray], seconds_each: float, model: str, details: str = "", *, edited: bool = False
) -> bytes:
    """An animated GIF that runs for ever.

    All pictures share one palette, and pixels that hardly change keep their colour, so that what stands still does not
    flicker. Two pictures that are the same become one that stays twice as long.

    Args:
        pictures: at least one, all (H, W, 3) uint8 RGB of one size.
        seconds_each: how long each stays, 0.02..10, kept to a hundredth.
        model, details, edited: see `provenance.encode_generated`.

    Raises:
        StudioError: for no pictures, other arrays, different sizes, or another time.
    """
    _check(pictures, seconds_each)
    frames = _one_palette(_stilled(pictures))
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=round(seconds_each * 100) * 10,
        loop=0,
        optimize=True,
        comment=description(model, details, edited=edited).encode("utf-8"),
    )
    gif = buffer.getvalue()
    gif = gif[:-1] + _xmp_extension(xmp_packet(model, edited=edited)) + gif[-1:]
    return with_credentials(gif, "image/gif", model, edited=edited)


def encode_mp4(
    pictures: Sequence[np.ndarray], seconds_each: float, model: str, details: str = "", *, edited: bool = False
) -> bytes:
    """An MP4 video with H.264, without sound. A side of an odd number of pixels gets one more, as H.264 wants it.

    Args and Raises: as `encode_gif`; and StudioError where the package `av` is not installed.
    """
    _check(pictures, seconds_each)
    try:
        import av
    except ImportError as error:
        raise StudioError(f"MP4 needs one more package: `{INSTALL_VIDEO}`. A GIF works without it.") from error
    height, width = (side + side % 2 for side in pictures[0].shape[:2])
    rate = Fraction(100, round(seconds_each * 100))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        file.metadata["comment"] = description(model, details, edited=edited)
        stream = file.add_stream("libx264", rate=rate, options={"crf": "16", "preset": "medium", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        bt709 = {"colorspace": 1, "color_primaries": 1, "color_trc": 1, "color_range": 1}  # ITU-T H.273
        for name, value in bt709.items():
            setattr(stream.codec_context, name, value)
        for picture in pictures:
            rows, columns = height - picture.shape[0], width - picture.shape[1]
            even = np.pad(picture, ((0, rows), (0, columns), (0, 0)), mode="edge")
            frame = av.VideoFrame.from_ndarray(even, format="rgb24")
            file.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=1, dst_color_range=1)))
        file.mux(stream.encode())
    video = buffer.getvalue() + _xmp_box(xmp_packet(model, edited=edited))
    return with_credentials(video, "video/mp4", model, edited=edited)


def _check(pictures: Sequence[np.ndarray], seconds_each: float) -> None:
    within("The seconds of each picture", seconds_each, _SHORTEST, _LONGEST)
    if not len(pictures):
        raise StudioError("There are no pictures to make a moving one of. Draw some first.")
    for picture in pictures:
        check_rgb(picture, "A moving picture is made of RGB pictures of 8 bits per channel", error=StudioError)
    if len({picture.shape for picture in pictures}) > 1:
        raise StudioError("These pictures are of different sizes. A moving picture is made of pictures of one size.")


# --- GIF -----------------------------------------------------------------------------------------------------------


def _stilled(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The pictures, each pixel as it was before where it is nearly that. It is compared with what is shown, not with
    the picture before, so a slow change is followed."""
    shown = [pictures[0]]
    for picture in pictures[1:]:
        still = np.abs(picture.astype(np.int16) - shown[-1]).max(2, keepdims=True) <= _STILL
        shown.append(np.where(still, shown[-1], picture))
    return shown


def _one_palette(pictures: list[np.ndarray]) -> list[Image.Image]:
    """The pictures in the same colours. The dither pattern stands still: a pixel that does not change gives the same
    colour each time, which error diffusion would not."""
    height, width = pictures[0].shape[:2]
    rng = np.random.default_rng(0)
    sample = [p.reshape(-1, 3)[rng.integers(0, height * width, _SAMPLE // len(pictures) + 1)] for p in pictures]
    chosen = Image.fromarray(np.concatenate(sample)[None])
    palette = chosen.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1)
    pattern = np.zeros((1, 1))
    for _ in range(3):  # Bayer's matrix, 8 x 8
        pattern = np.block([[4 * pattern, 4 * pattern + 2], [4 * pattern + 3, 4 * pattern + 1]])
    pattern = ((pattern + 0.5) / 64 - 0.5) * _DITHER
    pattern = np.tile(pattern, (height // 8 + 1, width // 8 + 1))[:height, :width, None]
    dithered = (np.clip(picture + pattern, 0, 255).round().astype(np.uint8) for picture in pictures)
    return [Image.fromarray(p).quantize(palette=palette, dither=Image.Dither.NONE) for p in dithered]


def _xmp_extension(packet: str) -> bytes:
    """XMP as an application extension (XMP specification, part 3, GIF). A reader that does not know it takes the text
    for blocks whose lengths are its letters; wherever it lands, the bytes behind lead it to the end."""
    magic = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
    return b"\x21\xff\x0bXMP DataXMP" + packet.encode("utf-8") + magic


# --- MP4 -----------------------------------------------------------------------------------------------------------


def _xmp_box(packet: str) -> bytes:
    """XMP as a box of its own, behind the others (XMP specification, part 3, MPEG-4)."""
    body = _XMP_BOX.bytes + packet.encode("utf-8")
    return (8 + len(body)).to_bytes(4, "big") + b"uuid" + body
