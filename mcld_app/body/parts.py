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
    """What people think of as one thing.

    Attributes:
        name: key in `REGIONS`.
        label: what the page calls it.
        parts: the DensePose parts 1..24 that lie in it wholly or mostly.
        bases: the base regions it is made of; a base region is made of itself. The seven base regions divide the
            body among them.
    """

    name: str
    label: str
    parts: frozenset[int]
    bases: frozenset[str]


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

BASE_REGIONS = ("top", "sleeves", "bottom", "shoes", "hands", "hair", "face")

REGIONS: dict[str, Region] = {
    name: Region(name, label, parts, frozenset(bases or (name,)))
    for name, label, parts, bases in (
        ("top", "Top", _TORSO, ()),
        ("sleeves", "Sleeves", _ARMS, ()),
        ("bottom", "Bottom", _LEGS, ()),
        ("shoes", "Shoes", _FEET, ()),
        ("hands", "Hands", _HANDS, ()),
        ("hair", "Head and hair", _HEAD, ()),
        ("face", "Face", _HEAD, ()),
        ("upper", "Top with sleeves", _TORSO | _ARMS, ("top", "sleeves")),
        ("outfit", "Whole outfit", _TORSO | _ARMS | _LEGS | _FEET, ("top", "sleeves", "bottom", "shoes")),
        ("head", "Whole head", _HEAD, ("hair", "face")),
        ("body", "Whole body", frozenset(range(1, 25)), BASE_REGIONS),
    )
}

# The face on the head's charts: an ellipse around the bridge of the nose. In 0..255 of chart 24, where U = 0 is the
# face's middle line and the eye lies at about U = 55, V = 158, the mouth at V = 95, the ear at U = 150.
_FACE_V, _FACE_RADIUS_U, _FACE_RADIUS_V = 125.0, 105.0, 82.0
# The front of the torso ends between the legs: below this U (0..255), where a shirt's hem usually lies, it belongs to
# the trousers.
_HIPS_U = 204


def _base_region(iuv: np.ndarray) -> np.ndarray:
    """Number of the base region each pixel shows, counted from 1; 0 where there is no body: (H, W) uint8."""
    by_part = np.zeros(256, np.uint8)
    for number, name in enumerate(BASE_REGIONS, 1):
        if name != "face":
            by_part[list(REGIONS[name].parts)] = number
    part, u = iuv[..., 0], iuv[..., 1]
    out = by_part[part]
    out[(part == 2) & (u > _HIPS_U)] = 1 + BASE_REGIONS.index("bottom")
    across = np.where(part == 23, 255.0 - u, u)
    face = (across / _FACE_RADIUS_U) ** 2 + ((iuv[..., 2] - _FACE_V) / _FACE_RADIUS_V) ** 2 <= 1
    out[face & (part >= 23)] = 1 + BASE_REGIONS.index("face")
    return out


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
    wanted = [1 + BASE_REGIONS.index(base) for base in region(name).bases]
    return np.isin(_base_region(iuv), wanted)


def parts_mask(parts: frozenset[int] | set[int]) -> np.ndarray:
    """Which texels of the texture map show one of these parts (1..24): (512, 512) bool."""
    return _parts_mask(frozenset(parts)).copy()


@lru_cache(maxsize=128)
def _parts_mask(parts: frozenset[int]) -> np.ndarray:
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
    return tuple(r.name for r in sorted(found, key=lambda r: (len(r.parts), len(r.bases))))
