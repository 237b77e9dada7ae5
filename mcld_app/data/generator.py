"""What drawn examples are made from: the poses, which are no page's, and a fingerprint of the generator."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from mcld_app.body.mannequin.pose import Pose

POSES = Path(__file__).resolve().parents[2] / "assets" / "training" / "poses.json"
"""A copy of the page's first 24 poses: a pose that is added to the page or moved there changes no example."""

GENERATOR_VERSION = 4
"""Of the code that draws examples: to be raised with every change of it that changes a picture (tests notice one), so
that no cache mixes two generators' examples."""


@lru_cache(maxsize=1)
def training_poses() -> Mapping[str, Pose]:
    """The poses that examples' poses are made from, by name, in the order of the file."""
    listed = json.loads(POSES.read_text("utf-8"))
    return MappingProxyType({name: Pose(name, **values) for name, values in listed.items()})


def fingerprint(**options: object) -> str:
    """A short name for what a generator makes with these options (JSON values): 16 hexadecimal digits. Another version
    of the generator, another list of poses or another option gives another name."""
    poses = [(name, dict(pose.angles), pose.yaw) for name, pose in training_poses().items()]
    made_from = [GENERATOR_VERSION, poses, options]
    return hashlib.blake2b(json.dumps(made_from, sort_keys=True).encode(), digest_size=8).hexdigest()
