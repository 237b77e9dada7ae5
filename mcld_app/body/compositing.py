"""A drawn person put back into the photo they came from: in its frame, before its own background."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.framing import Frame, frame_photo, unframe
from mcld_app.body.iuv import resize_iuv

_WORK = 512  # pixels of height that outlines are found at; finer ones look no better and take long
_REACH = 0.11  # of the height: hair, skirts and shadows stand off the body no further than that
_ROUNDS = 3  # of GrabCut
_HEAL = 7  # pixels that healing looks around


def put_back(picture: np.ndarray, pose: np.ndarray, photo: np.ndarray, iuv: np.ndarray, frame: Frame) -> np.ndarray:
    """The photo with the person in it replaced by the drawn one.

    Where the old person stood and the new one does not, the background is healed from around it (Telea, 2004): good for
    walls and skies, a smear on busy backgrounds.

    Args:
        picture: (h, w, 3) uint8 RGB, what was drawn, 11:16.
        pose: (H, W, 3) uint8 IUV map it was drawn in, 11:16.
        photo: (height, width, 3) uint8 RGB, as it came.
        iuv: (H, W, 3) uint8 IUV map of the person in the framed photo, 11:16.
        frame: how the photo was framed.

    Returns:
        (height, width, 3) uint8 RGB; outside of the frame, and away from both people, the photo's own pixels.

    Raises:
        PictureError: where the frame belongs to another photo.
    """
    height, width = frame.box[2:]
    place = Frame(frame.source, frame.box, (height, width))
    framed = frame_photo(photo, place)
    drawn = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
    new, old = person_mask(picture, pose), person_mask(framed, iuv)
    background = healed(framed, _soft(old, (height, width)) > 0.05, _soft(new, (height, width)) > 0.95)
    share = _soft(new, (height, width))[..., None]
    mixed = (drawn * share + background * (1 - share) + 0.5).astype(np.uint8)
    touched = (_soft(new, (height, width)) > 0) | (_soft(old, (height, width)) > 0.05)
    return unframe(np.where(touched[..., None], mixed, framed), place, onto=photo)


def person_mask(picture: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """Which pixels show the person, with their hair and what hangs off their body: GrabCut (Rother et al., 2004), begun
    from the body's own map.

    Args:
        picture: (h, w, 3) uint8 RGB.
        iuv: (H, W, 3) uint8 IUV map of the same aspect.

    Returns:
        (512, w) bool, of the aspect of the picture.
    """
    size = (_WORK, max(1, round(_WORK * picture.shape[1] / picture.shape[0])))
    small = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
    body = (resize_iuv(iuv, size)[..., 0] > 0).astype(np.uint8)
    if not body.any():
        return body.astype(bool)
    near = cv2.dilate(body, _disc(round(_REACH * _WORK)))
    core = cv2.erode(body, _disc(3))
    mask = np.full(size, cv2.GC_BGD, np.uint8)
    mask[near > 0] = cv2.GC_PR_BGD
    mask[body > 0] = cv2.GC_PR_FGD
    mask[core > 0] = cv2.GC_FGD
    if (mask == cv2.GC_BGD).any() and (mask == cv2.GC_PR_BGD).any():
        cv2.setRNGSeed(0)
        cv2.grabCut(small, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    found |= body > 0  # a body whose colour is the background's is a body all the same
    _, labels = cv2.connectedComponents(found.astype(np.uint8))
    return np.isin(labels, np.unique(labels[body > 0])) & found  # nothing that hangs on nobody


def healed(picture: np.ndarray, hole: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """A picture whose hole is filled from around it, where it is not covered anyway."""
    if not (hole & ~covered).any():
        return picture
    scale = min(1.0, _WORK / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    gap = cv2.resize(hole.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    healed = cv2.inpaint(small, cv2.dilate(gap, _disc(3)), _HEAL, cv2.INPAINT_TELEA)
    large = cv2.resize(healed, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.where(hole[..., None], large, picture)


def _soft(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An outline at another (height, width), 0..1 float32, with a soft edge."""
    grown = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2)
    return np.clip(cv2.resize(grown, size[::-1], interpolation=cv2.INTER_LINEAR), 0, 1)


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
