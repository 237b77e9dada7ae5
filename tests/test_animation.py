"""Moving pictures, read back as a browser and as a catalogue would; and the visible mark."""

from __future__ import annotations

import io
import sys
import xml.etree.ElementTree as ElementTree

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mcld_app.body.mannequin.pose import Pose
from mcld_app.errors import StudioError
from mcld_app.output.animation import encode_gif, encode_mp4
from mcld_app.output.origin import EDITED, GENERATED
from mcld_app.output.watermark import with_watermark
from mcld_app.synthetic.people import draw_person, render_person

EXTENSION = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
ENCODERS = pytest.mark.parametrize("encode", [encode_gif, encode_mp4])


@pytest.fixture(scope="module")
def turning() -> list[np.ndarray]:
    """A drawn person who turns, on the ground of a studio, 256 x 176."""
    return [render_person(draw_person(3), Pose(yaw=yaw), (256, 176))[0] for yaw in (0, 20, 40, 60)]


def xmp_in(file: bytes) -> dict[str, str]:
    """The XMP of any file, found as catalogues find it: by its first and last letters."""
    start, end = file.index(b"<?xpacket begin"), file.index(b'<?xpacket end="r"?>')
    packet = file[start:end].decode("utf-8")
    return ElementTree.fromstring(packet[packet.index("<x:") :])[0][0].attrib


def frames_of(gif: bytes) -> list[np.ndarray]:
    image = Image.open(io.BytesIO(gif))
    out = []
    for k in range(image.n_frames):
        image.seek(k)
        out.append(np.asarray(image.convert("RGB")))
    return out


def mean_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b).mean())


# --- Both kinds ----------------------------------------------------------------------------------------------------


@ENCODERS
@pytest.mark.parametrize(("edited", "source"), [(False, GENERATED), (True, EDITED)])
def test_the_file_says_to_programs_that_a_model_made_it(encode, edited: bool, source: str, turning: list) -> None:
    said = xmp_in(encode(turning[:2], 0.2, 'a "<model>" & ü', edited=edited))
    assert said[f"{EXTENSION}DigitalSourceType"] == source
    assert said[f"{EXTENSION}AISystemUsed"] == 'a "<model>" & ü'


@ENCODERS
@pytest.mark.parametrize(
    ("pictures", "seconds", "sentence"),
    [
        ([], 0.1, "no pictures"),
        ([np.zeros((64, 44, 3), np.uint8), np.zeros((64, 46, 3), np.uint8)], 0.1, "different sizes"),
        ([np.zeros((64, 44), np.uint8)], 0.1, "RGB pictures of 8 bits"),
        ([np.zeros((64, 44, 3), np.float32)], 0.1, "RGB pictures of 8 bits"),
        ([np.zeros((64, 44, 3), np.uint8)], 0.0, "from 0.02 to 10"),
        ([np.zeros((64, 44, 3), np.uint8)], float("nan"), "from 0.02 to 10"),
    ],
)
def test_what_cannot_move_is_a_sentence(encode, pictures: list, seconds: float, sentence: str) -> None:
    with pytest.raises(StudioError, match=sentence):
        encode(pictures, seconds, "m")


# --- GIF -----------------------------------------------------------------------------------------------------------


@given(count=st.integers(1, 5), hundredths=st.integers(2, 1000))
def test_every_picture_is_in_the_gif_for_its_time(count: int, hundredths: int) -> None:
    pictures = [np.full((8, 6, 3), 40 * k, np.uint8) for k in range(count)]
    image = Image.open(io.BytesIO(encode_gif(pictures, hundredths / 100, "m")))
    assert image.n_frames == count and image.size == (6, 8)
    for k in range(count):
        image.seek(k)
        assert image.info["duration"] == hundredths * 10


def test_a_gif_runs_for_ever_and_says_what_it_is_in_a_comment(turning: list) -> None:
    image = Image.open(io.BytesIO(encode_gif(turning, 0.1, "MCLD demo", "seed 7, ümlaut")))
    assert image.info["loop"] == 0
    assert image.info["comment"].decode("utf-8") == "AI-generated with MCLD demo (seed 7, ümlaut)"


def test_pictures_that_are_the_same_become_one_that_stays_longer() -> None:
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    image = Image.open(io.BytesIO(encode_gif([black, black, white], 0.1, "m")))
    times = []
    for k in range(image.n_frames):
        image.seek(k)
        times.append(image.info["duration"])
    assert times == [200, 100]


def test_a_drawn_person_looks_the_same_in_a_gif(turning: list) -> None:
    shown = frames_of(encode_gif(turning, 0.1, "m"))
    assert len(shown) == len(turning)
    assert max(mean_difference(a, b) for a, b in zip(shown, turning, strict=True)) < 3


