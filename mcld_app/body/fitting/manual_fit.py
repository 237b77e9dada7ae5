"""Manual fit: the mannequin placed over a photo by hand, as the IUV map of a photo that no network has read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from mcld_app.body.framing import Frame, edge_colour, frame_iuv, frame_photo, plan_frame, unframe_iuv
from mcld_app.body.mannequin.pose import SETTINGS, Pose
from mcld_app.body.mannequin.rendering import draw_iuv

_SHOW = 0.55  # how much of the body is seen through to the photo while it is moved about
_STANDS = 0.9  # of the photo's height: where a figure that nobody has moved yet ends


@dataclass(frozen=True, eq=False)
class ManualFit:
    """A photo, and the mannequin in front of it. The mannequin's own picture, 11:16, has the whole photo in its middle.

    Attributes:
        name: what the page calls the photo.
        photo: (H, W, 3) uint8 RGB, of any aspect.
        pose: the mannequin's; its zoom and shifts say where it stands.
    """

    name: str
    photo: np.ndarray = field(repr=False)
    pose: Pose

    @cached_property
    def frame(self) -> Frame:
        """Where the photo lies in the mannequin's picture."""
        return plan_frame(np.zeros((*self.photo.shape[:2], 3), np.uint8), target=None)

    @cached_property
    def iuv(self) -> np.ndarray:
        """The IUV map the mannequin gives the photo: (H, W, 3) uint8 of the photo's own size. What of it reaches beyond
        the photo's edges is cut off: half a person has half a map."""
        return unframe_iuv(draw_iuv(self.pose, self.frame.box[2:]), self.frame)

    def stand(self, pose: Pose) -> ManualFit:
        """The same photo with the mannequin in another pose."""
        return replace(self, pose=pose)

    def framed(self, size: tuple[int, int]) -> np.ndarray:
        """The photo as the mannequin's picture has it, (*size, 3) uint8 RGB."""
        return frame_photo(self.photo, replace(self.frame, target=size), fill=edge_colour(self.photo))

    def map(self, size: tuple[int, int]) -> np.ndarray:
        """The mannequin's IUV map in that picture, (*size, 3) uint8, cut off at the photo's edges as `iuv` is."""
        drawn = draw_iuv(self.pose, size)
        inside = frame_iuv(np.ones((*self.frame.source, 3), np.uint8), replace(self.frame, target=size))
        return drawn * inside

    def overlaid(self, size: tuple[int, int]) -> np.ndarray:
        """The photo with the mannequin shining through, (*size, 3) uint8 RGB: shown while it is moved."""
        iuv, photo = self.map(size), self.framed(size)
        tint = np.stack([255 - iuv[..., 0] * 8, iuv[..., 1], iuv[..., 2]], -1).astype(np.float32)
        body = iuv[..., :1] > 0
        mixed = np.where(body, _SHOW * photo.astype(np.float32) + (1 - _SHOW) * tint, photo)
        return (mixed + 0.5).astype(np.uint8)


def fit_by_hand(name: str, photo: np.ndarray, pose: Pose) -> ManualFit:
    """The mannequin over a photo (H, W, 3) uint8 RGB, standing in its middle and as high as it, ready to be moved."""
    fit = ManualFit(name, photo, pose)
    low, high, _ = SETTINGS["zoom"]
    zoom = _STANDS / 0.89 * fit.frame.source[0] / fit.frame.box[2]  # at zoom 1 a figure of 1.78 m fills 0.89 of it
    return fit.stand(pose.replace(zoom=float(np.clip(zoom, low, high)), shift_x=0.0, shift_y=0.0))
