"""Colour profiles: a photo's numbers as the sRGB numbers of the same colours.

Every iPhone saves Display P3, cameras may save Adobe RGB, print shops CMYK. Taken for sRGB, their reds look dull.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

_EXIF_FOLDER, _COLOUR_SPACE, _UNCALIBRATED = 0x8769, 0xA001, 0xFFFF
_INTEROP_FOLDER, _INTEROP_INDEX = 0xA005, 0x0001
_ADOBE_GAMMA = 563 / 256
# Linear Adobe RGB (1998) to linear sRGB, both of white D65, from the primaries' chromaticities.
_FROM_ADOBE = np.array([[1.39836, -0.39836, 0.0], [0.0, 1.0, 0.0], [0.0, -0.04293, 1.04293]])


def to_srgb(image: Image.Image) -> Image.Image:
    """A picture whose file has a colour profile, converted to sRGB (a CMYK one to mode RGB); any other as it is.

    The profile is an embedded ICC profile of the picture's own kind of colours (grey, RGB, Lab or CMYK), or the mark by
    which cameras name Adobe RGB in EXIF without embedding it. Transparency stays. A profile that is broken, or that
    belongs to other colours, is passed over: the picture is worth more than its last shade.
    """
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return _by_profile(image, profile)
    if image.mode == "RGB" and _is_adobe_rgb(image):
        return _from_adobe_rgb(image)
    return image


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        from PIL import ImageCms

        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        colours, alpha = _split(image)
        if source.profile.xcolor_space.strip() != {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}.get(
            colours.mode
        ):
            return image
        converted = ImageCms.profileToProfile(
            colours, source, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB", flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except Exception:  # lcms says nothing but that it failed
        return image
    if converted is None:
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    converted.info = {key: value for key, value in image.info.items() if key not in ("icc_profile", "transparency")}
    return converted


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours alone, and the transparency where there is one; lcms knows neither palettes nor alpha."""
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "RGBA":
        return image.convert("RGB"), image.getchannel("A")
    if image.mode == "LA":
        return image.convert("L"), image.getchannel("A")
    return image, None


def _is_adobe_rgb(image: Image.Image) -> bool:
    """Whether EXIF says so, as the DCF standard has it: "uncalibrated" colours, and "R03" under interoperability."""
    try:
        exif = image.getexif()
        shot = exif.get_ifd(_EXIF_FOLDER)
        if shot.get(_COLOUR_SPACE) != _UNCALIBRATED:
            return False
        return str(exif.get_ifd(_INTEROP_FOLDER).get(_INTEROP_INDEX, "")).startswith("R03")
    except Exception:  # broken EXIF says nothing about the pixels
        return False


def _from_adobe_rgb(image: Image.Image) -> Image.Image:
    linear = ((np.arange(256) / 255) ** _ADOBE_GAMMA).astype(np.float32)[np.asarray(image)]
    linear = np.clip(linear @ _FROM_ADOBE.T.astype(np.float32), 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return Image.fromarray((coded * 255 + 0.5).astype(np.uint8))
