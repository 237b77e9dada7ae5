"""Examples for a live network: what the page has of a person and of a pose, and the true picture.

A drawn person is photographed, found as the body finder finds people (`simulated_sighting`), and goes the page's own
way from there: the mannequin laid over the photo, its map bent to the outline, the texture map, what stands off, the
preview. So a network meets in training what it meets on the page. Half of the poses are the map of another picture of
the same person, found in the same way; the others are the mannequin's.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.fitting.manual_fit import ManualFit
from mcld_app.body.iuv_painting import pose_of_picture
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.body.mannequin.rendering import posed_vertices, to_picture
from mcld_app.data.live_people import (
    Colouring,
    colouring,
    live_person,
    live_setting,
    source_pose,
    target_pose,
)
from mcld_app.data.live_pictures import photo_of, seen_points, truth_of, unseen_in
from mcld_app.data.simulated_sighting import simulated_sighting
from mcld_app.editing import look as looks
from mcld_app.editing import preview
from mcld_app.editing.look import Look, MapPose
from mcld_app.editing.person import PICTURE_SIZE, fitted_person
from mcld_app.errors import StudioError
from mcld_app.perception.found_people import lay_over
from mcld_app.synthetic.drawn.drawing import CutOut, cut_out
from mcld_app.synthetic.drawn.figure import figure
from mcld_app.synthetic.drawn.setting import Setting
from mcld_app.synthetic.drawn.spec import DrawnPerson

TEXTURE_SIDE = 256
"""Side of the texture map given to the network."""

FACE_SIDE = 64
"""Side of the face's picture."""

_LARGER, _SHARP = (768, 528), 0.3  # some photos are larger than the page's picture, so their previews are sharper
_SNAPPED = 0.5  # of the poses are another picture's map
_FITS = 0.42  # as `found_people` has it: below, the page says that no body fits


@dataclass(frozen=True, eq=False)
class LiveViews:
    """One source person and K targets, H x W = 512 x 352.

    Attributes:
        photo: (H, W, 3) uint8 RGB, as the page has it.
        outline: (H, W) uint8, 0..255, the person in it as they were found.
        iuv: (H, W, 3) uint8, channels I, U, V: the map that was found.
        texture: (256, 256, 3) uint8 RGB, the texture map, its holes filled.
        coverage: (256, 256) uint8, 255 where the photo shows a texel, 0 where it was guessed.
        face: (64, 64, 3) uint8 RGB, see `head_crop.crop_head`; zeros where no face is seen.
        previews: (K, H, W, 5) uint8, `preview.planes` of each pose: R, G, B, alpha, and 255 where the colour is known.
        poses: (K, H, W, 3) uint8, I, U, V: the map that the preview was drawn by.
        snapped: (K,) bool, whether that is another picture's own map; else it is the mannequin's.
        truth: (K, H, W, 3) uint8 RGB, the true colours, going on beyond the edge; in the source's light.
        alphas: (K, H, W) uint8, how much of each pixel the person covers.
        regions: (K, H, W) uint8: 0 ground, 1 skin, 2 cloth on the body, 3 hair, 4 cloth that hangs, 5 shoes.
        unseen: (K, H, W) uint8, 255 where the truth shows skin or cloth that the source does not show.
    """

    photo: np.ndarray
    outline: np.ndarray
    iuv: np.ndarray
    texture: np.ndarray
    coverage: np.ndarray
    face: np.ndarray
    previews: np.ndarray
    poses: np.ndarray
    snapped: np.ndarray
    truth: np.ndarray
    alphas: np.ndarray
    regions: np.ndarray
    unseen: np.ndarray


@dataclass(frozen=True, eq=False)
class _Shooting:
    """A drawn person before the camera, in one light."""

    who: DrawnPerson
    setting: Setting
    colours: Colouring

    def cut(self, pose: Pose, size: tuple[int, int] = PICTURE_SIZE) -> CutOut:
        return cut_out(self.who, pose, self.setting, size)

    def found(self, pose: Pose, cut: CutOut, rng: np.random.Generator) -> ManualFit:
        """The person of a photo taken now, as the page finds them; StudioError where no body fits."""
        grain = int(rng.integers(1000)) if self.setting.grain else None
        photo = photo_of(cut, self.colours, grain, rng)
        alpha = (cut.light[..., 3] * 255 + 0.5).astype(np.uint8)
        fit = lay_over("drawn", photo, None, simulated_sighting(pose, cut.now.hips, alpha, rng))
        if fit.agreement < _FITS:
            raise StudioError("No body fits the drawn person as they were found.")
        return fit


