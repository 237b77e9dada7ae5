"""A pose: joint angles, body shape and camera.

All angles are degrees, and 0 everywhere is a person standing straight, arms down, facing the camera.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mcld_app.body.mannequin.skeleton import COMPONENTS
from mcld_app.errors import PoseError
from mcld_app.once import cached_property

POSE_FOLDER = Path(__file__).resolve().parents[3] / "assets" / "poses"

LARGEST_FILE = 64 * 1024
"""Bytes of a pose file; those of the studio have about 1000."""


@dataclass(frozen=True)
class Joint:
    """A joint a person can turn.

    Attributes:
        name: as in pose files, for instance "left_elbow".
        label: as on the page, for instance "Left elbow".
        axes: axis name -> (lowest, highest) angle in degrees; 0 is always allowed.
    """

    name: str
    label: str
    axes: Mapping[str, tuple[float, float]]


def _joints() -> dict[str, Joint]:
    middle = {
        "spine": {"bend": (-25, 60), "side": (-30, 30), "twist": (-35, 35)},
        "chest": {"bend": (-20, 35), "side": (-20, 20), "twist": (-30, 30)},
        "neck": {"bend": (-35, 40), "side": (-30, 30), "twist": (-45, 45)},
        "head": {"bend": (-25, 25), "side": (-20, 20), "twist": (-40, 40)},
    }
    limbs = {
        "clavicle": {"raise": (-10, 35)},
        "shoulder": {"raise": (-5, 175), "forward": (-50, 175), "twist": (-90, 90)},
        "elbow": {"bend": (0, 145), "twist": (-80, 80)},
        "wrist": {"bend": (-60, 70), "side": (-25, 25)},
        "fingers": {"bend": (0, 70)},
        "hip": {"forward": (-25, 115), "side": (-15, 60), "twist": (-45, 45)},
        "knee": {"bend": (0, 140)},
        "ankle": {"bend": (-45, 35)},
        "toes": {"bend": (-20, 45)},
    }
    axes = dict(middle)
    for side in ("left", "right"):
        axes |= {f"{side}_{name}": a for name, a in limbs.items()}
    return {n: Joint(n, n.replace("_", " ").capitalize(), MappingProxyType(a)) for n, a in axes.items()}


# What every axis means. bend: forwards for the trunk and the elbow, backwards for the knee, toes up for the ankle, into
# the palm for fingers (degrees at the knuckles); raise and side: away from the body's middle (trunk: to the person's
# left); forward: to the front; twist: inwards for a limb, to the person's left for the trunk.
JOINTS: dict[str, Joint] = _joints()

# Everything but the joints and the components of shape: name -> (lowest, highest, default).
SETTINGS: dict[str, tuple[float, float, float]] = {
    "height": (0.75, 1.25, 1.0),
    "build": (-1.0, 2.0, 0.0),
    "yaw": (-180.0, 180.0, 0.0),
    "pitch": (-40.0, 40.0, 0.0),
    "roll": (-180.0, 180.0, 0.0),
    "zoom": (0.2, 4.0, 1.0),
    "shift_x": (-3.0, 3.0, 0.0),
    "shift_y": (-3.0, 3.0, 0.0),
}

SHAPE_LIMIT = 4.0
"""How far a component of shape may go, in standard deviations of sampled adults."""


@dataclass(frozen=True)
class BodyShape:
    """What of a mannequin belongs to the person and not to how they stand; see `Pose` for the three."""

    height: float = 1.0
    build: float = 0.0
    shape: tuple[float, ...] = ()


@dataclass(frozen=True)
class Pose:
    """Joint angles, body shape and camera.

    Attributes:
        name: what people call the pose.
        angles: "joint.axis" -> degrees; what is not named is 0. See `JOINTS`.
        height: 0.75..1.25, 1 = 1.78 m on a picture whose zoom shows 2 m.
        build: -1 (slim) .. 0 (average) .. 2 (heavy).
        shape: the rest of what makes a body one person's: the first principal components of adults' shapes, in standard
            deviations, at most `skeleton.COMPONENTS` of them within `SHAPE_LIMIT`; what is not named is 0.
        yaw: degrees about the upright axis; 0 faces the camera, 90 faces the picture's right edge, 180 is seen from
            the back.
        pitch: degrees; positive looks down on the person.
        roll: degrees the picture is turned, positive clockwise.
        zoom: 1 shows 2 m over the picture's height.
        shift_x, shift_y: metres to the picture's right and up.
    """

    name: str = "standing"
    angles: Mapping[str, float] = field(default_factory=dict)
    height: float = 1.0
    build: float = 0.0
    shape: tuple[float, ...] = ()
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    zoom: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0

    def __post_init__(self) -> None:
        """Raises PoseError for unknown joints, angles past a limit and values that are no finite numbers."""
        if not isinstance(self.name, str) or len(self.name) > 100:
            raise PoseError("A pose's name must be a text of at most 100 letters.")
        if not isinstance(self.angles, Mapping):
            raise PoseError("A pose's angles must be a table of names like “left_elbow.bend” and degrees.")
        for key, value in self.angles.items():
            joint, _, axis = str(key).partition(".")
            if joint not in JOINTS or axis not in JOINTS[joint].axes:
                raise PoseError(
                    f"A pose has no angle called {str(key)[:60]!r}. An angle is named like “left_elbow.bend”."
                )
            _check(str(key), value, *JOINTS[joint].axes[axis])
        for name, (low, high, _) in SETTINGS.items():
            _check(name, getattr(self, name), low, high)
        if not isinstance(self.shape, tuple | list) or len(self.shape) > COMPONENTS:
            raise PoseError(f"A pose's shape must be a list of at most {COMPONENTS} numbers.")
        for k, value in enumerate(self.shape, 1):
            _check(f"shape {k}", value, -SHAPE_LIMIT, SHAPE_LIMIT)
        told = [float(value) for value in self.shape]
        while told and told[-1] == 0:
            told.pop()
        object.__setattr__(self, "shape", tuple(told))
        kept = {str(k): float(v) for k, v in sorted(self.angles.items()) if v != 0}
        object.__setattr__(self, "angles", MappingProxyType(kept))

    @cached_property
    def worked_out(self) -> dict[Any, Any]:
        """What was worked out of this very pose, by what and at which size: a pose stays while clothes and faces
        change, and is drawn again after each."""
        return {}

    def replace(self, **changes) -> Pose:
        """A copy with other settings; `angles` replaces all of them."""
        return replace(self, **changes)

    @property
    def body(self) -> BodyShape:
        """Whose pose it is, as far as a mannequin shows it."""
        return BodyShape(self.height, self.build, self.shape)

    def of(self, body: BodyShape) -> Pose:
        """The same pose of somebody of another shape."""
        return self if body == self.body else self.replace(height=body.height, build=body.build, shape=body.shape)

    def turned(self, key: str, degrees: float) -> Pose:
        """A copy with one angle changed."""
        return replace(self, angles={**self.angles, key: degrees})

    def mirrored(self) -> Pose:
        """The pose seen in a mirror: left and right change places."""
        angles = {}
        for key, value in self.angles.items():
            joint, _, axis = key.partition(".")
            if joint.startswith("left_"):
                key = "right_" + key[5:]
            elif joint.startswith("right_"):
                key = "left_" + key[6:]
            elif axis in ("side", "twist"):
                value = -value
            angles[key] = value
        return replace(self, angles=angles, yaw=-self.yaw, roll=-self.roll, shift_x=-self.shift_x)

    def to_json(self) -> str:
        """The pose as a small JSON text."""
        out: dict = {"name": self.name, "angles": dict(self.angles)}
        out |= {name: getattr(self, name) for name, (_, _, d) in SETTINGS.items() if getattr(self, name) != d}
        if self.shape:
            out["shape"] = list(self.shape)
        return json.dumps(out, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> Pose:
        """Read a pose that somebody saved.

        Raises:
            PoseError: where the text is larger than 64 kB, is no JSON, names something unknown or passes a limit.
        """
        if len(text if isinstance(text, bytes) else text.encode("utf-8", "replace")) > LARGEST_FILE:
            raise PoseError("This is not a pose file: it is larger than 64 kB. Choose a pose that was saved here.")
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PoseError("This is not a pose file: it is not valid JSON.") from error
        known = {f.name for f in fields(cls)}
        if not isinstance(data, dict) or set(data) - known:
            odd = (
                ", ".join(sorted(str(k)[:30] for k in set(data) - known)[:3]) if isinstance(data, dict) else "no table"
            )
            raise PoseError(f"This is not a pose file of this studio ({odd}). It may hold: {', '.join(sorted(known))}.")
        if not data:
            raise PoseError("This file holds no pose: it is empty. Choose a pose that was saved here.")
        return cls(**data)


def _check(name: str, value, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:  # NaN is neither
        raise PoseError(f"{name} must be a number.")
    if not low - 1e-6 <= value <= high + 1e-6:
        raise PoseError(f"{name} is {value:g}, but it may only go from {low:g} to {high:g}.")


@lru_cache(maxsize=1)
def named_poses() -> Mapping[str, Pose]:
    """The poses that ship with the studio, by file name, in the order of their files."""
    found = {p.stem.split("-", 1)[-1]: Pose.from_json(p.read_bytes()) for p in sorted(POSE_FOLDER.glob("*.json"))}
    return MappingProxyType(found)
