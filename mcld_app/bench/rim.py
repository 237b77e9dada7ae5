"""How much of the ground behind somebody shows on them in other poses, as slivers along arms and legs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.rendering import kept_drawing
from mcld_app.body.texture.photo_reading import draw_from
from mcld_app.editing import look as looks
from mcld_app.editing.person import PICTURE_SIZE, Person

POSES = ("walking", "three-quarter", "arms-up", "standing")

_WITHIN, _BEYOND = 12, 20  # pixels of the photo within the outline, and outside of it, where nothing is mixed
_LEAST = 60  # pixels of a part, to know its colours
_TELLS = 18  # of Lab (8 bits): a part of the ground's own colour tells nothing
_NEARER = 0.8  # how much nearer to the ground's colour than to the part's
_COLOURS = 6  # of a part: a blouse, its print, the skin beside it
_RARE = 0.02  # of a part's pixels, to be one of its colours


@dataclass(frozen=True)
class RimShare:
    """Shares of pixels that are nearer in Lab to the photo's ground than to their part of the body, 0..1.

    Attributes:
        single: of previews; a part's own colour is the median of what the photo shows of it.
        several: of previews; a part has up to `_COLOURS` colours.
        floor_single, floor_several: the same of the photo's own pixels well within the outline, where no ground is:
            what a print, or bare skin beside a blouse, makes of the measure.
    """

    single: float
    several: float
    floor_single: float
    floor_several: float


def rim_share(people: Sequence[Person]) -> RimShare:
    """The mean over people who were found in photos, each in `POSES`, without the soft edge towards the background."""
    rows = [_of(person) for person in people]
    return RimShare(*map(float, np.mean(rows, axis=0)))


def _of(person: Person) -> tuple[float, float, float, float]:
    lab = _lab(person.photo)
    outline = (person.fit.sighting.outline >= 128).astype(np.uint8)
    beyond = cv2.dilate(outline, np.ones((2 * _BEYOND + 1,) * 2, np.uint8)) == 0
    ground = np.median(lab[beyond if beyond.any() else outline == 0], axis=0)
    inner = cv2.erode(outline, np.ones((2 * _WITHIN + 1,) * 2, np.uint8)) > 0
    colours = _colours(lab, np.where(inner, person.iuv[..., 0], 0), ground)
    look, texture = looks.of(person), person.filled
    pictures = []
    for name in POSES:
        drawing = kept_drawing(named_poses()[name].of(person.body), PICTURE_SIZE)
        drawn = draw_from(texture, look.appearance.sources(look.fill), drawing.pixel, drawing.texel, PICTURE_SIZE)
        pictures.append((_lab(drawn[..., :3]), np.where(drawn[..., 3] > 0, drawing.iuv[..., 0], 0)))
    own = [(lab, np.where(inner, person.iuv[..., 0], 0))]
    return tuple(
        _share(shown, ground, {part: c[k] for part, c in colours.items()}) for shown in (pictures, own) for k in (0, 1)
    )


def _colours(lab: np.ndarray, part: np.ndarray, ground: np.ndarray) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Of each part its median colour (1, 3), and its several colours (k, 3)."""
    out = {}
    for number in range(1, 25):
        seen = lab[part == number]
        if len(seen) <= _LEAST or np.linalg.norm(np.median(seen, axis=0) - ground) < _TELLS:
            continue
        cv2.setRNGSeed(0)
        rounds = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 20, 0.5)
        _, label, centres = cv2.kmeans(seen, _COLOURS, None, rounds, 1, cv2.KMEANS_PP_CENTERS)
        often = np.bincount(label.ravel(), minlength=_COLOURS) >= _RARE * len(seen)
        out[number] = np.median(seen, axis=0)[None], centres[often]
    return out


def _share(
    pictures: list[tuple[np.ndarray, np.ndarray]], ground: np.ndarray, colours: dict[int, np.ndarray]
) -> float:
    strange = pixels = 0
    for lab, part in pictures:
        for number, own in colours.items():
            seen = lab[part == number]
            to_own = np.linalg.norm(seen[:, None] - own[None], axis=2).min(1)
            strange += np.count_nonzero(np.linalg.norm(seen - ground, axis=1) < _NEARER * to_own)
            pixels += len(seen)
    return strange / max(pixels, 1)


def _lab(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2LAB).astype(np.float32)
