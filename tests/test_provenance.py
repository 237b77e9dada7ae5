"""What a PNG says about where it comes from, and the recipe it carries."""

from __future__ import annotations

import contextlib
import io
import struct
import xml.etree.ElementTree as ElementTree
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from mcld_app.body.photo import read_photo
from mcld_app.errors import StudioError
from mcld_app.output.origin import EDITED, GENERATED
from mcld_app.output.provenance import MAX_RECIPE, encode_generated, read_recipe_text

PICTURE = np.arange(96 * 66 * 3, dtype=np.uint32).reshape(96, 66, 3).astype(np.uint8)
EXTENSION = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and content of each chunk."""
    found, at = [], len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def with_chunks(png: bytes, *more: bytes) -> bytes:
    """The file with more chunks, before its pixels."""
    at = png.index(b"IDAT") - 4
    return png[:at] + b"".join(more) + png[at:]


def as_kind(png: bytes, kind: bytes) -> bytes:
    """The file with its recipe in another kind of text chunk, last piece first, as other programs may write it."""
    kept, pieces = [], []
    for name, body in chunks(png):
        keyword, _, rest = body.partition(b"\0")
        if name != b"iTXt" or not keyword.startswith(b"mcld-recipe"):
            kept.append(chunk(name, body))
            continue
        text = zlib.decompress(rest[4:])
        written = {
            b"tEXt": text,
            b"zTXt": b"\0" + zlib.compress(text),
            b"iTXt": b"\0\0en\0Rezept\0" + text,
        }
        pieces.insert(0, chunk(kind, keyword + b"\0" + written[kind]))
    return SIGNATURE + b"".join(kept[:-1] + pieces + kept[-1:])


def xmp_of(png: bytes) -> dict[str, str]:
    text = Image.open(io.BytesIO(png)).text["XML:com.adobe.xmp"]
    return ElementTree.fromstring(text[text.index("<x:") : text.index("<?xpacket end")])[0][0].attrib


def refusal(png: bytes) -> str:
    with pytest.raises(StudioError) as caught:
        read_recipe_text(png)
    sentence = str(caught.value)
    assert sentence[0].isupper() and sentence.endswith("."), sentence
    return sentence


# --- What it says --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edited", "source", "word"), [(False, GENERATED, "AI-generated"), (True, EDITED, "AI-edited")]
)
def test_the_file_says_to_people_and_to_programs_how_it_was_made(edited: bool, source: str, word: str) -> None:
    png = encode_generated(PICTURE, "MCLD demo", "seed 7", edited=edited)
    assert Image.open(io.BytesIO(png)).text["Description"] == f"{word} with MCLD demo (seed 7)"
    assert xmp_of(png)[f"{EXTENSION}DigitalSourceType"] == source
    assert xmp_of(png)[f"{EXTENSION}AISystemUsed"] == "MCLD demo"


def test_the_source_types_are_names_that_iptc_lists() -> None:
    """https://cv.iptc.org/newscodes/digitalsourcetype"""
    assert GENERATED == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert EDITED == "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


@given(model=st.text(st.characters(), max_size=30), details=st.text(st.characters(), max_size=10))
@example(model="a folder's name on Linux: \0 \x1b \udcff", details="\ud800")
def test_any_name_of_a_model_makes_a_file_that_reads_back(model: str, details: str) -> None:
    png = encode_generated(PICTURE, model, details)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), PICTURE)
    if model.isprintable() and model:
        assert xmp_of(png)[f"{EXTENSION}AISystemUsed"] == model
    assert xmp_of(png)[f"{EXTENSION}DigitalSourceType"] == GENERATED


def test_a_file_holds_pixels_and_texts_alone_with_a_recipe_or_without() -> None:
    for recipe in (None, "{}"):
        kinds = {kind for kind, _ in chunks(encode_generated(PICTURE, "m", recipe=recipe))}
        assert kinds - {b"caBX"} == {b"IHDR", b"tEXt", b"iTXt", b"IDAT", b"IEND"}, "caBX: Content Credentials"


# --- The recipe ----------------------------------------------------------------------------------------------------


@given(recipe=st.text(max_size=300))
def test_a_recipe_comes_back_as_it_was(recipe: str) -> None:
    assert read_recipe_text(encode_generated(PICTURE, "m", recipe=recipe)) == recipe


def test_a_recipe_of_20_mb_travels_in_a_picture_that_any_program_opens() -> None:
    """Pillow refuses a PNG with a text over 1 MiB, so this is no matter of course."""
    noise = np.random.default_rng(0).integers(0x21, 0x7F, 20_000_000, dtype=np.uint8).tobytes().decode("ascii")
    png = encode_generated(PICTURE, "m", recipe=noise)
    assert np.array_equal(read_photo(png), PICTURE)
    assert read_recipe_text(png) == noise


def test_letters_of_four_bytes_are_not_cut_in_two() -> None:
    recipe = "x" + "\U0001f9f5" * 700_000
    png = encode_generated(PICTURE, "m", recipe=recipe)
    assert np.array_equal(read_photo(png), PICTURE)
    assert read_recipe_text(png) == recipe


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_another_program_may_write_the_recipe_in_another_kind_and_order(kind: bytes) -> None:
    recipe = '{"a": 1}' * 70_000
    other = as_kind(encode_generated(PICTURE, "m", recipe=recipe), kind)
    assert sum(name == kind and body.startswith(b"mcld-recipe") for name, body in chunks(other)) == 3
    assert read_recipe_text(other) == recipe


