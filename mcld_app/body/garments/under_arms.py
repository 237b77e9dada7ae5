"""Cloth between a sleeve and the trunk: a loose top's armpit lies lower than the body's, and a raised arm takes it
along, so that the side goes up to the sleeve and not in to the skin.
"""

from __future__ import annotations

import numpy as np

from mcld_app.body.garments import body_lines as lines
from mcld_app.body.garments.body_lines import joined
from mcld_app.body.garments.laying import SIZE, LaidGarment, drawn_outwards
from mcld_app.body.garments.outline import resampled
from mcld_app.body.garments.sleeve_pairs import UNDER_ARM
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.rendering import posed_vertices, to_picture
from mcld_app.body.sampling import read_at
from mcld_app.body.shells.shell import PLAIN, Shell

_LOW = 0.02  # metres that cloth's armpit lies below the body's at least
_STEPS = 12  # from the body's armpit down to the cloth's
_LEAVES = 1.22  # metres above the floor, at which a top around the trunk is as wide as it is cut
_ON_TRUNK, _ON_ARM = (0.0, 0.045), (0.25, 0.6)  # of the way across trunk and sleeve, from there where both meet: of
# several places cloth there has the colour that most have, not that of a fold, a shadow or a letter
_PLACES, _LETTER = 9, 13  # places; pixels of its picture, that what is printed on a rim may be long
_OTHER, _PATTERN = 40.0, 0.35  # levels that are another colour; a share of them that makes a pattern
_TALL = 48  # pixels of its picture from the body's armpit down
_WIDE, _SLEEVES = 8, 3  # pixels of the picture across such a piece, and of them those that show the sleeve's cloth


def under_arms(around: Shell, laid: LaidGarment) -> Shell | None:
    """What joins a tube around the trunk to the sleeves, on both sides; None where cloth's armpits lie no lower than
    the body's.

    Args:
        around: the tube.
        laid: the garment on the mannequin, with sleeves.
    """
    armpit, body = float(laid.fit.rows[0][1]), lines.ARMHOLE[-1]
    if body - armpit < _LOW:
        return None
    meets = min(armpit, _LEAVES, float(around.rest[:, 1].max()))
    beside = joined([lines.side(float(y)) for y in np.linspace(body, meets, _STEPS)])
    along = np.linspace(min(UNDER_ARM, laid.fit.on_arm), laid.fit.on_arm, _STEPS).tolist()
    under, over = (joined([lines.arm_edge(x, upper) for x in along]) for upper in (False, True))
    photo, (vertices, _) = drawn_outwards(laid.photo, laid.iuv[..., 0] > 0), posed_vertices(laid.pose)
    rests, weights, strips = [], [], []
    for sign in (1, -1):
        lying = [points if sign > 0 else points.mirrored() for points in (beside, under, over)]
        rest, moved = (
            np.stack([points.at(values.astype(np.float64)) for points in lying[:2]], 1)
            for values in (body_mesh().rest, body_mesh().weights)
        )
        at = _side_of(around, sign, meets)
        rest[-1, 0], moved[-1, 0] = around.rest[at], around.weights[at]
        rests.append(rest.reshape(-1, 3))
        weights.append(moved.reshape(len(rest) * 2, -1))
        trunk, lower, upper = (to_picture(points.at(vertices), laid.pose, SIZE)[:, :2] for points in lying)
        across = beside.mirrored() if sign > 0 else beside
        far = to_picture(across.at(vertices), laid.pose, SIZE)[:, :2]
        strips.append(_strip(photo, _ways(trunk, far, _ON_TRUNK), _ways(lower, upper, _ON_ARM)))
    first = 2 * np.arange(_STEPS - 1)[:, None]
    one = np.concatenate([first + np.array([0, 2, 1]), first + np.array([1, 2, 3])])
    faces = np.concatenate([one, one + 2 * _STEPS])
    row = np.linspace(0, _TALL - 1, _STEPS)[:, None] + np.zeros(2)
    places = np.stack([np.broadcast_to([0.0, _WIDE - 1.0], row.shape), row], -1).reshape(-1, 2)
    faces = np.concatenate([faces, faces[:, ::-1]])  # seen from both sides
    return Shell(
        "armpits", np.concatenate(rests), np.zeros((4 * _STEPS, 3)), np.concatenate(weights), faces,
        np.full(len(faces), PLAIN, np.uint8), np.concatenate([places, places + np.array([0, _TALL])]),
        np.concatenate(strips),
    )  # fmt: skip


def _side_of(around: Shell, sign: int, height: float) -> int:
    """Which vertex of a tube lies farthest to a side at a height in metres."""
    off = np.abs(around.rest[:, 1] - height)
    near = np.flatnonzero(off < off.min() + 1e-3)
    return int(near[(sign * around.rest[near, 0]).argmax()])


def _ways(start: np.ndarray, end: np.ndarray, shares: tuple[float, float]) -> np.ndarray:
    """(_PLACES, K, 2): places between two shares of the ways from `start` to `end`, (K, 2) each."""
    return start + np.linspace(*shares, _PLACES)[:, None, None] * (end - start)


def _strip(photo: np.ndarray, trunk: np.ndarray, arm: np.ndarray) -> np.ndarray:
    """(_TALL, _WIDE, 4) uint8 RGBA: the picture of a piece whose two edges have the usual colours at places
    (_PLACES, K, 2) each in the laid garment's photo."""
    both = []
    for places in (trunk, arm):
        ways = np.stack([resampled(way, _TALL) for way in places]).astype(np.float32)
        both.append(_usual(read_at(photo, ways.reshape(-1, 2)).reshape(*ways.shape[:2], -1)[..., :3]))
    widths = (_WIDE - _SLEEVES, _SLEEVES)
    colours = np.concatenate([np.repeat(edge[:, None], wide, 1) for edge, wide in zip(both, widths, strict=True)], 1)
    return np.dstack([np.clip(colours + 0.5, 0, 255).astype(np.uint8), np.full(colours.shape[:2], 255, np.uint8)])


def _usual(colours: np.ndarray) -> np.ndarray:
    """(N, 3): the usual colours along ways (K, N, 3) side by side; of a pattern, those of the middle one."""
    half = _LETTER // 2
    long = np.pad(np.median(colours, axis=0), ((half, half), (0, 0)), mode="edge")
    usual = np.median(np.stack([long[k : k + colours.shape[1]] for k in range(_LETTER)]), axis=0)
    own = colours[len(colours) // 2]
    return own if (np.abs(own - usual).max(1) > _OTHER).mean() > _PATTERN else usual
