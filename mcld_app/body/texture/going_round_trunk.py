"""The trunk all round: what was seen beside the flanks goes on over them, at the same height."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.sampling import read_at
from mcld_app.body.surface import rest_surface

_ARMPIT = 1.335  # metres above the floor; higher, sleeve and trunk are one surface
_ROW, _COLUMNS = 0.005, 144  # metres; directions around the trunk: together a sheet, seam at the back
_EDGE = 3  # rows and columns of it: so near to its end, what was seen is a blend
_DEEP = 8  # columns beside a gap that are mirrored into it, to and fro: further in, a print or a jacket's front begins
_WIDEST = 40  # columns: what is hidden by an arm; from a wider gap's ends nobody knows what is in its middle


def go_round_trunk(image: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unseen flanks, each side's cloth mirrored at the end of what is known and blended with the other side's: a
    hem in front is one at the side, and neither skin at the armhole nor trousers run into a shirt.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.

    Returns:
        Both with the guesses added; what was known is as it was. A side that is hidden all but whole stays open.
    """
    trunk, at, texel = _sheet()
    holes = trunk & ~known
    if not holes.any() or not (trunk & known).any():
        return image, known
    seen = known.ravel()[texel]
    # Above and below the trunk the sheet goes on as it ends.
    sure = cv2.erode(seen.astype(np.uint8), np.ones((2 * _EDGE + 1,) * 2, np.uint8), borderValue=1) > 0
    colours = image.reshape(-1, 3)[texel].astype(np.float32)
    columns = np.arange(3 * _COLUMNS)
    thrice = np.tile(sure, 3)
    before = np.maximum.accumulate(np.where(thrice, columns, -1), 1)
    after = np.minimum.accumulate(np.where(thrice, columns, 3 * _COLUMNS)[:, ::-1], 1)[:, ::-1]
    mine = slice(_COLUMNS, 2 * _COLUMNS)
    back, on = columns[mine] - before[:, mine], after[:, mine] - columns[mine]  # columns to what is known
    guess, row = np.zeros_like(colours), np.arange(len(sure))[:, None]
    for end, step, other in ((before[:, mine], -back, on), (after[:, mine], on, back)):
        folded = np.sign(step) * (_DEEP - np.abs(_DEEP - np.abs(step) % (2 * _DEEP)))
        there = np.take_along_axis(thrice, np.clip(end + folded, 0, 3 * _COLUMNS - 1), 1)
        source = np.where(there, end + folded, end) % _COLUMNS
        guess += colours[row, source] * (other / np.maximum(back + on, 1)).astype(np.float32)[..., None]
    told = sure | (back + on <= _WIDEST)
    guess = np.where(sure[..., None], colours, guess)
    sheet = np.pad(np.dstack([guess, told]).astype(np.float32), ((0, 0), (1, 1), (0, 0)), "wrap")
    found = read_at(sheet, at[holes])
    filled, told = found[:, :3], found[:, 3] > 0.99
    out, done = image.copy(), known.copy()
    out[holes] = np.where(told[:, None], np.clip(filled + 0.5, 0, 255).astype(np.uint8), out[holes])
    done[holes] = told
    return out, done


@lru_cache(maxsize=1)
def _sheet() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The trunk's texels below the arms, (512, 512) bool; where each lies on the sheet, (512, 512, 2) float32 column
    and row, the columns padded by one; and the number of the texel that each place of the sheet shows, (R, _COLUMNS)
    int64."""
    place = rest_surface()
    trunk = parts_mask({1, 2}) & ~region_mask("bottom") & (place.y < _ARMPIT)
    low = float(place.y[trunk].min())
    column = (np.arctan2(place.x, place.z) / (2 * np.pi) + 0.5) * _COLUMNS - 0.5
    row = (place.y - low) / _ROW
    shape = int(row[trunk].max()) + 2, _COLUMNS
    sheet = np.full(shape, -1)
    numbers = np.flatnonzero(trunk)
    sheet[np.round(row[trunk]).astype(int), np.round(column[trunk]).astype(int) % _COLUMNS] = numbers
    wide = np.tile(sheet, 3)
    _, label = cv2.distanceTransformWithLabels(
        (wide < 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(label.max() + 1, np.int64)
    of_label[label[wide >= 0]] = wide[wide >= 0]
    texel = of_label[label[:, _COLUMNS : 2 * _COLUMNS]]
    at = np.stack([column + 1, row], -1).astype(np.float32)
    for array in (trunk, at, texel):
        array.setflags(write=False)
    return trunk, at, texel
