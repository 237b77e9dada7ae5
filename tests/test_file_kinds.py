"""What is no picture is named for what it is, by its content and not by its name, as a photo and as an IUV map."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image, features

from mcld_app.body.file_kinds import kind_of
from mcld_app.body.iuv import read_iuv
from mcld_app.body.photo import read_photo, read_sized_photo
from mcld_app.errors import IUVError, PictureError


def brand(*brands: bytes) -> bytes:
    """The beginning of a file of the ISO base media format."""
    body = brands[0] + bytes(4) + b"".join(brands[1:])
    return struct.pack(">I", len(body) + 8) + b"ftyp" + body + bytes(64)


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return out.getvalue()


def array_file(array: np.ndarray, save=np.save) -> bytes:
    out = io.BytesIO()
    save(out, array)
    return out.getvalue()


def tiff(*tags: tuple[int, int, int], order: str = "<") -> bytes:
    """A TIFF whose first folder has these tags: number, type, value; and a small picture's worth of zeros."""
    entries = b"".join(struct.pack(f"{order}HHII", tag, kind, 1, value) for tag, kind, value in sorted(tags))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    return head + struct.pack(f"{order}H", len(tags)) + entries + bytes(400)


NAMED = {
    "an MP4": (brand(b"isom", b"iso2", b"avc1", b"mp41"), "a video"),
    "a QuickTime film": (brand(b"qt  "), "a video"),
    "an older QuickTime film": (struct.pack(">I", 32) + b"moov" + bytes(64), "a video"),
    "an AVI": (b"RIFF\x10\0\0\0AVI LIST" + bytes(64), "a video"),
    "a WebM": (b"\x1aE\xdf\xa3" + bytes(64), "a video"),
    "a DNG": (tiff((254, 4, 1), (330, 4, 200), (50706, 1, 1)), "raw file"),
    "a NEF": (tiff((254, 4, 1), (330, 4, 200), order=">"), "raw file"),
    "a CR2": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(64), "raw file"),
    "a CR3": (brand(b"crx "), "raw file"),
    "an RAF": (b"FUJIFILMCCD-RAW 0201" + bytes(64), "raw file"),
    "torch.save's": (archive("dump/data.pkl", "dump/data/0"), "Python objects"),
    "a pickle": (pickle.dumps([{"pred_densepose": 1}], 4), "Python objects"),
    "a PDF": (b"%PDF-1.7\n", "a PDF"),
    "a Photoshop file": (b"8BPS\0\1" + bytes(64), "Photoshop"),
    "a web page": (b"\n<!DOCTYPE html><html>Sign in</html>", "a web page"),
    "an SVG": (b'<?xml version="1.0"?><svg xmlns="x"/>', "SVG"),
    "a JSON": (b'{"people": []}', "a JSON file"),
    "a document": (archive("word/document.xml"), "archive or an office document"),
}


@pytest.mark.parametrize("case", NAMED)
def test_a_file_is_named(case: str) -> None:
    data, name = NAMED[case]
    for read, error in ((read_photo, PictureError), (read_iuv, IUVError)):
        with pytest.raises(error, match=name) as told:
            read(data)
        sentence = str(told.value)
        assert sentence[0].isupper() and sentence.endswith(".") and "swapped" not in sentence
        assert "JPEG" not in sentence or read is read_photo, "never JPEG in a sentence about a map"


def test_a_usual_picture_and_the_unknown_have_no_other_name() -> None:
    for kind in ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"):
        out = io.BytesIO()
        Image.new("RGB", (70, 70)).save(out, kind)
        assert kind_of(out.getvalue()) is None
    assert kind_of(b"Dear diary") is None and kind_of(b"") is None


def test_an_array_as_the_photo_says_where_it_belongs() -> None:
    with pytest.raises(PictureError, match=r"numbers.*choose it as the IUV map"):
        read_photo(array_file(np.zeros((64, 64, 3))))


def test_nothing_is_ever_unpickled() -> None:
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("this ran",))

    for data in (pickle.dumps(Trap()), array_file(np.array([Trap()], dtype=object))):
        for read, error in ((read_photo, PictureError), (read_iuv, IUVError)):
            with pytest.raises(error):
                read(data)


def test_avif_is_read_where_pillow_can() -> None:
    if not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")
    y, x = np.mgrid[0:96, 0:80]
    scene = np.stack([x * 3, y * 2, 0 * x + 90], -1).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(scene).save(out, "AVIF", quality=95)
    assert np.abs(read_photo(out.getvalue()).astype(int) - scene).mean() < 3
    with pytest.raises(IUVError, match="AVIF"):
        dotted = np.zeros((96, 80, 3), np.uint8)
        dotted[20:80, 20:60] = (0, 90, 2)
        out = io.BytesIO()
        Image.fromarray(dotted).save(out, "AVIF", quality=100)
        read_iuv(out.getvalue())


def test_the_size_of_the_file_is_told_beside_what_is_kept_of_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (3000, 1500)).save(out, "JPEG", exif=exif)
    photo, stored = read_sized_photo(out.getvalue())
    assert photo.shape == (2048, 1024, 3) and stored.size == stored.full == (3000, 1500), "upright, height first"
