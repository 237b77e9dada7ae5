"""Where on an arm or a leg wide cloth begins, and whether it ends in a hem or in a cuff."""

from __future__ import annotations

import numpy as np

_GROWS = 3  # bins above, over which it comes off the limb
_OTHER = 14.0  # of colour between cloth and what is below its end: then it ends in a hem, open; else in a cuff
_BELOW = 3  # bins that are looked at there


def hanging(off: np.ndarray, bin_: float, colours: np.ndarray) -> tuple[np.ndarray, float]:
    """How cloth hangs that was seen to stand off a limb.

    Above, it comes off the limb little by little, as far as that is not seen. A sleeve that ends in a hem is as wide
    there as above; only one that ends in a cuff closes around the limb again.

    Args:
        off: (B,) metres that it stands off, bin by bin down the limb; 0 where it does not, and somewhere it does.
        bin_: metres of a bin.
        colours: (B, 3) float, of Lab (8 bits), lightness counting half, what is seen of the limb; NaN where nothing is.

    Returns:
        (B,) metres; and metres down the limb where it ends open, infinite where it does not.
    """
    out, hem = off.copy(), np.inf
    runs = [run for run in np.split(np.arange(len(off)), np.flatnonzero(np.diff(off > 0)) + 1) if off[run[0]] > 0]
    for run in runs:
        above = np.arange(max(run[0] - _GROWS + 1, 0), run[0])
        out[above] = np.maximum(out[above], off[run[0]] * (1 - (run[0] - above) / _GROWS))
    last = runs[-1]
    own, below = colours[last], colours[last[-1] + 2 :][:_BELOW]
    own, below = (part[np.isfinite(part).all(1)] for part in (own, below))
    if len(own) and len(below) and np.linalg.norm(np.median(own, 0) - np.median(below, 0)) > _OTHER:
        hem = (last[-1] + off[last[-1]] / off[last].max()) * bin_
        out[last] = np.maximum.accumulate(off[last])
        out[last[-1] + 1 :] = out[last[-1]]
    return out, float(hem)
