"""What lies on the mannequin's hands and is no hand: a ball, trousers behind a fist, the wall between two fingers."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.rest_places import rest_places

_HANDS, _HEAD = (3, 4), 23  # parts; the head's are the last
_CHEEKS = 1.632, 0.022, 0.06  # metres: their height and how far around it; how far in front
_LEAST = 40  # pixels of a face, or of a hand, to judge by
_SKIN, _DARKER = 16.0, 95.0  # of Lab (8 bits): how far a hand may be from the face in a and b, and how much darker
_BARE = 0.4  # of a hand's pixels that have to be skin, so that hands are bare


def no_hands(photo: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """Pixels of the hands that have not the colour of the face's skin, where one hand is seen to be bare.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, the map of a person, without its doubtful pixels.

    Returns:
        (H, W) bool; none where no face is seen, or no bare hand: gloves stay.
    """
    out = np.zeros(iuv.shape[:2], bool)
    part = iuv[..., 0]
    hands = [np.flatnonzero(part == number) for number in _HANDS]
    face = _face(iuv)
    if len(face) < _LEAST or not any(len(hand) >= _LEAST for hand in hands):
        return out
    skin = np.median(_lab(photo, face), 0)
    off = [_lab(photo, hand) - skin for hand in hands]
    bare = [(np.hypot(away[:, 1], away[:, 2]) < _SKIN) & (away[:, 0] > -_DARKER) for away in off]
    if any(len(hand) >= _LEAST and like.mean() >= _BARE for hand, like in zip(hands, bare, strict=True)):
        for hand, like in zip(hands, bare, strict=True):
            out.ravel()[hand[~like]] = True
    return out


def _face(iuv: np.ndarray) -> np.ndarray:
    """Flat numbers of the pixels that show cheeks and nose."""
    _, y, z = rest_places(np.where(iuv[..., :1] >= _HEAD, iuv, np.uint8(0))).transpose(2, 0, 1)
    return np.flatnonzero((np.abs(y - _CHEEKS[0]) < _CHEEKS[1]) & (z > _CHEEKS[2]))


def _lab(photo: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(N, 3) float32, Lab (8 bits), of pixels of a photo by their flat numbers."""
    some = np.ascontiguousarray(photo.reshape(-1, 1, 3)[pixels])
    return cv2.cvtColor(some, cv2.COLOR_RGB2LAB)[:, 0].astype(np.float32) if len(some) else np.zeros((0, 3), np.float32)
