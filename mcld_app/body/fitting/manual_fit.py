"""The mannequin laid over a photo, by what was found in it or by hand: an IUV map that no network has made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from mcld_app.body.fitting.flanks import beside_arms
from mcld_app.body.fitting.hand_shadows import hand_shadows
from mcld_app.body.fitting.hands import no_hands
from mcld_app.body.fitting.landmarks import AT
from mcld_app.body.fitting.limits import of_neighbours
from mcld_app.body.fitting.pose_fit import fit_pose
from mcld_app.body.fitting.rim import ground_at_rim
from mcld_app.body.fitting.sighting import Sighting
from mcld_app.body.fitting.snapping import doubtful, extend, slivers, snap
from mcld_app.body.framing import (
    Frame,
    edge_colour,
    frame_iuv,
    frame_photo,
    plan_frame,
    resize_nearest,
    unframe_iuv,
)
from mcld_app.body.mannequin.pose import SETTINGS, Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.mannequin.view import Framing, reframed
from mcld_app.body.photo import PhotoFile
from mcld_app.errors import PoseError
from mcld_app.once import cached_property

_SHOW = 0.55  # how much of the body is seen through to the photo while it is moved about
_STANDS = 0.9  # of the photo's height: where a figure that nobody has moved yet ends
_UNSURE = 0.5  # of a landmark
_AT_PADDING = 0.012  # metres beside padding, where the photo's edge is mixed with it
_SAME = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toes")
_HANDLES = {"face": "nose"} | {
    f"{side}_{handle}": f"{side}_{landmark}"
    for side in ("left", "right")
    for handle, landmark in (*zip(_SAME, _SAME, strict=True), ("hand", "index_finger"))
}
_RIM = np.array([226, 40, 160], np.float32)  # the colour of a person's outline over their photo


@dataclass(frozen=True, eq=False)
class ManualFit:
    """A photo, and the mannequin in front of it. The mannequin's own picture, 11:16, has the whole photo in its middle.

    Attributes:
        name: what the page calls the photo.
        photo: (H, W, 3) uint8 RGB, of any aspect.
        pose: the mannequin's; its zoom and shifts say where it stands.
        sighting: how the person was found, if they were: then the map is bent to their outline.
        stored: the photo's file; None where it is not known.
    """

    name: str
    photo: np.ndarray = field(repr=False)
    pose: Pose
    sighting: Sighting | None = None
    stored: PhotoFile | None = None

    @cached_property
    def frame(self) -> Frame:
        """Where the photo lies in the mannequin's picture."""
        return plan_frame(np.zeros((*self.photo.shape[:2], 3), np.uint8), target=None)

    @cached_property
    def drawn(self) -> np.ndarray:
        """The mannequin as it stands, (H, W, 3) uint8 of the photo's own size. What of it reaches beyond the photo's
        edges is cut off: half a person has half a map."""
        return unframe_iuv(draw_iuv(self.pose, self.frame.box[2:]), self.frame)

    @cached_property
    def iuv(self) -> np.ndarray:
        """The IUV map that gives the photo: the mannequin, bent to the person's outline where that is known, and going
        on over loose cloth."""
        return self.drawn if self.sighting is None else extend(self.snapped, self.sighting.shares, self._metre)

    @cached_property
    def snapped(self) -> np.ndarray:
        """The mannequin bent to the person's outline, without what stands off from it."""
        return snap(self.drawn, self.sighting.shares, self._metre, self.sighting.inside)

    @cached_property
    def doubtful(self) -> np.ndarray | None:
        """(H, W) bool, pixels of that map that say nothing sure of the body's surface; None where nothing tells."""
        if self.sighting is None:
            return None
        s = self.sighting
        beside = (self.iuv[..., 0] > 0) & (self.snapped[..., 0] == 0)
        ground = ground_at_rim(self.photo, self.iuv, s.shares, self._metre)
        ground |= of_neighbours(self.photo, self.iuv, s.shares, self._metre)
        ground |= beside_arms(self.photo, self.iuv, s.shares, self._metre)
        doubt = beside | ground | doubtful(self.pose, self.iuv, s.shares, self._metre, self.photo, s.landmarks)
        doubt |= (self.iuv[..., 0] > 0) & s.beside_padding(_AT_PADDING * self._metre)
        doubt |= hand_shadows(self.photo, self.iuv, doubt, self._metre)
        doubt |= slivers(self.iuv, doubt, self._metre)
        return doubt | no_hands(self.photo, np.where(doubt[..., None], np.uint8(0), self.iuv))

    @property
    def _metre(self) -> float:
        return self.frame.box[2] / 2 * self.pose.zoom * self.pose.height

    @cached_property
    def agreement(self) -> float:
        """How well the mannequin covers the person who was found, 0..1: pixels in common by those of either; 1 where
        nobody was."""
        if self.sighting is None:
            return 1.0
        body, person = self.drawn[..., 0] > 0, self.sighting.outline >= 128
        return float((body & person).sum() / max((body | person).sum(), 1))

    @cached_property
    def unsure(self) -> frozenset[str]:
        """Names of the handles (`mannequin.handles`) whose places in the photo were hardly seen."""
        if self.sighting is None or self.sighting.landmarks is None:
            return frozenset()
        sure = self.sighting.landmarks.sure
        return frozenset(handle for handle, landmark in _HANDLES.items() if sure[AT[landmark]] < _UNSURE)

    def stand(self, pose: Pose) -> ManualFit:
        """The same photo with the mannequin in another pose."""
        return replace(self, pose=pose)

    def found_again(self, *, turned: bool = False) -> ManualFit:
        """The mannequin as it is found by the landmarks and the outline, or by the landmarks `turned` round: a front
        read as a back, and a back as a front.

        Raises:
            PoseError: nobody was found in this photo.
        """
        if self.sighting is None or self.sighting.landmarks is None:
            raise PoseError("Nobody was found in this photo: turn the mannequin by hand.")
        seen = self.sighting
        landmarks = seen.landmarks.turned_round() if turned else seen.landmarks
        sighting = replace(seen, landmarks=landmarks)
        size = self.photo.shape[:2]
        fitted = fit_pose(landmarks, size, seen.shares, inside=seen.inside, name=self.pose.name)
        return replace(self, pose=fitted.pose, sighting=sighting)

    def with_outline(self, where: np.ndarray, *, add: bool) -> ManualFit:
        """With the person's outline made larger or smaller by hand; `where` is (H, W) bool.

        Raises:
            PoseError: nobody was found in this photo.
        """
        if self.sighting is None:
            raise PoseError("Nobody was found in this photo, so there is no outline to change: lay the mannequin.")
        return replace(self, sighting=self.sighting.painted(where, add=add))

    def within(self, frame: Frame) -> ManualFit:
        """The same mannequin over the part of the photo that a frame cuts out of it. A sighting does not come along.

        Raises:
            PoseError: the mannequin cannot be so large, or so far away.
        """
        pose = reframed(self.pose, Framing(*self.frame.box), Framing(*frame.box))
        return ManualFit(self.name, frame_photo(self.photo, frame), pose, stored=self.stored)

    def framed(self, size: tuple[int, int]) -> np.ndarray:
        """The photo as the mannequin's picture has it, (*size, 3) uint8 RGB."""
        return frame_photo(self.photo, replace(self.frame, target=size), fill=edge_colour(self.photo))

    def map(self, size: tuple[int, int]) -> np.ndarray:
        """The mannequin's IUV map in that picture, (*size, 3) uint8, cut off at the photo's edges as `iuv` is."""
        drawn = draw_iuv(self.pose, size)
        inside = frame_iuv(np.ones((*self.frame.source, 3), np.uint8), replace(self.frame, target=size))
        return drawn * inside

    def overlaid(self, size: tuple[int, int]) -> np.ndarray:
        """The photo with the mannequin shining through, and a line about the person where they were found, (*size, 3)
        uint8 RGB: shown while it is moved."""
        iuv, photo = self.map(size), self.framed(size)
        tint = np.stack([255 - iuv[..., 0] * 8, iuv[..., 1], iuv[..., 2]], -1).astype(np.float32)
        body = iuv[..., :1] > 0
        mixed = np.where(body, _SHOW * photo.astype(np.float32) + (1 - _SHOW) * tint, photo)
        if self.sighting is not None:
            mixed[self._rim(size)] = _RIM
        return (mixed + 0.5).astype(np.uint8)

    def _rim(self, size: tuple[int, int]) -> np.ndarray:
        """(*size) bool: a line of one pixel about the person."""
        person = np.repeat((self.sighting.outline >= 128).astype(np.uint8)[..., None], 3, 2)
        seen = resize_nearest(frame_iuv(person, self.frame), size)[..., 0] > 0
        rim = np.zeros(size, bool)
        rim[1:] |= seen[1:] != seen[:-1]
        rim[:, 1:] |= seen[:, 1:] != seen[:, :-1]
        return rim


