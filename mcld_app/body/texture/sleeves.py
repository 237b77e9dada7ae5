"""Arms where no picture shows them: a sleeve to its hem, with the grain of its cloth, and skin below."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.mannequin.skeleton import COS, SHOULDER, SIN
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.armholes import told_apart
from mcld_app.body.texture.grain import grain_of
from mcld_app.body.texture.rings import ring_colours

_ARMS = tuple(range(15, 23))
_ROW, _ROUND = 0.004, 80  # metres; directions around an arm: together a sheet
_DEEP = 24  # columns beside what was not seen, that are mirrored into it, to and fro
_STEP, _FIRST, _LAST = 0.005, 0.05, 0.50  # metres along an arm: between places, from and to where a hem may lie
_WRONG, _FEW = 0.12, 60  # of an arm's texels that a hem may leave on its other side; texels to tell by


def guess_arms(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The unseen sides of arms in the colours that either has at the same place along it. Where sleeves end, they do so
    at one place all round.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour; some are of an arm.

    Returns:
        (512, 512, 3) uint8 RGB, what was known as it was.
    """
    arms, place = parts_mask(_ARMS), rest_surface().arm
    holes, told, out = arms & ~known, arms & known, image.copy()
    skin, hem = _sleeves(image, known)
    pieces = [(holes, told)]
    if hem is not None:
        up = place <= hem
        parted = [(holes & up, told & up & ~skin), (holes & ~up, told & ~up & skin)]
        if min(np.count_nonzero(own) for _, own in parted) >= _FEW:
            pieces = parted
    for where, own in pieces:
        middles, colours = ring_colours(image, own, place)
        out[where] = np.stack([np.interp(place[where], middles, channel) + 0.5 for channel in colours.T], 1)
    return out


def with_sleeves_grain(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Smoothly guessed sleeves with the grain that is seen of their cloth, mirrored around the arm.

    Args:
        image: (512, 512, 3) uint8 RGB, guesses included.
        known: (512, 512) bool, its texels that are none of them.

    Returns:
        (512, 512, 3) uint8 RGB; the image itself where clothes cannot be told from skin.
    """
    arms, place = parts_mask(_ARMS), rest_surface().arm
    skin, hem = _sleeves(image, known)
    cloth = np.zeros_like(arms) if skin is None else arms & known & ~skin & (True if hem is None else place <= hem)
    if np.count_nonzero(cloth) < _FEW:
        return image
    grain, out = grain_of(image, cloth).reshape(-1, 3), image.copy()
    for number in (0, 1):
        where, source = _beside(number, known & arms)
        own = cloth.ravel()[source] & (True if hem is None else place.ravel()[where] <= hem)
        at, source = where[own], source[own]
        out.reshape(-1, 3)[at] = np.clip(out.reshape(-1, 3)[at] + grain[source] + 0.5, 0, 255)
    return out


def _sleeves(image: np.ndarray, known: np.ndarray) -> tuple[np.ndarray | None, float | None]:
    """Which texels have the skin's colour, (512, 512) bool, None where that tells nothing; and metres along the arms
    where sleeves end, None where nothing parts them from skin."""
    skin = told_apart(image, known)
    told = parts_mask(_ARMS) & known
    return skin, None if skin is None else _hem(rest_surface().arm[told], skin[told])


def _hem(place: np.ndarray, skin: np.ndarray) -> float | None:
    """Metres along the arms where sleeves end, from texels (N,) there and whether each shows skin; None where nothing
    parts them."""
    places = np.arange(_FIRST, _LAST, _STEP)
    order = np.argsort(place)
    bare = np.concatenate([[0], np.cumsum(skin[order])])
    first = np.searchsorted(place[order], places)
    wrong = bare[first] + (len(place) - first - (bare[-1] - bare[first]))
    best = int(wrong.argmin())
    short, long = bare[-1], len(place) - bare[-1]
    if min(short, long) < _FEW or wrong[best] > _WRONG * len(place):
        return None
    return float(places[best])


def _beside(number: int, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unseen texels of an arm (flat numbers) around which something of it is known, (512, 512) bool, and for each
    the one whose grain it takes: mirrored at the nearer end of what is known there, around the arm."""
    side, row, column = _places()
    texel = _sheets()[number]
    seen = np.tile(known.ravel()[texel], 3)
    columns, none = np.arange(3 * _ROUND), (-1, 3 * _ROUND)
    before, gap_before = (np.maximum.accumulate(np.where(own, columns, none[0]), 1) for own in (seen, ~seen))
    after, gap_after = (
        np.minimum.accumulate(np.where(own, columns, none[1])[:, ::-1], 1)[:, ::-1] for own in (seen, ~seen)
    )
    where = np.flatnonzero(parts_mask(_ARMS) & (side == number) & ~known)
    r = np.clip(np.round(row.ravel()[where]).astype(int), 0, len(texel) - 1)
    c = np.round(column.ravel()[where]).astype(int) % _ROUND + _ROUND
    some = seen[r].any(1)
    where, r, c = where[some], r[some], c[some]
    nearer = c - before[r, c] <= after[r, c] - c
    end = np.where(nearer, before[r, c], after[r, c])
    deep = np.minimum(np.where(nearer, end - gap_before[r, end], gap_after[r, end] - end), _DEEP)
    step = deep - np.abs(deep - np.abs(c - end) % (2 * deep))
    return where, texel[r, (end + np.where(nearer, -step, step)) % _ROUND]


@lru_cache(maxsize=1)
def _places() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(512, 512) each: which arm (0 the left), and the row and column (float32) of its sheet."""
    g = rest_surface()
    arms = parts_mask(_ARMS)
    up = (np.abs(g.x) - SHOULDER[0]) * COS + (g.y - SHOULDER[1]) * SIN
    row = g.arm / _ROW
    ring = np.clip(np.round(row[arms] / 4).astype(int), 0, None)
    count = np.maximum(np.bincount(ring), 1)
    middle_up, middle_z = (np.bincount(ring, v[arms]) / count for v in (up, g.z))
    at = np.clip(row / 4, 0, len(count) - 1)
    level = [v - np.interp(at, np.arange(len(count)), m) for v, m in ((up, middle_up), (g.z, middle_z))]
    column = (np.arctan2(level[0], level[1]) / (2 * np.pi) + 0.5) * _ROUND
    return (g.x < 0).astype(np.uint8), row.astype(np.float32), column.astype(np.float32)


@lru_cache(maxsize=1)
def _sheets() -> tuple[np.ndarray, np.ndarray]:
    """Of each arm, the number of the texel that each place of its sheet shows, (rows, _ROUND) int64."""
    side, row, column = _places()
    arms, sheets = parts_mask(_ARMS), []
    for number in (0, 1):
        own = np.flatnonzero(arms & (side == number))
        r = np.clip(np.round(row.ravel()[own]).astype(int), 0, None)
        sheet = np.full((int(r.max()) + 1, _ROUND), -1)
        sheet[r, np.round(column.ravel()[own]).astype(int) % _ROUND] = own
        wide = np.tile(sheet, 3)
        _, label = cv2.distanceTransformWithLabels(
            (wide < 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        of_label = np.zeros(label.max() + 1, np.int64)
        of_label[label[wide >= 0]] = wide[wide >= 0]
        sheets.append(of_label[label[:, _ROUND : 2 * _ROUND]])
    return sheets[0], sheets[1]
