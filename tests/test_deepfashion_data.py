"""A prepared folder in the authors' layout: names, lists, and what one example of it holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mcld_app.body.iuv import to_network_rgb
from mcld_app.data.deepfashion import PreparedFolder
from mcld_app.data.layout import DataError, Layout, Pair, flattened, read_pairs, require
from mcld_app.errors import StudioError

FRONT = "fashionWOMENBlouses_Shirtsid0000337203_1front.jpg"
BACK = "fashionWOMENBlouses_Shirtsid0000337203_3back.jpg"
TALL, WIDE = 110, 75


def photo(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (TALL, WIDE, 3), np.uint8)


def pose() -> np.ndarray:
    """A body of two parts, which is I, U, V."""
    iuv = np.zeros((TALL, WIDE, 3), np.uint8)
    iuv[20:60, 20:50] = (2, 100, 200)
    iuv[60:100, 20:50] = (24, 30, 40)
    return iuv


def texture() -> np.ndarray:
    """Its left half is a hole, and one texel of the right half has red alone."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = (10, 20, 30)
    image[5, 40] = (1, 0, 0)
    return image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos of one person and the pairs there and back; the back view has no face."""
    root = tmp_path / "fashion"
    for kind in ("train", "train_densepose", "train_texture", "train_face"):
        (root / kind).mkdir(parents=True)
    for seed, name in enumerate((FRONT, BACK)):
        stem = name.removesuffix(".jpg")
        Image.fromarray(photo(seed)).save(root / "train" / name, quality=95)
        Image.fromarray(to_network_rgb(pose())).save(root / "train_densepose" / f"{stem}.png")
        Image.fromarray(texture()).save(root / "train_texture" / f"{stem}.png")
    np.save(root / "train_face" / f"{FRONT.removesuffix('.jpg')}.npy", np.arange(512, dtype=np.float64))
    (root / "train.csv").write_text(f"from,to\n{FRONT},{BACK}\n{BACK},{FRONT}\n")
    return root


def read_jpeg(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


# --- names ---------------------------------------------------------------------------------------------------------


def test_names_are_flattened_as_the_authors_do():
    assert flattened("WOMEN/Blouses_Shirts/id_00003372/03_3_back.jpg") == BACK
    man = "img_highres/MEN/Denim/id_00000080/01_7_additional.jpg"
    assert flattened(man) == "fashionMENDenimid0000008001_7additional.jpg"
    assert flattened("WOMEN\\Blouses_Shirts\\id_00003372\\03_3_back.jpg") == BACK


def test_a_flat_name_stays():
    assert flattened(BACK) == BACK


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "WOMEN/03_3_back.jpg", "..", ""])
def test_a_path_that_is_none_of_deepfashions_is_refused(name: str):
    with pytest.raises(DataError, match="name"):
        flattened(name)


words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)


@given(
    st.sampled_from(["WOMEN", "MEN"]), words, st.integers(0, 10**8 - 1), st.integers(0, 99), st.integers(0, 9),
    st.sampled_from(["front", "back", "side", "full", "additional", "flat"]),
)  # fmt: skip
def test_flattening_loses_nothing_but_separators(gender, kind, person, outfit, view, name):
    flat = flattened(f"{gender}/{kind}/id_{person:08}/{outfit:02}_{view}_{name}.jpg")
    assert flat == f"fashion{gender}{kind}id{person:08}{outfit:02}_{view}{name}.jpg"
    assert flattened(flat) == flat


def test_a_result_bears_both_stems():
    assert Pair(FRONT, BACK).result == (
        "fashionWOMENBlouses_Shirtsid0000337203_1front_2_fashionWOMENBlouses_Shirtsid0000337203_3back.png"
    )


def test_where_the_files_of_a_photo_lie():
    layout, stem = Layout(Path("root"), "test"), BACK.removesuffix(".jpg")
    assert layout.photo(BACK) == Path("root/test") / BACK
    assert layout.densepose(BACK) == Path("root/test_densepose") / f"{stem}.png"
    assert layout.texture(BACK) == Path("root/test_texture") / f"{stem}.png"
    assert layout.face(BACK) == Path("root/test_face") / f"{stem}.npy"


def test_an_unknown_split_is_refused():
    with pytest.raises(DataError, match="no split 'val': choose 'train' or 'test'"):
        Layout(Path("root"), "val")


# --- lists ---------------------------------------------------------------------------------------------------------


def test_a_list_as_pandas_and_excel_write_it(tmp_path: Path):
    path = tmp_path / "pairs.csv"
    rows = ["\ufeff,to,from", f"0,{BACK}, {FRONT}", f"1,WOMEN/Blouses_Shirts/id_00003372/03_1_front.jpg,{BACK}"]
    path.write_bytes("\r\n".join([*rows, ""]).encode())
    assert read_pairs(path) == (Pair(FRONT, BACK), Pair(BACK, FRONT))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source,to\na,b\n", "has no column from; its columns are: source, to"),
        ("a,b\n1,2\n", "has no column from and none to"),
        ("", "its columns are: none"),
        ("from,to\n", "lists no pairs"),
        (f"from,to\n{FRONT},{BACK}\n{FRONT},\n", r"line 3: from or to is empty"),
        (f"from,to\n{FRONT}\n", r"line 2: from or to is empty"),
        (f"from,to\n{FRONT},../{BACK}\n", r"line 2: .* is no DeepFashion name"),
    ],
)
def test_a_bad_list_says_what_is_wrong_with_it(tmp_path: Path, text: str, said: str):
    path = tmp_path / "pairs.csv"
    path.write_text(text)
    with pytest.raises(StudioError, match=said) as error:
        read_pairs(path)
    assert str(path) in str(error.value)


def test_a_list_that_is_not_there_or_not_text(tmp_path: Path):
    with pytest.raises(DataError, match="there is no such file"):
        read_pairs(tmp_path / "pairs.csv")
    (tmp_path / "pairs.csv").write_bytes(b"from,to\n\xff\xfe,b\n")
    with pytest.raises(DataError, match="a CSV file in UTF-8"):
        read_pairs(tmp_path / "pairs.csv")


def test_missing_files_are_counted_once_each(tmp_path: Path):
    (tmp_path / "a").touch()
    wanted = [tmp_path / name for name in "abacb"]
    with pytest.raises(DataError, match=r"2 of 3 masks are missing, the first being b, in .*\. Draw them\."):
        require(wanted, "masks", "Draw them.")
    require(wanted[:1], "masks", "Draw them.")


# --- examples ------------------------------------------------------------------------------------------------------


def test_an_example_at_the_pictures_own_size_is_what_the_files_hold(folder: Path):
    data = PreparedFolder(folder, "train", (TALL, WIDE), texture_size=64)
    assert len(data) == 2
    example = data[0]
    assert np.array_equal(example.photo, np.array(read_jpeg(folder / "train" / FRONT)))
    assert np.array_equal(example.targets, np.array(read_jpeg(folder / "train" / BACK))[None])
    assert np.array_equal(example.poses, pose()[None])
    assert np.array_equal(example.texture, texture())
    assert np.array_equal(example.coverage, texture().any(-1))
    assert np.array_equal(example.identity, np.arange(512, dtype=np.float32))
    assert (example.identity.dtype, example.coverage.dtype) == (np.float32, bool)
    assert np.array_equal(data[1].photo, example.targets[0])  # the second pair goes the other way


def test_no_face_is_zeros(folder: Path):
    identity = PreparedFolder(folder, "train", (TALL, WIDE))[1].identity
    assert identity.shape == (512,) and identity.dtype == np.float32 and not identity.any()


def test_an_example_is_squeezed_by_pillows_default_filter_the_map_too(folder: Path):
    example = PreparedFolder(folder, "train", (64, 96), texture_size=32)[0]
    assert np.array_equal(example.photo, np.array(read_jpeg(folder / "train" / FRONT).resize((96, 64))))
    assert np.array_equal(example.poses[0], np.array(Image.fromarray(pose()).resize((96, 64))))
    assert np.array_equal(example.texture, np.array(Image.fromarray(texture()).resize((32, 32))))
    assert example.targets.shape == (1, 64, 96, 3)
    assert example.coverage.shape == (32, 32)
    assert example.coverage[:, 16:].all() and not example.coverage[:, :16].any()


def test_a_loop_over_it_ends(folder: Path):
    assert len(list(PreparedFolder(folder, "train", (32, 32)))) == 2
    with pytest.raises(IndexError):
        PreparedFolder(folder, "train", (32, 32))[2]


def test_a_list_of_ones_own_comes_first(folder: Path, tmp_path: Path):
    own = tmp_path / "own.csv"
    own.write_text(f"from,to\n{BACK},{BACK}\n")
    assert PreparedFolder(folder, "train", (32, 32), pairs=own).pairs == (Pair(BACK, BACK),)


def test_cflds_name_of_the_list_is_found_too(folder: Path):
    (folder / "train.csv").rename(folder / "fasion-resize-pairs-train.csv")
    assert len(PreparedFolder(folder, "train", (32, 32))) == 2


def test_a_photo_without_a_body_is_no_error(folder: Path):
    path = Layout(folder, "train").densepose(BACK)
    Image.fromarray(np.zeros((TALL, WIDE, 3), np.uint8)).save(path)
    assert not PreparedFolder(folder, "train", (32, 32))[0].poses.any()


# --- what can be wrong ---------------------------------------------------------------------------------------------


def test_missing_folders_are_named(folder: Path, tmp_path: Path):
    with pytest.raises(DataError, match=r"There is no folder .*nowhere"):
        PreparedFolder(tmp_path / "nowhere", "train", (32, 32))
    with pytest.raises(DataError, match="has no folder test/"):
        PreparedFolder(folder, "test", (32, 32))


def test_a_missing_list_is_said_with_both_names_it_may_have(folder: Path):
    (folder / "train.csv").unlink()
    with pytest.raises(DataError, match=r"train\.csv or fasion-resize-pairs-train\.csv is expected"):
        PreparedFolder(folder, "train", (32, 32))


@pytest.mark.parametrize(
    ("kind", "what"), [("photo", "photos"), ("densepose", "IUV maps"), ("texture", "texture maps")]
)
def test_missing_files_are_named_and_counted_before_anything_is_read(folder: Path, kind: str, what: str):
    path = getattr(Layout(folder, "train"), kind)(BACK)
    path.unlink()
    with pytest.raises(DataError, match=f"1 of 2 {what} are missing, the first being {path.name}, in "):
        PreparedFolder(folder, "train", (32, 32))


def test_a_missing_folder_of_maps_is_said_as_such(folder: Path):
    for path in (folder / "train_texture").iterdir():
        path.unlink()
    (folder / "train_texture").rmdir()
    with pytest.raises(DataError, match=r"2 of 2 texture maps are missing, .* there is no folder .*train_texture"):
        PreparedFolder(folder, "train", (32, 32))


def test_a_map_in_the_other_order_is_told(folder: Path):
    path = Layout(folder, "train").densepose(BACK)
    Image.fromarray(pose()).save(path)  # red is the part, as if saved by Pillow
    with pytest.raises(DataError, match=r"holds 200, and .* red channel would do") as error:
        PreparedFolder(folder, "train", (32, 32))[0]
    assert str(path) in str(error.value)


def test_a_damaged_photo_is_named(folder: Path):
    path = folder / "train" / FRONT
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError) as error:
        PreparedFolder(folder, "train", (32, 32))[0]
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (np.zeros(256), "holds 256 numbers"),
        (np.full(512, np.nan), "not finite"),
        (np.array([{"an": "object"}], object), "is no face embedding"),
    ],
)
def test_a_bad_face_file_is_named_and_never_unpickled(folder: Path, content: np.ndarray, said: str):
    path = Layout(folder, "train").face(FRONT)
    np.save(path, content, allow_pickle=True)
    with pytest.raises(DataError, match=said) as error:
        PreparedFolder(folder, "train", (32, 32))[0]
    assert str(path) in str(error.value)


def test_sizes_below_one_are_refused(folder: Path):
    with pytest.raises(DataError, match="give sizes above 0"):
        PreparedFolder(folder, "train", (0, 32))
