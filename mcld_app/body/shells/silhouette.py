"""Which pixels of a photo show a person, hair and skirt included, where only their IUV map is known.

Two ways that fail differently: GrabCut (`compositing.person_mask`) loses thin things and what is like the ground; a
model of a plain ground loses what has exactly its colour. On a plain ground a pixel is the person's if either says so.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.compositing import person_mask
from mcld_app.body.iuv import check_iuv
from mcld_app.body.shells.areas import disc, grown, opened, touching
from mcld_app.body.shells.standing import Standing

_FAR = 0.16  # metres from the body: beyond, everything is ground
_SAMPLES = 4000  # pixels of it that the model is fitted to
_ROUNDS = 4
_LOOSE = 6.0  # of Lab: pixels of the ground that are farther off are not fitted to
_IS_GROUND = 9.0  # of weighted Lab: a pixel nearer than that to the model shows the ground,
_IS_PERSON = 11.0  # one farther off does not
_PLAIN = 0.85  # of the far pixels that the model must tell: else the ground is not plain
_REACH = 0.25  # metres from the body: hair and skirts go no further
_SHADE = 60.0  # of weighted Lab: darker than that from the ground, it is no shadow
_FLOOR = 0.09  # metres above the lowest pixel of the body, where shadows lie
_HUE = (1.0, 1.5, 1.5)  # how a difference in lightness counts beside one in hue


def find_silhouette(photo: np.ndarray, iuv: np.ndarray, standing: Standing) -> np.ndarray:
    """The person's silhouette in a photo.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, the photo's own IUV map of them.
        standing: the mannequin fitted to that map, in a picture of that size.

    Returns:
        (H, W) bool.

    Raises:
        IUVError: where the map is unusable or of another size.
    """
    check_iuv(iuv, photo)
    size = photo.shape[:2]
    cut = cv2.resize(person_mask(photo, iuv).astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST) > 0
    apart = _apart(photo, iuv, standing)
    return cut if apart is None else cut | apart


def ground_difference(photo: np.ndarray, far: np.ndarray) -> tuple[np.ndarray, float]:
    """How unlike a smooth ground every pixel is, (H, W) float32 of weighted Lab, and the share of the `far` pixels
    (H, W) bool that the ground's model explains: a cubic in x and y per channel, without outliers."""
    height, width = far.shape
    down, across = (np.arange(n, dtype=np.float32) / n - np.float32(0.5) for n in (height, width))
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    at = np.flatnonzero(far)
    at = at[:: max(1, len(at) // _SAMPLES)]
    y, x = down[at // width], across[at % width]
    basis = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y, x**3, y**3], -1)
    use, known = np.ones(len(at), bool), lab.reshape(-1, 3)[at]
    model = np.zeros((8, 3), np.float32)
    for _ in range(_ROUNDS):
        model = np.linalg.lstsq(basis[use], known[use], rcond=None)[0]
        miss = np.abs(known - basis @ model).max(1)
        use = miss < max(_LOOSE, 2.5 * float(np.median(miss)))
    square = np.zeros((height, width), np.float32)
    for channel, m, weight in zip(cv2.split(lab), model.T.astype(np.float32), _HUE, strict=True):
        rows = m[0] + down * (m[2] + down * (m[4] + down * m[7]))  # but for x * y, each term is of rows or of columns
        columns = across * (m[1] + across * (m[3] + across * m[6]))
        miss = channel - (rows[:, None] + columns + down[:, None] * (across * m[5]))
        square += np.square(miss * np.float32(weight))
    off = np.sqrt(square)
    return off, float((off[far] < _IS_GROUND).mean())


def _apart(photo: np.ndarray, iuv: np.ndarray, standing: Standing) -> np.ndarray | None:
    """(H, W) bool, what is unlike a plain ground and hangs on the body; None where the ground is not plain."""
    body = iuv[..., 0] > 0
    covered = body | (standing.iuv[..., 0] > 0)
    metre = standing.metre
    away = cv2.distanceTransform((~covered).astype(np.uint8), cv2.DIST_L2, 5) / metre
    far = away > _FAR
    if np.count_nonzero(far) < 500:
        return None
    off, share = ground_difference(photo, far)
    if share < _PLAIN:
        return None
    out = (off > _IS_PERSON) & (away < _REACH)
    rows = np.flatnonzero(body.any(1))
    low = np.arange(len(body))[:, None] > rows[-1] - _FLOOR * metre
    out &= ~(low & (away > 0.02) & (off < _SHADE))
    out = opened(out | body, 1) | body
    out = grown(out, 1)
    out = cv2.erode(out.astype(np.uint8), disc(1)) > 0
    out |= _holes(out, off, 0.002 * metre**2)
    return touching(out, body)


def _holes(shape: np.ndarray, off: np.ndarray, least: float) -> np.ndarray:
    """Gaps of a shape that are small, or that do not show the ground."""
    count, label, stats, _ = cv2.connectedComponentsWithStats((~shape).astype(np.uint8))
    out = np.zeros_like(shape)
    for k in range(1, count):
        gap = label == k
        left, top, width, height, pixels = stats[k]
        if left == 0 or top == 0 or left + width == shape.shape[1] or top + height == shape.shape[0]:
            continue
        if pixels < least or (off[gap] < _LOOSE).mean() < 0.8:
            out |= gap
    return out