def live_views(n: int, *, test: bool = False, targets: int = 4) -> LiveViews:
    """The example of that number; the same each time.

    Args:
        n: from 0 on.
        test: people, cloths, poses and light kept for tests.
        targets: how many, at least one.

    Raises:
        StudioError: where the person could not be found in their own photo.
    """
    if n < 0 or targets < 1:
        raise StudioError("Examples are numbered from 0 on, and have one target at least.")
    rng = np.random.default_rng([n, 31 if test else 30])
    who = live_person(n, test=test)
    shooting = _Shooting(who, live_setting(rng, test=test), colouring(rng))
    pose = source_pose(who, rng, test=test)
    cut = shooting.cut(pose, _LARGER if rng.random() < _SHARP else PICTURE_SIZE)
    person = fitted_person(shooting.found(pose, cut, rng))
    look = looks.of(person)
    seen = seen_points(figure(who), cut)
    rows = [_target(look, shooting, seen, rng, test) for _ in range(targets)]
    face = person.face
    texture = look.texture
    return LiveViews(
        photo=person.picture,
        outline=cv2.resize(person.fit.sighting.outline, PICTURE_SIZE[::-1], interpolation=cv2.INTER_AREA),
        iuv=person.picture_iuv,
        texture=_small(texture.image, cv2.INTER_AREA),
        coverage=_small(person.texture.coverage.astype(np.uint8) * np.uint8(255), cv2.INTER_NEAREST),
        face=np.zeros((FACE_SIDE, FACE_SIDE, 3), np.uint8) if face is None else face.head,
        **{name: np.stack([row[name] for row in rows]) for name in rows[0]},
    )


def _target(
    look: Look, shooting: _Shooting, seen: np.ndarray, rng: np.random.Generator, test: bool
) -> dict[str, np.ndarray]:
    """The fields of one target."""
    own = np.random.default_rng(rng.integers(2**62))
    pose, snapped = target_pose(shooting.who, own, test=test), bool(own.random() < _SNAPPED)
    cut = shooting.cut(pose)
    if snapped:
        standing = MapPose("as drawn", pose_of_picture(shooting.found(pose, cut, own).iuv))
    else:
        standing = _as_found(pose, cut.now.hips, look.person.body)
    now = looks.stand(look, standing)
    truth = truth_of(cut, shooting.colours)
    return {
        "previews": preview.planes(now),
        "poses": preview.pose_map(now),
        "snapped": np.array(snapped),
        "truth": truth.colour,
        "alphas": truth.alpha,
        "regions": truth.regions,
        "unseen": unseen_in(figure(shooting.who), cut, seen),
    }


def _as_found(pose: Pose, hips: float, body: BodyShape) -> Pose:
    """A true pose on the mannequin of the shape that was found, as large and in the same place as the person is drawn:
    the page's camera is anybody's choice, and no network is to guess at it."""
    _, true = posed_vertices(pose)
    true[:, 1] += hips - true[0, 1]
    plain = pose.of(body).replace(zoom=1.0, shift_x=0.0, shift_y=0.0)
    _, joints = posed_vertices(plain)
    half = PICTURE_SIZE[0] / 2
    a, b = (_places(points, camera) / half for points, camera in ((true, pose), (joints, plain)))
    zoom = float(((a - a.mean(0)) * (b - b.mean(0))).sum() / ((b - b.mean(0)) ** 2).sum())
    right, up = (a.mean(0) / zoom - b.mean(0)).tolist()
    return plain.replace(zoom=zoom, shift_x=right, shift_y=up)


def _places(points: np.ndarray, pose: Pose) -> np.ndarray:
    """(N, 2) pixels right and up of the picture's middle."""
    middle = np.array(PICTURE_SIZE[::-1]) / 2 - 0.5
    return (to_picture(points, pose, PICTURE_SIZE)[:, :2].astype(np.float64) - middle) * (1, -1)


def _small(picture: np.ndarray, how: int) -> np.ndarray:
    return cv2.resize(picture, (TEXTURE_SIDE, TEXTURE_SIDE), interpolation=how)