def test_what_stands_still_does_not_flicker(turning: list) -> None:
    """Not even where a network draws the same wall a little differently each time."""
    rng = np.random.default_rng(0)
    restless = [np.clip(p + rng.integers(-2, 3, p.shape), 0, 255).astype(np.uint8) for p in turning]
    still = np.ptp(np.stack(turning).astype(int), 0).max(-1) == 0
    assert still.mean() > 0.4
    shown = np.stack(frames_of(encode_gif(restless, 0.1, "m")))[:, still]
    assert (shown == shown[0]).all()


def test_a_slow_change_is_followed() -> None:
    fading = [np.full((16, 16, 3), 3 * k, np.uint8) for k in range(60)]
    shown = frames_of(encode_gif(fading, 0.02, "m"))
    assert mean_difference(shown[-1], fading[-1]) < 6


def test_a_reader_that_knows_no_xmp_finds_the_end_of_the_gif(turning: list) -> None:
    """It takes the text for blocks, each with its length before it, and must come out where the extension ends."""
    gif = encode_gif(turning[:2], 0.1, "MCLD demo")
    at = gif.index(b"XMP DataXMP") + 11
    while length := gif[at]:
        at += 1 + length
    assert gif[at + 1 :] == b";"


# --- MP4 -----------------------------------------------------------------------------------------------------------


def test_every_picture_is_in_the_mp4_for_its_time_in_its_colours(turning: list) -> None:
    with av.open(io.BytesIO(encode_mp4(turning, 0.25, "MCLD demo", "seed 7"))) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (176, 256)
        assert file.duration == 1_000_000 and file.metadata["comment"] == "AI-generated with MCLD demo (seed 7)"
        shown = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(shown) == len(turning)
    assert max(mean_difference(a, b) for a, b in zip(shown, turning, strict=True)) < 3


def test_the_video_names_its_colours_so_that_no_player_guesses() -> None:
    red = np.full((64, 64, 3), (200, 30, 40), np.uint8)
    with av.open(io.BytesIO(encode_mp4([red, red], 0.5, "m"))) as file:
        frame = next(file.decode(video=0))
        assert (int(frame.colorspace), int(frame.color_range)) == (1, 1)
        assert mean_difference(frame.to_ndarray(format="rgb24"), red) < 3


def test_odd_sides_get_one_more_pixel() -> None:
    with av.open(io.BytesIO(encode_mp4([np.full((65, 45, 3), 90, np.uint8)], 1, "m"))) as file:
        assert (file.streams.video[0].width, file.streams.video[0].height) == (46, 66)


def test_xmp_stands_in_a_box_of_its_own_behind_the_others(turning: list) -> None:
    file = encode_mp4(turning[:2], 0.2, "m")
    boxes, at = [], 0
    while at < len(file):
        length = int.from_bytes(file[at : at + 4], "big")
        boxes.append((file[at + 4 : at + 8], file[at + 8 : at + length]))
        at += length
    assert {kind for kind, _ in boxes} >= {b"ftyp", b"moov", b"mdat"} and at == len(file)
    kind, body = boxes[-1]
    assert kind == b"uuid" and body[:16].hex() == "be7acfcb97a942e89c71999491e3afac"
    assert body[16:].startswith(b"<?xpacket begin")


def test_without_the_package_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch, turning: list) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(StudioError, match=r"pip install -r requirements-video.txt.*A GIF works without it"):
        encode_mp4(turning, 0.1, "m")


# --- The mark ------------------------------------------------------------------------------------------------------


@given(height=st.integers(64, 400), width=st.integers(64, 400), level=st.integers(0, 255))
def test_the_mark_is_small_and_in_the_corner_and_the_rest_is_untouched(height: int, width: int, level: int) -> None:
    picture = np.full((height, width, 3), level, np.uint8)
    marked = with_watermark(picture)
    assert (picture == level).all(), "the picture that was given stays as it was"
    assert marked.dtype == np.uint8 and marked.shape == picture.shape
    rows, columns = np.nonzero((marked != picture).any(-1))
    assert rows.min() >= height // 2 and columns.min() >= width // 2
    assert (np.ptp(rows) + 1) * (np.ptp(columns) + 1) <= 0.05 * height * width


@pytest.mark.parametrize("level", [0, 30, 90, 128, 200, 255])
def test_the_mark_is_read_on_any_ground(level: int) -> None:
    """White letters on a plate at least 100 levels darker, and the plate itself stands out from what is around it."""
    picture = np.full((256, 176, 3), level, np.uint8)
    marked = with_watermark(picture)
    where = (marked != picture).any(-1)
    rows, columns = np.nonzero(where)
    plate = marked[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1, 0].astype(int)
    letters, ground = plate > 225, np.percentile(plate, 30)
    assert 0.08 < letters[3:-3, 3:-3].mean() < 0.5 and 235 - ground > 100
    assert np.abs(plate - level).max() > 100


def test_the_same_mark_each_time(turning: list) -> None:
    assert np.array_equal(with_watermark(turning[0]), with_watermark(turning[0].copy()))
    with pytest.raises(StudioError, match="RGB pictures"):
        with_watermark(np.zeros((64, 64), np.uint8))
