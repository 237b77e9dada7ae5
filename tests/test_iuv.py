"""IUV maps: read and write in both orders, refuse with clear sentences, resize, frame to 11:16 and back."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mcld_app.body import framing
from mcld_app.body import iuv as maps
from mcld_app.body.framing import Frame, edge_colour
from mcld_app.body.map_signs import looks_like_iuv
from mcld_app.body.photo import read_photo
from mcld_app.errors import IUVError, PictureError


def drawn_map(height: int, width: int) -> np.ndarray:
    """A figure of ellipses at that size: parts side by side, U and V running over 0..255 inside each."""
    y, x = np.mgrid[0:height, 0:width]
    y, x = (y + 0.5) / height, (x + 0.5) / width
    out = np.zeros((height, width, 3), np.uint8)
    limbs = [  # part, centre x and y, radius x and y
        (9, 0.42, 0.62, 0.07, 0.16), (10, 0.58, 0.62, 0.07, 0.16), (13, 0.42, 0.84, 0.05, 0.12),
        (14, 0.58, 0.84, 0.05, 0.12), (18, 0.27, 0.34, 0.06, 0.12), (17, 0.73, 0.34, 0.06, 0.12),
        (22, 0.23, 0.50, 0.05, 0.11), (21, 0.77, 0.50, 0.05, 0.11), (3, 0.22, 0.62, 0.04, 0.04),
        (4, 0.78, 0.62, 0.04, 0.04), (2, 0.50, 0.38, 0.19, 0.18), (23, 0.46, 0.12, 0.06, 0.08),
        (24, 0.54, 0.12, 0.06, 0.08), (6, 0.41, 0.96, 0.05, 0.03), (5, 0.59, 0.96, 0.05, 0.03),
    ]  # fmt: skip
    for part, cx, cy, rx, ry in limbs:
        u, v = (x - cx) / rx, (y - cy) / ry
        inside = u**2 + v**2 <= 1
        place = np.stack([np.full_like(u, part), 128 + 127 * u, 128 + 127 * v], -1)
        out[inside] = place[inside].astype(np.uint8)
    return out


def stored(rgb: np.ndarray, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(buffer, kind, **options)
    return buffer.getvalue()


def deep_png(rgb: np.ndarray) -> bytes:
    """A PNG of 16 bits per channel, which Pillow cannot write in colour."""
    return cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()


def refusal(source, **options) -> str:
    with pytest.raises(IUVError) as caught:
        maps.read_iuv(source, **options)
    sentence = str(caught.value)
    assert sentence[0].isupper() and sentence.endswith(".") and "Error" not in sentence
    return sentence


@st.composite
def any_map(draw: st.DrawFn, smallest: int = 16, largest: int = 48) -> np.ndarray:
    """A true map of any content: blocks of parts on a clean background, with any U and V in them."""
    height, width = draw(st.integers(smallest, largest)), draw(st.integers(smallest, largest))
    seed = draw(st.integers(0, 2**32 - 1))
    place = np.random.default_rng(seed).integers(0, 256, (height, width, 2), np.uint8)
    part = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(1, 5))):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        bottom, right = draw(st.integers(top + 1, height)), draw(st.integers(left + 1, width))
        part[top:bottom, left:right] = draw(st.integers(1, 24))
    return np.dstack([part, place * (part > 0)[..., None]])


def triples(iuv: np.ndarray) -> set[tuple[int, ...]]:
    return set(map(tuple, iuv.reshape(-1, 3).tolist()))


@pytest.fixture
def figure() -> np.ndarray:
    return drawn_map(256, 176)


class TestOrders:
    def test_the_network_order_is_what_pillow_reads_as_v_u_i(self, figure: np.ndarray, tmp_path: Path):
        path = tmp_path / "map.png"
        maps.write_iuv(figure, path)
        assert np.array_equal(np.array(Image.open(path)), figure[..., ::-1])
        assert np.array_equal(cv2.imread(str(path)), figure), "OpenCV reads I, U, V"
        assert np.array_equal(maps.to_network_rgb(figure), figure[..., ::-1])
        assert np.array_equal(maps.from_network_rgb(maps.to_network_rgb(figure)), figure)

    @pytest.mark.parametrize("order", ["network", "rgb"])
    def test_auto_tells_the_orders_apart(self, figure: np.ndarray, order: maps.Order) -> None:
        assert np.array_equal(maps.read_iuv(maps.encode_iuv(figure, order=order)), figure)

    def test_auto_takes_the_standard_when_both_might_be(self) -> None:
        dim = np.zeros((32, 32, 3), np.uint8)
        dim[8:24, 8:24] = (5, 6, 7)
        assert np.array_equal(maps.read_iuv(maps.to_network_rgb(dim)), dim)

    def test_auto_is_not_misled_by_u_and_v_left_on_the_background(self, figure: np.ndarray) -> None:
        figure[..., 1:][figure[..., 0] == 0] = (77, 140)
        for order in ("network", "rgb"):
            assert np.array_equal(maps.read_iuv(maps.encode_iuv(figure, order=order)), figure)

    def test_when_all_numbers_are_small_a_clean_background_decides(self) -> None:
        dim = np.zeros((32, 32, 3), np.uint8)
        dim[8:24, 8:24] = (5, 6, 7)
        dim[8:24, 8:12, 2] = 0  # read the other way, U would lie on background here
        assert np.array_equal(maps.read_iuv(dim), dim)
        assert np.array_equal(maps.read_iuv(maps.to_network_rgb(dim)), dim)

    @given(any_map(), st.sampled_from(["network", "rgb"]))
    def test_round_trip(self, iuv: np.ndarray, order: maps.Order) -> None:
        assert np.array_equal(maps.read_iuv(maps.encode_iuv(iuv, order=order), order=order), iuv)

    @given(any_map())
    def test_the_standard_on_disk_needs_no_order(self, iuv: np.ndarray) -> None:
        assert np.array_equal(maps.read_iuv(maps.encode_iuv(iuv)), iuv)

    @pytest.mark.parametrize(("kind", "options"), [("BMP", {}), ("TIFF", {"compression": "tiff_lzw"}),
                                                   ("WEBP", {"lossless": True})])  # fmt: skip
    def test_other_lossless_files(self, figure: np.ndarray, kind: str, options: dict) -> None:
        assert np.array_equal(maps.read_iuv(stored(figure[..., ::-1], kind, **options)), figure)

    def test_alpha_is_ignored(self, figure: np.ndarray) -> None:
        rgba = np.dstack([figure[..., ::-1], figure[..., 0]])
        assert np.array_equal(maps.read_iuv(stored(rgba)), figure)

    def test_only_png_is_written(self, figure: np.ndarray, tmp_path: Path) -> None:
        with pytest.raises(IUVError, match="PNG"):
            maps.write_iuv(figure, tmp_path / "map.jpg")


class TestRefusals:
    @pytest.mark.parametrize(("kind", "options", "named"), [
        ("JPEG", {"quality": 100}, "JPEG"),
        ("WEBP", {"quality": 90}, "lossy WebP"),
        ("TIFF", {"compression": "jpeg"}, "JPEG-compressed TIFF"),
    ])  # fmt: skip
    def test_lossy_files_are_refused_by_their_format(self, figure, kind: str, options: dict, named: str):
        sentence = refusal(stored(figure[..., ::-1], kind, **options))
        assert named in sentence and "PNG" in sentence

    @pytest.mark.parametrize("size", [(64, 44), (256, 176), (1024, 704)])
    @pytest.mark.parametrize("quality", [30, 75, 90, 95, 100])
    @pytest.mark.parametrize("step", [1, -1])
    def test_a_jpeg_renamed_to_png_is_noticed(self, size: tuple[int, int], quality: int, step: int) -> None:
        jpeg = stored(drawn_map(*size)[..., ::step], "JPEG", quality=quality)
        assert "JPEG" in refusal(np.array(Image.open(io.BytesIO(jpeg))))

    @pytest.mark.parametrize("size", [(64, 44), (300, 300), (512, 512)])
    def test_a_smoothly_resized_map_is_noticed(self, figure: np.ndarray, size: tuple[int, int]) -> None:
        assert "resized" in refusal(maps.to_network_rgb(maps.resize_like_authors(figure, size)))

    @pytest.mark.parametrize("height", [16, 17, 24, 32, 48, 64, 100, 256, 700, 1600])
    def test_true_maps_of_any_size_are_not_taken_for_blended(self, figure: np.ndarray, height: int) -> None:
        width = max(16, height * 11 // 16)
        assert not maps.is_blended(drawn_map(height, width))
        assert not maps.is_blended(maps.resize_iuv(figure, (height, width)))

    def test_thin_parts_on_a_clean_background_are_not_taken_for_blended(self) -> None:
        stripes = np.zeros((40, 40, 3), np.uint8)
        for column, part in ((10, 2), (11, 16), (12, 20), (13, 22), (14, 4)):
            stripes[5:35, column] = (part, 90, 200)
        assert not maps.is_blended(stripes), "2, 16, 20, 22 is a ramp, but nothing spills over"

    def test_tiny_maps_with_u_and_v_left_on_the_background_are_not_taken_for_blended(self, real) -> None:
        tiny = maps.resize_iuv(real, (23, 16))
        tiny[..., 1:][tiny[..., 0] == 0] = (77, 140)
        assert not maps.is_blended(tiny)

    def test_a_blended_close_up_without_background_is_noticed(self, figure: np.ndarray) -> None:
        figure[figure[..., 0] == 0] = (1, 60, 60)  # a body from edge to edge: nothing to spill over into
        assert not maps.is_blended(maps.resize_iuv(figure, (900, 620)))
        smooth = Image.fromarray(figure).resize((620, 900), Image.Resampling.BILINEAR)
        assert "blended" in refusal(maps.to_network_rgb(np.array(smooth)))

    @given(any_map())
    def test_no_map_with_a_clean_background_of_small_size_is_taken_for_blended(self, iuv: np.ndarray) -> None:
        assert not maps.is_blended(iuv)

    def test_wrong_parts_are_named(self, figure: np.ndarray) -> None:
        figure[60:90, 60:90, 0] = 25
        sentence = refusal(maps.to_network_rgb(figure))
        assert "part 25," in sentence
        figure[60:70, 60:90, 0] = 200
        assert "parts 25, 200," in refusal(maps.to_network_rgb(figure))

    def test_stretched_part_numbers_are_named_and_not_taken_for_a_photo(self, figure: np.ndarray) -> None:
        figure[..., 0] *= 10
        assert "parts 30, 40, 50, ...," in refusal(maps.to_network_rgb(figure))

    def test_empty_map(self) -> None:
        assert "empty" in refusal(np.zeros((64, 64, 3), np.uint8))

    def test_one_pixel(self) -> None:
        assert "1 x 1" in refusal(stored(np.ones((1, 1, 3), np.uint8)))

    def test_grey_and_deep_files(self, figure: np.ndarray) -> None:
        assert "one grey channel" in refusal(stored(figure[..., 0]))
        assert "8 bits" in refusal(stored(figure[..., 0].astype(np.uint16)))
        assert "16 bits" in refusal(deep_png(figure.astype(np.uint16)))
        assert np.array_equal(maps.read_iuv(deep_png(figure.astype(np.uint16) * 257), order="rgb"), figure)

    def test_unreadable_file_speaks_of_the_map(self, tmp_path: Path) -> None:
        path = tmp_path / "map.png"
        path.write_text("text")
        assert "IUV map" in refusal(path)
        assert "IUV map" in refusal(None)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_a_photo_is_named(self, kind: str) -> None:
        y, x = np.mgrid[0:120, 0:90]
        photo = np.stack([80 + x, 60 + y, 200 - x], -1).astype(np.uint8)
        for picture in (photo, photo[..., 0]):  # a grey photo is a photo too
            sentence = refusal(stored(picture, kind))
            assert "is a photo" in sentence and "swapped" not in sentence, "nothing is known of the other file"

    def test_a_map_given_as_the_photo_can_be_told(self, figure: np.ndarray) -> None:
        assert looks_like_iuv(maps.to_network_rgb(figure)) and looks_like_iuv(figure)
        noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), np.uint8)
        assert not looks_like_iuv(noise) and not looks_like_iuv(noise // 12)
        assert not looks_like_iuv(np.zeros((80, 80, 3), np.uint8))


class TestCheck:
    def test_a_good_pair_passes(self, figure: np.ndarray) -> None:
        maps.check_iuv(figure, np.zeros((256, 176, 3), np.uint8))

    @pytest.mark.parametrize("value", [None, np.zeros((9, 9, 3), np.int64), np.zeros((9, 9), np.uint8),
                                       np.zeros((9, 9, 4), np.uint8)])  # fmt: skip
    def test_dtype_and_shape(self, value) -> None:
        with pytest.raises(IUVError, match="uint8"):
            maps.check_iuv(value)

    def test_another_size_names_both_sizes(self, figure: np.ndarray) -> None:
        with pytest.raises(IUVError, match=r"176 x 256 .* 170 x 250.*same size"):
            maps.check_iuv(figure, np.zeros((250, 170, 3), np.uint8))

    def test_a_turned_photo_is_explained(self, figure: np.ndarray) -> None:
        with pytest.raises(IUVError, match=r"176 x 256 .* 256 x 176.*on its side"):
            maps.check_iuv(figure, np.zeros((176, 256, 3), np.uint8))


class TestResize:
    @given(any_map(1, 40), st.integers(1, 90), st.integers(1, 90))
    def test_nearest_keeps_whole_triples(self, iuv: np.ndarray, height: int, width: int) -> None:
        resized = maps.resize_iuv(iuv, (height, width))
        assert resized.shape == (height, width, 3) and resized.dtype == np.uint8
        assert triples(resized) <= triples(iuv)

    @given(any_map(1, 30), st.integers(1, 4))
    def test_whole_factors_are_exact(self, iuv: np.ndarray, factor: int) -> None:
        height, width = iuv.shape[:2]
        larger = maps.resize_iuv(iuv, (height * factor, width * factor))
        assert np.array_equal(larger, iuv.repeat(factor, 0).repeat(factor, 1))
        assert np.array_equal(maps.resize_iuv(larger, (height, width)), iuv)

    def test_nearest_is_centred(self, figure: np.ndarray) -> None:
        expected = Image.fromarray(figure).resize((61, 99), Image.Resampling.NEAREST)
        assert np.array_equal(maps.resize_iuv(figure, (99, 61)), np.array(expected))

    def test_the_authors_filter_is_pillows_default(self, figure: np.ndarray) -> None:
        resized = maps.resize_like_authors(figure, (512, 512))
        assert np.array_equal(resized, np.array(Image.fromarray(figure).resize((512, 512))))
        assert set(np.unique(resized[..., 0])) - set(np.unique(figure[..., 0])), "it blends part numbers"

    def test_a_large_pair_stays_a_pair(self) -> None:
        photo = read_photo(Image.new("RGB", (2001, 3001)))
        iuv = maps.read_iuv(maps.to_network_rgb(maps.resize_iuv(drawn_map(300, 200), (3001, 2001))))
        maps.check_iuv(iuv, photo)
        assert max(photo.shape) == 2048


class TestFraming:
    def test_person_box(self) -> None:
        iuv = np.zeros((40, 50, 3), np.uint8)
        assert framing.person_box(iuv) is None
        iuv[5:20, 10:13, 0] = 7
        assert framing.person_box(iuv) == (5, 10, 15, 3)

    @given(any_map(1, 90), st.floats(0, 0.5))
    def test_the_box_is_11_to_16_and_holds_the_person(self, iuv: np.ndarray, margin: float) -> None:
        frame = framing.plan_frame(iuv, margin=margin)
        top, left, height, width = frame.box
        whole = (top, left, height, width) == (0, 0, *iuv.shape[:2]) and framing.is_framed(height, width)
        assert height * 11 == width * 16 or whole
        y, x, tall, wide = framing.person_box(iuv)
        assert top <= y and left <= x and y + tall <= top + height and x + wide <= left + width

    @given(any_map(1, 90))
    def test_nothing_is_padded_unless_the_person_needs_it(self, iuv: np.ndarray) -> None:
        top, left, height, width = framing.plan_frame(iuv).box
        _, _, tall, wide = framing.person_box(iuv)
        units = max(-(-tall // 16), -(-wide // 11))
        if units * 16 <= iuv.shape[0] and units * 11 <= iuv.shape[1]:
            assert top >= 0 and left >= 0
            assert top + height <= iuv.shape[0] and left + width <= iuv.shape[1]

    @given(any_map(1, 90), st.integers(0, 2**32 - 1))
    def test_framing_unscaled_and_back_is_exact(self, iuv: np.ndarray, seed: int) -> None:
        photo = np.random.default_rng(seed).integers(0, 256, iuv.shape, np.uint8)
        framed = framing.frame_11_16(iuv, photo, target=None)
        assert framed.iuv.shape == framed.photo.shape == (*framed.frame.box[2:], 3)
        assert np.array_equal(framing.unframe(framed.photo, framed.frame, onto=photo), photo)
        assert np.array_equal(framing.unframe_iuv(framed.iuv, framed.frame), iuv), "the person is never cut"
        back = framing.unframe(framed.photo, framed.frame, fill=(1, 2, 3))
        kept = (back == photo).all(-1)
        assert (kept | (back == (1, 2, 3)).all(-1)).all() and kept[iuv[..., 0] > 0].all()

    @given(any_map(16, 60))
    def test_scaling_invents_no_part_and_keeps_photo_and_map_together(self, iuv: np.ndarray) -> None:
        photo = np.where(iuv[..., :1] > 0, np.uint8(250), np.uint8(0)).repeat(3, 2)
        framed = framing.frame_11_16(iuv, photo, target=(128, 88), fill=(0, 0, 0))
        assert framed.iuv.shape == framed.photo.shape == (128, 88, 3)
        assert triples(framed.iuv) <= triples(iuv) | {(0, 0, 0)}
        body = framed.iuv[..., 0] > 0
        if body.any() and not body.all():
            assert framed.photo[body].mean() > 125 > framed.photo[~body].mean()

    def test_only_the_frame_changes_when_pasting(self) -> None:
        iuv = np.zeros((100, 200, 3), np.uint8)
        iuv[30:60, 120:135, 0] = 2
        photo = np.full(iuv.shape, 200, np.uint8)
        framed = framing.frame_11_16(iuv, photo)
        assert framed.photo.shape == (512, 352, 3)
        back = framing.unframe(np.zeros((512, 352, 3), np.uint8), framed.frame, onto=photo)
        top, left, height, width = framed.frame.box
        assert (back[top : top + height, left : left + width] == 0).all()
        assert (back == 200).all(-1).sum() == 100 * 200 - height * width
        assert (photo == 200).all(), "the original is not written to"

    def test_padding_is_the_colour_of_the_background_edge(self, figure: np.ndarray) -> None:
        wide = np.zeros((100, 300, 3), np.uint8)
        wide[20:, :] = (2, 9, 9)  # most of the edge is body
        photo = np.where(wide[..., :1] > 0, np.uint8(10), np.uint8(230)).repeat(3, 2)
        framed = framing.frame_11_16(wide, photo, target=None)
        assert framed.photo[0, 0].tolist() == [230, 230, 230] and framed.iuv[0, 0].tolist() == [0, 0, 0]
        assert edge_colour(photo, wide) == (230, 230, 230)
        filled = framing.frame_11_16(wide, photo, target=None, fill=(0, 0, 0))
        assert filled.photo[0, 0].tolist() == [0, 0, 0]

    def test_a_picture_of_11_to_16_stays_whole(self, figure: np.ndarray) -> None:
        smaller = np.zeros_like(figure)
        smaller[60:200, 40:130] = maps.resize_iuv(figure, (140, 90))
        for iuv in (figure, smaller):
            assert framing.plan_frame(iuv, target=None) == Frame((256, 176), (0, 0, 256, 176), (256, 176))
        assert framing.plan_frame(smaller[:-1], target=None).box[2] < 256, "of another shape it is cut"

    def test_the_network_s_square_is_put_back_too(self, figure: np.ndarray) -> None:
        framed = framing.frame_11_16(figure, figure, target=(512, 512))
        assert framed.iuv.shape == (512, 512, 3)
        assert framing.unframe(framed.photo, framed.frame).shape == figure.shape

    def test_an_empty_map_is_framed_whole(self) -> None:
        top, left, height, width = framing.plan_frame(np.zeros((30, 90, 3), np.uint8)).box
        assert top <= 0 and left <= 0 and top + height >= 30 and left + width >= 90

    def test_other_sizes_are_refused(self, figure: np.ndarray) -> None:
        frame = framing.plan_frame(figure)
        for call in (
            lambda: framing.frame_photo(figure[1:], frame),
            lambda: framing.frame_11_16(figure, figure[1:]),
            lambda: framing.unframe(figure, frame, onto=figure[1:]),
            lambda: framing.plan_frame(figure[:0]),
        ):
            with pytest.raises(PictureError):
                call()


@pytest.fixture(scope="module")
def real(shared: Path) -> np.ndarray:
    return maps.read_iuv(shared / "real" / "person_iuv.png")


class TestRealMaps:
    def test_the_real_pair(self, real: np.ndarray, shared: Path) -> None:
        maps.check_iuv(real, read_photo(shared / "real" / "person.jpg"))
        assert real.shape == (1100, 762, 3) and set(np.unique(real[..., 0])) <= set(range(25))
        assert not real[real[..., 0] == 0].any()
        assert framing.person_box(real) is not None

    def test_the_real_photo_is_no_map(self, shared: Path) -> None:
        assert "is a photo" in refusal(shared / "real" / "person.jpg")
        assert looks_like_iuv(read_photo(shared / "real" / "person_iuv.png"))
        assert not looks_like_iuv(read_photo(shared / "real" / "person.jpg"))

    @pytest.mark.parametrize("width", [16, 20, 24, 32, 50, 90, 176, 352, 900])
    def test_resized_by_nearest_it_is_still_a_map(self, real: np.ndarray, width: int) -> None:
        resized = maps.resize_iuv(real, (round(width * 1100 / 762), width))
        for order in ("network", "rgb"):
            assert np.array_equal(maps.read_iuv(maps.encode_iuv(resized, order=order)), resized)

    @pytest.mark.parametrize("quality", [20, 50, 75, 90, 95, 100])
    def test_once_a_jpeg_it_is_none_any_more(self, real: np.ndarray, quality: int) -> None:
        for order in (1, -1):
            jpeg = stored(real[..., ::order], "JPEG", quality=quality)
            assert "blended" in refusal(np.array(Image.open(io.BytesIO(jpeg))))

    @pytest.mark.parametrize("size", [(256, 176), (512, 512), (1101, 750)])
    def test_the_authors_own_resize_is_for_the_network_only(self, real: np.ndarray, size) -> None:
        assert "blended" in refusal(maps.to_network_rgb(maps.resize_like_authors(real, size)))

    def test_the_golden_maps_are_true_maps(self, reference: Path) -> None:
        paths = sorted((reference / "preprocess").glob("*__iuv.png"))
        assert len(paths) == 6
        for path in paths:
            if path.name.startswith("all_background"):
                assert "empty" in refusal(path)
            else:
                maps.check_iuv(maps.read_iuv(path))
