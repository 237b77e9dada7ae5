"""The 24 DensePose parts, and the clothing regions made of them.

"Left" and "right" are the person's own. Names and neighbours were measured on the charts of `UV_Processed.mat`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcld_app.body.charts import charts, iuv_of_texel
from mcld_app.errors import StudioError


@dataclass(frozen=True)
class Part:
    """One DensePose part: its number 1..24, its name, its side ("left", "right" or "middle") and the number of the
    part that mirrors it."""

    number: int
    name: str
    side: str
    mirror: int


@dataclass(frozen=True)
class Region:
    """A named set of parts that people think of as one thing.

    Attributes:
        name: key in `REGIONS`.
        label: what the page calls it.
        parts: DensePose parts, 1..24.
        base: True for the seven regions that divide the body among them; the others are unions of those.
        face: None, or whether the region is inside (True) or outside (False) of the face on the head's charts.
    """

    name: str
    label: str
    parts: frozenset[int]
    base: bool = True
    face: bool | None = None


_NAMES = {
    1: ("torso, back", "middle", 1), 2: ("torso, front", "middle", 2),
    3: ("right hand", "right", 4), 4: ("left hand", "left", 3),
    5: ("left foot", "left", 6), 6: ("right foot", "right", 5),
    7: ("right upper leg, back", "right", 8), 8: ("left upper leg, back", "left", 7),
    9: ("right upper leg, front", "right", 10), 10: ("left upper leg, front", "left", 9),
    11: ("right lower leg, back", "right", 12), 12: ("left lower leg, back", "left", 11),
    13: ("right lower leg, front", "right", 14), 14: ("left lower leg, front", "left", 13),
    15: ("left upper arm, inner side", "left", 16), 16: ("right upper arm, inner side", "right", 15),
    17: ("left upper arm, outer side", "left", 18), 18: ("right upper arm, outer side", "right", 17),
    19: ("left lower arm, inner side", "left", 20), 20: ("right lower arm, inner side", "right", 19),
    21: ("left lower arm, outer side", "left", 22), 22: ("right lower arm, outer side", "right", 21),
    23: ("head, right half", "right", 24), 24: ("head, left half", "left", 23),
}  # fmt: skip

PARTS: dict[int, Part] = {number: Part(number, *rest) for number, rest in _NAMES.items()}

# Charts whose U runs the other way on the other side of the body; on all others, U and V mean the same on both sides.
# The torso's two charts are their own mirror image, with V turned round.
MIRRORED_U = frozenset({3, 4, 5, 6, 23, 24})
MIRRORED_V = frozenset({1, 2})

_TORSO, _ARMS, _LEGS = frozenset({1, 2}), frozenset(range(15, 23)), frozenset(range(7, 15))
_FEET, _HANDS, _HEAD = frozenset({5, 6}), frozenset({3, 4}), frozenset({23, 24})

REGIONS: dict[str, Region] = {
    r.name: r
    for r in (
        Region("top", "Top", _TORSO),
        Region("sleeves", "Sleeves", _ARMS),
        Region("bottom", "Bottom", _LEGS),
        Region("shoes", "Shoes", _FEET),
        Region("hands", "Hands", _HANDS),
        Region("hair", "Head and hair", _HEAD, face=False),
        Region("face", "Face", _HEAD, face=True),
        Region("upper", "Top with sleeves", _TORSO | _ARMS, base=False),
        Region("outfit", "Whole outfit", _TORSO | _ARMS | _LEGS | _FEET, base=False),
        Region("head", "Whole head", _HEAD, base=False),
        Region("body", "Whole body", frozenset(range(1, 25)), base=False),
    )
}

# The face on the head's charts: an ellipse around the bridge of the nose. In 0..255 of chart 24, where U = 0 is the
# face's middle line and the eye lies at about U = 55, V = 158, the mouth at V = 95, the ear at U = 150.
_FACE_V, _FACE_RADIUS_U, _FACE_RADIUS_V = 125.0, 105.0, 82.0


def _is_face(iuv: np.ndarray) -> np.ndarray:
    part = iuv[..., 0]
    across = np.where(part == 23, 255.0 - iuv[..., 1], iuv[..., 1])
    inside = (across / _FACE_RADIUS_U) ** 2 + ((iuv[..., 2] - _FACE_V) / _FACE_RADIUS_V) ** 2 <= 1
    return inside & (part >= 23)


def region(name: str) -> Region:
    """The region of that name.

    Raises:
        StudioError: where there is none; the sentence lists those there are.
    """
    if name not in REGIONS:
        raise StudioError(f"There is no region called {name!r}. The regions are: {', '.join(REGIONS)}.")
    return REGIONS[name]


def region_pixels(name: str, iuv: np.ndarray) -> np.ndarray:
    """Which pixels of an IUV map (H, W, 3) uint8 show that region: (H, W) bool."""
    r = region(name)
    member = np.zeros(256, bool)
    member[list(r.parts)] = True
    mask = member[iuv[..., 0]]
    if r.face is not None:
        mask &= _is_face(iuv) == r.face
    return mask


def parts_mask(parts: frozenset[int] | set[int]) -> np.ndarray:
    """Which texels of the texture map show one of these parts (1..24): (512, 512) bool."""
    return np.isin(charts().part_map, sorted(parts))


@lru_cache(maxsize=len(REGIONS))
def region_mask(name: str) -> np.ndarray:
    """Which texels of the texture map belong to that region: (512, 512) bool, read-only. The masks of the seven base
    regions do not overlap and together are the whole body."""
    mask = region_pixels(name, iuv_of_texel())
    mask.setflags(write=False)
    return mask


def part_map() -> np.ndarray:
    """(512, 512) uint8: the part each texel of the texture map belongs to, 0 between the islands. Read-only."""
    return charts().part_map


def regions_at(part: int) -> tuple[str, ...]:
    """The regions a part belongs to, the smallest first."""
    found = [r for r in REGIONS.values() if part in r.parts]
    return tuple(r.name for r in sorted(found, key=lambda r: (len(r.parts), not r.base)))
