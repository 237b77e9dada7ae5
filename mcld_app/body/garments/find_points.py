"""Finding a garment's key points in its outline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcld_app.body.garments.cutout import Cutout
from mcld_app.body.garments.lower_points import check_lower, find_legs, find_skirt
from mcld_app.body.garments.neckline import front_of_neckline, neck_corners
from mcld_app.body.garments.outline import Outline
from mcld_app.body.garments.points import KeyPoints, checked_kind, key_points, shares
from mcld_app.body.garments.straps import without_back_straps
from mcld_app.body.garments.upper_points import check_upper, find_upper, shoulder_of


def moved_point(cutout: Cutout, points: KeyPoints, name: str, x: float, y: float) -> KeyPoints:
    """The key points after one was dragged: what was found by it and never dragged itself follows.

    Raises:
        StudioError: for a point that there is not, or a place that is none.
    """
    moved = points.moved(name, x, y)
    side, _, kind = name.partition("_")
    shoulder = f"{side}_shoulder"
    if kind not in ("armpit", "cuff") or not moved.sleeves or shoulder in moved.dragged:
        return moved
    outline, shape = Outline.of(without_back_straps(cutout.mask)), cutout.mask.shape
    places = moved.in_pixels(shape)
    right, left = neck_corners(outline, places)
    found = shoulder_of(outline, side, left if side == "left" else right, places)
    return replace(moved, places={**moved.places, shoulder: shares(found, shape)})


def find_points(cutout: Cutout, kind: str) -> KeyPoints:
    """The key points of a garment that was cut out.

    Args:
        cutout: the garment.
        kind: a key of `points.KINDS`.

    Raises:
        StudioError: for an unknown kind.
        PictureError: where the outline is not that of such a garment laid out flat.
    """
    outline = Outline.of(without_back_straps(cutout.mask))
    if checked_kind(kind) in ("top", "dress", "coat"):
        check_upper(outline, kind)
        places, guessed = find_upper(outline)
        corners = neck_corners(outline, places)
        depth = front_of_neckline(cutout.picture, cutout.mask, corners)
        if depth is not None:
            places["neckline"] = np.array([places["neckline"][0], (corners[0][1] + corners[1][1]) / 2 + depth])
    else:
        check_lower(outline, kind)
        places, guessed = find_skirt(outline) if kind == "skirt" else find_legs(outline, kind == "shorts")
    return key_points(kind, places, cutout.mask.shape, guessed)
