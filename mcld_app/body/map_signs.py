"""What gives away what a picture is: an IUV map in one order or the other, a map that was blended, or a photo."""

from __future__ import annotations

from typing import Literal

import numpy as np

PARTS = 24
Order = Literal["network", "rgb"]


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
    iuv = rgb[..., ::-1] if likelier_order(rgb) == "network" else rgb
    part, place = iuv[..., 0], iuv[..., 1:]
    background = part == 0
    if not part.any() or part.max() > PARTS or not background.any():
        return False
    return bool(place.max() > 40 and not place[background].any())


def likelier_order(rgb: np.ndarray) -> Order:
    """The likelier order: more of I in 0..24, then less U and V on background; in doubt, the standard."""

    def fitness(part: np.ndarray, place: np.ndarray) -> tuple[float, float]:
        return float((part <= PARTS).mean()), float(((part > 0) | (place == 0)).mean())

    red, green, blue = np.moveaxis(rgb, -1, 0)
    return "rgb" if fitness(red, green | blue) > fitness(blue, green | red) else "network"


def looks_like_photo(rgb: np.ndarray) -> bool:
    """Bright red and bright blue in a tenth of the picture or more: in a map one of them holds 0..24 only.

    A channel of few distinct values is still taken for part numbers (wrong ones), so that they can be named.
    """
    return all(
        (channel > 40).mean() > 0.1 and np.count_nonzero(np.bincount(channel.ravel())) > 32
        for channel in (rgb[..., 0], rgb[..., 2])
    )
