"""What shells are found in: a photo, its map, the mannequin's pose and the person's silhouette, at one working size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from mcld_app.body.framing import resize_nearest
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.shells.areas import grown, shrunk
from mcld_app.body.shells.standing import Standing, stand
from mcld_app.once import cached_property

WORK = 512  # rows that are looked at: finer ones find the same
_ARMS, _HANDS = (3, 4, *range(15, 23)), (3, 4)
_AROUND = 0.010  # metres around an arm that may show it
_PRINTS = 0.12  # metres around it, in which prints of a hand may lie
_AROUND_HAND = 0.030  # metres around the mannequin's hand: its fingers lie beside theirs


@dataclass(frozen=True, eq=False)
class Scene:
    """A person in a photo, (H, W) pixels.

    Attributes:
        photo: (H, W, 3) uint8 RGB.
        body: (H, W) bool, what the photo's own map calls body.
        part: (H, W) uint8, the body's part there, of the map or else of the mannequin; 0 elsewhere.
        silhouette: (H, W) bool.
        arms: (H, W) bool, where an arm or a hand is seen.
        hides: (H, W) bool, where an arm may hide what is behind, or the photo has ended.
        hands: (H, W) bool, arms, and what around them may show them: no colour of cloth is taken there.
        standing: the mannequin in this picture.
    """

    photo: np.ndarray = field(repr=False)
    body: np.ndarray = field(repr=False)
    part: np.ndarray = field(repr=False)
    silhouette: np.ndarray = field(repr=False)
    arms: np.ndarray = field(repr=False)
    hides: np.ndarray = field(repr=False)
    hands: np.ndarray = field(repr=False)
    standing: Standing

    @cached_property
    def worked_out(self) -> dict[Any, Any]:
        """What other modules keep of it, by keys of their own."""
        return {}


def look_at(
    photo: np.ndarray,
    iuv: np.ndarray,
    pose: Pose,
    silhouette: np.ndarray,
    printed: np.ndarray | None = None,
    known: np.ndarray | None = None,
) -> Scene:
    """A scene of at most `WORK` rows.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, its map.
        pose: the mannequin's, in a picture of that size.
        silhouette: (H, W) bool.
        printed: (H, W) bool, more pixels that may show a hand; None where nothing says so.
        known: (H, W) bool, where there is photo; None: everywhere.
    """
    rows = min(WORK, photo.shape[0])
    size = (rows, max(1, round(photo.shape[1] * rows / photo.shape[0])))
    if size != photo.shape[:2]:
        photo, iuv = cv2.resize(photo, size[::-1], interpolation=cv2.INTER_AREA), resize_nearest(iuv, size)
        silhouette = cv2.resize(silhouette.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA) >= 0.5
        if printed is not None:
            printed = cv2.resize(printed.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA) > 0
        if known is not None:
            known = cv2.resize(known.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA) >= 1
    standing = stand(pose, size)
    body = iuv[..., 0] > 0
    part = np.where(body, iuv[..., 0], standing.iuv[..., 0])
    metre = standing.metre
    arms = np.isin(part, _ARMS)
    hands = grown(arms, _AROUND * metre) | grown(np.isin(part, _HANDS), _AROUND_HAND * metre)
    if printed is not None:
        hands |= printed & grown(np.isin(part, _HANDS), _PRINTS * metre)
    arms = grown(arms, 1)
    hides = arms if known is None else arms | ~shrunk(known, 2)
    return Scene(photo, body, part, silhouette, arms, hides, hands, standing)
