"""What of a body's shape is fitted, and how skin and joints follow it: the fitting's only door to the mannequin's mesh.

The fitted shape is a vector of amounts: the build, and the first components of shape.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import SETTINGS, Pose
from mcld_app.body.mannequin.skeleton import joint_places

_COMPONENTS = 3  # a picture of somebody in clothes tells no more
_FAR = 2.0  # standard deviations of a component: bodies beyond are rarer than errors

AMOUNTS = 1 + _COMPONENTS
"""How many numbers of a body's shape are fitted."""

LIMITS = np.array([SETTINGS["build"][:2], *[(-_FAR, _FAR)] * _COMPONENTS])
"""(AMOUNTS, 2) lowest and highest."""

SPREADS = np.array([0.8, *[1.0] * _COMPONENTS])
"""(AMOUNTS,) how far each is from 0, about."""


@lru_cache(maxsize=1)
def joints() -> tuple[np.ndarray, np.ndarray]:
    """(21, 3) metres, where the bones begin in the rest pose, in the order of `BONES`; and (AMOUNTS, 21, 3), how these
    move with each amount."""
    places = joint_places()
    return places, np.stack([joint_places(one[0], tuple(one[1:])) - places for one in np.eye(AMOUNTS)])


@lru_cache(maxsize=1)
def skin() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(6890, 3) metres, the body's vertices in the rest pose; (AMOUNTS, 6890, 3), how they move with each amount; and
    (6890, 21), how much each bone moves them. float64."""
    mesh = body_mesh()
    return np.float64(mesh.rest), np.float64(mesh.directions[:AMOUNTS]), np.float64(mesh.weights)


def amounts_of(pose: Pose) -> np.ndarray:
    """(AMOUNTS,) of a pose."""
    shape = (*pose.shape, *(0.0,) * _COMPONENTS)[:_COMPONENTS]
    return np.array([pose.build, *shape])


def of_amounts(amounts: np.ndarray) -> dict[str, Any]:
    """A pose's settings for amounts."""
    build, *shape = (round(float(value), 4) for value in np.clip(amounts, LIMITS[:, 0], LIMITS[:, 1]))
    return {"build": build, "shape": tuple(shape)}
