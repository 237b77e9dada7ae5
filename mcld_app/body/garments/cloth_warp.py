"""Where on a garment's picture each place of the mannequin lies: one smooth map for the trunk, as it is under arms that
hang, and one for each sleeve. A single one would have to follow the skin that a raised arm takes along: worn with arms
down, prints and stripes near the armpits would slope.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.garments.pairing import LEFT, RIGHT, TRUNK, Fit
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import body_faces, draw_surface, posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES, PARENTS
from mcld_app.body.raster import interpolate
from mcld_app.body.shells.areas import nearest_value
from mcld_app.body.thin_plate import ThinPlate

_HANGING = {"left_shoulder.raise": 6.0, "right_shoulder.raise": 6.0}
_GOES_OVER = (0.25, 0.75)  # of an arm's share in moving the skin, over which trunk goes over in sleeve
_BESIDE = 12  # pixels beside the body at which the map goes on as at its edge


@dataclass(frozen=True, eq=False)
class ClothWarp:
    """A fitted map from the mannequin to a garment's picture.

    Attributes:
        pose: the mannequin's, as the garment is drawn.
        size: (height, width) of that picture in pixels.
        hanging: the same with its arms down.
        trunk: the map of the trunk, and of legs, in the picture of `hanging`.
        arms: those of the left and the right sleeve in the picture of `pose`; None where there are none.
    """

    pose: Pose
    size: tuple[int, int]
    hanging: Pose
    trunk: ThinPlate
    arms: tuple[ThinPlate, ThinPlate] | None

    @classmethod
    def fit(cls, fit: Fit, pose: Pose, size: tuple[int, int]) -> ClothWarp:
        """The map of what is laid where, for the mannequin in a pose that is `fit`'s."""
        hanging = pose.replace(angles={**pose.angles, **_HANGING}) if fit.limb is not None else pose

        def spline(which: int, stands: Pose) -> ThinPlate:
            mine = slice(None) if fit.limb is None else (fit.limb & which) > 0
            lying = to_picture(fit.points.at(posed_vertices(stands)[0]), stands, size)[:, :2].astype(float)
            return ThinPlate.fit(lying[mine], fit.places[mine])

        arms = None if fit.limb is None else (spline(LEFT, pose), spline(RIGHT, pose))
        return cls(pose, size, hanging, spline(TRUNK, hanging), arms)

    def over(self) -> np.ndarray:
        """(H, W, 2) float32: the place on the garment's picture of each pixel that shows the mannequin, and of those
        near it."""
        trunk = self.trunk.over(self.size)
        if self.arms is None:
            return trunk
        (vertices, _), (down, _) = posed_vertices(self.pose), posed_vertices(self.hanging)
        own, other = (to_picture(v, p, self.size) for v, p in ((vertices, self.pose), (down, self.hanging)))
        values = np.concatenate([other[:, :2] - own[:, :2], _arms_share()], 1).astype(np.float32)
        corners, faces, seen = draw_surface(own, body_faces(), self.size)
        pixel, value = interpolate(corners, values[body_faces()[faces]], seen)
        known = np.zeros(self.size, bool)
        known.ravel()[pixel] = True
        planes = np.zeros((*self.size, 4), np.float32)
        planes.reshape(-1, 4)[pixel] = value
        near = cv2.dilate(known.astype(np.uint8), np.ones((2 * _BESIDE + 1,) * 2, np.uint8)) > 0
        left, top, wide, tall = cv2.boundingRect(near.astype(np.uint8))
        box = slice(top, top + tall), slice(left, left + wide)
        planes = nearest_value(planes[box], known[box])
        x, y = np.meshgrid(np.arange(left, left + wide), np.arange(top, top + tall))
        x, y = (x + planes[..., 0]).astype(np.float32), (y + planes[..., 1]).astype(np.float32)
        out = cv2.remap(trunk, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for sleeve, share in zip(self.arms, (planes[..., 2], planes[..., 3]), strict=True):
            first, high, across, down = cv2.boundingRect((share > 0).astype(np.uint8))
            own = slice(high, high + down), slice(first, first + across)
            out[own] += (sleeve.over((down, across), (left + first, top + high)) - out[own]) * share[own][..., None]
        trunk[box] = out
        return trunk

    def on_trunk(self, places: np.ndarray) -> np.ndarray:
        """(N, 2): where on the garment's picture places (N, 3) lie, metres on the trunk at rest."""
        return self.trunk.at(to_picture(places, self.hanging, self.size)[:, :2].astype(float))


def _arms_share() -> np.ndarray:
    """(6890, 2) float64: how far each vertex belongs to the left and to the right arm, 0..1."""
    names, weights, shares = list(BONES), body_mesh().weights, []
    for side in ("left", "right"):
        own = [k for k, name in enumerate(names) if name.startswith(side) and _is_arm(name)]
        share = np.clip((weights[:, own].sum(1) - _GOES_OVER[0]) / (_GOES_OVER[1] - _GOES_OVER[0]), 0, 1)
        shares.append(share * share * (3 - 2 * share))
    return np.stack(shares, 1)


def _is_arm(name: str | None) -> bool:
    while name is not None and not name.endswith("_shoulder"):
        name = PARENTS[name]
    return name is not None
