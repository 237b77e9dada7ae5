"""What gives away what a picture is: an IUV map in one order or the other, a map that was blended, or a photo."""

from __future__ import annotations

from typing import Literal

import numpy as np

PARTS = 24
_BRIGHT = 40  # U or V that no part number reaches
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
    """Whether an (H, W, 3) uint8 picture is an IUV map in either order, a part of one, or one that was blended: for
    warning that it is no photo."""
    iuv = rgb[..., ::-1] if likelier_order(rgb) == "network" else rgb
    part, place = iuv[..., 0], iuv[..., 1:]
    if not part.any() or place.max() <= _BRIGHT:
        return False
    if part.max() > PARTS:
        return _was_map(part, place)
    background = part == 0
    if background.any():
        return not place[background].any() or _was_map(part, place)
    return _is_cut_out(part, place)


def _is_cut_out(part: np.ndarray, place: np.ndarray) -> bool:
    """Whether all of it is body: part numbers that hardly change from pixel to pixel, U and V that do."""
    changes = (part[:, 1:] != part[:, :-1]).mean() if part.shape[1] > 1 else 1.0
    values = min(np.count_nonzero(np.bincount(place[..., k].ravel())) for k in (0, 1))
    return bool(changes < 0.1 and values > 20)


def _was_map(part: np.ndarray, place: np.ndarray) -> bool:
    """Whether it is a map that was blended, so that numbers passed 24 here and there, and U and V spilt.

    Two channels of a photo go together, for what is bright is so in both; U and V go their own ways. Of maps as JPEG
    (quality 60 to 95) or resized smoothly, halves of them too: 0.945 and more below 41, U above V in 0.17 to 0.77 of
    the body, correlation within 0.3, standard deviations of 33 and more. Of 43 photos: 0.41 at most below 41.
    """
    if (part <= 40).mean() < 0.93:
        return False
    body = place.max(-1) > _BRIGHT
    if body.mean() < 0.03 or np.count_nonzero(body) < 100:
        return False
    u, v = place[body].astype(np.float32).T
    if min(u.std(), v.std()) < 25 or not 0.12 < (u > v).mean() < 0.88:
        return False
    return bool(abs(np.corrcoef(u, v)[0, 1]) < 0.45)


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
