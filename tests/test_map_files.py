"""IUV maps as people have them: arrays, maps of another size than their photo, very large ones; and what is none."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest

from mcld_app.body.iuv import check_iuv, encode_iuv, from_network_rgb, match_photo, read_iuv, resize_iuv
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.rendering import kept_drawing
from mcld_app.body.photo import encode_png
from mcld_app.editing.person import read_person
from mcld_app.errors import IUVError, PictureError

MAP = kept_drawing(named_poses()["walking"]).iuv
ROWS, COLUMNS = np.indices(MAP.shape[:2])
PHOTO = np.stack([90 + COLUMNS % 90, 60 + ROWS % 120, 200 - COLUMNS % 130], -1).astype(np.uint8)


def array_file(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def colours(picture: np.ndarray) -> list[int]:
    return np.unique(picture.astype(np.int64) @ (65536, 256, 1)).tolist()


def refusal(data: bytes) -> str:
    with pytest.raises(IUVError) as told:
        read_iuv(data)
    return str(told.value)


# ---- arrays -------------------------------------------------------------------------------------------------------

FRACTIONS = MAP / np.array([1, 255, 255])
ARRAYS = {
    "bytes": MAP,
    "planes first": np.moveaxis(MAP, -1, 0),
    "one of a batch": np.moveaxis(MAP, -1, 0)[None].astype(np.float32),
    "U and V in 0 to 1": FRACTIONS.astype(np.float32),
    "U and V in 0 to 1, planes first": np.moveaxis(FRACTIONS, -1, 0).astype(np.float16),
    "floats of 0 to 255": MAP.astype(np.float64),
    "whole numbers": MAP.astype(np.int64),
    "as OpenCV has it": MAP[..., ::-1],
    "a picture divided by 255": (MAP / 255).astype(np.float32),
    "Fortran's order": np.asfortranarray(MAP),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_an_array_is_read(case: str) -> None:
    iuv = read_iuv(array_file(ARRAYS[case]))
    assert iuv.dtype == np.uint8 and np.array_equal(iuv[..., 0], MAP[..., 0])
    assert np.abs(iuv[..., 1:].astype(int) - MAP[..., 1:]).max() <= 1


def test_an_archive_of_one_array_is_read_and_of_several_is_not() -> None:
    one, two = io.BytesIO(), io.BytesIO()
    np.savez_compressed(one, iuv=MAP)
    np.savez(two, iuv=MAP, photo=PHOTO)
    assert np.array_equal(read_iuv(one.getvalue()), MAP)
    assert "2 arrays (iuv, photo)" in refusal(two.getvalue())


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (MAP[..., 0], "shape (512, 352)"),
        (np.dstack([MAP, MAP[..., 0]]), "shape (512, 352, 4)"),
        (np.full((64, 64, 3), np.nan), "not numbers"),
        (np.full((64, 64, 3), 77), "no plane of part numbers"),
        (np.dstack([MAP[..., :1], MAP[..., 1:] * 30.0]), "U and V"),
        (np.zeros((64, 64, 3)), "empty"),
        (np.array([["a"]]), "never opened"),
    ],
)
def test_an_array_that_is_no_map_is_told(array: np.ndarray, said: str) -> None:
    assert said in refusal(array_file(array))


def test_a_damaged_array_and_one_that_promises_too_much() -> None:
    whole = array_file(MAP)
    assert "cut off" in refusal(whole[: len(whole) // 2])
    assert "cut off" in refusal(whole[:40])
    promise = whole.replace(b"(512, 352, 3)", b"(9999, 99, 3)")
    assert promise != whole and "cut off" in refusal(promise)
    huge = whole.replace(b"(512, 352, 3)", b"(9**9, 3, 99)")
    assert huge != whole and refusal(huge).endswith(".")


# ---- pictures in false colours ------------------------------------------------------------------------------------


def in_colours(plane: np.ndarray, table: int, background: bool) -> bytes:
    drawn = cv2.applyColorMap(plane, table)
    if background:
        drawn[MAP[..., 0] == 0] = 0
    return cv2.imencode(".png", drawn)[1].tobytes()


@pytest.mark.parametrize("background", [True, False])
@pytest.mark.parametrize("table", [cv2.COLORMAP_PARULA, cv2.COLORMAP_VIRIDIS, cv2.COLORMAP_JET, cv2.COLORMAP_TURBO])
def test_coloured_parts_and_coloured_planes_are_named(table: int, background: bool) -> None:
    parts = in_colours((MAP[..., 0] * (255 / 24)).astype(np.uint8), table, background)
    assert "parts in flat colours" in refusal(parts)
    for channel in (1, 2):
        assert "one plane in false colours" in refusal(in_colours(MAP[..., channel], table, background))


def test_parts_in_any_flat_colours_are_named() -> None:
    palette = np.random.default_rng(3).integers(30, 256, (25, 3), np.uint8)
    palette[0] = 0
    sentence = refusal(encode_png(palette[MAP[..., 0]]))
    assert "flat colours" in sentence and "resiz" not in sentence


def test_a_true_map_is_never_taken_for_false_colours() -> None:
    for name in ("standing", "side", "sitting", "back", "hands-on-hips"):
        for size in ((512, 352), (96, 66)):
            iuv = resize_iuv(kept_drawing(named_poses()[name]).iuv, size)
            assert np.array_equal(read_iuv(encode_iuv(iuv)), iuv), name


# ---- sizes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(256, 176), (1024, 704), (256, 177), (171, 117)])
def test_a_map_of_the_photos_proportions_is_resized(size: tuple[int, int]) -> None:
    given = resize_iuv(MAP, size)
    fitted = match_photo(given, PHOTO)
    assert fitted.shape == PHOTO.shape
    assert set(colours(fitted)) <= set(colours(given)), "nothing is invented"
    assert ((fitted[..., 0] > 0) == (MAP[..., 0] > 0)).mean() > 0.97, "it lies where the person is"
    assert read_person("x", encode_png(PHOTO), encode_iuv(given)).iuv.shape == PHOTO.shape


@pytest.mark.parametrize("cut", [np.s_[:472, :200], np.s_[:490], np.s_[:, 10:]])
def test_a_crop_is_refused(cut) -> None:
    crop = np.ascontiguousarray(MAP[cut])
    assert match_photo(crop, PHOTO) is crop
    with pytest.raises(IUVError, match="Make the map from this very photo"):
        read_person("x", encode_png(PHOTO), encode_iuv(crop))


def test_a_map_may_be_larger_than_a_photo_that_is_no_jpeg() -> None:
    """23 megapixels; 64 are the most."""
    large = cv2.resize(MAP[..., ::-1], (3900, 5672), interpolation=cv2.INTER_NEAREST)
    data = cv2.imencode(".png", large[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    iuv = read_iuv(data)
    assert iuv.shape == (2048, 1408, 3)
    assert np.array_equal(np.unique(iuv[..., 0]), np.unique(MAP[..., 0]))


# ---- which file is which ------------------------------------------------------------------------------------------


def test_only_two_files_that_are_swapped_are_called_so() -> None:
    photo, iuv = encode_png(PHOTO), encode_iuv(MAP)
    with pytest.raises(PictureError, match=r"as the photo is an IUV map\. Give it as the IUV map"):
        read_person("x", iuv, photo)
    with pytest.raises(PictureError, match="is an IUV map itself"):
        read_person("x", iuv, iuv)
    with pytest.raises(IUVError, match="as the IUV map is a photo"):
        read_person("x", photo, photo)


def test_the_orders_are_kept() -> None:
    check_iuv(from_network_rgb(MAP[..., ::-1]), PHOTO)
    assert np.array_equal(read_iuv(encode_iuv(MAP, order="rgb")), MAP)
