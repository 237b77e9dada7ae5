"""Drawn people as examples: endless, each made on the fly from its number alone.

Which people, garments and poses may be trained on, and which are kept for tests, is decided here, so that the two
cannot mix: test people have seeds of their own, wear garments that no training person wears, and stand in poses made
from other poses.
"""

from __future__ import annotations

import zlib
from dataclasses import astuple, dataclass, replace

import cv2
import numpy as np

from mcld_app.body.head_crop import crop_head
from mcld_app.body.mannequin.pose import JOINTS, Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.preview_planes import background_colour, preview_planes
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.data.example import Example
from mcld_app.data.generator import fingerprint, training_poses
from mcld_app.synthetic.people import DrawnPerson, draw_person, render_view
from mcld_app.synthetic.wardrobe import Cloth

TEST_SEEDS = 1_000_000_000
"""Test people are drawn from this seed on; training people from below it."""

TEST_POSES = ("three-quarter-left", "back-turned", "walking-front", "hands-on-hips", "one-hand-up", "lunge", "pointing")
"""Poses that no training example's pose is made from."""

_SOURCE_SIZE = (512, 352)  # as large as the studio's own pictures, which texture maps are taken from
_TRIES = 400  # one garment in four is kept for tests, and both of theirs must be


@dataclass(frozen=True)
class DrawnPeople:
    """Drawn people as a map-style data set.

    Args:
        size: (height, width) of photos and targets.
        texture: side of the texture map given to the network.
        targets: pictures of each person; the first is the source picture itself.
        people: how many; None is endless.
        test: people, garments and poses kept for tests.
        fill_texture: whether holes of the texture map are filled, as `filling.fill` does.
    """

    size: tuple[int, int] = (256, 176)
    texture: int = 256
    targets: int = 5
    people: int | None = None
    test: bool = False
    fill_texture: bool = True

    @property
    def fingerprint(self) -> str:
        """A name for what is drawn (see `generator.fingerprint`); how many people there are makes no difference."""
        return fingerprint(
            size=self.size, texture=self.texture, targets=self.targets, test=self.test, filled=self.fill_texture
        )

    def __len__(self) -> int:
        return self.people or TEST_SEEDS

    def __getitem__(self, n: int) -> Example:
        """The example of that number; the same on every machine.

        Raises:
            IndexError: past the last one.
        """
        if not 0 <= n < len(self):
            raise IndexError(n)
        rng = np.random.default_rng([n, 7 if self.test else 3])
        person = drawn_person(n, test=self.test)
        poses = [source_pose(rng, test=self.test)]
        poses += [random_pose(rng, test=self.test) for _ in range(self.targets - 1)]
        return example_of(person, poses, size=self.size, texture=self.texture, fill_texture=self.fill_texture)


def example_of(
    person: DrawnPerson,
    poses: list[Pose],
    *,
    size: tuple[int, int] = (256, 176),
    texture: int = 256,
    fill_texture: bool = True,
) -> Example:
    """An example of a person: the first pose is the source's, all poses are targets. The source's own target has its
    true IUV map; the others have the mannequin's, as in the studio, which knows of no hair or skirt."""
    source = render_view(person, poses[0], _SOURCE_SIZE)
    seen = extract(source.photo, source.iuv)
    filled = fill(seen)
    background = background_colour(source.photo)
    targets, maps, alphas = [], [], []
    for k, pose in enumerate(poses):
        view = render_view(person, pose, size)
        targets.append(view.photo)
        alphas.append(view.alpha)
        maps.append(view.iuv if k == 0 else draw_iuv(pose.of(person.body), size))
    given = filled if fill_texture else TextureMap(seen.image, seen.coverage)
    return Example(
        photo=targets[0],
        texture=cv2.resize(given.image, (texture, texture), interpolation=cv2.INTER_AREA),
        coverage=cv2.resize(seen.coverage.astype(np.uint8), (texture, texture), interpolation=cv2.INTER_NEAREST) > 0,
        identity=np.zeros(512, np.float32),
        targets=np.stack(targets),
        poses=np.stack(maps),
        previews=np.stack([preview_planes(filled, seen.coverage, iuv, background) for iuv in maps]),
        alphas=np.stack(alphas),
        face=crop_head(source.photo, source.iuv),
    )


