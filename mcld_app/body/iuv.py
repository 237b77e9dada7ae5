"""The IUV map: which body part, and where on it, each pixel of a person shows.

Inside the project a map is (H, W, 3) uint8, channels I, U, V: I is the DensePose part 1..24 or 0 for
background, U and V (0..255) are the place on that part's chart. On disk the standard is the network's order:
the file OpenCV reads as I, U, V, which Pillow reads as V, U, I.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from mcld_app.body.checks import check_rgb
from mcld_app.body.false_colours import false_colours, is_flat
from mcld_app.body.file_kinds import kind_of
from mcld_app.body.framing import resize_nearest
from mcld_app.body.map_array import read_map_array
from mcld_app.body.map_signs import PARTS, Order, is_blended, likelier_order, looks_like_photo
from mcld_app.body.photo import MAX_SIDE, encode_png, fitted_size
from mcld_app.body.picture_file import OpenedPicture, PictureSource, Wanted, open_picture, read_bytes
from mcld_app.errors import IUVError, PictureError

MIN_SIDE = 16

_LOSSLESS = "Make the map again and save it as PNG, without resizing or editing it."
_ABOUT_MAPS = "A map holds for each pixel the body's part (I) and the place on it (U, V), as DensePose gives them."
_MAP = Wanted("IUV map", "Save the IUV map as PNG and choose it again.", 64_000_000)
_ENOUGH = 1024  # pixels of the longer side; to tell what a picture is, no more are needed
_PROPORTIONS = 0.01
_IS = "The file given as the IUV map is"
_FALSE_COLOURS = {
    "parts": f"{_IS} a picture of the body's parts in flat colours, as DensePose's dp_segm draws it: it holds no U and "
    "V. Save the map itself, with I, U and V as the three channels of a PNG. Its pose alone can be opened "
    "as it is, under “Open pose”.",
    "plane": f"{_IS} a picture of one plane in false colours, as DensePose's dp_u and dp_v draw it: U or V alone. Save "
    "the map itself, with I, U and V as the three channels of a PNG.",
}
_UNREAD = {
    "pickle": "Such files can run code and are never opened here. Take labels (I) and uv of the person out of it, "
    "paste them where the person is into an array of the photo's size, and save that with numpy.save, or as PNG.",
    "video": "Give the map of one frame, saved as PNG, and that frame as the photo.",
    "raw": f"{_ABOUT_MAPS} Give it as the photo, developed.",
}


def read_iuv(
    source: PictureSource, *, order: Order | Literal["auto"] = "auto", max_side: int | None = MAX_SIDE
) -> np.ndarray:
    """Read an IUV map, (H, W, 3) uint8 I, U, V, from a PNG, BMP, TIFF or lossless WebP file, or from an array's file
    (.npy, see `map_array.read_map_array`).

    `source` is what `photo.read_photo` takes; an array or Pillow picture holds what Pillow would read from
    the file. `order`: "network" (Pillow reads V, U, I), "rgb" (Pillow reads I, U, V), or "auto", which tells
    them apart by the channel that holds part numbers only, and takes "network" where both might.
    A map longer than `max_side` is reduced, inventing no parts, to the size `read_photo` gives its photo.

    Raises IUVError: unreadable, saved as JPEG now or earlier (blended part numbers), over 64 million pixels, something
    else than a map (a photo, a picture in false colours, ...), or what `check_iuv` refuses.
    """
    try:
        data = source if isinstance(source, (np.ndarray, Image.Image)) else read_bytes(source, _MAP)
        if isinstance(data, bytes) and (kind := kind_of(data)) is not None and kind.key in _UNREAD:
            raise IUVError(f"{_IS} {kind.name}. {_UNREAD[kind.key]}")
        if isinstance(data, bytes) and kind is not None and kind.key == "array":
            return _fitted(_checked(read_map_array(data, max_pixels=_MAP.max_pixels)), max_side)
        opened = open_picture(data, _MAP)
    except PictureError as error:
        raise IUVError(str(error)) from error
    rgb, middle = _rgb_of(opened, max_side)
    if opened.image.mode in ("L", "LA", "1"):
        raise IUVError(f"The IUV map has one grey channel; part, U and V are needed. {_LOSSLESS}")
    if min(opened.image.size) < MIN_SIDE:
        raise IUVError(
            f"The IUV map is {opened.image.width} x {opened.image.height} pixels, too small to show a person. "
            f"Give one with at least {MIN_SIDE} pixels on its shorter side, of the photo's size."
        )
    way = order if order != "auto" else likelier_order(_fitted(rgb, _ENOUGH))
    if is_blended(from_network_rgb(middle) if way == "network" else middle):
        raise IUVError(
            "The IUV map's part numbers are blended at borders, as happens when a map was once saved as JPEG "
            f"or resized smoothly. {_LOSSLESS}"
        )
    return _checked(from_network_rgb(rgb) if way == "network" else rgb)


def _rgb_of(opened: OpenedPicture, max_side: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of a file that may be a map, reduced to `max_side`, and a cut from its middle as it is, where blended
    borders are seen: (H, W, 3) uint8 both. IUVError where it is something else."""
    image = opened.image
    if image.mode not in ("RGB", "RGBA", "P", "L", "LA", "1"):
        raise IUVError(f"An IUV map has three channels of 8 bits, and this file is {image.mode}. {_LOSSLESS}")
    image = image if image.mode == "RGB" else image.convert("RGB")
    size = fitted_size(*image.size, max_side)
    # Pillow's own nearest pixel: as an array, all of a very large map would take its memory twice.
    rgb = np.array(image if size == image.size else image.resize(size, Image.Resampling.NEAREST))
    middle = rgb if size == image.size else np.array(image.crop(_middle(image.size)))
    if opened.bits > 8 and not rgb.any():  # 0..255 written into 16 bits, where only the upper 8 are read
        raise IUVError(f"An IUV map has three channels of 8 bits, and this file has {opened.bits} bits. {_LOSSLESS}")
    seen = _fitted(rgb, _ENOUGH)
    drawn = false_colours(seen)
    if drawn is not None:
        raise IUVError(_FALSE_COLOURS[drawn])
    if looks_like_photo(seen):
        raise IUVError(f"{_IS} a photo or another picture, no IUV map. {_ABOUT_MAPS}")
    if opened.lossy is not None:
        raise IUVError(f"The IUV map is a {opened.lossy} file, which blends part numbers. {_LOSSLESS}")
    return rgb, middle


