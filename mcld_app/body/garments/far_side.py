"""The far side of a garment whose picture shows the near one: which texels it has, and where they are read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mcld_app.body.garments.back_places import with_places_behind
from mcld_app.body.garments.behind import picture_behind
from mcld_app.body.garments.laid_slices import laid_slices
from mcld_app.body.garments.slices import striped
from mcld_app.body.texture.photo_places import PhotoPlaces
from mcld_app.body.texture.photo_reading import PhotoSource, photo_source


@dataclass(frozen=True, eq=False)
class FarSide:
    """What is known of a garment's back.

    Attributes:
        extent: (512, 512) bool, the texels that the garment has, seen or not.
        patterned: whether its cloth is patterned all over.
    """

    extent: np.ndarray = field(repr=False)
    patterned: bool


def with_far_side(photo: np.ndarray, iuv: np.ndarray, places: PhotoPlaces, far: FarSide) -> PhotoSource:
    """A garment's photo (H, W, 3) uint8 RGB ready to be read, with its back beside it.

    Args:
        photo: the garment alone, laid on the mannequin.
        iuv: (H, W, 3) uint8, its pixels.
        places: of what the photo shows.
        far: its far side.
    """
    slices = laid_slices(iuv)
    behind, shown = picture_behind(photo, slices, patterned=far.patterned), iuv[..., 0] > 0
    covered = shown if far.patterned else slices.number >= 0
    own_scale = far.patterned or slices.fly  # bottoms have no print
    collar = "" if not far.patterned else "across" if striped(photo, slices) else "up"
    places = with_places_behind(places, far.extent, shown, covered, collar=collar, own_scale=own_scale)
    return photo_source(np.hstack([photo, behind]), places)
