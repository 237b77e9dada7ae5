"""A shell in another colour, or in a pattern."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from mcld_app.body.shells.shell import Shell

_LOW, _HIGH = 0.7, 1.3  # how much darker and lighter than its usual light a fold may be
_MOST = 0.12  # by so much folds vary, in their standard deviation
_FOLD = 0.012  # metres: finer changes of light are print and weave


def coloured(shell: Shell, colour: tuple[int, int, int], *, shaded: bool = True) -> Shell:
    """A shell in one colour, RGB 0..255; `shaded`: with the folds of its picture."""
    cloth = np.broadcast_to(np.array(colour, np.float32), (*shell.picture.shape[:2], 3))
    return _dyed(shell, cloth, shaded)


def patterned(shell: Shell, pattern: np.ndarray, metres: float, angle: float = 0.0, *, shaded: bool = True) -> Shell:
    """A shell in a pattern repeated along the cloth.

    Args:
        shell: whose picture is dyed.
        pattern: (h, w, 3 or 4) uint8 RGB(A); where it is transparent, the cloth's own colours stay.
        metres: width of one repeat on the body.
        angle: degrees, anticlockwise.
        shaded: with the folds of its picture.
    """
    height, width = shell.picture.shape[:2]
    step = pattern.shape[1] / (metres * _pixels_of_metre(shell))
    turn = np.radians(angle)
    y, x = np.mgrid[:height, :width].astype(np.float32) * np.float32(step)
    across, down = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    across, down = (across % pattern.shape[1]).astype(np.float32), (down % pattern.shape[0]).astype(np.float32)
    cloth = cv2.remap(pattern, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP).astype(np.float32)
    dyed = _dyed(shell, cloth[..., :3], shaded)
    if cloth.shape[2] == 3:
        return dyed
    share = cloth[..., 3:] / 255
    picture = dyed.picture.copy()
    picture[..., :3] = picture[..., :3] * share + shell.picture[..., :3] * (1 - share) + 0.5
    return replace(shell, picture=picture)


def _dyed(shell: Shell, cloth: np.ndarray, shaded: bool) -> Shell:
    picture = shell.picture.copy()
    if shaded:
        light = cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY).astype(np.float32)
        there = picture[..., 3] > 0
        usual = max(float(np.median(light[there])) if there.any() else 0.0, 1.0)
        soft = max(1.0, _FOLD * _pixels_of_metre(shell))
        share = there.astype(np.float32)
        smooth = cv2.GaussianBlur(light * share, (0, 0), soft) / np.maximum(cv2.GaussianBlur(share, (0, 0), soft), 1e-3)
        folds = smooth / usual
        varies = float(np.std(folds[there])) if there.any() else 0.0
        if varies > _MOST:  # so much is a print or blocks of colour, of which folds cannot be told
            folds = 1 + (folds - 1) * (_MOST / varies) ** 2
        folds = np.clip(folds, _LOW, _HIGH)[..., None]
        cloth = cloth * folds
    picture[..., :3] = np.clip(cloth + 0.5, 0, 255)
    return replace(shell, picture=picture)


def _pixels_of_metre(shell: Shell) -> float:
    """How many pixels of its picture a metre of a shell takes, by the median of its triangles' sides."""
    sides = np.concatenate([shell.faces[:, :2], shell.faces[:, 1:]])
    long = np.linalg.norm(shell.rest[sides[:, 0]] - shell.rest[sides[:, 1]], axis=1)
    seen = np.linalg.norm(shell.places[sides[:, 0]] - shell.places[sides[:, 1]], axis=1)
    usable = (long > 1e-4) & (seen > 1e-2)
    return float(np.median(seen[usable] / long[usable])) if usable.any() else 256.0
