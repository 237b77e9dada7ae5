"""The bodies in one IUV map: a map of a group shows several people, and nothing in it says whose a pixel is.

What tells them apart:
- neighbours on the picture that are neighbours on the body, too, hang together: they make a piece;
- a picture shows each place of a body once at most: two pieces that hold the same places are of two people;
- no limb stretches: two pieces that are farther apart on the picture than they could be on a body are of two people.

Pieces that fit are put together, the largest first; what something in front cut off goes to the body it fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.framing import resize_nearest
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen

_WORK = 384  # pixels of the longer side that bodies are told apart at
_LEAP = 5.0  # neighbouring pixels that are so many times their usual distance apart on the body do not hang together,
_LEAST_LEAP = 0.04  # where that is more than so many metres
_SPECK = 0.003  # of all body pixels: pieces that are smaller say nothing, and go with what is next to them
_CELL = 0.05  # metres; places are compared in cubes of this size
_SHARED = 0.35  # of the smaller piece's cubes: more of them in the other piece, too, make two people
_SLACK = 0.15  # metres that limbs may seem stretched by
_FAR = 0.3  # metres; borders whose sides are farther apart on the body are where something is in front,
_CROSSING = 0.02  # which counts so much a pixel: an arm lies before its own torso more often than not
_SMALLEST = 0.03  # of the largest body: a smaller one is nobody who could be meant
_LIMBS = ((1, 2), (23, 24), (15, 17), (16, 18), (19, 21), (20, 22), (4,), (3,), (8, 10), (7, 9), (12, 14), (11, 13),
          (5,), (6,))  # fmt: skip
_JOINED = ((0, 1), (0, 2), (0, 3), (2, 4), (3, 5), (4, 6), (5, 7), (0, 8), (0, 9), (8, 10), (9, 11), (10, 12), (11, 13))
_TORSO, _HEAD = 0, 1


def bodies_in(iuv: np.ndarray) -> tuple[np.ndarray, ...]:
    """Each body of an IUV map (H, W, 3) uint8 as a map of its own, of the same size, the largest first.

    A body has a torso and is not tiny beside the largest. Where there is one only, the map itself is given back, all
    of it; where there are several, pieces that fit none of them (somebody's arm at the picture's edge) are in none.
    """
    size = _work_size(iuv.shape[:2])
    small = iuv if size == iuv.shape[:2] else resize_nearest(iuv, size)
    labels = _label(small)
    if labels.max() < 2:
        return (iuv,)
    whole = _at_size(labels, iuv[..., 0] > 0)
    return tuple(np.where((whole == number)[..., None], iuv, np.uint8(0)) for number in range(1, labels.max() + 1))


@dataclass(frozen=True, eq=False)
class _Piece:
    """Some pixels of one body.

    Attributes:
        pixels: how many of each limb, (14,).
        at: (14, 2), where each limb is on the picture, mean row and column.
        place: (14, 3), where that is on the resting body, metres.
        cells: the cubes of the resting body it shows.
        scale: metres a pixel.
    """

    pixels: np.ndarray
    at: np.ndarray
    place: np.ndarray
    cells: np.ndarray
    scale: float

    def with_piece(self, other: _Piece) -> _Piece:
        """Both together."""
        pixels = self.pixels + other.pixels
        mine = np.divide(self.pixels, pixels, out=np.zeros(len(pixels)), where=pixels > 0)[:, None]
        at, place = (a * mine + b * (1 - mine) for a, b in ((self.at, other.at), (self.place, other.place)))
        return _Piece(pixels, at, place, np.union1d(self.cells, other.cells), self.scale)

    @property
    def size(self) -> int:
        return int(self.pixels.sum())

    def has(self, limb: int) -> bool:
        return bool(self.pixels[limb] > 0.04 * self.size)

    def gap(self, other: _Piece) -> float:
        """By how many metres a body would have to be stretched to hold both."""
        middle, reach = _limb_lengths()
        mine, theirs = np.flatnonzero(self.pixels), np.flatnonzero(other.pixels)
        apart = np.linalg.norm(self.at[mine][:, None] - other.at[theirs][None], axis=-1) * self.scale
        off = np.linalg.norm(self.place[mine] - middle[mine], axis=-1)[:, None]
        off_theirs = np.linalg.norm(other.place[theirs] - middle[theirs], axis=-1)[None]
        return float((apart - reach[np.ix_(mine, theirs)] - off - off_theirs).max())

    def is_of_another(self, other: _Piece) -> bool:
        """Whether both cannot be of one person: they show the same places, or a limb would have to be stretched."""
        shared = len(np.intersect1d(self.cells, other.cells, assume_unique=True))
        return shared > _SHARED * min(len(self.cells), len(other.cells)) or self.gap(other) > _SLACK


def _label(iuv: np.ndarray) -> np.ndarray:
    """(H, W) int32: 1 for the pixels of the largest body, 2 for the next, ...; 0 for those of none."""
    body = iuv[..., 0] > 0
    if not body.any():
        return np.zeros(body.shape, np.int32)
    limb, place = _limb_of_part()[iuv[..., 0]], _places(iuv)
    steps = _Steps(body, place)
    labels = _pieces_of(body, limb, steps)
    pieces = _described(labels, limb, place, steps.scale)
    groups = _put_together(pieces, _contacts(labels, steps))
    if len(groups) < 2:
        return body.astype(np.int32)
    number = np.zeros(labels.max() + 1, np.int32)
    number[list(pieces)] = -1
    for n, members in enumerate(groups, 1):
        number[list(members)] = n
    return np.maximum(_nearest(number[labels], body), 0)


def _places(iuv: np.ndarray) -> np.ndarray:
    """Where on the resting body every pixel is, (H, W, 3) metres; far away where there is no body."""
    surface = rest_surface()
    pixel, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy).astype(np.int64), surface.x.shape[0] - 1).T
    place = np.full((iuv.shape[0] * iuv.shape[1], 3), 1e3, np.float32)
    place[pixel] = np.stack([plane[row, column] for plane in (surface.x, surface.y, surface.z)], 1)
    return place.reshape(iuv.shape)


class _Steps:
    """How far on the body every pixel is from the one below and from the one to the right, metres.

    Attributes:
        down, across: (H - 1, W) and (H, W - 1) float32; infinite where one of both shows no body.
        scale: metres a pixel: what surfaces show that face the camera.
        leap: a longer step is no step on one body.
    """

    def __init__(self, body: np.ndarray, place: np.ndarray) -> None:
        self.down = np.where(body[1:] & body[:-1], np.linalg.norm(place[1:] - place[:-1], axis=-1), np.inf)
        across = np.linalg.norm(place[:, 1:] - place[:, :-1], axis=-1)
        self.across = np.where(body[:, 1:] & body[:, :-1], across, np.inf)
        inside = np.concatenate([self.down[np.isfinite(self.down)], self.across[np.isfinite(self.across)]])
        self.scale = float(np.percentile(inside, 30)) if inside.size else _CELL
        self.leap = max(_LEAST_LEAP, _LEAP * self.scale)


def _pieces_of(body: np.ndarray, limb: np.ndarray, steps: _Steps) -> np.ndarray:
    """Pixels of one limb that hang together, (H, W) int32 numbers from 1; 0 off the bodies."""
    # Pixels stand at even places, and between two that hang together a bridge: components of that are pieces.
    height, width = body.shape
    grid = np.zeros((2 * height - 1, 2 * width - 1), np.uint8)
    grid[::2, ::2] = body
    grid[1::2, ::2] = (steps.down < steps.leap) & (limb[1:] == limb[:-1])
    grid[::2, 1::2] = (steps.across < steps.leap) & (limb[:, 1:] == limb[:, :-1])
    return cv2.connectedComponents(grid, connectivity=4)[1][::2, ::2]


def _described(labels: np.ndarray, limb: np.ndarray, place: np.ndarray, scale: float) -> dict[int, _Piece]:
    """All pieces that say something, by number."""
    pixel = np.flatnonzero(labels)
    pixel = pixel[np.argsort(labels.ravel()[pixel], kind="stable")]
    numbers, begins, counts = np.unique(labels.ravel()[pixel], return_index=True, return_counts=True)
    at = np.stack(np.divmod(pixel, labels.shape[1]), 1)
    place = place.reshape(-1, 3)[pixel]
    cell = np.floor(place / max(_CELL, 3 * scale)).astype(np.int64) + 512
    cell = cell @ np.array([1 << 20, 1 << 10, 1])
    found = {}
    for number, begin, count in zip(numbers.tolist(), begins.tolist(), counts.tolist(), strict=True):
        if count < max(6, _SPECK * len(pixel)):
            continue
        mine, k = slice(begin, begin + count), limb.ravel()[pixel[begin]]
        piece = _Piece(np.zeros(len(_LIMBS), np.int64), np.zeros((len(_LIMBS), 2)), np.zeros((len(_LIMBS), 3)),
                       np.unique(cell[mine]), scale)  # fmt: skip
        piece.pixels[k], piece.at[k], piece.place[k] = count, at[mine].mean(0), place[mine].mean(0)
        found[number] = piece
    return found


def _contacts(labels: np.ndarray, steps: _Steps) -> dict[tuple[int, int], float]:
    """How well pieces that touch go on in one another: pixels of the border, those counted less that are far apart on
    the body."""
    weights: dict[tuple[int, int], float] = {}
    for a, b, step in ((labels[1:], labels[:-1], steps.down), (labels[:, 1:], labels[:, :-1], steps.across)):
        meet = (a != b) & (a > 0) & (b > 0)
        weight = np.where(step < steps.leap, 1.0, _CROSSING + 0.5 * np.clip(1 - step / _FAR, 0, 1))[meet]
        pairs, where = np.unique(np.sort(np.stack([a[meet], b[meet]], 1), axis=1), axis=0, return_inverse=True)
        for pair, total in zip(pairs.tolist(), np.bincount(where.ravel(), weight).tolist(), strict=True):
            weights[tuple(pair)] = weights.get(tuple(pair), 0.0) + total
    return weights


def _put_together(pieces: dict[int, _Piece], contacts: dict[tuple[int, int], float]) -> list[set[int]]:
    """The numbers of the pieces of each body, the largest first."""
    members = {number: {number} for number in pieces}
    touching = {pair: weight for pair, weight in contacts.items() if pair[0] in pieces and pair[1] in pieces}
    pieces = dict(pieces)

    def join(a: int, b: int) -> None:
        pieces[a] = pieces[a].with_piece(pieces.pop(b))
        members[a] |= members.pop(b)
        for pair in [pair for pair in touching if b in pair]:
            weight, other = touching.pop(pair), pair[0] if pair[1] == b else pair[1]
            if other != a:
                touching[_pair(a, other)] = touching.get(_pair(a, other), 0.0) + weight

    while touching:  # the best border first
        a, b = max(touching, key=touching.__getitem__)
        if pieces[a].is_of_another(pieces[b]):
            del touching[a, b]
        else:
            del touching[a, b]
            join(a, b)
    by_size = sorted(pieces, key=lambda number: -pieces[number].size)
    for number in reversed(by_size):  # what something in front cut off goes to the body that lacks it
        fitting = [
            other for other in by_size
            if other in pieces and other != number and pieces[other].has(_TORSO)
            and not (_is_person(pieces[other]) and _is_person(pieces[number]))
            and pieces[other].size >= pieces[number].size and not pieces[other].is_of_another(pieces[number])
        ]  # fmt: skip
        if fitting:
            join(min(fitting, key=lambda other: (pieces[other].gap(pieces[number]), -pieces[other].size)), number)
    bodies = sorted((n for n in pieces if pieces[n].has(_TORSO)), key=lambda n: -pieces[n].size)
    return [members[n] for n in bodies if pieces[n].size >= _SMALLEST * pieces[bodies[0]].size]


def _is_person(piece: _Piece) -> bool:
    return piece.has(_TORSO) and piece.has(_HEAD)


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


@lru_cache(maxsize=1)
def _limb_of_part() -> np.ndarray:
    out = np.zeros(256, np.int64)
    for limb, parts in enumerate(_LIMBS):
        out[list(parts)] = limb
    return out


@lru_cache(maxsize=1)
def _limb_lengths() -> tuple[np.ndarray, np.ndarray]:
    """Where each limb's middle is on the resting body, (14, 3), and how far two of them can be apart, (14, 14): along
    the limbs between them. All metres."""
    surface = rest_surface()
    place = np.stack([surface.x, surface.y, surface.z], -1)
    middle = np.stack([place[np.isin(surface.part, parts)].mean(0) for parts in _LIMBS]).astype(np.float64)
    reach = np.full((len(_LIMBS), len(_LIMBS)), np.inf)
    np.fill_diagonal(reach, 0)
    for a, b in _JOINED:
        reach[a, b] = reach[b, a] = np.linalg.norm(middle[a] - middle[b])
    for k in range(len(_LIMBS)):  # shortest ways (Floyd and Warshall)
        reach = np.minimum(reach, reach[:, k : k + 1] + reach[k : k + 1])
    return middle, reach


def _nearest(number: np.ndarray, body: np.ndarray) -> np.ndarray:
    """Every body pixel with the number of the nearest one that has one (not 0)."""
    if not (number != 0).any():
        return number
    _, index = cv2.distanceTransformWithLabels(
        (number == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    known = np.zeros(index.max() + 1, np.int32)
    known[index[number != 0]] = number[number != 0]
    return np.where(body, known[index], 0)


def _at_size(labels: np.ndarray, body: np.ndarray) -> np.ndarray:
    """Labels of the small map for the large one, whose body pixels they may miss by a pixel."""
    if labels.shape == body.shape:
        return labels
    large = resize_nearest(_spread(labels)[..., None], body.shape)[..., 0]
    return np.where(body, large, 0)


def _spread(labels: np.ndarray) -> np.ndarray:
    """Labels grown by two pixels into what has none."""
    grown = _nearest(labels, np.ones(labels.shape, bool))
    near = cv2.dilate((labels > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(near, grown, labels)


def _work_size(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, _WORK / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
