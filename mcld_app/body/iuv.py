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
from mcld_app.body.framing import resize_nearest
from mcld_app.body.photo import MAX_SIDE, PictureSource, encode_png, fitted_size, open_picture
from mcld_app.errors import IUVError, PictureError

PARTS = 24
MIN_SIDE = 16
Order = Literal["network", "rgb"]

_LOSSLESS = "Make the map again and save it as PNG, without resizing or editing it."


def read_iuv(
    source: PictureSource, *, order: Order | Literal["auto"] = "auto", max_side: int | None = MAX_SIDE
) -> np.ndarray:
    """Read an IUV map, (H, W, 3) uint8 I, U, V, from a PNG, BMP, TIFF or lossless WebP file.

    `source` is what `photo.read_photo` takes; an array or Pillow picture holds what Pillow would read from
    the file. `order`: "network" (Pillow reads V, U, I), "rgb" (Pillow reads I, U, V), or "auto", which tells
    them apart by the channel that holds part numbers only, and takes "network" where both might.
    A map longer than `max_side` is reduced, inventing no parts, to the size `read_photo` gives its photo.

    Raises IUVError: unreadable, saved as JPEG now or earlier (blended part numbers), a photo instead of a
    map, or what `check_iuv` refuses.
    """
    try:
        opened = open_picture(source, what="IUV map")
    except PictureError as error:
        raise IUVError(str(error)) from error
    if opened.image.mode not in ("RGB", "RGBA", "P", "L", "LA", "1"):
        mode = opened.image.mode
        raise IUVError(f"An IUV map has three channels of 8 bits, and this file is {mode}. {_LOSSLESS}")
    rgb = np.array(opened.image.convert("RGB"))
    if opened.bits > 8 and not rgb.any():  # 0..255 written into 16 bits, where only the upper 8 are read
        raise IUVError(f"An IUV map has three channels of 8 bits, and this file has {opened.bits} bits. {_LOSSLESS}")
    if _looks_like_photo(rgb):
        raise IUVError(
            "The file given as the IUV map looks like a photo. Perhaps the two files are swapped: give the "
            "photo as the photo and DensePose's picture of it as the IUV map."
        )
    if opened.lossy is not None:
        raise IUVError(f"The IUV map is a {opened.lossy} file, which blends part numbers. {_LOSSLESS}")
    if opened.image.mode in ("L", "LA", "1"):
        raise IUVError(f"The IUV map has one grey channel; part, U and V are needed. {_LOSSLESS}")
    if min(rgb.shape[:2]) < MIN_SIDE:
        raise IUVError(
            f"The IUV map is {rgb.shape[1]} x {rgb.shape[0]} pixels, too small to show a person. "
            f"Give one with at least {MIN_SIDE} pixels on its shorter side, of the photo's size."
        )
    iuv = from_network_rgb(rgb) if (_order(rgb) if order == "auto" else order) == "network" else rgb
    if is_blended(iuv):
        raise IUVError(
            "The IUV map's part numbers are blended at borders, as happens when a map was once saved as JPEG "
            f"or resized smoothly. {_LOSSLESS}"
        )
    check_iuv(iuv)
    width, height = fitted_size(iuv.shape[1], iuv.shape[0], max_side)
    return resize_iuv(iuv, (height, width))


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


def is_blended(iuv: np.ndarray) -> bool:
    """Whether part numbers were mixed at borders, as JPEG or a smooth resize does; never so for a true map.

    Mixing leaves two traces: steps between two parts pass through numbers in between, and U or V spill over
    into the background there. Both are asked for; only a map with plenty of border may be refused for the
    first alone. Measured on a real map resized by nearest, 16 to 1000 wide: in-between share 0.12 at 16,
    under 0.06 from 24 on, no spill. As JPEG (quality 10 to 100): 0.07 and more, 0.19 and more when small,
    spill 0.13 and more. Resized smoothly: 0.24 and more, spill 0.02 and more. (Not seen: Pillow's box filter
    near the map's own size, which blends next to nothing.)
    """
    part = iuv[..., 0]
    middle = part[1:-1, 1:-1]
    if middle.size == 0:
        return False
    left, right, up, down = part[1:-1, :-2], part[1:-1, 2:], part[:-2, 1:-1], part[2:, 1:-1]
    border = (middle != left) | (middle != right) | (middle != up) | (middle != down)
    between = ((left < middle) & (middle < right)) | ((left > middle) & (middle > right))
    between |= ((up < middle) & (middle < down)) | ((up > middle) & (middle > down))
    ring = border & (middle == 0)
    borders = np.count_nonzero(border)
    mixed = np.count_nonzero(between) / max(borders, 1)
    spilt = np.count_nonzero(ring & iuv[1:-1, 1:-1, 1:].any(-1)) / max(np.count_nonzero(ring), 1)
    both = spilt > 0.015 and mixed > (0.06 if borders >= 1000 else 0.16)
    return both or (borders >= 2000 and mixed > 0.14)


def looks_like_iuv(rgb: np.ndarray) -> bool:
    """Whether an (H, W, 3) uint8 picture is an IUV map in either order: for warning that it is no photo."""
    iuv = from_network_rgb(rgb) if _order(rgb) == "network" else rgb
    part, place = iuv[..., 0], iuv[..., 1:]
    background = part == 0
    if not part.any() or part.max() > PARTS or not background.any():
        return False
    return bool(place.max() > 40 and not place[background].any())


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


def _order(rgb: np.ndarray) -> Order:
    """The likelier order: more of I in 0..24, then less U and V on background; in doubt, the standard."""

    def fitness(part: np.ndarray, place: np.ndarray) -> tuple[float, float]:
        return float((part <= PARTS).mean()), float(((part > 0) | (place == 0)).mean())

    red, green, blue = np.moveaxis(rgb, -1, 0)
    return "rgb" if fitness(red, green | blue) > fitness(blue, green | red) else "network"


def _looks_like_photo(rgb: np.ndarray) -> bool:
    """Bright red and bright blue in a tenth of the picture or more: in a map one of them holds 0..24 only.

    A channel of few distinct values is still taken for part numbers (wrong ones), so that they can be named.
    """
    return all(
        (channel > 40).mean() > 0.1 and np.count_nonzero(np.bincount(channel.ravel())) > 32
        for channel in (rgb[..., 0], rgb[..., 2])
    )