def drawn_person(n: int, *, test: bool = False) -> DrawnPerson:
    """The person of that number. For tests, one whose garments are all kept for tests; for training, one with none of
    those, and half of them in colours from everywhere, since people bring clothes of every colour."""
    seed = n + TEST_SEEDS if test else n
    rng = np.random.default_rng([seed, 11])
    person = draw_person(seed)
    for attempt in range(_TRIES):
        if attempt:
            other = draw_person(int(rng.integers(2**62)))
            person = replace(person, top=other.top, bottom=other.bottom, shoes=other.shoes)
        if not test and rng.random() < 0.5:
            person = replace(
                person,
                top=replace(person.top, cloth=_any_colour(person.top.cloth, rng)),
                bottom=replace(person.bottom, cloth=_any_colour(person.bottom.cloth, rng)),
            )
        kept = [kept_for_tests(person.top.cloth), kept_for_tests(person.bottom.cloth)]
        if all(kept) if test else not any(kept):
            break
    return person


def kept_for_tests(cloth: Cloth) -> bool:
    """Whether clothes of this cloth are worn by test people only: one cloth in four, by its pattern and colours."""
    shown = (cloth.pattern, cloth.colour) if cloth.pattern == "plain" else astuple(replace(cloth, scale=0.0))
    return zlib.crc32(repr(shown).encode()) % 4 == 0


def source_pose(rng: np.random.Generator, *, test: bool = False) -> Pose:
    """A pose as people are photographed in: most from the front."""
    pose = random_pose(rng, test=test)
    return pose.replace(yaw=_within(rng.normal(0, 28), 180)) if rng.random() < 0.8 else pose


def random_pose(rng: np.random.Generator, *, test: bool = False) -> Pose:
    """A pose between two of the training poses (for tests: of `TEST_POSES`), each angle a little off, from any side."""
    poses = [pose for name, pose in training_poses().items() if (name in TEST_POSES) == test]
    a, b = (poses[int(rng.integers(len(poses)))] for _ in range(2))
    share = rng.random() if rng.random() < 0.6 else 0.0
    angles = {}
    for key in sorted({*a.angles, *b.angles}):
        joint, _, axis = key.partition(".")
        low, high = JOINTS[joint].axes[axis]
        value = (1 - share) * a.angles.get(key, 0.0) + share * b.angles.get(key, 0.0) + rng.normal(0, 5)
        angles[key] = float(np.clip(value, low, high))
    pose = Pose("drawn", angles)
    where = rng.random()
    yaw = a.yaw if where < 0.3 else 0.0 if where < 0.65 else 180.0 if where < 0.8 else rng.uniform(-180, 180)
    return pose.replace(
        yaw=_within(yaw + rng.normal(0, 22), 180),
        pitch=float(np.clip(rng.normal(0, 3), -10, 10)),
        zoom=float(rng.uniform(0.90, 1.08)),
        shift_x=float(np.clip(rng.normal(0, 0.05), -0.2, 0.2)),
        shift_y=float(np.clip(rng.normal(0, 0.02), -0.1, 0.1)),
    )


def _within(degrees: float, limit: float) -> float:
    return float((degrees + limit) % (2 * limit) - limit)


def _any_colour(cloth: Cloth, rng: np.random.Generator) -> Cloth:
    """The same pattern in two colours that can be told apart."""
    for _ in range(20):
        first, second = (tuple(int(v) for v in _colour(rng)) for _ in range(2))
        if sum(abs(p - q) for p, q in zip(first, second, strict=True)) > 140:
            break
    return replace(cloth, colour=first, second=second)


def _colour(rng: np.random.Generator) -> np.ndarray:
    hsv = np.uint8([[[rng.integers(180), 255 * rng.random() ** 0.8, 255 * (0.15 + 0.85 * rng.random())]]])
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0]
