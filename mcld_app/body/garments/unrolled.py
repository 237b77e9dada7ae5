"""Where on a garment that lies flat each place of the body is found: as it is seen from in front in the middle, and
unrolled towards the sides.

A garment's picture is laid on the mannequin as it is seen from in front. Where the body turns away, a few of the
picture's pixels would cover a hand's breadth of cloth, and a pattern would end in bars there. But flat, a garment shows
all of its front half: towards the sides it is read by the angle about the limb's axis, so that its rim comes to lie on
the side seam and not a step before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface

_LEGS = frozenset(range(7, 15))
_BACK = frozenset({1, 7, 8, 11, 12})
_ARMS = (frozenset({16, 18, 20, 22}), frozenset({15, 17, 19, 21}))
_FROM = np.pi / 4  # of the angle from the front: below it the picture is seen as it is
_RATE = 0.85  # of the pattern's own scale at the sides: less, for a body is flatter there than its middle is wide
_SLICE = 0.01  # metres along a limb
_FORK, _FADES = 0.86, 0.08  # metres above the floor, below which legs turn about their own axes; over which they do
_MOST = 0.09  # metres
_CHEST, _SHOULDER = 1.32, 0.02  # metres above the floor; along the arm: seams there stay where they are


@dataclass(frozen=True, eq=False)
class Unrolled:
    """The texels' places before a flat garment; arrays (512, 512), read-only.

    Attributes:
        x, y: float32, metres, as `RestSurface.x` and `.y`; a far side's place is the near one's across from it.
        beyond: float32, as `x`, of cloth that goes on beyond the seams at the body's sides instead of back.
        turned: bool, where they are not the surface's own.
        behind: bool, the far half of trunk and limbs.
    """

    x: np.ndarray
    y: np.ndarray
    beyond: np.ndarray
    turned: np.ndarray
    behind: np.ndarray


@lru_cache(maxsize=1)
def unrolled() -> Unrolled:
    """The places of all texels; heads, hands and feet stay where they are."""
    surface = rest_surface()
    at = np.stack([surface.x, surface.y], -1).astype(np.float32)
    moved, beyond = at.copy(), at.copy()
    trunk, legs = parts_mask(frozenset({1, 2})), parts_mask(_LEGS)
    body, down = trunk | legs, np.array([0.0, 1.0], np.float32)
    moved[body] = about_axis(at[body], down, _SLICE, surface.z[body])
    beyond[body] = about_axis(at[body], down, _SLICE, surface.z[body], beyond=(-1, 1))
    for side in (1, -1):
        leg = legs & (np.sign(surface.x) == side)
        own = np.clip((_FORK - at[leg][:, 1]) / _FADES, 0, 1)[:, None]
        for places, sides in ((moved, ()), (beyond, (side,))):
            places[leg] = places[leg] * (1 - own) + about_axis(
                at[leg], down, _SLICE, surface.z[leg], beyond=sides
            ) * own
    high = np.clip((_CHEST - at[trunk][:, 1]) / _FADES, 0, 1)[:, None]
    for places in (moved, beyond):
        places[trunk] = at[trunk] * (1 - high) + places[trunk] * high
    behind = parts_mask(_BACK).copy()
    for parts in _ARMS:
        arm = parts_mask(parts)
        middle = at[arm].mean(0)
        way = np.linalg.svd(at[arm] - middle, full_matrices=False)[2][0]
        begun = np.clip((surface.arm[arm] - _SHOULDER) / _FADES, 0, 1)[:, None]
        moved[arm] = at[arm] * (1 - begun) + about_axis(at[arm], way, _SLICE, surface.z[arm]) * begun
        behind[arm] = surface.z[arm] < _extent(at[arm] @ way, surface.z[arm], _SLICE)[0]
    beyond[~body] = moved[~body]
    moved, beyond = (at + np.clip(places - at, -_MOST, _MOST) for places in (moved, beyond))
    x, y = np.ascontiguousarray(np.moveaxis(moved, -1, 0))
    out = Unrolled(x, y, beyond[..., 0].copy(), np.abs(moved - at).max(-1) > 1e-4, behind)
    for array in (out.x, out.y, out.beyond, out.turned, out.behind):
        array.setflags(write=False)
    return out


def about_axis(
    at: np.ndarray, way: np.ndarray, sliced: float, depth: np.ndarray | None = None, of: np.ndarray | None = None,
    beyond: tuple[int, ...] = (),
) -> np.ndarray:  # fmt: skip
    """Places of a limb seen from in front, unrolled about its axis.

    Args:
        at: (N, 2).
        way: (2,) of length 1, along the limb.
        sliced: as long as a slice of it, in the unit of `at`.
        depth: (N,), towards the eye, of the limb all round; None where the near half alone is given.
        of: (M, 2), places that tell how wide the limb is; None where `at` do.
        beyond: the sides, 1 and -1 across the limb, at which the pattern goes on beyond the seam, not back.

    Returns:
        (N, 2), in the unit of `at`.
    """
    across = np.array([way[1], -way[0]], np.float32)
    along, aside = at @ way, at @ across
    middle, half = _extent(along, aside, sliced) if of is None else _extent(of @ way, of @ across, sliced, along)
    aside = (aside - middle) / half
    angle = np.arcsin(np.minimum(np.abs(aside), 1))
    if depth is not None:
        centre, deep = _extent(along, depth, sliced)
        angle = np.arctan2(np.abs(aside), np.abs(depth - centre) / deep)
    flat = np.sin(_FROM) + (angle - _FROM) * _RATE  # beyond 1 lies the seam: from there the pattern goes back
    back = (flat > 1) & ~np.isin(np.sign(aside), beyond)
    flat = np.where(angle < _FROM, np.minimum(np.abs(aside), np.sin(_FROM)), np.where(back, 2 - flat, flat))
    return along[:, None] * way + (middle + half * np.sign(aside) * flat)[:, None] * across


def _extent(
    along: np.ndarray, values: np.ndarray, sliced: float, where: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The middle and half the extent of values (N,) in each place's slice of the limb: (N,), or (M,) at `where`."""
    slice_of = np.floor((along - along.min()) / sliced).astype(int)
    low, high = np.full(slice_of.max() + 1, np.inf), np.full(slice_of.max() + 1, -np.inf)
    np.minimum.at(low, slice_of, values)
    np.maximum.at(high, slice_of, values)
    there = np.flatnonzero(np.isfinite(low))
    places = along.min() + (there + 0.5) * sliced
    smooth = np.ones(5) / 5
    low, high = (np.convolve(np.pad(edge[there], 2, "edge"), smooth, "valid") for edge in (low, high))
    where = along if where is None else where
    ends = np.interp(where, places, low), np.interp(where, places, high)
    return (ends[0] + ends[1]) / 2, np.maximum((ends[1] - ends[0]) / 2, 0.1 * sliced)
