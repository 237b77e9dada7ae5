"""Who is drawn for a live network, in which pose and light: people for tests apart from people for training."""

from __future__ import annotations

import zlib
from dataclasses import astuple, dataclass, replace

import cv2
import numpy as np

from mcld_app.body.mannequin.pose import SETTINGS, Pose
from mcld_app.body.mannequin.rendering import posed_vertices, to_picture
from mcld_app.data.synthetic import TEST_SEEDS, random_pose
from mcld_app.synthetic.drawn.garments import KINDS
from mcld_app.synthetic.drawn.outfits import COLOURS
from mcld_app.synthetic.drawn.people import make_person
from mcld_app.synthetic.drawn.setting import STUDIO, Setting, light_names
from mcld_app.synthetic.drawn.spec import Cloth, DrawnPerson

TEST_LIGHTS = ("forest", "lobby", "venice")
"""Surroundings whose light falls on no training person."""

_LONG = ("long", "ponytail", "bob", "braid", "afro", "fringe")
_TRIES = 200
_HALF = 0.3  # of the people are cut off by the photo at hips or knees
_TURNED = 0.1  # are seen from the side or from behind
_STANDING = 0.6  # stand with legs as straight as those of the best of some poses
_POSES = 4
_NEAR = 0.15  # of the targets show a part of the body
_PICTURE = (512, 352)  # its shape counts, not its size


@dataclass(frozen=True, eq=False)
class Colouring:
    """What a camera makes of colours: (256, 3) uint8, for each value of R, G and B another."""

    table: np.ndarray

    def of(self, picture: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 RGB with those colours."""
        return cv2.LUT(picture, self.table[None])


def live_person(n: int, *, test: bool = False) -> DrawnPerson:
    """The person of that number. Every fourth wears a skirt, every fourth has long hair; cloths that are kept for tests
    are worn by test people only, and by those all of them."""
    seed = n + TEST_SEEDS if test else n
    rng = np.random.default_rng([seed, 21])
    person = make_person(seed)
    for _ in range(_TRIES):
        if _wanted(person, n):
            break
        person = make_person(int(rng.integers(2**62)))
    cloths = {garment.cloth: _cloth(garment.cloth, rng, test) for garment in person.garments}
    return replace(person, garments=tuple(replace(g, cloth=cloths[g.cloth]) for g in person.garments))


def kept_for_tests(cloth: Cloth) -> bool:
    """Whether clothes of this cloth are worn by test people only: one cloth in four, by its pattern and colours."""
    shown = (cloth.pattern, cloth.colour, cloth.motif) if cloth.pattern == "plain" else astuple(replace(cloth, scale=0))
    return zlib.crc32(repr(shown).encode()) % 4 == 0


def live_setting(rng: np.random.Generator, *, test: bool = False) -> Setting:
    """A photographer's light, or that of surroundings, before a plain wall or before them."""
    names = [name for name in light_names() if (name.rpartition("-")[0] in TEST_LIGHTS) == test]
    light = STUDIO if rng.random() < 0.3 else names[int(rng.integers(len(names)))]
    grey = float(rng.uniform(150, 250))
    wall = tuple(int(v) for v in np.clip(grey + rng.normal(0, 18, 3) * (rng.random() < 0.5), 60, 255))
    plain = light == STUDIO or rng.random() < 0.35
    return Setting(light, wall if plain else None, float(rng.uniform(0.7, 1.2)), grain=bool(rng.random() < 0.6))


def colouring(rng: np.random.Generator) -> Colouring:
    """A cast and a gamma."""
    gain = rng.uniform(0.9, 1.1, 3) * rng.uniform(0.88, 1.08)
    table = (np.arange(256) / 255)[:, None] ** rng.uniform(0.85, 1.2) * gain * 255
    return Colouring(np.clip(table + 0.5, 0, 255).astype(np.uint8))


def source_pose(person: DrawnPerson, rng: np.random.Generator, *, test: bool = False) -> Pose:
    """A pose as people are photographed in, with the person's body."""
    tries = [random_pose(rng, test=test) for _ in range(_POSES if rng.random() < _STANDING else 1)]
    pose = min(tries, key=_bent).of(person.body)
    turned = rng.random() < _TURNED
    pose = pose.replace(yaw=_wrapped(rng.uniform(60, 300) if turned else float(np.clip(rng.normal(0, 24), -65, 65))))
    return _cut_off(pose, rng) if rng.random() < _HALF else _whole(pose, rng)


def target_pose(person: DrawnPerson, rng: np.random.Generator, *, test: bool = False) -> Pose:
    """A pose that the person is to be drawn in, with their body."""
    pose = random_pose(rng, test=test).of(person.body)
    return _cut_off(pose, rng) if rng.random() < _NEAR else _whole(pose, rng)


def _bent(pose: Pose) -> float:
    """Degrees by which hips and knees are bent."""
    return sum(abs(v) for k, v in pose.angles.items() if k.partition("_")[2] in ("hip.forward", "knee.bend"))


def _wanted(person: DrawnPerson, n: int) -> bool:
    if n % 4 == 0:
        return any(KINDS[garment.kind].hangs for garment in person.garments)
    return n % 4 != 2 or person.hair.style in _LONG


def _cloth(cloth: Cloth, rng: np.random.Generator, test: bool) -> Cloth:
    """The cloth itself where it is right for tests, or for training; else in other colours. Half of all training cloths
    have colours from everywhere, since people bring clothes of every colour."""
    anew = not test and rng.random() < 0.5
    for _ in range(_TRIES):
        if anew:
            cloth = replace(cloth, colour=_any_colour(rng), second=COLOURS[int(rng.integers(len(COLOURS)))])
        if kept_for_tests(cloth) == test:
            break
        anew = True
    return cloth


def _any_colour(rng: np.random.Generator) -> tuple[int, int, int]:
    hsv = np.uint8([[[rng.integers(180), 230 * rng.random() ** 1.2, 255 * (0.12 + 0.85 * rng.random())]]])
    r, g, b = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0]
    return int(r), int(g), int(b)


