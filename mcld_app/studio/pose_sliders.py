"""Between poses and the page's sliders."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from mcld_app.body.mannequin.pose import JOINTS, SETTINGS, Pose, named_poses

_VIEW = {
    "yaw": ("Turn", 1.0, "°"),
    "pitch": ("Look down or up", 1.0, "°"),
    "zoom": ("Zoom", 0.05, "×"),
    "shift_x": ("Move sideways", 0.02, " m"),
    "shift_y": ("Move up or down", 0.02, " m"),
    "roll": ("Tilt the picture", 1.0, "°"),
}
_SHAPE = {"height": ("Height", 0.01, "×"), "build": ("Build", 0.05, "")}
_AXES = {"bend": "bend", "side": "sideways", "twist": "twist", "raise": "raise", "forward": "forward"}
_JOINT_NAMES = {"clavicle": "Collarbone"}
_TRUNK = "Back and head"
_LIMBS = ("Right arm", "Left arm", "Right leg", "Left leg", _TRUNK)


OWN = "your own"
"""What a pose is called once a slider or a joint was moved."""


@lru_cache(maxsize=1)
def resting() -> Pose:
    """The pose the sliders show while the picture stands as in the photo."""
    return named_poses().get("standing", Pose())


def to_sliders(pose: object) -> dict[str, float]:
    """Every slider's position for a mannequin's `Pose`; for any other one, those of `resting`."""
    pose = pose if isinstance(pose, Pose) else resting()
    values = {name: float(getattr(pose, name)) for name in SETTINGS}
    for joint in JOINTS.values():
        for axis in joint.axes:
            values[f"{joint.name}.{axis}"] = float(pose.angles.get(f"{joint.name}.{axis}", 0.0))
    return values


def from_sliders(values: Mapping[str, float], shape: tuple[float, ...] = ()) -> Pose:
    """The pose the sliders show, of somebody of that shape (see `Pose.shape`). Sliders that do not exist are ignored,
    those that are missing stand as in `resting`, and a number beyond a slider's end counts as its end."""
    known = {**to_sliders(None), **values}
    settings = {name: min(max(known[name], low), high) for name, (low, high, _) in SETTINGS.items()}
    angles = {
        f"{joint.name}.{axis}": min(max(known[f"{joint.name}.{axis}"], low), high)
        for joint in JOINTS.values()
        for axis, (low, high) in joint.axes.items()
    }
    return Pose(name=OWN, angles=angles, shape=shape, **settings)


@lru_cache(maxsize=1)
def groups() -> list[dict]:
    """The sliders by limb, as the page's script takes them."""
    rest = to_sliders(None)

    def row(name: str, label: str, low: float, high: float, step: float, unit: str) -> dict:
        return {"id": name, "label": label, "min": low, "max": high, "step": step, "unit": unit, "rest": rest[name]}

    def settings(kind: dict[str, tuple[str, float, str]]) -> list[dict]:
        return [row(name, label, *SETTINGS[name][:2], step, unit) for name, (label, step, unit) in kind.items()]

    limbs: dict[str, list[dict]] = {name: [] for name in _LIMBS}
    for joint in JOINTS.values():
        for axis, (low, high) in joint.axes.items():
            label = f"{_joint_name(joint.name)}: {_AXES.get(axis, axis)}"
            limbs[_limb(joint.name)].append(row(f"{joint.name}.{axis}", label, low, high, 1.0, "°"))
    return [
        {"label": "View", "open": True, "wide": True, "sliders": settings(_VIEW)},
        *({"label": name, "open": False, "sliders": rows} for name, rows in limbs.items() if rows),
        {"label": "Body shape", "open": False, "sliders": settings(_SHAPE)},
    ]


def _limb(joint: str) -> str:
    side, _, kind = joint.partition("_")
    if side not in ("left", "right"):
        return _TRUNK
    return f"{side.capitalize()} {'leg' if kind in ('hip', 'knee', 'ankle', 'toes') else 'arm'}"


def _joint_name(joint: str) -> str:
    kind = joint.removeprefix("left_").removeprefix("right_")
    return _JOINT_NAMES.get(kind, kind.capitalize())
