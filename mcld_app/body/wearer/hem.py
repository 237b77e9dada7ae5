"""Where a top ends and what is worn below begins: one curve around the trunk."""

from __future__ import annotations

import numpy as np

from mcld_app.body.surface import rest_surface

LOW, HIGH, STEP = 0.56, 1.24, 0.01  # metres above the floor, in which the curve may run
WAYS = 48  # directions around the trunk
_CLIP = 25.0  # of weighted Lab: a difference beyond that says no more
_BEND = 10.0  # what a step of the curve costs for each centimetre
_SLANT = 0.07  # metres that it goes up and down from its middle: more is a sleeve or a bag before it
_SHY = 2  # ways at the ends of what is seen


def way_of(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Which of `WAYS` directions around the trunk places lie in, 0..WAYS - 1, from x to the person's left and z to the
    front, metres; the first and the last meet at the back."""
    turn = np.arctan2(x, z) / (2 * np.pi) + 0.5
    return np.clip((turn * WAYS).astype(int), 0, WAYS - 1)


def find_hem(row: np.ndarray, column: np.ndarray, above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """The curve that parts two garments best.

    Args:
        row, column: (N,) int, texels of the trunk and the thighs that show cloth.
        above, below: (N,) float32, how unlike the upper and the lower garment each of them is.

    Returns:
        (WAYS,) float32, metres above the floor.
    """
    place = rest_surface()
    count = round((HIGH - LOW) / STEP)
    y = place.y[row, column]
    kept = (y > LOW - 0.2) & (y < HIGH + 0.2)
    y, x, z = y[kept], place.x[row, column][kept], place.z[row, column][kept]
    says = np.clip(below - above, -_CLIP, _CLIP)[kept]  # above 0: the upper one
    cell = way_of(x, z) * count + np.clip(((y - LOW) / STEP).astype(int), 0, count - 1)
    seen = np.bincount(cell, minlength=WAYS * count).reshape(WAYS, count)
    mean = np.bincount(cell, says, WAYS * count).reshape(WAYS, count) / np.maximum(seen, 1)
    # A hem at bin k: what lies from there on is of the upper garment, what lies below of the lower one.
    upper = np.cumsum(mean[:, ::-1], 1)[:, ::-1]
    score = upper - (np.cumsum(mean, 1) - mean)
    return _between(LOW + STEP * _best(score), seen.any(1))


def _best(score: np.ndarray) -> np.ndarray:
    """(WAYS,) int: the bin of each way, so that the sum of scores (WAYS, bins) less bends is largest (Viterbi)."""
    bins = np.arange(score.shape[1])
    bend = _BEND * np.abs(bins[:, None] - bins[None])
    best, came = score[0], []
    for own in score[1:]:
        ways = best[None] - bend
        came.append(ways.argmax(1))
        best = ways.max(1) + own
    at = [int(best.argmax())]
    for from_ in reversed(came):
        at.append(int(from_[at[-1]]))
    return np.array(at[::-1])


def _between(heights: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The curve without steps, and where nothing is seen between the ends of what is; it is closed."""
    known = np.flatnonzero(seen)
    if not len(known):
        return np.full(WAYS, float(np.median(heights)), np.float32)
    inner = known[_SHY:-_SHY] if len(known) > 4 * _SHY else known  # a body turns away there, few pixels say much
    smooth = [np.median(heights[inner[max(0, k - 2) : k + 3]]) for k in range(len(inner))]
    smooth = np.clip(smooth, np.median(smooth) - _SLANT, np.median(smooth) + _SLANT)
    return np.interp(np.arange(WAYS), inner, smooth, period=WAYS).astype(np.float32)