def _checked(iuv: np.ndarray) -> np.ndarray:
    """A map that was just read; IUVError where it is none."""
    if (iuv[..., 0] > PARTS).any() and is_flat(_fitted(iuv, _ENOUGH)):
        raise IUVError(_FALSE_COLOURS["parts"])
    check_iuv(iuv)
    return iuv


def _fitted(iuv: np.ndarray, max_side: int | None) -> np.ndarray:
    width, height = fitted_size(iuv.shape[1], iuv.shape[0], max_side)
    return iuv if (height, width) == iuv.shape[:2] else resize_nearest(iuv, (height, width))


def _middle(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box in the middle of a picture of that (width, height): left, upper, right and lower edge."""
    left, top = (max(0, (side - MAX_SIDE) // 2) for side in size)
    return left, top, min(size[0], left + MAX_SIDE), min(size[1], top + MAX_SIDE)


def match_photo(iuv: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """A map of its photo's size: where both have the same proportions, within 1%, in another size, it is resized by
    nearest, which invents no parts. Any other map stays as it is, for `check_iuv` to refuse."""
    (height, width), (tall, wide) = iuv.shape[:2], photo.shape[:2]
    if abs(width * tall - wide * height) > _PROPORTIONS * wide * height:
        return iuv
    return resize_iuv(iuv, (tall, wide))


def check_iuv(iuv: np.ndarray, photo: np.ndarray | None = None, *, need_body: bool = True) -> None:
    """Check a map's dtype, shape, parts (0..24) and, unless told otherwise, that it shows a body; with `photo`, that
    sizes agree.

    Raises IUVError, naming the wrong part numbers or both sizes (as width x height).
    """
    check_rgb(iuv, "An IUV map is a uint8 array of height x width x 3 (part, U, V)", error=IUVError)
    wrong = np.flatnonzero(np.bincount(iuv[..., 0].ravel(), minlength=256)[PARTS + 1 :]) + PARTS + 1
    if wrong.size:
        names = ", ".join(str(number) for number in wrong[:3]) + (", ..." if wrong.size > 3 else "")
        raise IUVError(
            f"The IUV map names part{'s' if wrong.size > 1 else ''} {names}, but DensePose's parts go from 1 "
            f"to {PARTS}. {_LOSSLESS}"
        )
    if need_body and not iuv[..., 0].any():
        raise IUVError("The IUV map is empty: it shows no body. Use a photo on which DensePose finds a person.")
    if photo is not None and iuv.shape[:2] != photo.shape[:2]:
        (height, width), (photo_height, photo_width) = iuv.shape[:2], photo.shape[:2]
        turned = (height, width) == (photo_width, photo_height)
        raise IUVError(
            f"The IUV map is {width} x {height} pixels and the photo {photo_width} x {photo_height}. "
            + (
                "One of them lies on its side, as phones store photos: make the map from the upright photo."
                if turned
                else "Make the map from this very photo, at the same size."
            )
        )


def to_network_rgb(iuv: np.ndarray) -> np.ndarray:
    """(H, W, 3) I, U, V -> the (H, W, 3) uint8 picture V, U, I that the network sees and Pillow stores."""
    return np.ascontiguousarray(iuv[..., ::-1])


def from_network_rgb(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) V, U, I as Pillow reads a map in the network's order -> the map I, U, V."""
    return np.ascontiguousarray(rgb[..., ::-1])


def encode_iuv(iuv: np.ndarray, *, order: Order = "network") -> bytes:
    """PNG bytes of an IUV map; `order` as in `read_iuv`. Raises IUVError where `check_iuv` does."""
    check_iuv(iuv)
    return encode_png(to_network_rgb(iuv) if order == "network" else iuv)


def write_iuv(iuv: np.ndarray, path: str | Path, *, order: Order = "network") -> None:
    """Write an IUV map as a PNG file. Raises IUVError where `check_iuv` does, or if `path` is not a .png."""
    if Path(path).suffix.lower() != ".png":
        raise IUVError(f"An IUV map is kept as PNG, which loses nothing. Name {Path(path).name!r} .png instead.")
    Path(path).write_bytes(encode_iuv(iuv, order=order))


def resize_iuv(iuv: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) map -> a new map of size (height, width): each pixel copies one source pixel's I, U and V."""
    return resize_nearest(iuv, size)


def resize_like_authors(iuv: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) map -> (*size, 3) by Pillow's default filter on each channel, as the authors do.

    Part numbers blend at borders (25 and more may occur): for the network's pose input only.
    """
    return np.array(Image.fromarray(np.ascontiguousarray(iuv)).resize((size[1], size[0])))
