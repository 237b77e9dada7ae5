"""What a garment's outline is laid on: pairs of places on the mannequin and in the garment's picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mcld_app.body.garments.body_lines import SurfacePoints, joined

RIM = 3.0
"""Pixels inside the outline at which colours are taken: its own rim is half ground."""

TRUNK, LEFT, RIGHT = 1, 2, 4
"""What of the body a pair belongs to: the trunk (and legs), the left arm, the right one; several where they meet."""


@dataclass(frozen=True, eq=False)
class LimbWidths:
    """How wide a garment's sleeves or legs are, the mean of both sides.

    Attributes:
        limb: "arm" or "leg".
        along: (N,) float64, metres down the limb from shoulder or hip, rising.
        across: (N,) float64, metres of cloth from one edge to the other.
        end: metres down the limb at which it ends when worn: trousers go on over the foot, where they cannot be laid on
            the leg; None for where it is laid, the last of `along`.
        fits: of the girth that the tightest place of a leg in it asks for, how much it has: trousers stretch there.
    """

    limb: str
    along: np.ndarray
    across: np.ndarray
    end: float | None = None
    fits: float = 0.95


@dataclass(frozen=True, eq=False)
class Fit:
    """How a garment is laid on the mannequin.

    Attributes:
        points: N places on the mannequin.
        places: (N, 2) float64, x and y in the garment's picture.
        angles: the mannequin's pose, "joint.axis" -> degrees.
        metre: pixels of the garment's picture that a metre of cloth takes.
        top, hem: metres above the floor between which it reaches; above `top` its mask says where it is.
        high: metres above the floor from which the mask says where it is: neckline, armholes.
        sleeve: metres along the arm from the shoulder joint that its sleeves reach; below 0 for none.
        rows: heights in metres, from above downwards, and the rows of the picture that lie there.
        girth: metres of cloth from side to side, over the front, for a metre that the picture shows: 1 for cloth that
            lies flat, more for cloth that bulges as worn.
        limbs: its sleeves or legs; None where it has none.
        falls: as `rows`, for cloth that hangs before the legs instead of lying on them; None where that is the same.
        limb: (N,) int, of which limbs each pair says where cloth lies: `TRUNK`, `LEFT`, `RIGHT`, or several of them;
            None where it has no sleeves.
        on_arm: metres along the arm at which a sleeve's armpit lies; None where it has no sleeves.
    """

    points: SurfacePoints
    places: np.ndarray
    angles: Mapping[str, float]
    metre: float
    top: float
    hem: float
    high: float
    sleeve: float
    rows: tuple[np.ndarray, np.ndarray]
    girth: float = 1.0
    limbs: LimbWidths | None = None
    falls: tuple[np.ndarray, np.ndarray] | None = None
    limb: np.ndarray | None = None
    on_arm: float | None = None


@dataclass(eq=False)
class Pairs:
    """Gathers pairs; given for the wearer's left side and mirrored where they belong to the right."""

    points: list[SurfacePoints] = field(default_factory=list)
    places: list[np.ndarray] = field(default_factory=list)
    limb: list[int] = field(default_factory=list)

    def add(
        self, point: SurfacePoints, place: np.ndarray | tuple[float, float], sign: int = 1, *, trunk: bool = True,
        arm: bool = False,
    ) -> None:  # fmt: skip
        """A place of the body's left side (`sign` 1) or its mirror image (-1), and where it lies in the picture;
        whether it says where cloth lies on the trunk, and on that side's arm."""
        self.limb.append(TRUNK * trunk | (LEFT if sign > 0 else RIGHT) * arm)
        self.points.append(point if sign > 0 else point.mirrored())
        self.places.append(np.asarray(place, float))

    def done(self) -> tuple[SurfacePoints, np.ndarray]:
        """All of them."""
        return joined(self.points), np.stack(self.places)
