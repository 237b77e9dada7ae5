"""A curtain of hair as a piece of a shell, with the sheets that are its outer and its inner side."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.shells.curtain import Curtain
from mcld_app.body.shells.hair_sheet import HairColours, painted
from mcld_app.body.shells.piece import Piece
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import LINING, PLAIN

_MOST = 400  # pixels of a sheet's side
_ALONG, _FULL = 0.15, 0.45  # of its direction: how far a place faces the camera that shows nothing yet, and all
_LOCKS, _FINE = (0.004, 0.016), 0.35  # metres: the widths of hairs' ends and of locks'; how much the former count
_TIP = 0.25  # of what locks' ends differ by, over which one of them thins out
_SIDE, _WAVES = 0.012, (0.012, 0.05)  # metres by which the front edge is uneven, and along which


def curtain_piece(hanging: Curtain, scene: Scene, colours: HairColours) -> tuple[Piece, np.ndarray, np.ndarray]:
    """A curtain's two sides.

    Returns:
        The piece, the outer side's vertices first, then the inner side's; (N, 2) float32, the place of each of them on
        its picture; and (h, 2 w, 4) uint8 RGBA, the picture, the two sides beside each other. Its lower edge is frayed.
    """
    rows, columns = hanging.rest.shape[:2]
    flat, weights = hanging.rest.reshape(-1, 3), hanging.weights.reshape(rows * columns, -1)
    size = _size(hanging.rest, scene.standing.metre)
    places = scene.standing.seen(flat, weights)[:, :2].reshape(rows, columns, 2)
    towards = scene.standing.turned(_normals(hanging.rest).reshape(-1, 3), weights)[:, 2].reshape(rows, columns)
    fine, way = _finer(places, size), _finer(towards, size)
    alpha = (255 * _frayed(hanging, size) + 0.5).astype(np.uint8)
    sides = [
        np.dstack([painted(colours, fine, np.clip((sign * way - _ALONG) / (_FULL - _ALONG), 0, 1)), alpha])
        for sign in (1, -1)
    ]
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    at = np.stack([x * ((size[1] - 1) / (columns - 1)), y * ((size[0] - 1) / (rows - 1))], -1).reshape(-1, 2)
    number = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1].ravel(), number[:-1, 1:].ravel(), number[1:, :-1].ravel(), number[1:, 1:].ravel()
    outer = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    piece = Piece(
        np.concatenate([flat, flat]),
        np.concatenate([weights, weights]),
        np.concatenate([outer, outer[:, ::-1] + rows * columns]),
        np.repeat(np.uint8([PLAIN, LINING]), len(outer)),
    )
    return piece, np.concatenate([at, at + np.float32([size[1], 0])]), np.concatenate(sides, 1)


def _size(rest: np.ndarray, metre: float) -> tuple[int, int]:
    """Height and width of a sheet, pixels: as fine as the photo."""
    around = np.linalg.norm(np.diff(rest, axis=1), axis=2).sum(1).mean()
    down = np.linalg.norm(np.diff(rest, axis=0), axis=2).sum(0).mean()
    return tuple(int(np.clip(round(length * metre), 16, _MOST)) for length in (down, around))


def _normals(rest: np.ndarray) -> np.ndarray:
    """(R, C, 3) outward directions of a grid."""
    across, down = np.gradient(rest, axis=1), np.gradient(rest, axis=0)
    out = np.cross(across, down)
    return (out / np.maximum(np.linalg.norm(out, axis=2, keepdims=True), 1e-9)).astype(np.float32)


def _finer(grid: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Values at the vertices of a grid, (R, C) or (R, C, 2), at each pixel of a sheet."""
    y = np.linspace(0, grid.shape[0] - 1, size[0], dtype=np.float32)
    x = np.linspace(0, grid.shape[1] - 1, size[1], dtype=np.float32)
    across, down = np.meshgrid(x, y)
    return cv2.remap(grid.astype(np.float32), across, down, cv2.INTER_LINEAR)


def _frayed(hanging: Curtain, size: tuple[int, int]) -> np.ndarray:
    """(h, w) float32, 0..1: what there is of a sheet. Its locks end one lower than the next."""
    height, width = size
    length = np.linalg.norm(np.diff(hanging.rest, axis=0), axis=2).sum(0).mean()
    around = np.linalg.norm(np.diff(hanging.rest, axis=1), axis=2).sum(1).mean()
    chance = np.random.default_rng(0)
    fine, wide = (_uneven(chance, width, lock * width / around) for lock in _LOCKS)
    ends = (fine * _FINE + wide * (1 - _FINE)) * hanging.fades
    left, right = (
        sum(_uneven(chance, height, wave * height / length) for wave in _WAVES) * (_SIDE / 2) for _ in range(2)
    )
    above = (np.arange(height)[::-1, None] / height) * length - ends[None]
    across = np.arange(width)[None] / width * around
    within = np.minimum(across - left[:, None], around - across - right[:, None])
    tip = max(_TIP * hanging.fades, 2 * length / height)
    return np.float32(np.clip(above / tip, 0, 1) * np.clip(within / (2 * around / width), 0, 1))


def _uneven(chance: np.random.Generator, count: int, width: float) -> np.ndarray:
    """(count,) numbers from 0 to 1 that change over so many places."""
    rough = cv2.GaussianBlur(chance.random((1, count)), (0, 0), max(width / 2, 0.5), borderType=cv2.BORDER_REFLECT)[0]
    low, high = rough.min(), rough.max()
    return (rough - low) / max(high - low, 1e-9)
