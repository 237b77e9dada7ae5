"""Where the mannequin's joints lie on a picture, for tests."""

from __future__ import annotations

from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES


def joint_positions(pose: Pose, size: tuple[int, int] = (512, 352)) -> dict[str, tuple[float, float]]:
    """Where each bone's joint lies on the picture: name -> (x, y) in pixels, possibly outside of it. Names are those
    of `JOINTS` and "pelvis"."""
    _, joints = posed_vertices(pose)
    xyz = to_picture(joints, pose, size)
    return {name: (float(x), float(y)) for name, (x, y, _) in zip(BONES, xyz, strict=True)}