def fit_by_hand(name: str, photo: np.ndarray, pose: Pose) -> ManualFit:
    """The mannequin over a photo (H, W, 3) uint8 RGB, standing in its middle and as high as it, ready to be moved."""
    fit = ManualFit(name, photo, pose)
    low, high, _ = SETTINGS["zoom"]
    zoom = _STANDS / 0.89 * fit.frame.source[0] / fit.frame.box[2]  # at zoom 1 a figure of 1.78 m fills 0.89 of it
    return fit.stand(pose.replace(zoom=float(np.clip(zoom, low, high)), shift_x=0.0, shift_y=0.0))


def fit_by_sighting(name: str, photo: np.ndarray, sighting: Sighting) -> ManualFit:
    """The mannequin over a person who was found in a photo (H, W, 3) uint8 RGB, framed to 11:16 around them.

    A body whose head the photo cuts off looks the same from the front and from behind. Who is photographed so is nearly
    always seen from the front: all twelve such photos of a trial were.
    """
    fit = ManualFit(name, photo, Pose("as in the photo"), sighting).found_again()
    nose = sighting.landmarks.places[AT["nose"], 1] if sighting.landmarks else 0.0
    is_headless = nose < sighting.inside[0]
    return fit.found_again(turned=True) if is_headless and abs(fit.pose.yaw) > 90 else fit
