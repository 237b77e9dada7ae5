"""A series of poses: those a visitor gathered, and poses in between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from mcld_app.body.mannequin.pose import SETTINGS, Pose
from mcld_app.editing.look import MapPose
from mcld_app.errors import StudioError
from mcld_app.request import MAX_SERIES

AnyPose = Pose | MapPose | None


def series_of(poses: Sequence[AnyPose], between: int = 0) -> list[AnyPose]:
    """The poses with `between` more after each but the last. There is a way between two mannequins only; a pose that is
    known by its IUV map alone, or as in the photo, stands beside the next one without a way.

    Raises:
        StudioError: where that would be more than `MAX_SERIES`.
    """
    out: list[AnyPose] = []
    for n, first in enumerate(poses):
        out.append(first)
        second = poses[n + 1] if n + 1 < len(poses) else None
        if isinstance(first, Pose) and isinstance(second, Pose):
            out += [pose_between(first, second, (k + 1) / (between + 1)) for k in range(between)]
    if len(out) > MAX_SERIES:
        raise StudioError(f"This series has {len(out)} poses; at most {MAX_SERIES} are drawn. Take fewer in between.")
    return out


def pose_between(first: Pose, second: Pose, share: float) -> Pose:
    """A share 0..1 of the way from one mannequin to another: each angle and setting by itself, turns the short way."""
    angles = {
        key: (1 - share) * first.angles.get(key, 0.0) + share * second.angles.get(key, 0.0)
        for key in sorted({*first.angles, *second.angles})
    }
    turn = (second.yaw - first.yaw + 180) % 360 - 180
    settings = {name: (1 - share) * getattr(first, name) + share * getattr(second, name) for name in SETTINGS}
    pairs = zip_longest(first.shape, second.shape, fillvalue=0.0)
    shape = tuple((1 - share) * a + share * b for a, b in pairs)
    settings["yaw"] = (first.yaw + share * turn + 180) % 360 - 180
    return Pose(name=f"{first.name} to {second.name}", angles=angles, shape=shape, **settings)