def _extent(pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest x and y (2,) of a body, metres to the right and up of the picture's middle, where the
    picture is not zoomed or shifted."""
    plain = pose.replace(zoom=1.0, shift_x=0.0, shift_y=0.0)
    pixels = to_picture(posed_vertices(plain)[0], plain, _PICTURE)[:, :2]
    places = (pixels + 0.5 - np.array(_PICTURE[::-1]) / 2) * (1, -1) * 2 / _PICTURE[0]
    return places.min(0), places.max(0)


def _whole(pose: Pose, rng: np.random.Generator) -> Pose:
    """All of the body, with some room around it."""
    low, high = _extent(pose)
    room = rng.uniform(0.03, 0.12)  # of the picture's height
    wide, tall = high - low
    zoom = min(2 * (1 - 2 * room) / tall, 2 * (_PICTURE[1] / _PICTURE[0] - 1.2 * room) / wide, rng.uniform(1.0, 1.15))
    middle = (low + high) / 2
    return _seen(pose, zoom, -middle + rng.normal(0, 0.012, 2))


def _cut_off(pose: Pose, rng: np.random.Generator) -> Pose:
    """The body from the head down to hips or knees."""
    low, high = _extent(pose)
    tall = high[1] - low[1]
    top = high[1] + tall * rng.uniform(0.02, 0.10)
    bottom = low[1] + tall * (rng.uniform(0.22, 0.34) if rng.random() < 0.5 else rng.uniform(0.42, 0.56))
    zoom = min(2 / (top - bottom), 3.0)
    return _seen(pose, zoom, np.array([-(low[0] + high[0]) / 2 + rng.normal(0, 0.03), 1 / zoom - top]))


def _seen(pose: Pose, zoom: float, shift: np.ndarray) -> Pose:
    x, y = np.clip(shift, *SETTINGS["shift_x"][:2]).tolist()
    return pose.replace(zoom=float(np.clip(zoom, *SETTINGS["zoom"][:2])), shift_x=x, shift_y=y)


def _wrapped(degrees: float) -> float:
    return float((degrees + 180) % 360 - 180)
