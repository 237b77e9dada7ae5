"""Landmarks: 33 points of a body, as they were found in a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

_PAIRED = (
    "eye_inner", "eye", "eye_outer", "ear", "mouth", "shoulder", "elbow", "wrist", "little_finger", "index_finger",
    "thumb", "hip", "knee", "ankle", "heel", "toes",
)  # fmt: skip
# BlazePose lists the inner, middle and outer point of one eye before those of the other; all else comes in pairs.
NAMES: tuple[str, ...] = (
    "nose",
    *(f"{side}_{name}" for side in ("left", "right") for name in _PAIRED[:3]),
    *(f"{side}_{name}" for name in _PAIRED[3:] for side in ("left", "right")),
)
"""The 33 points' names, in BlazePose's order; left and right are the person's own."""

AT: dict[str, int] = {name: number for number, name in enumerate(NAMES)}
"""A point's number by its name."""

_OTHER_SIDE = np.array([
    AT[name.replace("left_", "right_") if name.startswith("left_") else name.replace("right_", "left_")]
    for name in NAMES
])  # fmt: skip


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The points of one person.

    Attributes:
        places: (33, 2) float64, x and y in pixels of the picture (the first pixel's centre is 0); may lie outside.
        sure: (33,) float64, 0..1, how sure it is that the point is seen.
        space: (33, 3) float64, metres about the middle of the hips: to the picture's right, up, and towards the camera.
    """

    places: np.ndarray
    sure: np.ndarray
    space: np.ndarray

    def middle(self, name: str) -> np.ndarray:
        """(2,) between the left and the right point of that name, as "hip"."""
        return (self.places[AT[f"left_{name}"]] + self.places[AT[f"right_{name}"]]) / 2

    @property
    def turns_to_upright(self) -> int:
        """How many quarter turns against the clock (`np.rot90`) put the head up: 0 where it is, where the trunk lies
        more than 30 degrees beside all four ways, and where trunk or nose are not seen."""
        names = ("nose", *(f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "hip")))
        if min(self.sure[AT[name]] for name in names) < 0.5:
            return 0
        trunk = self.middle("shoulder") - self.middle("hip")
        head = self.places[AT["nose"]] - self.middle("shoulder")
        ways = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])  # where the head lies, by the turns from there
        turns = int(np.argmax(ways @ trunk))
        along = [ways[turns] @ part / max(float(np.linalg.norm(part)), 1e-9) for part in (trunk, head)]
        return turns if along[0] > np.cos(np.radians(30)) and along[1] > np.cos(np.radians(45)) else 0

    def moved(self, scale: float, shift: tuple[float, float]) -> Landmarks:
        """The same in another picture: places are scaled about the first pixel's corner, then shifted, in pixels."""
        return replace(self, places=(self.places + 0.5) * scale - 0.5 + np.array(shift))

    def turned_round(self) -> Landmarks:
        """The same points read as a body seen from the other side: left is right, and far is near."""
        swap = _OTHER_SIDE
        return Landmarks(self.places[swap], self.sure[swap], self.space[swap] * np.array([1.0, 1.0, -1.0]))
