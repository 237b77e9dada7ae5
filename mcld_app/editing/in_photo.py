"""A drawn picture of somebody put back into the photo they came from, at the size of that photo's file."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.framing import Frame, frame_photo, unframe
from mcld_app.body.iuv import resize_iuv
from mcld_app.body.parts import region_pixels
from mcld_app.body.photo import read_photo
from mcld_app.editing.look import Look
from mcld_app.editing.person import Person
from mcld_app.editing.preview import edits_over, pose_map

_SOFT = 0.0025  # of the frame's height: how far within an edit the drawn picture fades in


def size_in_photo(person: Person) -> tuple[int, int]:
    """(height, width) of what `in_photo` gives of somebody: that of their photo's file, where the file is kept."""
    if person.stored is not None and person.stored.data is not None:
        return person.stored.full
    return person.as_it_came[0].shape[:2]


def in_photo(look: Look, picture: np.ndarray) -> np.ndarray:
    """The photo with the drawn person in it, (H, W, 3) uint8 RGB, `size_in_photo` large.

    In the photo's own pose only what was edited changes: there the drawn picture is seen, and every other pixel is the
    photo's own, whatever was drawn. In another pose the person is cut out and the ground behind them healed, see
    `compositing.put_back`.

    Args:
        look: what was drawn.
        picture: (h, w, 3) uint8 RGB, 11:16, drawn from it by any model.
    """
    person = look.person
    back = person.put_back(picture, pose_map(look)) if look.pose is not None else _edited(look, picture)
    if person.stored is None or person.stored.data is None:
        return back
    return _in_file(back, person.as_it_came[0], read_photo(person.stored.data, max_side=None))


def _edited(look: Look, picture: np.ndarray) -> np.ndarray:
    """The photo as it is kept, with the drawn picture where the look was edited."""
    photo, frame = look.person.as_it_came
    size = frame.box[2:]
    place = Frame(frame.source, frame.box, size)
    framed, iuv = frame_photo(photo, place), resize_iuv(look.person.iuv, size)
    edited, painted = edits_over(look, framed, iuv)
    if look.swap is not None:  # an identity is drawn by the network, whether texels changed or not
        painted = painted | region_pixels("head", iuv)
    if not painted.any():
        return unframe(edited, place, onto=photo)
    drawn = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_CUBIC)
    share = _within(painted, _SOFT * size[0])
    mixed = cv2.blendLinear(drawn, edited, share, 1 - share)
    return unframe(np.where((share > 0)[..., None], mixed, edited), place, onto=photo)


def _in_file(back: np.ndarray, kept: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """What `back` changes in the photo as it is `kept`, in the `photo` as its file has it, which is larger."""
    changed = (back != kept).any(2).astype(np.float32)
    share = cv2.resize(changed, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    rows, columns = (share > 0).any(1).nonzero()[0], (share > 0).any(0).nonzero()[0]
    out = photo.copy()
    if len(rows):
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        large = cv2.resize(back, photo.shape[1::-1], interpolation=cv2.INTER_CUBIC)[box]
        there = np.ascontiguousarray(share[box])
        out[box] = cv2.blendLinear(np.ascontiguousarray(large), np.ascontiguousarray(photo[box]), there, 1 - there)
    return out


def _within(area: np.ndarray, reach: float) -> np.ndarray:
    """(H, W) float32, 1 well within an area (H, W) bool, 0 outside of it and on its rim."""
    away = cv2.distanceTransform(area.astype(np.uint8), cv2.DIST_L2, 3)
    return np.clip((away - 1) / max(reach, 1.0), 0, 1)
