"""read_photo: whatever a user brings becomes upright 8-bit RGB, or one clear sentence."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from mcld_app.body.photo import MAX_SIDE, encode_png, fitted_size, read_photo
from mcld_app.errors import PictureError, StudioError

HEIGHT, WIDTH = 96, 80


@pytest.fixture
def scene() -> np.ndarray:
    """Four different corners, smooth enough for JPEG: red grows to the right, green downwards."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([x * 255 // (WIDTH - 1), y * 255 // (HEIGHT - 1), 0 * x + 90], -1).astype(np.uint8)


def saved(picture: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises width x height pixels and holds none."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 64)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def refusal(source, **options) -> str:
    """The sentence a user sees; it names no Python type and no file of ours."""
    with pytest.raises(PictureError) as caught:
        read_photo(source, **options)
    sentence = str(caught.value)
    assert sentence[0].isupper() and sentence.endswith("."), sentence
    assert "Error" not in sentence and "Traceback" not in sentence and "PIL" not in sentence
    return sentence


class TestSources:
    def test_path_text_bytes_picture_and_array_give_the_same(self, scene: np.ndarray, tmp_path: Path) -> None:
        path = tmp_path / "photo.png"
        path.write_bytes(saved(scene, "PNG"))
        for source in (path, str(path), path.read_bytes(), Image.open(path), scene):
            photo = read_photo(source)
            assert photo.dtype == np.uint8 and np.array_equal(photo, scene), type(source)

    @pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG"])
    def test_every_allowed_format(self, scene: np.ndarray, kind: str) -> None:
        photo = read_photo(saved(scene, kind))
        assert photo.shape == scene.shape
        tolerance = {"GIF": 24, "WEBP": 12, "JPEG": 12}.get(kind, 0)
        assert np.abs(photo.astype(int) - scene).mean() <= tolerance

    def test_result_is_the_caller_s_own(self, scene: np.ndarray) -> None:
        before = scene.copy()
        read_photo(scene)[:] = 0
        assert np.array_equal(scene, before)

    def test_arrays_of_other_kinds(self) -> None:
        grey = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
        expected = np.repeat(np.rint(grey * 255).astype(np.uint8)[..., None], 3, 2)
        assert np.array_equal(read_photo(grey), expected)
        assert np.array_equal(read_photo(grey[..., None].astype(np.float32)), expected)
        assert np.array_equal(read_photo(grey * 255), expected)
        assert np.abs(read_photo(np.rint(grey * 65535).astype(np.uint16)).astype(int) - expected).max() <= 1
        assert read_photo(grey > 0.5).max() == 255


class TestColours:
    def test_grey(self) -> None:
        grey = np.tile(np.arange(WIDTH, dtype=np.uint8) * 3, (HEIGHT, 1))
        photo = read_photo(saved(grey, "PNG"))
        assert all(np.array_equal(photo[..., channel], grey) for channel in range(3))

    def test_one_bit(self) -> None:
        bits = Image.new("1", (WIDTH, HEIGHT), 1)
        assert (read_photo(saved(bits, "PNG")) == 255).all()

    def test_16_bit_grey_is_scaled_not_clipped(self) -> None:
        deep = np.linspace(0, 65535, HEIGHT * WIDTH).astype(np.uint16).reshape(HEIGHT, WIDTH)
        for kind in ("PNG", "TIFF"):
            photo = read_photo(saved(deep, kind))
            assert np.abs(photo[..., 0].astype(float) - deep / 257).max() <= 0.5, kind
        assert read_photo(Image.fromarray(deep.astype(np.int32))).max() == 255  # Pillow's mode I

    def test_palette_with_a_transparent_colour(self) -> None:
        image = Image.new("P", (WIDTH, HEIGHT), 0)
        image.putpalette([255, 0, 0, 0, 0, 255])
        image.paste(1, (0, 0, WIDTH // 2, HEIGHT))
        photo = read_photo(saved(image, "PNG", transparency=0))
        assert photo[0, 0].tolist() == [0, 0, 255]
        assert photo[0, -1].tolist() == [255, 255, 255], "the transparent red lies on white"

    @pytest.mark.parametrize(("mode", "clear", "half"), [("RGBA", (0, 0, 0, 0), (0, 0, 0, 128)),
                                                         ("LA", (0, 0), (0, 128))])  # fmt: skip
    def test_transparency_lies_on_white(self, mode: str, clear: tuple, half: tuple) -> None:
        image = Image.new(mode, (WIDTH, HEIGHT), clear)
        image.paste(half, (0, 0, WIDTH // 2, HEIGHT))
        photo = read_photo(saved(image, "PNG"))
        assert photo[0, -1].tolist() == [255, 255, 255]
        assert photo[0, 0].tolist() == [127, 127, 127]

    def test_cmyk(self, scene: np.ndarray) -> None:
        cmyk = Image.fromarray(scene).convert("CMYK")
        for kind in ("TIFF", "JPEG"):  # Pillow writes CMYK JPEGs inverted, as Adobe does
            photo = read_photo(saved(cmyk, kind, **({"quality": 95} if kind == "JPEG" else {})))
            assert np.abs(photo.astype(int) - scene).mean() < 6, kind

    def test_first_frame_of_an_animation(self) -> None:
        frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "blue")]
        for kind in ("GIF", "WEBP", "PNG"):
            data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
            red, _, blue = read_photo(data)[5, 5].tolist()
            assert red > 240 and blue < 15, kind


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
    def test_exif_rotated_photo_comes_upright(self, scene: np.ndarray, orientation: int, kind: str) -> None:
        stored = {  # how a camera held that way stores the scene
            1: scene,
            2: scene[:, ::-1],
            3: scene[::-1, ::-1],
            4: scene[::-1],
            5: scene.transpose(1, 0, 2),
            6: np.rot90(scene, 1),
            7: scene[::-1, ::-1].transpose(1, 0, 2),
            8: np.rot90(scene, -1),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        photo = read_photo(saved(np.ascontiguousarray(stored), kind, exif=exif))
        assert photo.shape == scene.shape
        assert np.abs(photo.astype(int) - scene).mean() < 6

    @pytest.mark.filterwarnings("ignore:Corrupt EXIF")
    def test_broken_exif_is_ignored(self, scene: np.ndarray) -> None:
        data = saved(scene, "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff broken")
        assert read_photo(data).shape == scene.shape


class TestSize:
    def test_larger_photo_is_scaled_down_to_the_stated_side(self) -> None:
        photo = read_photo(Image.new("RGB", (1500, 3000), (9, 99, 199)))
        assert photo.shape == (MAX_SIDE, MAX_SIDE // 2, 3)
        assert (photo == (9, 99, 199)).all()
        assert read_photo(Image.new("RGB", (200, 400)), max_side=200).shape == (200, 100, 3)

    def test_size_is_kept_on_request(self) -> None:
        assert read_photo(Image.new("RGB", (1500, 3000)), max_side=None).shape == (3000, 1500, 3)

    def test_fitted_size_keeps_proportions(self) -> None:
        assert fitted_size(3000, 1500, 2048) == (2048, 1024)
        assert fitted_size(300, 150, 2048) == (300, 150)
        assert fitted_size(300, 150, None) == (300, 150)

    @pytest.mark.parametrize("size", [(1, 1), (63, 200)])
    def test_too_small(self, size: tuple[int, int]) -> None:
        sentence = refusal(saved(Image.new("RGB", size), "PNG"))
        assert f"{size[0]} x {size[1]}" in sentence and "too small" in sentence

    def test_long_and_thin(self) -> None:
        assert "long and thin" in refusal(Image.new("RGB", (64, 9000)))

    @pytest.mark.parametrize("size", [(40_000, 40_000), (5000, 4001), (16_385, 100), (12_800, 12_800)])
    def test_huge_promise_is_refused_from_the_header(self, size: tuple[int, int]) -> None:
        limit = Image.MAX_IMAGE_PIXELS
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            told = refusal(png_header(*size))
            assert re.match(rf"The photo is too large( \({size[0]} x {size[1]} pixels\))?: 20 million pixels", told)
        assert limit == Image.MAX_IMAGE_PIXELS, "Pillow's own limit is not ours to change"

    def test_huge_promise_is_refused_when_the_app_lowers_pillows_limit(self, monkeypatch) -> None:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000_000)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            assert "too large: 20 million pixels" in refusal(png_header(6000, 6000))

    def test_huge_array(self) -> None:
        assert "too large" in refusal(np.broadcast_to(np.uint8(0), (40_000, 40_000, 3)))


class TestDamage:
    def test_text_renamed_to_png(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.png"
        path.write_text("this is no picture\n" * 50)
        assert "not a picture" in refusal(path)

    def test_phone_format_is_named(self) -> None:
        assert "HEIC" in refusal(b"\0\0\0\x18ftypheic" + b"\0" * 64)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF"])
    def test_truncated(self, kind: str) -> None:
        noise = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        data = saved(noise, kind)
        sentence = refusal(data[: len(data) // 2])
        assert "damaged" in sentence or "not a picture" in sentence
        if kind in ("JPEG", "PNG"):
            assert "cut off" in sentence

    def test_other_formats_are_not_opened(self, scene: np.ndarray) -> None:
        for kind in ("PPM", "TGA", "ICO", "PDF"):
            assert "not a picture this app knows" in refusal(saved(scene, kind))

    def test_nothing_to_read(self, tmp_path: Path) -> None:
        assert "Choose" in refusal(None)
        assert "empty" in refusal(b"")
        assert "'gone.png'" in refusal(tmp_path / "gone.png")
        assert str(tmp_path) not in refusal(tmp_path / "gone.png"), "a user's folders stay private"
        refusal(tmp_path)
        refusal("a\0b.png")

    @pytest.mark.parametrize("array", [
        np.zeros((HEIGHT, WIDTH, 2), np.uint8),
        np.zeros(7, np.uint8),
        np.zeros((0, 5, 3), np.uint8),
        np.full((HEIGHT, WIDTH, 3), np.nan),
        np.full((HEIGHT, WIDTH, 3), "x"),
    ])  # fmt: skip
    def test_arrays_that_are_no_pictures(self, array: np.ndarray) -> None:
        refusal(array)

    @given(st.data())
    def test_any_damage_gives_a_picture_or_a_sentence(self, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"]))
        broken = bytearray(saved(Image.new("RGB", (70, 70), (200, 30, 60)), kind))
        for _ in range(data.draw(st.integers(1, 4))):
            broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                photo = read_photo(bytes(broken[: data.draw(st.integers(1, len(broken)))]))
            except StudioError:
                return
        assert photo.dtype == np.uint8 and photo.ndim == 3 and photo.shape[2] == 3


class TestEncode:
    @given(arrays(np.uint8, st.tuples(st.integers(64, 70), st.integers(64, 70), st.just(3))))
    def test_round_trip(self, picture: np.ndarray) -> None:
        assert np.array_equal(read_photo(encode_png(picture)), picture)

    def test_alpha_is_kept(self, scene: np.ndarray) -> None:
        rgba = np.dstack([scene, scene[..., 0]])
        assert np.array_equal(np.array(Image.open(io.BytesIO(encode_png(rgba)))), rgba)

    def test_what_cannot_be_saved(self) -> None:
        for picture in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)):
            with pytest.raises(PictureError):
                encode_png(picture)


def test_the_real_photo(shared: Path) -> None:
    photo = read_photo(shared / "real" / "person.jpg")
    assert photo.shape == (1100, 762, 3) and photo.std() > 10


def test_a_phones_large_jpeg_is_decoded_smaller(tmp_path: Path):
    """50 megapixels, 8192 x 6144, a red half above a blue one."""
    picture = np.zeros((6144, 8192, 3), np.uint8)
    picture[:3072, :, 0] = picture[3072:, :, 2] = 220
    Image.fromarray(picture).save(tmp_path / "phone.jpg", quality=80)
    photo = read_photo(tmp_path / "phone.jpg")
    assert photo.shape == (1536, 2048, 3)
    assert photo[300, 1000, 0] > 200 > photo[300, 1000, 2] + 150
    assert photo[1200, 1000, 2] > 200 > photo[1200, 1000, 0] + 150
