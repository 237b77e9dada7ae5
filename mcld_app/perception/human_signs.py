"""Whether what the networks see is a person, and no garment, shoe or other thing that stands as if somebody wore it.

The networks were made for pictures with a person in them: over a garment's collar they see a face, past its sleeves
hands, and outline them. What gives that away: those points lie on a plain ground, or beyond the photo; joints lie
beside the outline; and the outline fades away, while a person's is sharp.
"""

from __future__ import annotations

import numpy as np

from mcld_app.body.fitting.landmarks import AT
from mcld_app.perception.body_landmarks import Look

_SEEN = 0.5  # of a point
_GROUND = 6  # grey levels, in each channel, that a plain ground's pixels differ from its colour at most
_PLAIN = 0.6  # of the photo's rim that has the ground's colour, where the ground is plain
_BARE = 0.2  # of the points that are seen: more of them on a plain ground are no person's
_BESIDE = 1.5  # what the share of joints beside the outline counts; that of faint pixels counts once
_DOUBT = 0.8  # people cut off at the hips have up to 0.76; things 0.36 to 2.0, two of three more than 0.8
_FAINT = (0.1, 0.9)  # values between are an outline's soft rim
_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_SHOULDERS = ("left_shoulder", "right_shoulder")
_HIPS = ("left_hip", "right_hip")
_HANDS = (("left_wrist", "left_index_finger"), ("right_wrist", "right_index_finger"))
_FEET = ("left_ankle", "right_ankle")
_JOINTS = [
    AT[name]
    for name in ("nose", *(f"{side}_{joint}" for side in ("left", "right")
                           for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")))
]  # fmt: skip


def is_human(photo: np.ndarray, seen: Look) -> bool:
    """Whether what is seen in a photo (H, W, 3) uint8 RGB is a person: shoulders with a face or hands, or hips with
    feet, none of which are seen where nothing is; and where hips are seen, an outline that fits the joints."""
    landmarks = seen.landmarks
    inside, bare = _inside(photo, landmarks.places), _on_plain_ground(photo, landmarks.places)
    sure = landmarks.sure > _SEEN
    there = sure & inside & ~bare

    def count(*names: str) -> int:
        return int(sum(there[AT[name]] for name in names))

    hips = count(*_HIPS)
    # A sleeve ends at the wrist: only with a finger it is a hand.
    hands = sum(there[AT[wrist]] and inside[AT[finger]] and not bare[AT[finger]] for wrist, finger in _HANDS)
    shaped = (count(*_SHOULDERS) and (count(*_FACE) >= 2 or hands)) or (hips and count(*_FEET))
    if not shaped or np.count_nonzero(sure & inside & bare) > _BARE * np.count_nonzero(sure):
        return False
    return not hips or _doubt(seen) <= _DOUBT


def _doubt(seen: Look) -> float:
    """How little an outline looks like a person's with these joints; 0 is not at all doubtful."""
    values = seen.outline.values
    faint = np.count_nonzero((values > _FAINT[0]) & (values < _FAINT[1])) / max(np.count_nonzero(values > 0.5), 1)
    joints = [joint for joint in _JOINTS if seen.landmarks.sure[joint] > _SEEN]
    beside = float((seen.outline.at(seen.landmarks.places[joints]) <= 0.5).mean()) if joints else 1.0
    return faint + _BESIDE * beside + 1 - seen.score


def _inside(photo: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(N,) bool: whether places x, y lie in the photo."""
    x, y = np.round(places).T
    return (x >= 0) & (y >= 0) & (x < photo.shape[1]) & (y < photo.shape[0])


def _on_plain_ground(photo: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(N,) bool: whether places in the photo lie on its ground, where that has one colour; beyond it they do not."""
    rim = np.concatenate([photo[0], photo[-1], photo[:, 0], photo[:, -1]]).astype(np.int16)
    ground = np.median(rim, axis=0)
    inside = _inside(photo, places)
    if (np.abs(rim - ground).max(1) <= _GROUND).mean() < _PLAIN:
        return np.zeros(len(places), bool)
    x, y = np.where(inside, np.round(places).T, 0).astype(np.int64)
    return inside & (np.abs(photo[y, x] - ground).max(1) <= _GROUND)
