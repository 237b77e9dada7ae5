"""Cutting out: which pixels of a picture show the garment."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.garments.ground import ground_of
from mcld_app.body.garments.segmentation import standing_out
from mcld_app.body.garments.upright import set_upright
from mcld_app.errors import PictureError

SIDE = 960
"""Pixels of the longer side that are looked at: a texel of the texture map is about 4 mm of cloth."""

LEAST_SIDE = 120
"""Pixels of the shorter side, at least: of less, a texture map would be all blur."""

_SECOND = 0.30  # a piece of this share of the largest one is a garment of its own
_MOST_GARMENTS = 3  # so many can be counted; more are a pattern
_SMALLEST, _LARGEST = 0.02, 0.92  # shares of the picture
_RIM, _CUT = 3, 0.3  # pixels of the picture's edge; share of a garment's width or height that lies on it
_ONE_COLOUR = 4  # grey levels
_CLEAR = 0.02  # share of clear pixels that makes a picture one with transparency



class SeveralGarments(PictureError):
    """A picture that shows several things of about the same size.

    Attributes:
        count: how many; `cut_out` takes the number of one, the largest being 0.
    """

    def __init__(self, count: int) -> None:
        super().__init__(f"This picture shows {count} things side by side. Cut it so that one garment is left.")
        self.count = count


_NO_GARMENT = "No garment stands out from its ground in this picture. "
_WHAT_TO_DO = "Choose a picture of one garment on a plain ground, or one whose ground is transparent."


@dataclass(frozen=True, eq=False)
class Cutout:
    """A garment, cut out.

    Attributes:
        picture: (H, W, 3) uint8 RGB, at most `SIDE` high and wide; a garment that lay askew is upright.
        mask: (H, W) bool, the garment's pixels.
        left_out: how many other things were found in the picture and left out.
    """

    picture: np.ndarray
    mask: np.ndarray
    left_out: int = 0

    @property
    def cut_off(self) -> bool:
        """Whether the picture's edge cuts it: a garment's end is missing, or it is somebody's half."""
        mask = self.mask
        across, down = np.count_nonzero(mask.any(0)), np.count_nonzero(mask.any(1))
        ends = (mask[:_RIM].any(0), mask[-_RIM:].any(0)), (mask[:, :_RIM].any(1), mask[:, -_RIM:].any(1))
        return any(
            np.count_nonzero(end) > _CUT * max(whole, 1) for whole, pair in zip((across, down), ends, strict=True)
            for end in pair
        )  # fmt: skip


def cut_out(picture: np.ndarray, which: int | None = None) -> Cutout:
    """The garment of a picture.

    Args:
        picture: (H, W, 3) or (H, W, 4) uint8 RGB(A); where there is transparency, that says what the garment is.
        which: of several garments the one that is meant, the largest being 0; None where there is to be one.

    Raises:
        SeveralGarments: where it shows several, and `which` does not say which one.
        PictureError: for pictures that are too small or show no garment.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (3, 4):
        raise PictureError("A garment's picture must be RGB or RGBA with 8 bits per channel.")
    small = _reduced(picture)
    if min(small.shape[:2]) < LEAST_SIDE:
        raise PictureError(
            f"This picture is {picture.shape[1]} x {picture.shape[0]} pixels, too small for a garment. Choose one with "
            f"at least {LEAST_SIDE} pixels on its shorter side."
        )
    if small.shape[2] == 4 and (small[..., 3] < 128).mean() > _CLEAR:
        mask, left_out = _one_piece(small[..., 3] >= 128, which)
        return Cutout(*set_upright(_on_white(small), mask), left_out)
    colours = _on_white(small)
    ground = ground_of(colours)
    if ground.share < 0.35:
        raise PictureError(
            f"{_NO_GARMENT}It reaches the picture's edge nearly everywhere, or the ground is too motley. {_WHAT_TO_DO}"
        )
    mask, left_out = _one_piece(standing_out(colours, ground), which)
    return Cutout(*set_upright(colours, mask), left_out)


def _reduced(picture: np.ndarray) -> np.ndarray:
    scale = SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _on_white(picture: np.ndarray) -> np.ndarray:
    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:].astype(np.float32) / 255
    return (picture[..., :3] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)


def cut_by_hand(picture: np.ndarray) -> Cutout:
    """A picture, as for `cut_out`, in which no garment is found: what stands out of it, else its middle, for a person
    to put right with a brush.

    Raises:
        PictureError: for pictures that are too small, or of one colour.
    """
    colours = _on_white(_reduced(picture))
    if np.ptp(colours.reshape(-1, 3), axis=0).max() < _ONE_COLOUR:
        raise PictureError("This picture is of one colour. Choose another one.")
    height, width = colours.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise PictureError(f"This picture is too small for a garment: {LEAST_SIDE} pixels are the least for a side.")
    mask = standing_out(colours, ground_of(colours))
    if not _SMALLEST <= mask.mean() <= _LARGEST:
        mask = np.zeros((height, width), bool)
        mask[round(0.15 * height) : round(0.85 * height), round(0.25 * width) : round(0.75 * width)] = True
    return Cutout(colours, mask)


def _one_piece(mask: np.ndarray, which: int | None) -> tuple[np.ndarray, int]:
    """The largest piece, or the one that is meant, without what hangs on it by a thread, and how many others there
    are.

    Raises:
        SeveralGarments: where there is another of about its size, and nobody said which.
        PictureError: where there is none.
    """
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, label, stats, _ = cv2.connectedComponentsWithStats(opened)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 2 or areas.max() < _SMALLEST * mask.size:
        raise PictureError(_NO_GARMENT + _WHAT_TO_DO)
    order = np.argsort(-areas)
    several = int((areas > _SECOND * areas[order[0]]).sum())
    if several > _MOST_GARMENTS:
        raise PictureError(_NO_GARMENT + _WHAT_TO_DO)
    if which is None and several > 1:
        raise SeveralGarments(several)
    if which is not None and not 0 <= which < several:
        raise PictureError(f"There is no garment number {which} in this picture: it shows {several}, from 0 on.")
    first = order[which or 0]
    piece = label == 1 + first
    if piece.mean() > _LARGEST:
        raise PictureError(f"{_NO_GARMENT}It fills the whole picture. {_WHAT_TO_DO}")
    kept = _without_hook(piece)
    others = int((areas[order[order != first]] > 1e-4 * mask.size).sum()) + int(kept is not piece)
    return kept, others


def _without_hook(piece: np.ndarray) -> np.ndarray:
    """Without a thin thing that stands up from the middle, as a hanger's hook does."""
    rows, columns = np.flatnonzero(piece.any(1)), np.flatnonzero(piece.any(0))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    side = max(3, round(0.03 * width)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    solid = cv2.morphologyEx(piece.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    count, label, stats, centres = cv2.connectedComponentsWithStats((piece & ~solid).astype(np.uint8))
    if not solid.any():
        return piece
    top = np.flatnonzero(solid.any(1))[0]
    middle = (columns[0] + columns[-1]) / 2
    kept = piece
    for k in range(1, count):
        x, y = centres[k]
        tall = stats[k, cv2.CC_STAT_HEIGHT] > 0.03 * height
        if tall and y < top + 0.02 * height and abs(x - middle) < 0.12 * width:
            kept = kept & (label != k)
    return kept
