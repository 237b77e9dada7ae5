"""How a garment's picture is understood, and what a person puts right in it: cut-out, kind, sleeves and key points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mcld_app.body.garments.cutout import Cutout
from mcld_app.body.garments.find_points import find_points, moved_point
from mcld_app.body.garments.neckline import inside_of_back, neck_corners
from mcld_app.body.garments.outline import Outline
from mcld_app.body.garments.points import CUFFS, LABELS, KeyPoints, checked_kind
from mcld_app.content import content_hash
from mcld_app.errors import PictureError, StudioError
from mcld_app.once import cached_property

_LEAST = 0.005  # share of the picture that a garment keeps at least
_SLEEVE = (0.16, 0.10)  # of the garment's width and height, from armpit to cuff, where there is nothing to see

_UPPER = {"shoulder": (0.62, 0.06), "armpit": (0.66, 0.34), "cuff": (1.0, 0.38), "hem": (0.66, 0.99)}
_LEGS = {"waist": (0.75, 0.02), "hem": (0.95, 0.98), "inner_hem": (0.1, 0.98)}
_MIDDLE = {"neckline": 0.1, "crotch": 0.28}
_USUAL = {
    **dict.fromkeys(("top", "dress", "coat"), _UPPER),
    **dict.fromkeys(("trousers", "shorts"), _LEGS),
    "skirt": {"waist": (0.6, 0.02), "hem": (0.98, 0.98)},
}
"""Kind -> point -> where it lies as a rule: half widths of the garment from its middle, heights from its top."""


@dataclass(frozen=True, eq=False)
class Marking:
    """A picture of a garment alone, and how it is understood.

    Attributes:
        cutout: the picture and which of its pixels are the garment's.
        points: its kind and key points.
        first: as it was found, before anybody put anything right; None where this is that.
    """

    cutout: Cutout
    points: KeyPoints
    first: Marking | None = None

    @property
    def start(self) -> Marking:
        """As it was found."""
        return self.first or self

    @cached_property
    def key(self) -> str:
        """A short name for what was found: the same garment of the same picture has the same, however adjusted."""
        if self.first is not None:
            return self.first.key
        return content_hash(self.cutout.picture, self.cutout.mask.view(np.uint8))

    def moved(self, point: str, x: float, y: float) -> Marking:
        """With a point dragged to 0..1 of the picture's width and height; StudioError for what is no point or place."""
        return replace(self, points=moved_point(self.cutout, self.points, point, x, y), first=self.start)

    def as_kind(self, kind: str) -> Marking:
        """As another kind of garment. Points that were dragged stay where both kinds have them; the others are found
        anew, or lie where they lie as a rule, where the outline is not that of such a garment. StudioError for an
        unknown kind."""
        if checked_kind(kind) == self.points.kind:
            return self
        try:
            found = find_points(self.cutout, kind)
        except PictureError:
            found = usual_points(self.cutout, kind)
        return replace(self, points=_with_dragged(found, self.points), first=self.start)

    def with_sleeves(self, sleeves: bool) -> Marking:
        """With sleeves or without; StudioError for a kind that has none."""
        if not set(LABELS[self.points.kind]) >= CUFFS:
            raise StudioError(f"A {self.points.kind} has no sleeves.")
        if sleeves == self.points.sleeves:
            return self
        if not sleeves:
            return replace(self, points=self.points.without_sleeves(), first=self.start)
        cuffs = {name: self.start.points.places[name] for name in CUFFS if name in self.start.points.places}
        if not cuffs:
            box = _box(self.cutout.mask)
            for side, sign in (("left", 1), ("right", -1)):
                x, y = self.points.places[f"{side}_armpit"]
                place = (x + sign * _SLEEVE[0] * (box[1] - box[0]), y + _SLEEVE[1] * (box[3] - box[2]))
                cuffs[f"{side}_cuff"] = tuple(float(v) for v in np.clip(place, 0, 1))
        points = replace(self.points, places={**self.points.places, **cuffs})
        return replace(self, points=points, first=self.start)

    def painted(self, where: np.ndarray, *, add: bool) -> Marking:
        """With pixels (H, W) bool of the picture added to the garment, or taken away. Points that nobody dragged are
        found anew.

        Raises:
            PictureError: where next to nothing is left of the garment.
            StudioError: where `where` is not of the picture's size.
        """
        if where.shape != self.cutout.mask.shape:
            raise StudioError("The strokes are not of the picture's size. Draw them again.")
        mask = self.cutout.mask | where if add else self.cutout.mask & ~where
        if mask.mean() < _LEAST:
            raise PictureError("Next to nothing of the garment would be left. Paint over it with “Add” first.")
        cutout = replace(self.cutout, mask=mask)
        try:
            points = _with_dragged(find_points(cutout, self.points.kind), self.points)
        except PictureError:
            points = self.points
        if points.sleeves and not self.points.sleeves:
            points = points.without_sleeves()
        return replace(self, cutout=cutout, points=points, first=self.start)

    def outlines(self) -> list[np.ndarray]:
        """The garment's outline, one (N, 2) int32 array of x, y in pixels for each piece, corners only."""
        return _contours(self.cutout.mask)

    def inside(self) -> list[np.ndarray]:
        """What of the garment is the inside of its back, above the front of the neckline: outlines as `outlines`."""
        mask = self.cutout.mask
        if "neckline" not in self.points.places:
            return []
        places = self.points.in_pixels(mask.shape)
        corners = neck_corners(Outline.of(mask), places)
        return _contours(inside_of_back(self.cutout.picture, mask, corners, places["neckline"][1]))


def usual_points(cutout: Cutout, kind: str) -> KeyPoints:
    """Key points of a kind where they lie as a rule in the box around a garment, all of them guessed: for an outline in
    which they are not to be found."""
    left, right, top, bottom = _box(cutout.mask)
    middle, half, height = (left + right) / 2, (right - left) / 2, bottom - top
    places = {name: (middle, top + _MIDDLE[name] * height) for name in LABELS[checked_kind(kind)] if name in _MIDDLE}
    for name, (out, down) in _USUAL[kind].items():
        for side, sign in (("left", 1), ("right", -1)):
            places[f"{side}_{name}"] = (middle + sign * out * half, top + down * height)
    return KeyPoints(kind, places, frozenset(places))


def _with_dragged(found: KeyPoints, before: KeyPoints) -> KeyPoints:
    """Points just found, those that a person dragged before where they were put."""
    kept = {name: before.places[name] for name in before.dragged if name in found.places and name in before.places}
    guessed = found.guessed - set(kept)
    return replace(found, places={**found.places, **kept}, guessed=guessed, dragged=frozenset(kept))


def _box(mask: np.ndarray) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of a mask, shares of the picture's size."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = mask.shape
    return columns[0] / width, (columns[-1] + 1) / width, rows[0] / height, (rows[-1] + 1) / height


def _contours(mask: np.ndarray) -> list[np.ndarray]:
    import cv2

    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [cv2.approxPolyDP(contour, 1.0, True)[:, 0] for contour in found if cv2.contourArea(contour) > 20]
