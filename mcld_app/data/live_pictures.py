"""Drawn pictures for a live network: the photo of a person, and the truth about one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.texture.pull_push import pull_push
from mcld_app.data.live_people import Colouring
from mcld_app.synthetic.drawn.drawing import FINE_STEPS, CutOut, toned
from mcld_app.synthetic.drawn.figure import Figure
from mcld_app.synthetic.drawn.parts import CLOTH, EYE, HAIR, HANGING, SHOE, SKIN

REGIONS = {SKIN: 1, EYE: 1, CLOTH: 2, HAIR: 3, HANGING: 4, SHOE: 5}
"""What a drawn pixel shows -> its number in `Truth.regions`; 0 is the ground."""

_REGION = np.zeros(256, np.uint8)
_REGION[[1 + kind for kind in REGIONS]] = list(REGIONS.values())
_SOLID = 0.2  # of a pixel that the person covers, where its colour is theirs
_AROUND = 5  # pixels over which scattered ones take the side of what is around them


@dataclass(frozen=True, eq=False)
class Truth:
    """A person as they were drawn, (H, W) pixels.

    Attributes:
        colour: (H, W, 3) uint8 RGB, not mixed with any ground, going on beyond the person's edge.
        alpha: (H, W) uint8.
        regions: (H, W) uint8: 0 ground, 1 skin, 2 cloth on the body, 3 hair, 4 cloth that hangs, 5 shoes.
    """

    colour: np.ndarray
    alpha: np.ndarray
    regions: np.ndarray


def truth_of(cut: CutOut, colours: Colouring) -> Truth:
    """The truth about a drawn person."""
    share = cut.light[..., 3]
    straight = toned(cut.light[..., :3] / np.maximum(share, 1e-3)[..., None], None, FINE_STEPS)
    solid = (share >= _SOLID).astype(np.float32)
    around = pull_push(straight * solid[..., None], solid)
    colour = np.where(solid[..., None] > 0, straight, np.clip(around + 0.5, 0, 255).astype(np.uint8))
    regions = _REGION[cut.shows & 15]
    near = cv2.dilate(regions, np.ones((3, 3), np.uint8))  # a thin rim between two samples
    regions = np.where((regions == 0) & (share >= 0.5), near, regions)
    return Truth(colours.of(colour), (share * 255 + 0.5).astype(np.uint8), regions)


def photo_of(cut: CutOut, colours: Colouring, seed: int | None, rng: np.random.Generator) -> np.ndarray:
    """A photo of a drawn person, (H, W, 3) uint8 RGB, as people keep them: some made smaller and larger again, all of
    them JPEG. `seed` is of the sensor's grain, None for none."""
    photo = toned(cut.light[..., :3] + cut.ground * (1 - cut.light[..., 3:]), seed, FINE_STEPS)
    photo = colours.of(photo)
    if rng.random() < 0.4:
        height, width = photo.shape[:2]
        share = rng.uniform(0.45, 0.9)
        small = cv2.resize(photo, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        photo = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 96))]
    coded = cv2.imencode(".jpg", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR), quality)[1]
    return cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def seen_points(figure: Figure, cut: CutOut) -> np.ndarray:
    """(N,) bool: the figure's vertices around which the picture shows its surface."""
    out = np.zeros(len(figure.rest), bool)
    drawn = np.unique(cut.triangles)
    out[figure.faces[drawn[drawn >= 0]]] = True
    return out


def unseen_in(figure: Figure, cut: CutOut, seen: np.ndarray) -> np.ndarray:
    """(H, W) uint8: 255 where a picture shows skin or cloth that another one, with those `seen_points`, does not."""
    new = np.append(~seen[figure.faces].all(1), False)[cut.triangles]
    solid = cut.triangles >= 0
    size = cut.shows.shape[::-1]
    share = cv2.resize(np.dstack([new, solid]).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    around = cv2.blur(share, (_AROUND, _AROUND))
    return np.where((around[..., 0] > 0.5 * around[..., 1]) & (share[..., 1] >= 0.5), np.uint8(255), np.uint8(0))
