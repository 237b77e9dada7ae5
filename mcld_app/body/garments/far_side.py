"""The far side of a garment whose picture shows the near one: which texels it has, and where they are read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mcld_app.body.garments.back_places import with_places_behind
from mcld_app.body.garments.behind import picture_behind
from mcld_app.body.garments.goes_on import closed_above, goes_on
from mcld_app.body.garments.laid_slices import LOWEST, laid_slices
from mcld_app.body.garments.slices import SLICE, Slices, striped
from mcld_app.body.shells.areas import grown
from mcld_app.body.texture.photo_places import PhotoPlaces
from mcld_app.body.texture.photo_reading import PhotoSource, photo_source

_FIRST_ARM = 15  # of the parts of a body
_WIDE, _OVERLAP = 0.075, 0.04  # metres that cloth goes on, and inside its rim within which other cloth may begin
_COLLAR, _BAND, _BELOW = 0.012, 0.03, 0.30  # metres around a neckline that are a front's own; of striped cloth, which
# mostly has a band there; below it, that may go on above it
_HIGHEST = 1.34  # metres above the floor: higher, places are not unrolled
_RIM = 3  # pixels of the garment's rim, which blend with the ground


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
    own_scale = far.patterned or slices.fly  # bottoms have no print
    turned = far.patterned and not striped(photo, slices)
    beyond = turned and not (iuv[..., 0] >= _FIRST_ARM).any()  # there is nothing beside the cloth
    if far.patterned and slices.hole.any():
        neck = grown(slices.hole, (_COLLAR if turned else _BAND) * slices.metre) & (slices.number >= 0)
        behind = closed_above(behind, neck, round(_BELOW * slices.metre), round(_OVERLAP * slices.metre))
    covered = slices.number >= 0
    if beyond:
        wider, aside = _beyond(photo, shown, slices)
        behind = np.where(aside[..., None], wider, behind)
        photo, shown, covered = wider, shown | aside, covered | aside
    places = with_places_behind(
        places, far.extent, shown, covered, patterned=far.patterned, own_scale=own_scale,
        arms=iuv[..., 0] >= _FIRST_ARM, turned=turned, beyond=beyond, waist=slices.fly,
    )
    return photo_source(np.hstack([photo, behind]), places)


def picture_of_back(source: PhotoSource) -> np.ndarray:
    """(H, W, 3) uint8 RGB: of a garment's photo from `with_far_side`, as it is from behind, but not mirrored."""
    both = source.sizes[0]
    return both[:, both.shape[1] // 2 :]


def _beyond(photo: np.ndarray, shown: np.ndarray, slices: Slices) -> tuple[np.ndarray, np.ndarray]:
    """A photo (H, W, 3) uint8 whose cloth goes on beyond its sides, and (H, W) bool, the pixels that are so."""
    wide, column = round(_WIDE * slices.metre), np.arange(shown.shape[1])
    first, last = shown.argmax(1), shown.shape[1] - 1 - shown[:, ::-1].argmax(1)
    heights = slices.number.max(1) * SLICE - LOWEST
    ends = np.where((shown.any(1) & (heights < _HIGHEST))[:, None], np.stack([first + _RIM, last - _RIM], 1), np.nan)
    near = (column >= ends[:, :1] - wide) & (column <= ends[:, 1:] + wide)
    inside = (column >= ends[:, :1]) & (column <= ends[:, 1:])
    deep = np.stack([_run(shown, first), _run(shown[:, ::-1], shown.shape[1] - 1 - last)], 1) - 2 * _RIM
    return goes_on(photo, ends, wide, round(_OVERLAP * slices.metre), deep), near & ~inside


def _run(shown: np.ndarray, first: np.ndarray) -> np.ndarray:
    """(H,) how many pixels (H, W) in a row are shown from its `first` (H,) on: of two legs, the one there."""
    after = ~shown & (np.arange(shown.shape[1]) > first[:, None])
    return np.where(after.any(1), after.argmax(1), shown.shape[1]) - first
