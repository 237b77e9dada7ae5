"""Framing: cut or pad a photo and its IUV map to 11:16 around the person, and put the result back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.errors import PictureError

ASPECT = (16, 11)  # height : width of the data set's pictures
TARGET = (512, 352)  # height, width
_NEARLY = 0.02  # DeepFashion's own photos, 750 x 1101, are 0.9% narrower than 11:16, and are squeezed to it


@dataclass(frozen=True)
class Frame:
    """Where a framed picture lies in its source; all in pixels, heights before widths.

    source: (height, width) of the picture framed. box: (top, left, height, width) of the cut in source
    coordinates; it may reach outside, and is padded there. target: (height, width) the cut is scaled to.
    """

    source: tuple[int, int]
    box: tuple[int, int, int, int]
    target: tuple[int, int]


@dataclass(frozen=True)
class Framed:
    """A framed IUV map (h, w, 3) uint8, the framed photo (h, w, 3) uint8 RGB or None, and the way back."""

    iuv: np.ndarray
    photo: np.ndarray | None
    frame: Frame


def person_box(iuv: np.ndarray) -> tuple[int, int, int, int] | None:
    """(top, left, height, width) of all body pixels of an IUV map, in pixels; None when there are none."""
    rows, columns = (iuv[..., 0] > 0).any(1).nonzero()[0], (iuv[..., 0] > 0).any(0).nonzero()[0]
    if rows.size == 0:
        return None
    top, left = int(rows[0]), int(columns[0])
    return top, left, int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left


def plan_frame(iuv: np.ndarray, *, target: tuple[int, int] | None = TARGET, margin: float = 0.1) -> Frame:
    """A box of 11:16 (width : height) around the person of `iuv`, scaled to `target` (height, width).

    `margin` is the room wished for on each side, as a part of the person's size; it is given up before
    anything is padded. `target=None` keeps the box's own size, so nothing is scaled. A picture that is
    within 2% of 11:16 already and half filled by the person stays whole, as the data set's pictures do:
    cutting it would only blur it.
    An empty map is framed whole. Raises PictureError when `target` or the map has no pixels.
    """
    return frame_around(iuv.shape[:2], person_box(iuv), target=target, margin=margin)


def frame_around(
    size: tuple[int, int],
    person: tuple[int, int, int, int] | None,
    *,
    target: tuple[int, int] | None = TARGET,
    margin: float = 0.1,
) -> Frame:
    """`plan_frame` for a picture of `size` (height, width), the person's box (top, left, height, width) being known."""
    height, width = size
    if 0 in (height, width) or (target is not None and min(target) < 1):
        raise PictureError("A picture without pixels cannot be framed. Give at least 1 pixel each way.")
    top, left, tall, wide = person or (0, 0, height, width)
    tight, wished = _units(tall, wide), _units(tall * (1 + 2 * margin), wide * (1 + 2 * margin))
    inside = min(height // ASPECT[0], width // ASPECT[1])
    units = max(tight, min(wished, inside))
    if is_framed(height, width) and (2 * tall >= height or 2 * wide >= width):
        return Frame((height, width), (0, 0, height, width), target or (height, width))
    box_height, box_width = units * ASPECT[0], units * ASPECT[1]
    box = (_start(top, tall, box_height, height), _start(left, wide, box_width, width), box_height, box_width)
    return Frame((height, width), box, target or (box_height, box_width))


def is_framed(height: int, width: int) -> bool:
    """Whether a picture of that size is 11:16 already, or within 2% of it."""
    return abs(width * ASPECT[0] / (height * ASPECT[1]) - 1) <= _NEARLY


def frame_11_16(
    iuv: np.ndarray,
    photo: np.ndarray | None = None,
    *,
    target: tuple[int, int] | None = TARGET,
    margin: float = 0.1,
    fill: tuple[int, int, int] | None = None,
) -> Framed:
    """Frame an IUV map, and its photo of the same size when given, around the person; see `plan_frame`.

    Beyond the picture the map is background and the photo has the colour `fill` (RGB), by default the median
    colour of the photo's own edge. Raises PictureError when the sizes differ.
    """
    frame = plan_frame(iuv, target=target, margin=margin)
    framed = None if photo is None else frame_photo(photo, frame, fill=fill or edge_colour(photo, iuv))
    return Framed(frame_iuv(iuv, frame), framed, frame)


def shown_part(frame: Frame) -> tuple[int, int, int, int]:
    """(top, left, height, width) of the framed picture that shows its source; the rest is padding."""
    _, in_box = _overlap(frame)
    top, left, bottom, right = (
        round(at * target / whole)
        for at, target, whole in zip(
            (in_box[0].start, in_box[1].start, in_box[0].stop, in_box[1].stop),
            frame.target * 2, frame.box[2:] * 2, strict=True,
        )
    )  # fmt: skip
    return top, left, bottom - top, right - left


def frame_photo(photo: np.ndarray, frame: Frame, *, fill: tuple[int, int, int] | None = None) -> np.ndarray:
    """(H, W, 3) uint8 RGB of the frame's source size -> the framed picture of its target size."""
    return _resize_smooth(_cut(photo, frame, fill or edge_colour(photo)), frame.target)


def frame_iuv(iuv: np.ndarray, frame: Frame) -> np.ndarray:
    """(H, W, 3) IUV map of the frame's source size -> the framed map; padded with background, no blending."""
    return resize_nearest(_cut(iuv, frame, (0, 0, 0)), frame.target)


def unframe(
    picture: np.ndarray,
    frame: Frame,
    *,
    onto: np.ndarray | None = None,
    fill: tuple[int, int, int] = (255, 255, 255),
) -> np.ndarray:
    """Put a framed (h, w, 3) uint8 RGB picture of any size back: (H, W, 3) of the frame's source size.

    What the frame had cut away comes from `onto` (the original photo, source size) or is `fill` (RGB).
    Exact inside the frame when nothing is scaled. Raises PictureError when `onto` has another size.
    """
    return _paste(_resize_smooth(picture, frame.box[2:]), frame, fill if onto is None else onto)


def unframe_iuv(iuv: np.ndarray, frame: Frame) -> np.ndarray:
    """Put a framed IUV map back: (H, W, 3) of the frame's source size, background outside, no blending."""
    return _paste(resize_nearest(iuv, frame.box[2:]), frame, (0, 0, 0))


def resize_nearest(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, C) -> (*size, C): each pixel is a copy of the source pixel under its centre, all channels."""
    rows, columns = (
        ((np.arange(new) * 2 + 1) * old) // (2 * new)  # floor((i + 0.5) * old / new), in whole numbers
        for old, new in zip(picture.shape[:2], size, strict=True)
    )
    return picture.take(rows, axis=0).take(columns, axis=1)


def edge_colour(photo: np.ndarray, iuv: np.ndarray | None = None) -> tuple[int, int, int]:
    """Median RGB of the photo's outermost pixels; given its `iuv`, only of those that are background."""
    ring = np.ones(photo.shape[:2], bool)
    ring[1:-1, 1:-1] = False
    if iuv is not None and iuv.shape == photo.shape and (ring & (iuv[..., 0] == 0)).any():
        ring &= iuv[..., 0] == 0
    red, green, blue = np.median(photo[ring], axis=0).astype(int).tolist()
    return red, green, blue


def _units(tall: float, wide: float) -> int:
    return max(1, -int(-tall // ASPECT[0]), -int(-wide // ASPECT[1]))


def _start(begin: int, length: int, box: int, size: int) -> int:
    if box >= size:  # nothing to choose: the source lies in the middle of the box
        return (size - box) // 2
    return min(max(begin + (length - box) // 2, 0), size - box)


def _overlap(frame: Frame) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The part of the box inside the source, as slices of the source and of the box."""
    inside = [
        (max(start, 0), min(start + length, size))
        for start, length, size in zip(frame.box[:2], frame.box[2:], frame.source, strict=True)
    ]
    (top, bottom), (left, right) = inside
    y, x = frame.box[:2]
    return (slice(top, bottom), slice(left, right)), (slice(top - y, bottom - y), slice(left - x, right - x))


def _cut(picture: np.ndarray, frame: Frame, fill: tuple[int, int, int]) -> np.ndarray:
    if picture.shape != (*frame.source, 3):
        raise PictureError(
            f"The frame was made for a picture of {frame.source[1]} x {frame.source[0]} pixels and this one "
            f"is {picture.shape[1]} x {picture.shape[0]}. Frame it again from its own IUV map."
        )
    in_source, in_box = _overlap(frame)
    cut = np.full((*frame.box[2:], 3), fill, np.uint8)
    cut[in_box] = picture[in_source]
    return cut


def _paste(picture: np.ndarray, frame: Frame, under: np.ndarray | tuple[int, int, int]) -> np.ndarray:
    in_source, in_box = _overlap(frame)
    if isinstance(under, np.ndarray) and under.shape != (*frame.source, 3):
        raise PictureError(
            f"The picture to paste onto is {under.shape[1]} x {under.shape[0]} pixels and the frame was made "
            f"for {frame.source[1]} x {frame.source[0]}. Give the original photo."
        )
    whole = under.copy() if isinstance(under, np.ndarray) else np.full((*frame.source, 3), under, np.uint8)
    whole[in_source] = picture[in_box]
    return whole


def _resize_smooth(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if picture.shape[:2] == tuple(size):
        return picture
    shrinks = size[0] <= picture.shape[0] and size[1] <= picture.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(picture, (size[1], size[0]), interpolation=method)
