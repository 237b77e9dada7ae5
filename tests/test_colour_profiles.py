"""Photos with a colour profile look as their colours are, not as their numbers are."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from colour_profiles import ADOBE, P3, SRGB, cmyk_profile, rgb_profile, srgb_coded, srgb_curve, to_xyz
from PIL import Image

from mcld_app.body.iuv import read_iuv, to_network_rgb
from mcld_app.body.photo import read_layer, read_photo

COLOURS = np.array(
    [[220, 30, 40], [40, 180, 70], [30, 60, 200], [128, 128, 128], [250, 245, 240], [12, 8, 20]], np.uint8
)


def patches(colours: np.ndarray = COLOURS) -> np.ndarray:
    """A strip of each colour, (96, 16 N, C)."""
    return np.repeat(np.repeat(colours[None], 96, 0), 16, 1)


def middle_of_patches(photo: np.ndarray, count: int = len(COLOURS)) -> np.ndarray:
    return photo[48, 8::16][:count].astype(int)


def in_space(primaries, decode, encode) -> np.ndarray:
    """The numbers that other primaries have for our colours."""
    linear = srgb_curve(COLOURS / 255) @ (np.linalg.inv(to_xyz(primaries)) @ to_xyz(SRGB)).T
    assert decode(encode(linear)) == pytest.approx(linear, abs=1e-6)
    return np.round(np.clip(encode(linear), 0, 1) * 255).astype(np.uint8)


def saved(picture: np.ndarray | Image.Image, kind: str = "PNG", **how) -> bytes:
    out = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(out, kind, **how)
    return out.getvalue()


GAMMA = 563 / 256
SPACES = {
    "Display P3": (P3, srgb_curve, srgb_coded),
    "Adobe RGB": (ADOBE, lambda v: v**GAMMA, lambda v: np.maximum(v, 0) ** (1 / GAMMA)),
}


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_a_photo_with_an_rgb_profile_is_read_as_srgb(space: str, kind: str) -> None:
    primaries, decode, encode = SPACES[space]
    numbers = in_space(primaries, decode, encode)
    assert np.abs(numbers.astype(int) - COLOURS).max() > 8, "taken as they are they would look wrong"
    how = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    data = saved(patches(numbers), kind, icc_profile=rgb_profile(primaries, decode), **how)
    assert np.abs(middle_of_patches(read_photo(data)) - COLOURS).max() <= (4 if kind == "JPEG" else 2)


def test_the_same_goes_for_patterns_and_transparency_stays() -> None:
    primaries, decode, encode = SPACES["Display P3"]
    picture = np.dstack([patches(in_space(primaries, decode, encode)), np.full((96, 96), 77, np.uint8)])
    layer = read_layer(saved(picture, icc_profile=rgb_profile(primaries)))
    assert np.abs(middle_of_patches(layer[..., :3]) - COLOURS).max() <= 2
    assert (layer[..., 3] == 77).all()


def test_a_palette_and_grey_have_profiles_too() -> None:
    numbers = in_space(*SPACES["Display P3"])
    palette = Image.fromarray(patches(numbers)).quantize(8)
    data = saved(palette, icc_profile=rgb_profile(P3))
    assert np.abs(middle_of_patches(read_photo(data)) - COLOURS).max() <= 3
    grey = Image.fromarray(patches()[..., 0])
    of_rgb = saved(grey, icc_profile=rgb_profile(P3))  # which says nothing of grey
    assert np.array_equal(read_photo(of_rgb)[..., 0], patches()[..., 0])


def test_a_cmyk_photo_has_the_colours_of_its_inks() -> None:
    inks = {(1, 0, 0, 0): (0, 130, 190), (0, 1, 0, 0): (210, 20, 120), (0, 0, 1, 0): (250, 220, 20),
            (0, 0, 0, 0): (255, 255, 255), (0, 1, 1, 0): (200, 40, 40)}  # fmt: skip
    profile = cmyk_profile(lambda mixture: inks.get(mixture, (0, 0, 0)))
    told = np.array([[255 * ink for ink in mixture] for mixture in inks], np.uint8)
    picture = Image.fromarray(patches(told), "CMYK")
    wanted = np.array(list(inks.values()))
    for kind, how in (("TIFF", {}), ("JPEG", {"quality": 100})):
        seen = middle_of_patches(read_photo(saved(picture, kind, icc_profile=profile, **how)), len(inks))
        assert np.abs(seen - wanted).max() <= 6, kind
        plain = middle_of_patches(read_photo(saved(picture, kind, **how)), len(inks))
        assert np.abs(plain - wanted).max() > 60, "without their profile inks are guessed"


def adobe_exif() -> bytes:
    """As cameras write it: no profile, "uncalibrated" in the shot's folder, "R03" in the one for other programs."""

    def folder(*entries: bytes) -> bytes:
        return struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)

    first = folder(struct.pack("<HHII", 0x8769, 4, 1, 26))
    shot = folder(struct.pack("<HHIHH", 0xA001, 3, 1, 0xFFFF, 0), struct.pack("<HHII", 0xA005, 4, 1, 56))
    others = folder(struct.pack("<HHI4s", 0x0001, 2, 4, b"R03\0"))
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + shot + others


def test_adobe_rgb_that_only_exif_tells_is_read_too() -> None:
    numbers = in_space(*SPACES["Adobe RGB"])
    data = saved(patches(numbers), "JPEG", quality=100, subsampling=0, exif=adobe_exif())
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(0xA005)[1] == "R03", "the mark is in the file"
    assert np.abs(middle_of_patches(read_photo(data)) - COLOURS).max() <= 4


@pytest.mark.parametrize("profile", [b"no profile", cmyk_profile(lambda _: (0, 0, 0)), rgb_profile(P3)[:200]])
def test_a_broken_or_foreign_profile_is_passed_over(profile: bytes) -> None:
    assert np.array_equal(read_photo(saved(patches(), icc_profile=profile)), patches())


def test_a_map_is_numbers_and_no_profile_changes_them() -> None:
    iuv = np.zeros((64, 64, 3), np.uint8)
    iuv[8:56, 8:56] = (2, 200, 90)
    data = saved(to_network_rgb(iuv), icc_profile=rgb_profile(P3))
    assert np.array_equal(read_iuv(data), iuv)
