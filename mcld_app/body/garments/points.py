"""Key points of a flat garment: the places that a person drags where they were found wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from mcld_app.errors import StudioError

KINDS: Mapping[str, str] = MappingProxyType(
    {"top": "Top", "dress": "Dress", "coat": "Coat", "trousers": "Trousers", "shorts": "Shorts", "skirt": "Skirt"}
)
"""Kind of garment -> what the page calls it."""

_BOTH = ("left", "right")
_UPPER = {"neckline": "Front of the neckline"} | {
    f"{side}_{name}": f"{label}, {side}"
    for name, label in (("shoulder", "Shoulder"), ("armpit", "Armpit"), ("cuff", "Cuff, outer end"), ("hem", "Hem"))
    for side in _BOTH
}
_LOWER = {f"{side}_waist": f"Waist, {side}" for side in _BOTH}
_LEGS = {"crotch": "Crotch"} | {
    f"{side}_{name}": f"{label}, {side}"
    for name, label in (("hem", "Hem, outer end"), ("inner_hem", "Hem, inner end"))
    for side in _BOTH
}
LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("top", "dress", "coat"), MappingProxyType(_UPPER)),
        **dict.fromkeys(("trousers", "shorts"), MappingProxyType(_LOWER | _LEGS)),
        "skirt": MappingProxyType(_LOWER | {f"{side}_hem": f"Hem, {side}" for side in _BOTH}),
    }
)
"""Kind -> its points' names -> what the page calls them. Left and right are the wearer's own: on a garment seen from
the front, left lies in the picture's right half."""

CUFFS = frozenset({"left_cuff", "right_cuff"})


@dataclass(frozen=True)
class KeyPoints:
    """The key points of a garment of some kind.

    Attributes:
        kind: a key of `KINDS`.
        places: name -> (x, y), 0..1 of the picture's width and height; a garment without sleeves has no cuffs.
        guessed: the names that the outline did not show.
        dragged: the names of those that a person put where they are.
    """

    kind: str
    places: Mapping[str, tuple[float, float]]
    guessed: frozenset[str] = field(default_factory=frozenset)
    dragged: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Raises StudioError for an unknown kind, missing or unknown points, and places that are no numbers 0..1."""
        names = set(LABELS[checked_kind(self.kind)])
        given = set(self.places)
        if given - names:
            raise StudioError(f"A {self.kind} has no point called {min(given - names, key=str)!r}. "
                              f"Its points are: {', '.join(LABELS[self.kind])}.")  # fmt: skip
        cuffs = given & CUFFS
        missing = names - given - CUFFS | (CUFFS - cuffs if cuffs else set())
        if missing:
            raise StudioError(f"These points of the {self.kind} are missing: {', '.join(sorted(missing))}.")
        kept = {}
        for name, place in self.places.items():
            try:
                x, y = (float(v) for v in place)
            except (TypeError, ValueError):
                x = y = float("nan")
            if not (-0.5 <= x <= 1.5 and -0.5 <= y <= 1.5):
                raise StudioError(f"The point {name!r} must be two numbers, 0 to 1 of the picture's width and height.")
            kept[name] = (x, y)
        object.__setattr__(self, "places", MappingProxyType(kept))

    @property
    def sleeves(self) -> bool:
        """Whether it has sleeves."""
        return "left_cuff" in self.places

    def moved(self, name: str, x: float, y: float) -> KeyPoints:
        """A copy with one point elsewhere; it is no guess any more. StudioError for a point that it does not have."""
        if name not in self.places:
            raise StudioError(f"This {self.kind} has no point called {name!r}. It has: {', '.join(self.places)}.")
        places = {**self.places, name: (x, y)}
        return replace(self, places=places, guessed=self.guessed - {name}, dragged=self.dragged | {name})

    def without_sleeves(self) -> KeyPoints:
        """A copy of a garment that has none."""
        return replace(self, places={k: v for k, v in self.places.items() if k not in CUFFS})

    def in_pixels(self, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
        """Name -> (2,) float64, x and y in the pixels of a picture of that (height, width, ...)."""
        size = np.array([shape[1], shape[0]], float)
        return {name: np.array(place) * size - 0.5 for name, place in self.places.items()}


def key_points(
    kind: str, places: Mapping[str, np.ndarray], shape: tuple[int, ...], guessed: frozenset[str] = frozenset()
) -> KeyPoints:
    """Key points from places in the pixels of a picture of that (height, width, ...)."""
    return KeyPoints(kind, {name: shares(place, shape) for name, place in places.items()}, guessed)


def shares(place: np.ndarray, shape: tuple[int, ...]) -> tuple[float, float]:
    """A place (2,), x and y in the pixels of a picture of that (height, width, ...), as shares of its size."""
    return (float(place[0]) + 0.5) / shape[1], (float(place[1]) + 0.5) / shape[0]


def checked_kind(kind: str) -> str:
    """The kind; StudioError where there is no such one."""
    if kind not in KINDS:
        raise StudioError(f"There is no kind of garment called {kind!r}. The kinds are: {', '.join(KINDS)}.")
    return kind