def test_what_other_programs_wrote_into_the_file_is_left_alone() -> None:
    png = encode_generated(PICTURE, "m", recipe="{}")
    bomb = b"\0" + zlib.compress(bytes(64 << 20), 1)
    more = (
        chunk(b"zTXt", b"Comment\0" + bomb), chunk(b"iTXt", b"prompt\0\1\0\0\0no zlib"), chunk(b"tEXt", b"no end"),
        chunk(b"eXIf", b"MM\0*"), chunk(b"prVt", b"\xff" * 9), chunk(b"zTXt", b"mcld-recipe-of-mine\0" + bomb),
    )  # fmt: skip
    assert read_recipe_text(with_chunks(png, *more)) == "{}"


def test_a_picture_without_a_recipe_says_what_to_choose() -> None:
    assert "no recipe in this picture" in refusal(encode_generated(PICTURE, "m"))
    bare = io.BytesIO()
    Image.fromarray(PICTURE).save(bare, "PNG")
    assert "no recipe in this picture" in refusal(bare.getvalue())


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_bomb_is_refused_before_it_goes_off(kind: bytes) -> None:
    head = b"mcld-recipe 1 of 1\0" + (b"\0" if kind == b"zTXt" else b"\1\0\0\0")
    bomb = zlib.compress(b"x" * (MAX_RECIPE + 1), 1)
    assert len(bomb) < 1_000_000
    assert "over 40 MB when unpacked" in refusal(with_chunks(encode_generated(PICTURE, "m"), chunk(kind, head + bomb)))


def test_many_small_bombs_are_one_bomb() -> None:
    piece = zlib.compress(b"x" * (MAX_RECIPE // 4), 1)
    bombs = [chunk(b"iTXt", b"mcld-recipe %d of 5\0\1\0\0\0" % n + piece) for n in range(1, 6)]
    assert "over 40 MB when unpacked" in refusal(with_chunks(encode_generated(PICTURE, "m"), *bombs))


def test_a_recipe_that_is_too_large_to_travel_is_refused_when_it_is_written() -> None:
    with pytest.raises(StudioError, match="over 40 MB, too large"):
        encode_generated(PICTURE, "m", recipe="x" * (MAX_RECIPE + 1))


def recipe_chunk(name: bytes, text: bytes = b"{}") -> bytes:
    return chunk(b"iTXt", name + b"\0\1\0\0\0" + zlib.compress(text))


@pytest.mark.parametrize(
    "pieces",
    [
        [recipe_chunk(b"mcld-recipe 2 of 2")],
        [recipe_chunk(b"mcld-recipe 1 of 2"), recipe_chunk(b"mcld-recipe 2 of 3")],
        [recipe_chunk(b"mcld-recipe 1 of 1"), recipe_chunk(b"mcld-recipe 1 of 1")],
        [recipe_chunk(b"mcld-recipe 0 of 1")],
        [recipe_chunk(b"mcld-recipe 3 of 2")],
        [recipe_chunk(b"mcld-recipe 1 of 1")[:-1] + b"\xff"],
        [recipe_chunk(b"mcld-recipe 1 of 1", b"\xff\xfe")],
        [chunk(b"iTXt", b"mcld-recipe 1 of 1\0\1\0\0\0" + zlib.compress(b"{}")[:-3])],
        [chunk(b"iTXt", b"mcld-recipe 1 of 1\0\1\0\0\0no zlib")],
        [chunk(b"iTXt", b"mcld-recipe 1 of 1\0\1\x07\0\0" + zlib.compress(b"{}"))],
        [chunk(b"zTXt", b"mcld-recipe 1 of 1")],
        [chunk(b"iTXt", b"mcld-recipe 1 of 1\0\1")],
    ],
    ids=[
        "piece missing", "counts differ", "twice", "number 0", "number too high", "check sum", "no UTF-8", "cut short",
        "no zlib", "another method", "nothing behind the name", "nothing behind the flag",
    ],
)  # fmt: skip
def test_a_damaged_recipe_is_refused(pieces: list[bytes]) -> None:
    assert "damaged or not whole" in refusal(with_chunks(encode_generated(PICTURE, "m"), *pieces))


def test_other_files_are_told_from_pictures() -> None:
    jpeg = io.BytesIO()
    Image.fromarray(PICTURE).save(jpeg, "JPEG")
    for file in (b"", b"\x89PNG", b'{"format": 1}', jpeg.getvalue()):
        assert "neither" in refusal(file)


@given(st.data())
def test_a_file_that_is_cut_off_or_changed_gives_a_sentence_or_the_recipe(data: st.DataObject) -> None:
    png = encode_generated(PICTURE[:4, :4], "m", recipe="{}")
    end = data.draw(st.integers(0, len(png) - 1))
    refusal(png[:end])
    changed = bytearray(png)
    changed[data.draw(st.integers(0, len(png) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(StudioError):
        assert read_recipe_text(bytes(changed)) == "{}"


def test_a_file_of_nothing_but_empty_chunks_is_given_up() -> None:
    assert "too many pieces" in refusal(SIGNATURE + chunk(b"prVt", b"") * 100_001)
